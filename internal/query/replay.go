package query

import (
	"fmt"
	"slices"

	"clickql/internal/catalog"
	"clickql/internal/cube"
)

// Entries stand for the projects that the shape asks about: names that Requests
// uses, with the downloads that the planner should think them to have.
func (s Shape) Entries() []catalog.Entry {
	var out []catalog.Entry
	for i := range s.Projects {
		out = append(out, catalog.Entry{Name: fmt.Sprintf("%d of %d", i, s.Downloads), Total: s.Downloads})
	}
	return out
}

// Requests are requests of this shape on data that spans the days: of no use for
// asking, but what the planner plans for them it would plan for such a query.
func (s Shape) Requests(data cube.Range) []cube.Request {
	slice := s.slice(data)
	var reqs []cube.Request
	for _, m := range s.Parts {
		reqs = append(reqs, m.request(slice))
	}
	for range s.Extras {
		before, ok := slice.Previous()
		if !ok || before.Days.From < data.From {
			break
		}
		slice = before
		reqs = append(reqs, cube.TotalOf(slice))
	}
	return reqs
}

// slice is a slice of this shape that ends on the newest day.
func (s Shape) slice(data cube.Range) cube.Slice {
	slice := cube.Slice{AllTime: s.Days == 0}
	for _, e := range s.Entries() {
		slice.Projects = append(slice.Projects, e.Name)
	}
	slices.Sort(slice.Projects)
	for _, f := range s.Filters {
		c := cube.Condition{Dim: f.Dim, Not: f.Not}
		for i := range f.Values {
			c.Values = append(c.Values, fmt.Sprintf("%04d", i))
		}
		slice.Conditions = append(slice.Conditions, c)
	}
	if s.Days > 0 {
		slice.Days = s.days(data)
	}
	return slice
}

// days is a range of the shape's length that ends on the newest day and is not
// all of the data.
func (s Shape) days(data cube.Range) cube.Range {
	r := cube.Range{From: max(data.From+1, data.To-cube.Day(s.Days)+1), To: data.To}
	switch first := r.From == r.From.StartOfMonth(); {
	case s.Months && !first:
		r.From = r.From.StartOfMonth()
		if r.From <= data.From {
			r.From = r.From.AddMonths(1)
		}
	case !s.Months && first && r.From < r.To:
		r.From++
	}
	return r
}

// Replayed is what the planner would do with questions of a shape.
type Replayed struct {
	// Rows is how many rows all queries are expected to read.
	Rows float64
	// Tables are those that they read, database.name, each once, ascending.
	Tables []string
}

// add takes a query in that reads a table, or both of two.
func (r *Replayed) add(table string, both []string, rows float64) {
	r.Rows += rows
	for _, name := range append([]string{table}, both...) {
		if at, known := slices.BinarySearch(r.Tables, name); !known {
			r.Tables = slices.Insert(r.Tables, at, name)
		}
	}
}

// Replay plans questions of the shape on a snapshot; ok is false where no table
// can answer them. The snapshot's index should hold the shape's Entries.
func (s Shape) Replay(snap *catalog.Snapshot) (out Replayed, ok bool) {
	reqs := s.Requests(snap.Days)
	plan := NewPlan(snap, reqs, Options{})
	if len(plan.Failed) > 0 || len(plan.Queries) == 0 {
		return out, false
	}
	nested := map[string]bool{}
	for _, q := range plan.Queries {
		out.add(q.Table, q.Tables, q.EstimatedRows)
		for _, r := range q.Requests() {
			nested[r.Key()] = nested[r.Key()] || r.Nests()
		}
	}
	k := costingOf(snap)
	for _, r := range reqs {
		if r.Nests() && !nested[r.Key()] && !k.below(r, &out) {
			return out, false
		}
	}
	return out, true
}

// below adds the levels below a split, asked one after another; false where one
// cannot be answered.
func (k costing) below(r cube.Request, to *Replayed) bool {
	for r.Nests() {
		r = r.Child(k.placeholders(r)...)
		c := k.choose(k.single(r.Alone()))
		if c.table == nil {
			return false
		}
		to.add(c.table.FullName(), c.tables(), c.est.rows)
	}
	return true
}
