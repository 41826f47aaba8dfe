package mcpserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
)

// reading are the arguments of schema.
type reading struct {
	Topic string `json:"topic,omitempty" jsonschema:"a field of Query such as topProjects, or a type such as Downloads; left out for an overview of both"`
}

const schemaDescription = `Shows a part of the GraphQL schema: what can be asked with the tool graphql.
Without a topic it lists what Query has and which types there are. A field of Query comes with its arguments, the inputs and enums that they take, and the type that it gives;
a type with its fields and what their arguments take. Units stand in the descriptions of fields.
Example: {"topic": "topProjects"}, then {"topic": "Project"}.`

// maxSchema bounds the schema's text.
const maxSchema = 1 << 20

// addSchema adds schema.
func (s *Service) addSchema() {
	add(s, "schema", "Schema by topic", schemaDescription, func(ctx context.Context, in reading) (*mcp.CallToolResult, any, error) {
		got, err := s.ask(ctx, http.MethodGet, "/schema.graphql", nil, maxSchema)
		if err != nil {
			return nil, nil, err
		}
		if got.status != http.StatusOK {
			return nil, nil, got.refusal()
		}
		known, err := s.schema.read(got.body.String())
		if err != nil {
			return nil, nil, err
		}
		text, err := known.about(strings.TrimSpace(in.Topic))
		if err != nil {
			return nil, nil, err
		}
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}}, nil, nil
	})
}

// schemaReader keeps the schema that it has read.
type schemaReader struct {
	mu    sync.Mutex
	text  string
	known *topics
}

// read parses a schema, once for each text.
func (r *schemaReader) read(text string) (*topics, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil || r.text != text {
		parsed, err := parser.ParseSchema(&ast.Source{Name: "schema", Input: text})
		if err != nil {
			return nil, fmt.Errorf("read the schema: %w", err)
		}
		r.text, r.known = text, &topics{parsed}
	}
	return r.known, nil
}

// topics is a schema by its parts.
type topics struct{ *ast.SchemaDocument }

// about is the part of the schema that a topic names.
func (t *topics) about(topic string) (string, error) {
	query := t.Definitions.ForName("Query")
	if query == nil {
		return "", errors.New("the schema has no Query")
	}
	if topic == "" {
		return t.overview(query), nil
	}
	parts := []string{}
	if f := query.Fields.ForName(strings.TrimPrefix(topic, "Query.")); f != nil {
		parts = append(parts, "Query")
		parts = append(parts, t.inputs(f.Arguments)...)
		only := *query
		only.Fields, only.Description = ast.FieldList{f}, ""
		return t.print(append(ast.DefinitionList{&only}, t.named(append(parts[1:], f.Type.Name()))...)), nil
	}
	d := t.find(topic)
	if d == nil {
		return "", fmt.Errorf("NOT_FOUND: there is no topic %q; leave it out for a list, or take one of: %s", topic, strings.Join(t.names(query), ", "))
	}
	parts = append(parts, d.Name)
	for _, f := range d.Fields {
		parts = append(parts, t.inputs(f.Arguments)...)
		if u := t.Definitions.ForName(f.Type.Name()); u != nil && (d.Kind == ast.InputObject || u.Kind == ast.Enum) {
			parts = append(parts, u.Name)
		}
	}
	return t.print(t.named(parts)), nil
}

// find is the definition of that name in any case.
func (t *topics) find(name string) *ast.Definition {
	i := slices.IndexFunc(t.Definitions, func(d *ast.Definition) bool { return strings.EqualFold(d.Name, name) })
	if i < 0 {
		return nil
	}
	return t.Definitions[i]
}

// inputs are the types that arguments take, and those that these are made of.
func (t *topics) inputs(arguments ast.ArgumentDefinitionList) (names []string) {
	var reach func(name string)
	reach = func(name string) {
		d := t.Definitions.ForName(name)
		if d == nil || slices.Contains(names, name) {
			return
		}
		names = append(names, name)
		for _, f := range d.Fields {
			if d.Kind == ast.InputObject {
				reach(f.Type.Name())
			}
		}
	}
	for _, a := range arguments {
		reach(a.Type.Name())
	}
	return names
}

// named are the definitions of those names, each once, in the order given.
func (t *topics) named(names []string) (list ast.DefinitionList) {
	for _, name := range names {
		if d := t.Definitions.ForName(name); d != nil && !slices.Contains(list, d) {
			list = append(list, d)
		}
	}
	return list
}

// print writes definitions as a schema does.
func (t *topics) print(list ast.DefinitionList) string {
	var b strings.Builder
	formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatSchemaDocument(&ast.SchemaDocument{Definitions: list})
	return b.String()
}

// names are all topics.
func (t *topics) names(query *ast.Definition) (all []string) {
	for _, f := range query.Fields {
		all = append(all, f.Name)
	}
	for _, d := range t.Definitions {
		all = append(all, d.Name)
	}
	return all
}

// overview lists the topics, each with the first sentence of what it is.
func (t *topics) overview(query *ast.Definition) string {
	var b strings.Builder
	b.WriteString("Fields of Query, each a topic:\n")
	for _, f := range query.Fields {
		fmt.Fprintf(&b, "- %s: %s. %s\n", f.Name, f.Type, sentence(f.Description))
	}
	b.WriteString("Types, each a topic:\n")
	for _, d := range t.Definitions {
		if d.Name != "Query" {
			fmt.Fprintf(&b, "- %s (%s): %s\n", d.Name, strings.ToLower(string(d.Kind)), sentence(d.Description))
		}
	}
	return b.String()
}

// sentence is the first one of a description, in one line.
func sentence(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if end := strings.Index(text, ". "); end >= 0 {
		return text[:end+1]
	}
	return text
}
