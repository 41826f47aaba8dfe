package graph

import (
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/query"
)

// cut says how a slice is split: the arguments of Downloads.by, and whether its
// answer needs the slice's own total.
type cut struct {
	dim    catalog.Dimension
	first  int
	others bool
	whole  bool
}

// wantsShare reports that the selection on Slices has what is a part of the
// whole.
func wantsShare(op *graphql.OperationContext, sel ast.SelectionSet) bool {
	return slices.ContainsFunc(graphql.CollectFields(op, sel, []string{"Slice"}), func(f graphql.CollectedField) bool { return f.Name == "share" })
}

// value is one element of a split: a value of the dimension, or with rest all
// values that are not listed.
type value struct {
	text  string
	rest  bool
	total int64
}

// values lists the answer's first values, and the rest where it is asked for
// and there is any.
func (c cut) values(res *query.Result) []value {
	groups := res.Groups[:min(c.first, len(res.Groups))]
	out := make([]value, 0, len(groups)+1)
	left := res.Total
	for _, g := range groups {
		out = append(out, value{text: g.Value, total: g.Total})
		left -= g.Total
	}
	if c.others && left > 0 {
		out = append(out, value{rest: true, total: left})
	}
	return out
}

// narrow is the parent narrowed to one of the values.
func (c cut) narrow(parent query.Slice, v value, res *query.Result) query.Slice {
	if !v.rest {
		return ofValue(parent, c.dim, v.text)
	}
	var listed []string
	for _, g := range res.Groups[:min(c.first, len(res.Groups))] {
		listed = append(listed, g.Value)
	}
	return parent.Narrow(query.Condition{Dim: c.dim, Not: true, Values: listed})
}

// label is the value as people call it.
func (v value) label(dim catalog.Dimension) string {
	if v.rest {
		return cube.Others
	}
	return dim.Label(v.text)
}

// share is the part of the whole that n is, 0 of nothing.
func share(n, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(n) / float64(whole)
}
