package query

import (
	"fmt"
	"math"
	"slices"

	"clickql/internal/cube"
)

// A Split that says what will be asked of each of its values (Request.Each) can
// be answered together with that: one GROUP BY over all levels instead of one
// query for each, the next of which cannot be asked before the one above it is
// answered. Whether it pays is a matter of cost: a level that is asked by itself
// reads the values of the level above only.

// maxPlaceholders bounds the values that stand for those of the level above.
const maxPlaceholders = 100

// apart is what the request's levels are expected to cost, asked one after
// another; infinite where they cannot be.
func (k costing) apart(r cube.Request) float64 {
	c := k.choose(k.single(r.Alone()))
	switch {
	case c.table == nil || c.blind:
		return math.Inf(1)
	case !r.Nests():
		return c.est.cost
	}
	return c.est.cost + k.apart(r.Child(k.placeholders(r)...))
}

// placeholders stand for the values that the split will show.
func (k costing) placeholders(r cube.Request) []string {
	n := max(1, min(r.First, maxPlaceholders))
	if r.Dim == cube.Project && r.Slice.Projects != nil {
		return r.Slice.Projects[:min(n, len(r.Slice.Projects))]
	}
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%03d", i)
	}
	return out
}

// single is a bundle of one request.
func (k costing) single(r cube.Request) *bundle {
	return &bundle{parts: partsOf([]ordered{{r, 0, givesTotal(r)}}, k.snap.Days)}
}

// together reports that one query for all of the request's levels is expected to
// cost less than a query for each.
func (p planner) together(r cube.Request) bool {
	if rowsOf(r, p.snap.Days) > maxResultRows || repeats(r) {
		return false
	}
	c := p.choose(p.single(r))
	if c.table == nil || c.blind || p.opts.MaxRows > 0 && c.est.rows > p.opts.MaxRows {
		return false
	}
	return c.est.cost <= p.apart(r)
}

// repeats reports that two levels are split by one dimension.
func repeats(r cube.Request) bool {
	var dims []cube.Dimension
	for _, level := range r.Levels() {
		if level.Kind == cube.Split && slices.Contains(dims, level.Dim) {
			return true
		}
		dims = append(dims, level.Dim)
	}
	return false
}

// settle decides for each request with further levels whether one query answers
// all; the others are left alone. Requests that differ in their picks only fare
// alike. apart is what the levels below would cost if none were nested.
func (p planner) settle(reqs []cube.Request) (nested []cube.Request, some bool, apart float64) {
	nested = slices.Clone(reqs)
	decided := map[string]float64{} // the cost of the levels below; negative where they are not nested
	for i, r := range reqs {
		if !r.Nests() || r.Slice.Impossible() || daysIn(r.Slice, p.snap.Days).Empty() {
			continue
		}
		key := familyOf(r, picksOf(r.Slice)) + "\x00" + groupingOf(r, needOf(r, p.snap.Days))
		below, known := decided[key]
		switch {
		case known && below >= 0: // a further member shares the query, not what it reads
			apart += max(0, below-queryCost)
		case !known && p.together(r):
			below = p.apart(r.Child(p.placeholders(r)...))
			apart += below
			some = true
		case !known:
			below = -1
		}
		decided[key] = below
		if below < 0 {
			nested[i] = r.Alone()
		}
	}
	return nested, some, apart
}
