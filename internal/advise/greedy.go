package advise

import (
	"cmp"
	"slices"
	"strings"

	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/ddl"
)

// option is a table that might be created.
type option struct {
	key   catalog.Key
	table *catalog.Table
	size  catalog.KeyCount
	// price is its bytes, and for small tables what their view costs in loading.
	price float64
	order int // of the sorting key among those tried
	// benefit is what it saved when it was last weighed; with more tables taken
	// it saves less, so until it is weighed again this is the most it can.
	benefit float64
	weighed int // in which round
}

// perByte orders options.
func (o *option) perByte() float64 { return o.benefit / o.price }

// choice is an option that was taken.
type choice struct {
	*option
	saved      float64
	statements uint64
}

// optionsOf describes the tables of the keys, in every order of columns worth
// trying. A table that exists with that sorting key is none.
func optionsOf(snap *catalog.Snapshot, w *workload, keys []catalog.Key, counts []catalog.KeyCount) []*option {
	bytes, least := sizes{snap, snap.Widths()}, leastPrice(snap)
	var out []*option
	for i, k := range keys {
		if counts[i].Rows <= 0 {
			continue
		}
		orders := w.orders(k)
		if known, ok := knownTable(k); ok && !exists(snap, known.OrderBy) {
			orders = [][]string{known.OrderBy}
		}
		for n, order := range orders {
			if exists(snap, order) {
				continue
			}
			rows := counts[i].Rows
			t := snap.Proposed(nameOf(snap, order), order, uint64(rows), uint64(bytes.of(order, rows)))
			out = append(out, &option{key: k, table: t, size: counts[i], benefit: w.answered(k),
				price: max(float64(t.Bytes), least), order: n})
		}
	}
	return out
}

// viewPrice is what a view costs in loading, as a part of the raw table's bytes:
// it works on every row that arrives, however few it keeps.
const viewPrice = 1.0 / 500

// leastPrice is the price of a table with hardly a row.
func leastPrice(snap *catalog.Snapshot) float64 {
	for _, t := range snap.Tables {
		if t.Raw && t.Bytes > 0 {
			return max(1, viewPrice*float64(t.Bytes))
		}
	}
	return 1
}

// exists reports a complete table with the sorting key.
func exists(snap *catalog.Snapshot, key []string) bool {
	return slices.ContainsFunc(snap.Tables, func(t *catalog.Table) bool {
		return !t.Raw && slices.Equal(t.Key, key) && t.Covers == snap.Days
	})
}

// knownTable is the table of the schema that has the key's columns; ok is false
// where there is none. Those that rank projects are one order among others: what is
// asked decides between them and one by the project.
func knownTable(k catalog.Key) (known ddl.Table, ok bool) {
	columns := slices.Sorted(slices.Values(k.Columns()))
	for _, t := range ddl.Derived() {
		ranks := t.OrderBy[0] == "date" && slices.Contains(t.OrderBy, cube.Project.Column())
		if t.Kind == ddl.Counts && !ranks && slices.Equal(slices.Sorted(slices.Values(t.OrderBy)), columns) {
			return t, true
		}
	}
	return known, false
}

// nameOf is a name for a table with the key: the schema's, or one that is not
// taken. A table that has the key and is not complete is to be filled.
func nameOf(snap *catalog.Snapshot, key []string) string {
	name := ddl.AggregateName(key...)
	for _, t := range ddl.Derived() {
		if t.Kind == ddl.Counts && slices.Equal(t.OrderBy, key) {
			name = t.Name
		}
	}
	taken := func() bool {
		t := snap.Table(name)
		return t != nil && !slices.Equal(t.Key, key)
	}
	if taken() {
		name += "_in_order_of_" + key[0]
	}
	for taken() {
		name += "_2"
	}
	return name
}

// greedy takes options one after another, always the one that saves the most for
// each byte, until none is worth it, or the limits are reached.
func greedy(w *workload, all []*option, o Options) []choice {
	least := o.LeastShare * w.rows()
	room := o.Budget
	var out []choice
	for round := 1; len(out) < o.Limit; round++ {
		all = slices.DeleteFunc(all, func(c *option) bool {
			return c.benefit < max(1, least) || o.Budget > 0 && c.table.Bytes > room
		})
		best := next(w, all, round, max(1, least))
		if best == nil {
			break
		}
		out = append(out, w.accept(best))
		room -= min(room, best.table.Bytes)
		all = slices.DeleteFunc(all, func(c *option) bool { return c == best || c.table.Name == best.table.Name })
	}
	return out
}

// next is the option that saves the most for each byte, and at least so many
// rows; nil where none does. Options are weighed in the order of what they saved
// at the most, until one saves more for each byte than any other can.
func next(w *workload, all []*option, round int, least float64) *option {
	order := func(a, b *option) int {
		return cmp.Or(cmp.Compare(b.perByte(), a.perByte()), cmp.Compare(a.order, b.order),
			strings.Compare(a.table.Name, b.table.Name), slices.Compare(a.table.Key, b.table.Key))
	}
	for {
		slices.SortFunc(all, order)
		at := slices.IndexFunc(all, func(c *option) bool { return c.benefit >= least })
		if at < 0 {
			return nil
		}
		c := all[at]
		if c.weighed == round {
			return c
		}
		c.benefit, c.weighed = w.benefit(c), round
	}
}

// benefit is how many rows a table would save beside those taken.
func (w *workload) benefit(c *option) (saved float64) {
	snap := w.snap.With(c.table)
	for _, t := range w.tasks {
		if t.fits(c.key) {
			rows, _, _ := t.with(snap)
			saved += t.rows - rows
		}
	}
	return saved
}

// accept takes a table: what follows is weighed beside it.
func (w *workload) accept(c *option) choice {
	out := choice{option: c}
	w.snap = w.snap.With(c.table)
	for _, t := range w.tasks {
		if !t.fits(c.key) {
			continue
		}
		if rows, plan, changed := t.with(w.snap); changed {
			out.saved, out.statements = out.saved+t.rows-rows, out.statements+uint64(t.times)
			t.rows, t.plan = rows, plan
		}
	}
	return out
}
