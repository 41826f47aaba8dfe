package examples_test

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"clickql/graph"
	"clickql/internal/server/examples"
)

func TestExamplesAreValid(t *testing.T) {
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	all := examples.All()
	if len(all) != 3 {
		t.Fatalf("%d examples, want 3", len(all))
	}
	for _, e := range all {
		whole := load(t, schema, e.Query)
		name := whole.Operations[0].Name
		if name == "" || e.About == "" || strings.Contains(e.About, "query") {
			t.Errorf("name %q, about %q", name, e.About)
		}
		for form, text := range map[string]string{"compact": e.Compact(), "body": e.Body()} {
			if got := load(t, schema, text); got.Operations[0].Name != name || len(got.Operations[0].SelectionSet) != len(whole.Operations[0].SelectionSet) {
				t.Errorf("%s: the %s form asks something else", name, form)
			}
		}
		if strings.ContainsAny(e.Compact(), "\n#") {
			t.Errorf("%s: not compact: %q", name, e.Compact())
		}
	}
}

func load(t *testing.T, schema *ast.Schema, text string) *ast.QueryDocument {
	t.Helper()
	doc, err := gqlparser.LoadQueryWithRules(schema, text, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return doc
}
