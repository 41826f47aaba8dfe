package graph

import (
	"strings"

	"clickql/graph/rounds"
	"clickql/internal/cube"
	"clickql/internal/pypi"
)

// arguments are those of one field, read as their types: what is left is what
// they mean, and whether that is allowed.
type arguments struct {
	*operation
	field string // its name
	given map[string]any
}

// argument is the argument or input field of that name, the zero value where it
// is null or not given.
func argument[T any](given map[string]any, name string) T {
	v, _ := given[name].(T)
	return v
}

// optional is the same, nil where it is null or not given.
func optional[T any](given map[string]any, name string) *T {
	if v, ok := given[name].(T); ok {
		return &v
	}
	return nil
}

// textsOf is a list of texts, nil where it is null or not given.
func textsOf(given map[string]any, name string) []string {
	list, ok := given[name].([]any)
	if !ok {
		return nil
	}
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = v.(string)
	}
	return out
}

// first is the argument of that name, as far as it is allowed.
func (a arguments) first() (int, error) {
	n := argument[int](a.given, "first")
	return n, a.limits.first(n)
}

// names are the projects that an argument names, as PyPI compares them and in
// the order given; nil where it is null or not given.
func (a arguments) names(name string) ([]string, error) {
	names := textsOf(a.given, name)
	if names == nil {
		return nil, nil
	}
	return normalized(names), a.limits.names(name, names)
}

// normalized is the names as PyPI compares them, in the order given.
func normalized(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = pypi.NormalizeName(strings.ToValidUTF8(name, "\uFFFD"))
	}
	return out
}

// interval reads the argument of that name.
func (a arguments) interval() (any, error) {
	return cube.Interval(argument[string](a.given, "interval")), nil
}

// slice reads the arguments range and filter.
func (a arguments) slice() (any, error) { return a.part() }

// part is the part of the cube, over all projects, that range and filter leave.
func (a arguments) part() (p part, err error) {
	p.days, p.filter = argument[map[string]any](a.given, "range"), argument[map[string]any](a.given, "filter")
	if p.Slice.Slice, err = boundsOf(p.days).In(cube.Slice{}, a.Snap.Calendar()); err != nil {
		return p, err
	}
	p.Slice, err = a.filtered(p.Slice, p.filter)
	return p, err
}

// boundsOf is a DateRange; nil is all time.
func boundsOf(given map[string]any) cube.Bounds {
	return cube.Bounds{
		From: optional[cube.Day](given, "from"), To: optional[cube.Day](given, "to"),
		Last: optional[int](given, "last"), Unit: cube.Interval(argument[string](given, "unit")),
	}
}

// filtered is the slice restricted to what a DownloadsFilter lets through.
func (a arguments) filtered(s rounds.Slice, filter map[string]any) (rounds.Slice, error) {
	for _, dim := range cube.OfProject {
		given := argument[map[string]any](filter, dim.FilterField())
		if given == nil {
			continue
		}
		if text := optional[string](given, "specifier"); text != nil {
			parsed, err := a.parsed.specifiers.of(*text, pypi.ParseSpecifier)
			if err != nil {
				return s, err
			}
			s.Only = &rounds.Specifier{Text: *text, Specifier: parsed}
			continue
		}
		c := conditionOf(dim, given)
		if err := a.limits.names("the filter on "+string(c.Dim), c.Values); err != nil {
			return s, err
		}
		s.Slice = s.Narrow(c)
	}
	if mirrors, given := filter["mirrors"].(bool); given && !mirrors {
		s.Slice = s.WithoutMirrors(a.Snap.Mirrors...)
	}
	if argument[bool](filter, "human") {
		s.Slice = s.People(a.Snap.Mirrors...)
	}
	return s, nil
}

// conditionOf is a ValueFilter, of which exactly one field is given.
func conditionOf(dim cube.Dimension, given map[string]any) cube.Condition {
	switch eq := optional[string](given, "eq"); {
	case eq != nil:
		return cube.Condition{Dim: dim, Values: []string{*eq}}
	case given["in"] != nil:
		return cube.Condition{Dim: dim, Values: textsOf(given, "in")}
	default:
		return cube.Condition{Dim: dim, Not: true, Values: textsOf(given, "notIn")}
	}
}
