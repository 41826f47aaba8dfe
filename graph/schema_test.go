package graph

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// Everything in the schema is described.
func TestEverythingIsDescribed(t *testing.T) {
	schema := NewExecutableSchema(Config{Resolvers: resolver{}}).Schema()
	for _, def := range schema.Types {
		if def.BuiltIn {
			continue
		}
		described(t, def.Name, def.Description)
		for _, v := range def.EnumValues {
			described(t, def.Name+"."+v.Name, v.Description)
		}
		for _, f := range def.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			described(t, def.Name+"."+f.Name, f.Description)
			for _, a := range f.Arguments {
				described(t, def.Name+"."+f.Name+"("+a.Name+")", a.Description)
			}
		}
	}
}

func described(t *testing.T, what, text string) {
	t.Helper()
	if strings.TrimSpace(text) == "" {
		t.Errorf("%s has no description", what)
	}
}

// The schema that values are validated against is the public one but for what
// it is lenient about.
func TestLenientSchema(t *testing.T) {
	public := NewExecutableSchema(Config{Resolvers: resolver{}})
	open := lenient(public).Schema()
	for name, def := range public.Schema().Types {
		got := open.Types[name]
		switch {
		case def.Kind == ast.Enum && !def.BuiltIn:
			if got.Kind != ast.Scalar {
				t.Errorf("%s is %s to be lenient", name, got.Kind)
			}
		case name == "ValueFilter", name == "VersionFilter":
			if def.Directives.ForName("oneOf") == nil || got.Directives.ForName("oneOf") != nil {
				t.Errorf("%s: oneOf is not public, or is looked at", name)
			}
		default:
			if got != def {
				t.Errorf("%s differs", name)
			}
		}
	}
}
