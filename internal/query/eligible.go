package query

import (
	"fmt"
	"slices"
	"strings"

	"clickql/internal/catalog"
)

// need is what a request asks of a table, the data set's days considered.
type need struct {
	dims  []catalog.Dimension // split by, filtered on, or picked by; in the enum's order
	grain catalog.Grain       // the coarsest grain that expresses interval and edges
	days  catalog.Range       // the range, cut to the days that have data
	whole bool                // the range holds every day of the data
}

// needOf reduces a request to what its table must offer.
func needOf(r Request, data catalog.Range) need {
	n := need{dims: dimsOf(r), days: r.Slice.daysIn(data), grain: catalog.GrainNone}
	n.whole = n.days == data
	if !n.whole {
		n.grain = edgeGrain(n.days, data)
	}
	switch {
	case r.Kind == Extent, r.Kind == Series && (r.Interval == Daily || r.Interval == Weekly):
		n.grain = catalog.GrainDay
	case r.Kind == Series:
		n.grain = min(n.grain, catalog.GrainMonth)
	}
	return n
}

// daysIn is the slice's range cut to the data's days.
func (s Slice) daysIn(data catalog.Range) catalog.Range {
	if s.AllTime {
		return data
	}
	return catalog.Range{From: max(s.Days.From, data.From), To: min(s.Days.To, data.To)}
}

// edgeGrain is the coarsest grain at which the range's edges can be cut. An
// edge on or beyond the data's own cuts nothing off, so it is no obstacle.
func edgeGrain(days, data catalog.Range) catalog.Grain {
	from := days.From == data.From || days.From == days.From.StartOfMonth()
	to := days.To == data.To || days.To+1 == (days.To+1).StartOfMonth()
	if from && to {
		return catalog.GrainMonth
	}
	return catalog.GrainDay
}

// dimsOf lists the dimensions that the request needs a table to keep apart.
func dimsOf(r Request) []catalog.Dimension {
	uses := map[catalog.Dimension]bool{}
	if r.Slice.Projects != nil {
		uses[catalog.Project] = true
	}
	for _, c := range r.Slice.Conditions {
		uses[c.Dim] = true
	}
	if r.Kind == Split {
		uses[r.Dim] = true
	}
	dims := make([]catalog.Dimension, 0, len(uses))
	for _, d := range catalog.Dimensions {
		if uses[d] {
			dims = append(dims, d)
		}
	}
	return dims
}

// obstacle says why the table cannot answer; empty where it can.
func (n need) obstacle(t *catalog.Table) string {
	for _, d := range n.dims {
		switch {
		case t.Dims[d]:
		case t.Untrusted[d]:
			return fmt.Sprintf("its sorting key (%s) leaves out %s, so merges fold its values into one another",
				strings.Join(t.Key, ", "), d.Column())
		case t.Unusable[d] != "":
			return "its column " + d.Column() + " cannot be used: " + t.Unusable[d]
		default:
			return "it has no column " + d.Column()
		}
	}
	if t.Grain > n.grain {
		return n.grainObstacle(t)
	}
	if !t.Covers.Contains(n.days) || t.Covers.Empty() {
		return coverObstacle(t, n.days)
	}
	return ""
}

// grainObstacle says why the table's steps of time are too coarse.
func (n need) grainObstacle(t *catalog.Table) string {
	switch {
	case t.Grain == catalog.GrainNone:
		return "it keeps no time, only totals of all time"
	case n.whole:
		return "it keeps months, and days are asked for"
	default:
		return fmt.Sprintf("it keeps months, and %s to %s needs days", n.days.From, n.days.To)
	}
}

// coverObstacle says which days the table lacks.
func coverObstacle(t *catalog.Table, days catalog.Range) string {
	why := t.Incomplete
	if why != "" {
		why = ": " + why
	}
	if t.Covers.Empty() {
		return "it is not known to be complete" + why
	}
	return fmt.Sprintf("it covers %s to %s, not %s to %s%s", t.Covers.From, t.Covers.To, days.From, days.To, why)
}

// Rejection says why a table was not chosen.
type Rejection struct {
	Table  string `json:"table"`
	Reason string `json:"reason"`
}

// choice is the outcome of choosing a table for one request.
type choice struct {
	table    *catalog.Table
	extents  *catalog.Extent // set where table stands for the table of first and last days
	est      estimate
	rejected []Rejection // by table name
}

// choose picks the cheapest table that can answer; table is nil where none can.
func choose(snap *catalog.Snapshot, r Request) choice {
	n := needOf(r, snap.Days)
	if e := snap.Extents; e != nil && r.Kind == Extent && n.whole && len(r.Slice.Conditions) == 0 {
		return chooseExtents(snap, e)
	}
	type candidate struct {
		table *catalog.Table
		est   estimate
	}
	var found []candidate
	var c choice
	for _, t := range snap.Tables {
		if why := n.obstacle(t); why != "" {
			c.rejected = append(c.rejected, Rejection{t.FullName(), why})
			continue
		}
		found = append(found, candidate{t, estimateOf(snap, t, r, n)})
	}
	if len(found) > 0 {
		blind := slices.ContainsFunc(found, func(f candidate) bool { return f.est.unknown })
		best := slices.MinFunc(found, func(a, b candidate) int {
			return compareCost(a.table, a.est, b.table, b.est, blind)
		})
		c.table, c.est = best.table, best.est
		for _, f := range found {
			if f.table != best.table {
				c.rejected = append(c.rejected, Rejection{f.table.FullName(), dearer(f.est, best.est, best.table)})
			}
		}
	}
	slices.SortFunc(c.rejected, func(a, b Rejection) int { return strings.Compare(a.Table, b.Table) })
	return c
}

// chooseExtents answers from the table that keeps nothing but each project's
// first and last day: no other can be cheaper.
func chooseExtents(snap *catalog.Snapshot, e *catalog.Extent) choice {
	c := choice{extents: e, table: &catalog.Table{Database: e.Database, Name: e.Name, Rows: e.Rows}}
	c.est = estimate{rows: min(granule, float64(e.Rows))}
	for _, t := range snap.Tables {
		c.rejected = append(c.rejected, Rejection{t.FullName(), e.Name + " keeps the first and the last day of each project ready"})
	}
	return c
}
