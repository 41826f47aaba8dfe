package query

import (
	"fmt"
	"slices"
	"strings"

	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/fault"
)

// uncovered is the error of a request that no table can answer.
func uncovered(r cube.Request, snap *catalog.Snapshot) *fault.Error {
	if why := unfilled(r, snap); why != "" {
		return &fault.Error{Code: fault.Uncovered, Message: fmt.Sprintf("downloads %s cannot be told: %s; whoever runs the database adds and fills it with: "+
			"clickql schema upgrade", describe(r), why)}
	}
	if gone := snap.Retired.Days; !gone.Empty() && needOf(r, snap.Days).days.From <= gone.To {
		return &fault.Error{Code: fault.Uncovered, Message: fmt.Sprintf("downloads %s cannot be told of days up to %s: their raw rows were dropped, and no aggregate is keyed by (%s); "+
			"ask for days from %s on", describe(r), gone.To, wanted(r, snap), gone.To+1)}
	}
	return &fault.Error{Code: fault.Uncovered, Message: fmt.Sprintf(
		"no table of this database can answer downloads %s; an aggregate keyed by (%s) would%s", describe(r), wanted(r, snap), remedy(r, snap))}
}

// unfilled says which of the request's dimensions no table tells of on its days,
// since the raw table's column is missing or came later; empty where that is not
// what is wrong.
func unfilled(r cube.Request, snap *catalog.Snapshot) string {
	raw := slices.IndexFunc(snap.Tables, func(t *catalog.Table) bool { return t.Raw })
	if raw < 0 {
		return ""
	}
	t, n := snap.Tables[raw], needOf(r, snap.Days)
	for _, d := range n.dims {
		switch {
		case t.Dims[d] && !t.Tells(d, n.days):
			return "the column " + d.Column() + " of " + t.Name + " " + tells(t.Fills[d])
		case !t.Dims[d] && t.Types[d.Column()] == "" && !slices.ContainsFunc(snap.Tables, func(o *catalog.Table) bool { return o.Dims[d] }):
			return t.Name + " has no column " + d.Column()
		}
	}
	return ""
}

// tooDear is the error of a request that would read more than is allowed.
func tooDear(r cube.Request, snap *catalog.Snapshot, c choice, limit float64) *fault.Error {
	return fault.OverLimit(fault.CostLimit, int64(c.est.rows), int64(limit),
		"downloads %s would read about %s rows of %s, more than the limit of %s; narrow the range or the filter, or add an aggregate keyed by (%s)%s",
		describe(r), roughly(c.est.rows), c.table.Name, roughly(limit), wanted(r, snap), remedy(r, snap))
}

// describe says what a request splits and filters by.
func describe(r cube.Request) string {
	s := "in total"
	switch r.Kind {
	case cube.Series:
		s = "per " + string(r.Interval)
	case cube.Split:
		s = "by " + string(r.Dim)
	case cube.Extent:
		s = "by first and last day"
	case cube.Rank:
		s = "by rank"
	case cube.Count:
		s = "by number of values of " + string(r.Dim)
	}
	for i, c := range r.Slice.Conditions {
		if i == 0 {
			s += " filtered by "
		} else {
			s += ", "
		}
		s += string(c.Dim)
	}
	return s
}

// wanted is the key of the smallest aggregate that would answer the request.
func wanted(r cube.Request, snap *catalog.Snapshot) string {
	n := needOf(r, snap.Days)
	return keyOf(n.dims, n.grain)
}

// keyOf writes the key of the smallest aggregate that has these dimensions and
// this grain.
func keyOf(dims []cube.Dimension, grain cube.Grain) string {
	names := make([]string, 0, len(dims)+1)
	for _, d := range dims {
		names = append(names, d.Column())
	}
	switch grain {
	case cube.GrainDay:
		names = append(names, "date")
	case cube.GrainMonth:
		names = append(names, "month")
	}
	if len(names) == 0 { // a table has some key
		return "date"
	}
	return strings.Join(names, ", ")
}

// remedy is how whoever runs the database comes by the aggregate.
func remedy(r cube.Request, snap *catalog.Snapshot) string {
	return fmt.Sprintf("; whoever runs the database adds it with: clickql ingest backfill NAME --key %s, and finds those that are worth it with: clickql advise",
		strings.ReplaceAll(wanted(r, snap), " ", ""))
}

// roughly writes a figure with two significant digits at the most.
func roughly(n float64) string {
	if n < 1000 {
		return fmt.Sprintf("%.0f", n)
	}
	units := []string{"k", "M", "G", "T", "P"}
	i := -1
	for n >= 1000 && i < len(units)-1 {
		n, i = n/1000, i+1
	}
	return fmt.Sprintf("%.3g %s", n, units[i])
}

// roughBytes is roughly with the unit of bytes.
func roughBytes(n float64) string {
	if n < 1000 {
		return fmt.Sprintf("%.0f B", n)
	}
	return roughly(n) + "B"
}
