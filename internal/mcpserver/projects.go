package mcpserver

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// searching are the arguments of search_projects.
type searching struct {
	Text  string `json:"text" jsonschema:"a name, a part of one, or words of one, such as: http client"`
	First int    `json:"first,omitempty" jsonschema:"how many projects, 1 to 50; 10 where left out"`
}

const searchDescription = `Finds projects on PyPI by name: the exact name first, then names that begin with the text, hold it, or are spelled nearly so; within each by downloads.
Units: last30Days.total is downloads (files fetched) in the 30 days that end on dataset.settledDay, the newest day that is loaded wholly.
Example: {"text": "beautiful soup", "first": 3} finds beautifulsoup4.`

// addSearch adds search_projects.
func (s *Service) addSearch() {
	add(s, "search_projects", "Search projects", searchDescription, func(ctx context.Context, in searching) (*mcp.CallToolResult, any, error) {
		first := in.First
		if first == 0 {
			first = 10
		}
		if first < 1 || first > 50 {
			return nil, nil, fmt.Errorf("BAD_USER_INPUT: first is %d; it must be between 1 and 50", first)
		}
		return s.own(ctx, "search", map[string]any{"text": in.Text, "first": first})
	})
}

// summing are the arguments of project_summary.
type summing struct {
	Name string `json:"name" jsonschema:"the project's name on PyPI, in any spelling that PyPI treats as the same, such as: Django"`
}

const summaryDescription = `What there is to know of one project at a glance: its metadata, its newest releases, and its downloads.
Units: totals are downloads (files fetched); allTime since dataset.firstDay, last30Days up to dataset.settledDay, the newest day that is loaded wholly, last12Months.series by month with the newest month up to that day only.
change is relative to the 30 days before (0.25 is +25 %), null where that cannot be told; share is 0 to 1; rank.position 1 is the most downloaded.
last30DaysOfPeople leaves out mirrors and what reported that it ran in CI. A label Unknown means that the download did not tell, Other is everything beyond the five largest.
Example: {"name": "pandas"}.`

// addSummary adds project_summary.
func (s *Service) addSummary() {
	add(s, "project_summary", "Project summary", summaryDescription, func(ctx context.Context, in summing) (*mcp.CallToolResult, any, error) {
		res, out, err := s.own(ctx, "summary", map[string]any{"name": in.Name})
		if err != nil {
			return nil, nil, err
		}
		var found struct{ Project *struct{ Name string } }
		if data, ok := out.(json.RawMessage); ok && json.Unmarshal(data, &found) == nil && found.Project == nil {
			return nil, nil, fmt.Errorf("NOT_FOUND: there is no project %q in the data; search_projects finds names that are near", in.Name)
		}
		return res, out, nil
	})
}

// own runs one of the tools' own operations; what comes is its data. Fields that
// failed by themselves are null in it, and told beside it.
func (s *Service) own(ctx context.Context, name string, variables map[string]any) (*mcp.CallToolResult, any, error) {
	a, err := s.operate(ctx, operation{Query: document(name), Variables: variables})
	if err != nil {
		return nil, nil, err
	}
	if len(a.Errors) == 0 {
		return nil, a.Data, nil
	}
	return &mcp.CallToolResult{Content: []mcp.Content{
		&mcp.TextContent{Text: string(a.Data)},
		&mcp.TextContent{Text: "Some fields are null because they failed:\n" + a.failure("").Error()},
	}}, a.Data, nil
}
