package graph

import (
	"clickql/internal/catalog"
	"clickql/internal/query"
)

// asker turns arguments into requests. The walk that announces requests and
// the resolvers that load them both go through it, so that they cannot
// disagree.
type asker struct {
	snap   *catalog.Snapshot
	limits Limits
	parsed *parsedTexts // of one operation
}

// slice is the part of the cube, over all projects, that the arguments range
// and filter leave.
func (a asker) slice(days *DateRange, filter *DownloadsFilter) (slice, error) {
	s, err := days.bounds().In(query.Slice{}, a.snap.Days)
	if err != nil {
		return slice{}, err
	}
	if s, err = filter.narrow(s, a.limits); err != nil {
		return slice{}, err
	}
	only, err := a.specifier(filter)
	return slice{s, only}, err
}

// projectsSlice is the same over the projects named, taken together; over all
// where names is nil.
func (a asker) projectsSlice(names []string, days *DateRange, filter *DownloadsFilter) (slice, error) {
	s, err := a.slice(days, filter)
	if err != nil || names == nil {
		return s, err
	}
	if err := a.limits.names("projects", names); err != nil {
		return s, err
	}
	s.Slice = s.Narrow(query.Condition{Dim: catalog.Project, Values: normalized(names)})
	return s, nil
}

// ofProject is the slice narrowed to one project.
func ofProject(s query.Slice, name string) query.Slice {
	return s.Narrow(query.Condition{Dim: catalog.Project, Values: []string{name}})
}

// ofValue is the slice narrowed to one value of a dimension.
func ofValue(s query.Slice, dim catalog.Dimension, value string) query.Slice {
	return s.Narrow(query.Condition{Dim: dim, Values: []string{value}})
}

// series is the request for a series.
func (a asker) series(s query.Slice, every query.Interval) (query.Request, error) {
	days := s.Days
	if s.AllTime {
		days = a.snap.Days
	}
	if n := query.BucketCount(days, every); n > a.limits.Points {
		return query.Request{}, overLimit(query.CostLimit, n, a.limits.Points,
			"the series has %d points; at most %d are allowed: ask for a longer interval or a shorter range", n, a.limits.Points)
	}
	return query.SeriesOf(s, every), nil
}

// split is the request for the first values of a dimension. It asks for one at
// least, so that the total of the whole is known in any case: whoever shows the
// answer cuts it to first.
func (a asker) split(s query.Slice, by catalog.Dimension, first int, after *query.Cursor) (query.Request, error) {
	if err := a.limits.first(first); err != nil {
		return query.Request{}, err
	}
	return query.SplitOf(s, by, max(first, 1), after), nil
}

// cut is the request for a slice cut into values.
func (a asker) cut(s query.Slice, c cut) (query.Request, error) {
	r, err := a.split(s, c.dim, c.first, nil)
	if !c.whole {
		r = r.WithoutTotal()
	}
	return r, err
}

// ranking is the request for one page of projects by downloads.
func (a asker) ranking(s query.Slice, first int, after *string) (query.Request, error) {
	cursor, err := parseCursor(after)
	if err != nil {
		return query.Request{}, err
	}
	r, err := a.split(s, catalog.Project, first, cursor)
	return r.WithoutTotal(), err
}

// extent is the request for a project's first and last day.
func extent(name string) query.Request {
	return query.ExtentOf(ofProject(query.Slice{AllTime: true}, name))
}
