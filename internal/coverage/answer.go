package coverage

import (
	"slices"

	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/query"
)

// Answer is how a question would be answered.
type Answer struct {
	Question Question
	// Table is the chosen table's name; empty where none can answer.
	Table string
	// Raw tells that the raw table is chosen, and NeedsRaw that no other could.
	Raw, NeedsRaw bool
	// Rows is how many rows the query is expected to read, and RawRows how many of
	// the raw table it would be; 0 where that cannot answer.
	Rows, RawRows float64
	// Query is what would run; nil where nothing would.
	Query *query.Query
}

// Asked is about what questions are asked.
type Asked struct {
	Project string
	Days    cube.Range
	// Values has a value for each dimension that is filtered on; a missing one
	// stands for a value that nothing is known of.
	Values map[cube.Dimension]string
}

// Answers plans each question by itself.
func Answers(snap *catalog.Snapshot, about Asked, questions []Question) []Answer {
	derived := Only(snap, func(t *catalog.Table) bool { return !t.Raw })
	single := Only(snap, func(t *catalog.Table) bool { return t.Raw })
	answers := make([]Answer, len(questions))
	for i, q := range questions {
		r := q.Request(about.Project, about.Days, about.Values)
		a := Answer{Question: q, NeedsRaw: plan(derived, r) == nil}
		if a.Query = plan(snap, r); a.Query != nil {
			table := tableOf(snap, a.Query)
			a.Table, a.Raw, a.Rows = table.Name, table.Raw, a.Query.EstimatedRows
		}
		if raw := plan(single, r); raw != nil {
			a.RawRows = raw.EstimatedRows
		}
		answers[i] = a
	}
	return answers
}

// plan is the query of one request; nil where nothing answers it.
func plan(snap *catalog.Snapshot, r cube.Request) *query.Query {
	p := query.NewPlan(snap, []cube.Request{r}, query.Options{})
	if len(p.Queries) != 1 {
		return nil
	}
	return p.Queries[0]
}

// tableOf is the table that a query reads.
func tableOf(snap *catalog.Snapshot, q *query.Query) *catalog.Table {
	i := slices.IndexFunc(snap.Tables, func(t *catalog.Table) bool { return t.FullName() == q.Table })
	return snap.Tables[i]
}

// Only is the snapshot with those of its tables that keep holds for.
func Only(snap *catalog.Snapshot, keep func(*catalog.Table) bool) *catalog.Snapshot {
	out := *snap
	out.Tables = slices.DeleteFunc(slices.Clone(snap.Tables), func(t *catalog.Table) bool { return !keep(t) })
	return &out
}

// Covered counts the questions that need no raw table.
func Covered(answers []Answer) (n int) {
	for _, a := range answers {
		if !a.NeedsRaw {
			n++
		}
	}
	return n
}
