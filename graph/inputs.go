package graph

import (
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"clickql/internal/catalog"
	"clickql/internal/pypi"
	"clickql/internal/query"
)

// DateRange is the input of that name.
type DateRange struct {
	From, To *catalog.Day
	Last     *int
	Unit     *query.Interval
}

// bounds is the range in the planner's terms; nil is all time.
func (r *DateRange) bounds() query.Bounds {
	if r == nil {
		return query.Bounds{}
	}
	b := query.Bounds{From: r.From, To: r.To, Last: r.Last, Unit: query.Daily}
	if r.Unit != nil {
		b.Unit = *r.Unit
	}
	return b
}

// DownloadsFilter is the input of that name; a nil part is no condition.
type DownloadsFilter struct {
	Version                                                *VersionFilter
	Country, Python, System, Installer, FileType, Ci, Libc *ValueFilter
	Mirrors                                                bool
}

// conditions is what the filter says of each dimension, but for a specifier.
func (f *DownloadsFilter) conditions() (conds []query.Condition, err error) {
	if f == nil {
		return nil, nil
	}
	for _, part := range []struct {
		dim    catalog.Dimension
		filter *ValueFilter
	}{
		{catalog.Version, f.Version.plain()},
		{catalog.Country, f.Country},
		{catalog.Python, f.Python},
		{catalog.System, f.System},
		{catalog.Installer, f.Installer},
		{catalog.FileType, f.FileType},
		{catalog.CI, f.Ci},
		{catalog.Libc, f.Libc},
	} {
		if part.filter == nil {
			continue
		}
		c, err := part.filter.on(part.dim)
		if err != nil {
			return nil, err
		}
		conds = append(conds, c)
	}
	return conds, nil
}

// narrow is the slice restricted to what the filter lets through, but for a
// specifier.
func (f *DownloadsFilter) narrow(s query.Slice, limits Limits) (query.Slice, error) {
	conds, err := f.conditions()
	if err != nil {
		return s, err
	}
	for _, c := range conds {
		if err := limits.names("the filter on "+string(c.Dim), c.Values); err != nil {
			return s, err
		}
		s = s.Narrow(c)
	}
	if f != nil && !f.Mirrors {
		s = s.WithoutMirrors()
	}
	return s, nil
}

// ValueFilter is the input of that name: exactly one of its fields is given.
type ValueFilter struct {
	Eq    graphql.Omittable[*string]
	In    graphql.Omittable[[]string]
	NotIn graphql.Omittable[[]string]
}

// VersionFilter is the input of that name: exactly one of its fields is given.
type VersionFilter struct {
	ValueFilter
	Specifier graphql.Omittable[*string]
}

// plain is the filter where it lists versions, nil where it has a specifier.
func (f *VersionFilter) plain() *ValueFilter {
	if f == nil || f.Specifier.IsSet() {
		return nil
	}
	return &f.ValueFilter
}

// specifier is a filter's specifier, nil where it has none.
func (a asker) specifier(f *DownloadsFilter) (*specifier, error) {
	if f == nil || f.Version == nil || !f.Version.Specifier.IsSet() {
		return nil, nil
	}
	if v := f.Version; v.Eq.IsSet() || v.In.IsSet() || v.NotIn.IsSet() {
		return nil, badInput("the filter on VERSION has several fields; it has exactly one of eq, in, notIn and specifier")
	}
	text := f.Version.Specifier.Value()
	if text == nil {
		return nil, badInput("the filter on VERSION is null; its one field has a value")
	}
	parsed, err := a.parsed.specifiers.of(*text, pypi.ParseSpecifier)
	if err != nil {
		return nil, err
	}
	return &specifier{*text, parsed}, nil
}

// on is the filter as a condition on one dimension. gqlgen does not look at
// @oneOf where it reads variables, so it is seen to here.
func (f *ValueFilter) on(dim catalog.Dimension) (query.Condition, error) {
	given := 0
	for _, set := range []bool{f.Eq.IsSet(), f.In.IsSet(), f.NotIn.IsSet()} {
		if set {
			given++
		}
	}
	if given != 1 {
		return query.Condition{}, badInput("the filter on %s has %d fields; it has exactly one of eq, in and notIn", dim, given)
	}
	c := query.Condition{Dim: dim, Not: f.NotIn.IsSet()}
	switch eq := f.Eq.Value(); {
	case eq != nil:
		c.Values = []string{*eq}
	case f.In.Value() != nil:
		c.Values = f.In.Value()
	case f.NotIn.Value() != nil:
		c.Values = f.NotIn.Value()
	default:
		return c, badInput("the filter on %s is null; its one field has a value", dim)
	}
	return c, nil
}

// normalized is the names as PyPI compares them, in the order given.
func normalized(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = pypi.NormalizeName(strings.ToValidUTF8(name, "\uFFFD"))
	}
	return out
}
