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

// Scalars say where they are specified, and what is deprecated says from which
// day it may be gone.
func TestScalarsAreSpecifiedAndDeprecationsHaveDates(t *testing.T) {
	for _, def := range NewExecutableSchema(Config{Resolvers: resolver{}}).Schema().Types {
		if def.BuiltIn {
			continue
		}
		if def.Kind == ast.Scalar && !strings.HasPrefix(specified(def), "https://") {
			t.Errorf("%s has no specification", def.Name)
		}
		for _, v := range def.EnumValues {
			dated(t, def.Name+"."+v.Name, v.Directives)
		}
		for _, f := range def.Fields {
			dated(t, def.Name+"."+f.Name, f.Directives)
			for _, a := range f.Arguments {
				dated(t, def.Name+"."+f.Name+"("+a.Name+")", a.Directives)
			}
		}
	}
}

func dated(t *testing.T, what string, directives ast.DirectiveList) {
	t.Helper()
	if _, ok := goneDay(directives); directives.ForName("deprecated") != nil && !ok {
		t.Errorf("%s is deprecated without a day: its reason says \"gone from YYYY-MM-DD\"", what)
	}
}

func described(t *testing.T, what, text string) {
	t.Helper()
	if strings.TrimSpace(text) == "" {
		t.Errorf("%s has no description", what)
	}
}

// Every field that has arguments has them read, and every root field is gathered:
// one that is forgotten would end the process.
func TestEveryFieldIsCompiled(t *testing.T) {
	schema := publicSchema()
	known := map[string]bool{}
	for _, def := range schema.Types {
		for _, f := range def.Fields {
			name := def.Name + "." + f.Name
			if def.BuiltIn || def.Kind != ast.Object || strings.HasPrefix(f.Name, "__") || len(f.Arguments) == 0 {
				continue
			}
			known[name] = true
			if reads[name] == nil {
				t.Errorf("%s: nothing reads its arguments", name)
			}
		}
	}
	for name := range reads {
		if !known[name] {
			t.Errorf("%s has no arguments to read", name)
		}
	}
	for _, f := range schema.Query.Fields {
		if !strings.HasPrefix(f.Name, "__") && gathers[f.Name] == nil {
			t.Errorf("Query.%s: nothing gathers what it asks", f.Name)
		}
	}
}
