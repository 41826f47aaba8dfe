package graph

import (
	"maps"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// lenientSchema is the schema that documents and variables are validated
// against. It differs from the public one in two things, so that a mistake in a
// value costs the field that has it and not the whole response: a dashboard of
// twelve widgets is not to go blank for one unknown dimension.
//
//   - Enums that arguments use are scalars: a name that is no value of the enum
//     is found when the field's arguments are decoded (UnmarshalDimension).
//   - @oneOf is not looked at: DownloadsFilter sees to it.
//
// Both then become errors of the field, with its path. Introspection and
// execution use the public schema.
type lenientSchema struct {
	graphql.ExecutableSchema
	schema *ast.Schema
}

// lenient makes the schema that values are validated against.
func lenient(es graphql.ExecutableSchema) lenientSchema {
	public := es.Schema()
	schema := *public
	schema.Types = maps.Clone(public.Types)
	for name, def := range public.Types {
		switch {
		case def.Kind == ast.Enum && !def.BuiltIn:
			scalar := *def
			scalar.Kind, scalar.EnumValues = ast.Scalar, nil
			schema.Types[name] = &scalar
		case def.Kind == ast.InputObject && def.Directives.ForName("oneOf") != nil:
			open := *def
			open.Directives = slices.DeleteFunc(slices.Clone(def.Directives), func(d *ast.Directive) bool { return d.Name == "oneOf" })
			schema.Types[name] = &open
		}
	}
	return lenientSchema{es, &schema}
}

// Schema is the lenient schema.
func (l lenientSchema) Schema() *ast.Schema { return l.schema }

// validationRules are the rules of the GraphQL specification, and one that
// keeps what making scalars of enums would let through: an enum's value is
// written as a bare name.
func (l lenientSchema) validationRules() *rules.Rules {
	public := l.ExecutableSchema.Schema()
	all := rules.NewDefaultRules()
	all.AddRule("EnumValuesAreNames", func(observers *core.Events, addError core.AddErrFunc) {
		observers.OnValue(func(_ *core.Walker, v *ast.Value) {
			if v.Definition == nil || v.ExpectedType == nil || v.ExpectedType.Elem != nil {
				return
			}
			def := public.Types[v.Definition.Name]
			if def == nil || def.Kind != ast.Enum || slices.Contains([]ast.ValueKind{ast.EnumValue, ast.Variable, ast.NullValue}, v.Kind) {
				return
			}
			addError(core.Message("Enum %q cannot represent non-enum value: %s.", def.Name, v.String()), core.At(v.Position))
		})
	})
	return all
}
