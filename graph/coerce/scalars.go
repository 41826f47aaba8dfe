package coerce

import (
	"errors"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// errKind is for values of a kind that a scalar does not have.
var errKind = errors.New("")

// builtIn are the scalars of GraphQL itself.
var builtIn = map[string]Scalar{
	"Int": {Wants: "a whole number of 32 bits", Read: func(kind ast.ValueKind, raw string) (any, error) {
		n, err := Integer(kind, raw, 32)
		return int(n), err
	}},
	"Float": {Wants: "a number", Read: func(kind ast.ValueKind, raw string) (any, error) {
		if kind != ast.IntValue && kind != ast.FloatValue {
			return nil, errKind
		}
		x, err := strconv.ParseFloat(raw, 64)
		if err != nil {
			return nil, errors.New("it is too large")
		}
		return x, nil
	}},
	"String": {Wants: "a text in quotes", Read: func(kind ast.ValueKind, raw string) (any, error) { return Text(kind, raw) }},
	"Boolean": {Wants: "true or false", Read: func(kind ast.ValueKind, raw string) (any, error) {
		if kind != ast.BooleanValue {
			return nil, errKind
		}
		return raw == "true", nil
	}},
	"ID": {Wants: "a text in quotes", Read: func(kind ast.ValueKind, raw string) (any, error) {
		if kind == ast.IntValue {
			return raw, nil
		}
		return Text(kind, raw)
	}},
}

// Text reads a text, for Scalar.Read.
func Text(kind ast.ValueKind, raw string) (string, error) {
	if kind != ast.StringValue && kind != ast.BlockValue {
		return "", errKind
	}
	return raw, nil
}

// Integer reads a whole number of so many bits, for Scalar.Read.
func Integer(kind ast.ValueKind, raw string, bits int) (int64, error) {
	if kind != ast.IntValue {
		return 0, errKind
	}
	n, err := strconv.ParseInt(raw, 10, bits)
	if err != nil {
		return 0, errors.New("it is too large")
	}
	return n, nil
}
