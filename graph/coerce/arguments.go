package coerce

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
)

// Arguments reads the arguments of a field of a valid document. One that is not
// given and has no default is not among them. What is wrong can only be a
// variable that is null, or without a value, where the type allows neither.
func (r *Reader) Arguments(field *ast.Field, variables map[string]any) (map[string]any, error) {
	read := reading{Reader: r, variables: variables}
	args := make(map[string]any, len(field.Definition.Arguments))
	for _, def := range field.Definition.Arguments {
		value := any(absent{})
		given := &ast.Value{Kind: ast.NullValue, Position: field.Position}
		if arg := field.Arguments.ForName(def.Name); arg != nil {
			given = arg.Value
			value = read.value(given, def.Type, nil)
		}
		if value == (absent{}) {
			value = read.missing(given, def.Type, def.DefaultValue, nil)
		}
		if len(read.problems) > 0 {
			return nil, fmt.Errorf("argument %s of %s%w", def.Name, field.Name, read.problems[0])
		}
		if value != (absent{}) {
			args[def.Name] = value
		}
	}
	return args, nil
}

// Check tells what is wrong with a literal as a value of the type, the variables
// in it aside.
func (r *Reader) Check(literal *ast.Value, t *ast.Type) []*Problem {
	read := reading{Reader: r, checking: true}
	read.value(literal, t, nil)
	return read.problems
}
