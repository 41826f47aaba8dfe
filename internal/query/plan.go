package query

import (
	"fmt"
	"slices"

	"clickql/internal/catalog"
)

// Options bound what a plan may ask for.
type Options struct {
	// MaxRows is the most rows that one request may be expected to read; 0 for
	// no limit.
	MaxRows float64
}

// Query is one statement for ClickHouse, answering one request or several.
type Query struct {
	// Table is database.name of the table that is read.
	Table string
	// SQL has its values as typed parameters, in Params.
	SQL    string
	Params []Param
	// Rejected tells why each other table was not chosen, by table.
	Rejected []Rejection
	// EstimatedRows is how many rows the query is expected to read.
	EstimatedRows float64

	group group
	axes  []Condition
	data  catalog.Range
}

// Plan answers a set of requests.
type Plan struct {
	// Ready holds the answers that need no query, by Request.Key.
	Ready map[string]*Result
	// Failed holds the requests that cannot be answered, by Request.Key.
	Failed map[string]*Error
	// Queries answer the others.
	Queries []*Query

	data catalog.Range
}

// NewPlan chooses tables for the requests and merges them into queries. The
// order of the queries follows the order of the requests.
func NewPlan(snap *catalog.Snapshot, reqs []Request, opts Options) *Plan {
	p := &Plan{Ready: map[string]*Result{}, Failed: map[string]*Error{}, data: snap.Days}
	given := givenTotals(reqs)
	var all []planned
	for _, r := range reqs {
		switch {
		case r.Slice.Impossible() || r.Slice.daysIn(snap.Days).Empty():
			p.Ready[r.Key()] = empty(r, snap.Days)
			continue
		case r.Kind == Total && given[r.Slice.Key()]:
			continue // comes with a series or a split of the same slice
		}
		c := choose(snap, r)
		if err := c.refusal(snap, r, opts); err != nil {
			p.Failed[r.Key()] = err
			if r.Kind != Total && given[r.Slice.Key()] {
				all = append(all, p.totalAlone(snap, r.Slice, reqs, opts)...)
			}
			continue
		}
		all = append(all, planned{req: r, need: needOf(r, snap.Days), choice: c, picks: picksOf(r.Slice)})
	}
	for _, g := range merge(all) {
		p.Queries = append(p.Queries, g.query(snap))
	}
	return p
}

// givenTotals tells the slices whose total comes with another request.
func givenTotals(reqs []Request) map[string]bool {
	given := map[string]bool{}
	for _, r := range reqs {
		if r.givesTotal() {
			given[r.Slice.Key()] = true
		}
	}
	return given
}

// totalAlone plans the total of a slice whose other request was refused, where
// a total was asked for: it may well be answerable by itself.
func (p *Plan) totalAlone(snap *catalog.Snapshot, s Slice, reqs []Request, opts Options) []planned {
	r := TotalOf(s)
	key := r.Key()
	if !slices.ContainsFunc(reqs, func(other Request) bool { return other.Kind == Total && other.Key() == key }) {
		return nil
	}
	c := choose(snap, r)
	if err := c.refusal(snap, r, opts); err != nil {
		p.Failed[key] = err
		return nil
	}
	return []planned{{req: r, need: needOf(r, snap.Days), choice: c, picks: picksOf(s)}}
}

// query writes the group's query.
func (g group) query(snap *catalog.Snapshot) *Query {
	axes, agreed := g.axes()
	c := g.members[0].choice
	w := &writer{table: c.table, extents: c.extents}
	w.conditions(g, axes, agreed)
	q := &Query{Table: c.table.FullName(), Rejected: c.rejected, group: g, axes: axes, data: snap.Days}
	q.SQL = g.write(w, axes)
	q.Params = w.params
	for _, m := range g.members {
		q.EstimatedRows += m.choice.est.rows
	}
	if size := float64(c.table.Rows); size > 0 {
		q.EstimatedRows = min(q.EstimatedRows, size)
	}
	return q
}

// Answers lists the keys of the requests that the query answers, totals that
// come with a series or a split among them: the keys of Decoder.Results.
func (q *Query) Answers() []string {
	keys := make([]string, 0, len(q.group.members))
	for _, m := range q.group.members {
		keys = append(keys, m.req.Key())
		if m.req.givesTotal() {
			keys = append(keys, TotalOf(m.req.Slice).Key())
		}
	}
	return keys
}

// givesTotal reports that the slice's total comes with the request's answer. A
// page that begins behind a cursor may have no row to bring it.
func (r Request) givesTotal() bool {
	return r.Kind == Series || r.Kind == Split && r.After == nil
}

// refusal is the error of a request that no table can answer, or only at too
// high a cost; nil for one that can be asked.
func (c choice) refusal(snap *catalog.Snapshot, r Request, opts Options) *Error {
	if c.table == nil {
		return &Error{Code: Uncovered, Message: fmt.Sprintf(
			"no table of this database can answer downloads %s; an aggregate keyed by %s would", describe(r), wanted(r, snap))}
	}
	if opts.MaxRows > 0 && c.est.rows > opts.MaxRows {
		return &Error{Code: CostLimit, Message: fmt.Sprintf(
			"downloads %s would read about %s rows of %s, more than the limit of %s; narrow the range or the filter, or add an aggregate keyed by %s",
			describe(r), roughly(c.est.rows), c.table.Name, roughly(opts.MaxRows), wanted(r, snap))}
	}
	return nil
}

// describe says what a request splits and filters by.
func describe(r Request) string {
	s := "in total"
	switch r.Kind {
	case Series:
		s = "per " + string(r.Interval)
	case Split:
		s = "by " + string(r.Dim)
	case Extent:
		s = "by first and last day"
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
func wanted(r Request, snap *catalog.Snapshot) string {
	key := dimList(dimsOf(r))
	switch needOf(r, snap.Days).grain {
	case catalog.GrainDay:
		key += ", date"
	case catalog.GrainMonth:
		key += ", month"
	}
	if key == "" {
		return "nothing"
	}
	return "(" + trimComma(key) + ")"
}

func trimComma(s string) string {
	for len(s) > 1 && (s[0] == ',' || s[0] == ' ') {
		s = s[1:]
	}
	return s
}
