package query

import (
	"fmt"
	"math"
	"strings"

	"clickql/internal/catalog"
	"clickql/internal/cube"
)

// need is what a request asks of a table, the data set's days considered.
type need struct {
	dims  []cube.Dimension // split by, filtered on, or picked by; in the enum's order
	grain cube.Grain       // the coarsest grain that expresses interval and edges
	days  cube.Range       // the range, cut to the days that have data
	whole bool             // the range holds every day of the data
	// exact: the range was written with its edges, and the data ends at one of
	// them or before: days that the data may come to have do not all belong to it.
	exact bool
	// cut: the range is whole all the same, and is to be cut at its edges.
	cut bool
	// own is the coarsest grain that cuts the range at its written edges, whatever
	// days the data has.
	own cube.Grain
	// early reports that the range begins no later than the month of its first
	// day with data.
	early bool
}

// needOf reduces a request to what its table must offer.
func needOf(r cube.Request, data cube.Range) need {
	n := need{dims: dimsOf(r), days: daysIn(r.Slice, data), grain: cube.GrainNone}
	n.whole = n.days == data
	if !n.whole {
		n.grain = edgeGrain(n.days, data)
	}
	n.own, n.early = n.grain, true
	if !r.Slice.AllTime {
		n.exact = n.days.From == data.From || n.days.To == data.To
		n.cut = n.whole
		n.own, n.early = ownGrain(r.Slice.Days, n.days)
	}
	for _, level := range r.Levels() {
		switch {
		case level.Kind == cube.Extent, level.Kind == cube.Series && (level.Interval == cube.Daily || level.Interval == cube.Weekly):
			n.grain = cube.GrainDay
		case level.Kind == cube.Series:
			n.grain = min(n.grain, cube.GrainMonth)
		}
	}
	n.own = min(n.own, n.grain)
	return n
}

// ownGrain is the coarsest grain that cuts the written range at its edges, and
// reports that none is needed for the first of the days that have data.
func ownGrain(written, days cube.Range) (grain cube.Grain, early bool) {
	early = written.From <= days.From.StartOfMonth()
	if early && written.To >= days.To.StartOfMonth().AddMonths(1)-1 {
		return cube.GrainMonth, early
	}
	return cube.GrainDay, early
}

// join is what both ask of a table.
func (n need) join(o need) need {
	n.grain, n.own = min(n.grain, o.grain), min(n.own, o.own)
	n.exact, n.cut, n.early = n.exact || o.exact, n.cut || o.cut, n.early && o.early
	return n
}

// grainOf is the coarsest grain of the table with which it can answer. Where it
// cannot be seen whether the table has got rows since the snapshot, nothing may
// depend on the data's own first and last day.
func (n need) grainOf(t *catalog.Table) cube.Grain {
	if n.exact && (t.LastBlock == 0 || t.Stray) {
		return n.own
	}
	return n.grain
}

// steps is how many days or months of a table the range has.
func (n need) steps(grain cube.Grain) float64 {
	switch grain {
	case cube.GrainDay:
		return float64(n.days.Days())
	case cube.GrainMonth:
		return math.Ceil(float64(n.days.Days())/30.5) + 1
	default:
		return 1
	}
}

// daysIn is the slice's range cut to the data's days.
func daysIn(s cube.Slice, data cube.Range) cube.Range { return s.Span(data).Within(data) }

// edgeGrain is the coarsest grain at which the range's edges can be cut. An
// edge on or beyond the data's own cuts nothing off, so it is no obstacle.
func edgeGrain(days, data cube.Range) cube.Grain {
	from := days.From == data.From || days.From == days.From.StartOfMonth()
	to := days.To == data.To || days.To+1 == (days.To+1).StartOfMonth()
	if from && to {
		return cube.GrainMonth
	}
	return cube.GrainDay
}

// dimsOf lists the dimensions that the request needs a table to keep apart.
func dimsOf(r cube.Request) []cube.Dimension {
	uses := map[cube.Dimension]bool{}
	if r.Slice.Projects != nil {
		uses[cube.Project] = true
	}
	for _, c := range r.Slice.Conditions {
		uses[c.Dim] = true
	}
	for _, level := range r.Levels() {
		uses[level.Dim] = true
	}
	return cube.Sorted(uses)
}

// answers reports that the table can answer: obstacle without the words.
func (n need) answers(t *catalog.Table) bool {
	if t.Grain > n.grainOf(t) || t.Covers.Empty() || !t.Covers.Contains(n.days) { // cheaper to see
		return false
	}
	for _, d := range n.dims {
		if !t.Dims[d] || !t.Tells(d, n.days) {
			return false
		}
	}
	return true
}

// obstacle says why the table cannot answer; empty where it can.
func (n need) obstacle(t *catalog.Table) string {
	for _, d := range n.dims {
		switch {
		case t.Dims[d] && t.Tells(d, n.days):
		case t.Dims[d]:
			return "its column " + d.Column() + " " + tells(t.Fills[d])
		case t.Untrusted[d]:
			return fmt.Sprintf("its sorting key (%s) leaves out %s, so merges fold its values into one another",
				strings.Join(t.Key, ", "), d.Column())
		case t.Unusable[d] != "":
			return "its column " + d.Column() + " cannot be used: " + t.Unusable[d]
		default:
			return "it has no column " + d.Column()
		}
	}
	if t.Grain > n.grainOf(t) {
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
	case t.Grain == cube.GrainNone:
		return "it keeps no time, only totals of all time"
	case n.whole:
		return "it keeps months, and days are asked for"
	default:
		return fmt.Sprintf("it keeps months, and %s to %s needs days", n.days.From, n.days.To)
	}
}

// coverObstacle says which days the table lacks.
func coverObstacle(t *catalog.Table, days cube.Range) string {
	why := t.Incomplete
	if why != "" {
		why = ": " + why
	}
	if t.Covers.Empty() {
		return "it is not known to be complete" + why
	}
	return fmt.Sprintf("it covers %s to %s, not %s to %s%s", t.Covers.From, t.Covers.To, days.From, days.To, why)
}

// tells says of which days a column tells.
func tells(days cube.Range) string {
	if days.Empty() {
		return "came when it had rows already, and is empty in them"
	}
	return fmt.Sprintf("tells of %s to %s only: it came when the table had rows already", days.From, days.To)
}
