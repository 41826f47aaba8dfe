package coerce

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// Variables reads the variables that an operation declares from JSON. One that
// is not given and has no default is not among them. The problems are errors of
// the request: it does not run.
func (r *Reader) Variables(op *ast.OperationDefinition, given map[string]any) (map[string]any, []*Problem) {
	values := make(map[string]any, len(op.VariableDefinitions))
	var problems []*Problem
	for _, def := range op.VariableDefinitions {
		read := reading{Reader: r, ofJSON: true}
		var value any
		if raw, ok := given[def.Variable]; ok {
			value = read.value(valueOf(raw), def.Type, nil)
		} else {
			value = read.missing(&ast.Value{Position: def.Position}, def.Type, def.DefaultValue, nil)
		}
		for _, p := range read.problems {
			p.Text, p.Place = "variable $"+def.Variable+p.Error(), ""
			p.Position = def.Position
			problems = append(problems, p)
		}
		if value != (absent{}) {
			values[def.Variable] = value
		}
	}
	return values, problems
}

// Value reads a JSON value as a type.
func (r *Reader) Value(given any, t *ast.Type) (any, []*Problem) {
	read := reading{Reader: r, ofJSON: true}
	value := read.value(valueOf(given), t, nil)
	return value, read.problems
}

// valueOf is a JSON value as a literal.
func valueOf(given any) *ast.Value {
	switch v := given.(type) {
	case nil:
		return &ast.Value{Kind: ast.NullValue, Raw: "null"}
	case bool:
		return &ast.Value{Kind: ast.BooleanValue, Raw: strconv.FormatBool(v)}
	case string:
		return &ast.Value{Kind: ast.StringValue, Raw: v}
	case json.Number:
		return numberOf(v.String())
	case float64:
		return numberOf(strconv.FormatFloat(v, 'g', -1, 64))
	case []any:
		list := &ast.Value{Kind: ast.ListValue, Children: make(ast.ChildValueList, len(v))}
		for i, item := range v {
			list.Children[i] = &ast.ChildValue{Value: valueOf(item)}
		}
		return list
	case map[string]any:
		object := &ast.Value{Kind: ast.ObjectValue}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			object.Children = append(object.Children, &ast.ChildValue{Name: key, Value: valueOf(v[key])})
		}
		return object
	default:
		panic(fmt.Sprintf("coerce: %T is no JSON", given))
	}
}

// numberOf is a number of JSON, which has no integers of its own: what is whole
// is one, however it is written.
func numberOf(text string) *ast.Value {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return &ast.Value{Kind: ast.IntValue, Raw: strconv.FormatInt(n, 10)}
	}
	if x, err := strconv.ParseFloat(text, 64); err == nil && x == math.Trunc(x) && math.Abs(x) < 1<<63 {
		return &ast.Value{Kind: ast.IntValue, Raw: strconv.FormatInt(int64(x), 10)}
	}
	return &ast.Value{Kind: ast.FloatValue, Raw: text}
}
