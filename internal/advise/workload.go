package advise

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"clickql/internal/asked"
	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/query"
)

// maxTasks bounds the shapes that are replayed: those that read the most.
const maxTasks = 500

// task is one shape of query, as often as it was asked.
type task struct {
	shape query.Shape
	dims  []cube.Dimension
	grain cube.Grain
	times float64        // statements, refused ones too
	rows  float64        // that all of them read with the tables taken so far
	plan  query.Replayed // with those tables
}

// workload is what was asked, ready to be planned again.
type workload struct {
	snap   *catalog.Snapshot // with stand-ins for the projects, and the tables taken
	tasks  []*task
	beyond int // shapes that were left out
	failed int // shapes that no table can answer now
}

// newWorkload makes tasks of the records that have a shape.
func newWorkload(snap *catalog.Snapshot, records []asked.Record) *workload {
	w := &workload{}
	byShape := map[string]*task{}
	var order []asked.Record
	for _, r := range records {
		if r.Shape != nil && !r.Shape.Lookup() && r.Count+r.Refused > 0 {
			order = append(order, r)
		}
	}
	w.snap = withStandIns(snap, order)
	for _, r := range order {
		key := r.Shape.Key()
		t := byShape[key]
		if t == nil {
			if t = w.newTask(*r.Shape); t == nil {
				w.failed++
				continue
			}
			byShape[key] = t
			w.tasks = append(w.tasks, t)
		}
		t.add(r)
	}
	slices.SortStableFunc(w.tasks, func(a, b *task) int {
		return cmp.Or(cmp.Compare(b.rows, a.rows), strings.Compare(a.shape.Key(), b.shape.Key()))
	})
	if n := len(w.tasks); n > maxTasks {
		w.tasks, w.beyond = w.tasks[:maxTasks], n-maxTasks
	}
	return w
}

// withStandIns is the snapshot with an index in which projects of the sizes that
// were asked about stand for those that were.
func withStandIns(snap *catalog.Snapshot, records []asked.Record) *catalog.Snapshot {
	out := *snap
	if snap.Projects == nil {
		return &out
	}
	var entries []catalog.Entry
	seen := map[string]bool{}
	rest := snap.Projects.Sum()
	for _, r := range records {
		for _, e := range r.Shape.Entries() {
			if !seen[e.Name] {
				seen[e.Name] = true
				entries, rest = append(entries, e), rest-e.Total
			}
		}
	}
	out.Projects = catalog.NewIndex(append(entries, catalog.Entry{Name: "the others", Total: rest}))
	return &out
}

// newTask prepares a shape; nil where no table can answer it now.
func (w *workload) newTask(s query.Shape) *task {
	plan, ok := s.Replay(w.snap)
	if !ok {
		return nil
	}
	return &task{shape: s, dims: s.Dims(), grain: s.Grain(w.snap.Days), plan: plan}
}

// add counts a record. Where the table that served is still the one that would
// serve, its rows are what was read; else what the planner expects now.
func (t *task) add(r asked.Record) {
	t.times += float64(r.Count + r.Refused)
	if slices.Equal(t.plan.Tables, r.Tables()) {
		t.rows += float64(r.Rows) + float64(r.Refused)*t.plan.Rows
	} else {
		t.rows += float64(r.Count+r.Refused) * t.plan.Rows
	}
}

// rows is what all tasks read.
func (w *workload) rows() (sum float64) {
	for _, t := range w.tasks {
		sum += t.rows
	}
	return sum
}

// notes say what the tasks leave out.
func (w *workload) notes() []string {
	var out []string
	if w.beyond > 0 {
		out = append(out, fmt.Sprintf("%d shapes of query that read little were left out", w.beyond))
	}
	if w.failed > 0 {
		out = append(out, fmt.Sprintf("%d shapes of query cannot be answered by the tables that are complete now, and were left out", w.failed))
	}
	return out
}

// with is what a task would read with further tables, all its statements
// together; changed is false where they would not be used.
func (t *task) with(snap *catalog.Snapshot) (rows float64, plan query.Replayed, changed bool) {
	plan, ok := t.shape.Replay(snap)
	if !ok || plan.Rows == t.plan.Rows && slices.Equal(plan.Tables, t.plan.Tables) {
		return t.rows, t.plan, false
	}
	return t.times * plan.Rows, plan, true
}
