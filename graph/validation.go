package graph

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"clickql/graph/coerce"
	"clickql/internal/fault"
)

// validationRules are the rules of the specification. Whether values are of their
// types is for package coerce to say: gqlparser's own rule takes anything for a
// scalar that it does not know.
func validationRules(reader *coerce.Reader, closed bool) *rules.Rules {
	all := rules.NewDefaultRules()
	if closed {
		all.AddRule("NoSchemaIntrospection", noIntrospection)
	}
	all.RemoveRule(rules.ValuesOfCorrectTypeRule.Name)
	all.AddRule(rules.ValuesOfCorrectTypeRule.Name, func(observers *core.Events, addError core.AddErrFunc) {
		check := func(what string, literal *ast.Value, t *ast.Type) {
			for _, p := range reader.Check(literal, t) {
				addError(core.Message("%s%s", what, p), core.At(p.Position))
			}
		}
		arguments := func(of string, given ast.ArgumentList, known ast.ArgumentDefinitionList) {
			for _, arg := range given {
				if def := known.ForName(arg.Name); def != nil {
					check("argument "+arg.Name+" of "+of, arg.Value, def.Type)
				}
			}
		}
		observers.OnField(func(_ *core.Walker, field *ast.Field) {
			if field.Definition != nil {
				arguments(field.Name, field.Arguments, field.Definition.Arguments)
			}
		})
		observers.OnDirective(func(_ *core.Walker, directive *ast.Directive) {
			if directive.Definition != nil {
				arguments("@"+directive.Name, directive.Arguments, directive.Definition.Arguments)
			}
		})
		observers.OnVariable(func(_ *core.Walker, variable *ast.VariableDefinition) {
			if variable.DefaultValue != nil && variable.Definition != nil && variable.Definition.IsInputType() {
				check("the default of $"+variable.Variable, variable.DefaultValue, variable.Type)
			}
		})
	})
	return all
}

// noIntrospection refuses questions about the schema, but for the name of a type,
// which clients ask for with everything.
func noIntrospection(observers *core.Events, addError core.AddErrFunc) {
	observers.OnField(func(_ *core.Walker, field *ast.Field) {
		if field.Name == "__schema" || field.Name == "__type" {
			addError(core.Message("this gateway does not show its schema: %s cannot be asked", field.Name), core.At(field.Position))
		}
	})
}

// variables reads an operation's variables, for gqlhttp.GuardConfig.
func variables(reader *coerce.Reader) func(*ast.OperationDefinition, map[string]any) (map[string]any, gqlerror.List) {
	return func(op *ast.OperationDefinition, given map[string]any) (map[string]any, gqlerror.List) {
		values, problems := reader.Variables(op, given)
		var errs gqlerror.List
		for _, p := range problems {
			err := gqlerror.ErrorPosf(p.Position, "%s", p.Text)
			err.Extensions = map[string]any{"code": string(fault.BadUserInput)}
			errs = append(errs, err)
		}
		return values, errs
	}
}
