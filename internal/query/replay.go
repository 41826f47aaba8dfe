package query

import (
	"slices"

	"clickql/internal/catalog"
)

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
		for _, p := range q.bundle.parts {
			for _, m := range p.members {
				nested[m.req.Key()] = nested[m.req.Key()] || m.req.Nests()
			}
		}
	}
	k := costing{snap, widthsOf(snap)}
	for _, r := range reqs {
		if r.Nests() && !nested[r.Key()] && !k.below(r, &out) {
			return out, false
		}
	}
	return out, true
}

// below adds the levels below a split, asked one after another; false where one
// cannot be answered.
func (k costing) below(r Request, to *Replayed) bool {
	for r.Nests() {
		r = r.child(k.placeholders(r)...)
		c := k.choose(k.single(r.alone()))
		if c.table == nil {
			return false
		}
		to.add(c.table.FullName(), c.tables(), c.est.rows)
	}
	return true
}
