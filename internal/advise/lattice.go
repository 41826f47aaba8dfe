package advise

import (
	"cmp"
	"slices"
	"strings"

	"clickql/internal/catalog"
	"clickql/internal/cube"
)

// Bounds of the lattice.
const (
	maxAsked  = 32 // keys that one question asks for
	maxUnions = 32 // keys that serve two
	maxDims   = 6  // dimensions of a key
)

// weighed is a key with the rows that the questions read which it can answer.
type weighed struct {
	key  catalog.Key
	rows float64
}

// candidates lists the keys that are worth an estimate: those that questions ask
// for, and unions of two, each kind heaviest first.
func candidates(w *workload) []catalog.Key {
	var single []weighed
	seen := map[string]bool{}
	note := func(k catalog.Key, to *[]weighed) {
		text := textOf(k)
		if seen[text] || len(k.Dims) > maxDims || len(k.Columns()) == 0 {
			return
		}
		seen[text] = true
		*to = append(*to, weighed{k, w.answered(k)})
	}
	for _, t := range w.tasks {
		note(catalog.Key{Dims: t.dims, Grain: t.grain}, &single)
	}
	single = heaviest(single, maxAsked)
	var unions []weighed
	for i, a := range single {
		for _, b := range single[i+1:] {
			if a.key.Has(cube.Project) == b.key.Has(cube.Project) {
				note(union(a.key, b.key), &unions)
			}
		}
	}
	var out []catalog.Key
	for _, c := range append(single, heaviest(unions, maxUnions)...) {
		out = append(out, c.key)
	}
	return out
}

// heaviest keeps the n heaviest, ties by their columns.
func heaviest(all []weighed, n int) []weighed {
	slices.SortFunc(all, func(a, b weighed) int {
		return cmp.Or(cmp.Compare(b.rows, a.rows), strings.Compare(textOf(a.key), textOf(b.key)))
	})
	return all[:min(n, len(all))]
}

// answered is what the questions read that a table with the key can answer.
func (w *workload) answered(k catalog.Key) (rows float64) {
	for _, t := range w.tasks {
		if t.fits(k) {
			rows += t.rows
		}
	}
	return rows
}

// fits reports that a table with the key can answer the task.
func (t *task) fits(k catalog.Key) bool {
	return k.Grain <= t.grain && !slices.ContainsFunc(t.dims, func(d cube.Dimension) bool { return !k.Has(d) })
}

// union keeps apart what either keeps.
func union(a, b catalog.Key) catalog.Key {
	dims := slices.Concat(a.Dims, b.Dims)
	slices.SortFunc(dims, cube.Dimension.Compare)
	return catalog.Key{Dims: slices.Compact(dims), Grain: min(a.Grain, b.Grain)}
}

// textOf is equal for equal keys.
func textOf(k catalog.Key) string { return strings.Join(k.Columns(), ",") }

// orders lists the sorting keys to try for a table: the project first, so that
// one project's rows lie together, then what questions fix to a value, then the
// time; or the time before that; and the time before the project, for questions
// about all projects over some days.
func (w *workload) orders(k catalog.Key) [][]string {
	fixed := w.fixed(k)
	var project, filters, rest, time []string
	for _, d := range k.Dims {
		switch {
		case d == cube.Project:
			project = []string{d.Column()}
		case slices.Contains(fixed, d): // in filters
		default:
			rest = append(rest, d.Column())
		}
	}
	for _, d := range fixed {
		filters = append(filters, d.Column())
	}
	if all := k.Columns(); len(all) > len(k.Dims) {
		time = all[len(k.Dims):]
	}
	var out [][]string
	for _, order := range [][]string{
		slices.Concat(project, filters, time, rest),
		slices.Concat(project, time, filters, rest),
		slices.Concat(time, filters, rest, project),
	} {
		if len(time) == 0 && !slices.Equal(order[:len(project)], project) {
			continue
		}
		if !slices.ContainsFunc(out, func(have []string) bool { return slices.Equal(have, order) }) {
			out = append(out, order)
		}
	}
	return out
}

// fixed lists the key's dimensions that questions restrict to some values, those
// in which the most rows are read first.
func (w *workload) fixed(k catalog.Key) []cube.Dimension {
	rows := map[cube.Dimension]float64{}
	for _, t := range w.tasks {
		if !t.fits(k) {
			continue
		}
		for _, f := range t.shape.Filters {
			if !f.Not && f.Dim != cube.Project {
				rows[f.Dim] += t.rows
			}
		}
	}
	var out []cube.Dimension
	for _, d := range k.Dims {
		if rows[d] > 0 {
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(a, b cube.Dimension) int { return cmp.Compare(rows[b], rows[a]) })
	return out
}
