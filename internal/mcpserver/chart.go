package mcpserver

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"clickql/internal/picture"
)

// drawing are the arguments of chart.
type drawing struct {
	Projects   []string          `json:"projects,omitempty" jsonschema:"the projects' names; several are compared, none is all of PyPI"`
	Parameters map[string]string `json:"parameters,omitempty" jsonschema:"how the chart is to be, by parameter; see the tool's description"`
}

// chartDescription says what parameters there are.
func chartDescription() string {
	var b strings.Builder
	b.WriteString(`Draws a chart as a PNG image, and tells the addresses of the picture and of its numbers (.csv), which stay current.
Units: the vertical axis is downloads (files fetched) in each interval; shares are percent; transform=indexed is 100 at the beginning.
Example: {"projects": ["pandas"], "parameters": {"by": "python", "last": "1y", "shape": "share"}}
Parameters, all texts:
`)
	for _, p := range picture.ParametersOf(picture.OfChart) {
		values := p.Form
		if p.Choices != nil {
			values = strings.Join(p.Choices, ", ")
		}
		fmt.Fprintf(&b, "- %s: %s (%s)\n", p.Name, p.Doc, strings.ReplaceAll(values, "`", ""))
	}
	return strings.ReplaceAll(b.String(), "`", "")
}

// addChart adds chart.
func (s *Service) addChart() {
	add(s, "chart", "Chart", chartDescription(), func(ctx context.Context, in drawing) (*mcp.CallToolResult, any, error) {
		parameters := url.Values{}
		for name, value := range in.Parameters {
			parameters.Set(name, value)
		}
		base, query := "/chart", ""
		if len(in.Projects) > 0 {
			base += "/" + url.PathEscape(strings.Join(in.Projects, ","))
		}
		if len(parameters) > 0 {
			query = "?" + parameters.Encode()
		}
		// A picture says also in itself that there is nothing to draw; its numbers say
		// it by their status.
		numbers, err := s.ask(ctx, http.MethodGet, base+".json"+query, nil, maxImage)
		if err != nil {
			return nil, nil, err
		}
		if numbers.status != http.StatusOK {
			return nil, nil, numbers.refusal()
		}
		image, err := s.ask(ctx, http.MethodGet, base+".png"+query, nil, maxImage)
		if err != nil {
			return nil, nil, err
		}
		if image.status != http.StatusOK {
			return nil, nil, fmt.Errorf("the gateway answers %d and draws nothing", image.status)
		}
		return &mcp.CallToolResult{Content: []mcp.Content{
			&mcp.ImageContent{MIMEType: "image/png", Data: image.body.Bytes()},
			&mcp.TextContent{Text: "picture: " + base + ".svg" + query + "\nnumbers: " + base + ".csv" + query},
		}}, nil, nil
	})
}
