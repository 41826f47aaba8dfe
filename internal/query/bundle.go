package query

import (
	"slices"

	"clickql/internal/cube"
)

// bundle is what one query answers, all of one family: parts over one range,
// and beside them totals over other ranges, such as the period before.
type bundle struct {
	parts  []*part
	extras []*part // Totals
	choice choice
	saves  float64 // against asking its two halves apart
}

// all are the bundle's parts and extras.
func (b *bundle) all() []*part { return append(slices.Clone(b.parts), b.extras...) }

// order is the place of the bundle's first request.
func (b *bundle) order() int {
	least := b.parts[0].members[0].order
	for _, p := range b.all() {
		least = min(least, p.members[0].order)
	}
	return least
}

// need is what the bundle asks of a table. Its days reach from the first of any
// part to the last.
func (b *bundle) need() need {
	n := b.parts[0].need
	for _, p := range b.all()[1:] {
		n = n.join(p.need)
		n.dims = append(slices.Clone(n.dims), p.need.dims...)
		n.days.From, n.days.To = min(n.days.From, p.need.days.From), max(n.days.To, p.need.days.To)
		n.whole = n.whole || p.need.whole
	}
	slices.SortFunc(n.dims, cube.Dimension.Compare)
	n.dims = slices.Compact(n.dims)
	return n
}

// slice is all that the bundle's query reads, its members taken together.
func (b *bundle) slice() cube.Slice {
	s := unpicked(b.parts[0].req().Slice)
	axes, agreed := b.axes()
	for _, c := range append(axes, agreed...) {
		s = s.Narrow(c)
	}
	return s
}

// axes are the picks' dimensions in which the members differ, with the values
// that occur, ascending; agreed are the picks in which all agree.
func (b *bundle) axes() (axes, agreed []cube.Condition) {
	for i, k := range b.parts[0].members[0].picks {
		c := cube.Condition{Dim: k.dim}
		for _, p := range b.all() {
			for _, m := range p.members {
				c.Values = append(c.Values, m.picks[i].value)
			}
		}
		slices.Sort(c.Values)
		c.Values = slices.Compact(c.Values)
		if len(c.Values) > 1 {
			axes = append(axes, c)
		} else {
			agreed = append(agreed, c)
		}
	}
	return axes, agreed
}

// axisOf is the axis along which a split has but one value in each slice; -1
// where there is none.
func axisOf(r cube.Request, axes []cube.Condition) int {
	return slices.IndexFunc(axes, func(a cube.Condition) bool { return r.Kind == cube.Split && a.Dim == r.Dim })
}

// combinations lists the members' coordinates, each once: for each axis one
// list, entries at one index belonging together.
func (b *bundle) combinations(axes []cube.Condition) [][]string {
	seen := map[string]bool{}
	out := make([][]string, len(axes))
	for _, p := range b.all() {
		for _, m := range p.members {
			at := m.coordinates(axes)
			if key := slotKey(at); !seen[key] {
				seen[key] = true
				for i, value := range at {
					out[i] = append(out[i], value)
				}
			}
		}
	}
	return out
}

// wantsTotals reports that a row with each slice's total is needed. A series
// adds up to its own; a split by an axis has no other rows.
func (b *bundle) wantsTotals(axes []cube.Condition) bool {
	return len(b.extras) > 0 || slices.ContainsFunc(b.parts, func(p *part) bool {
		return p.whole && p.req().Kind == cube.Split || p.req().Kind == cube.Total || axisOf(p.req(), axes) >= 0
	})
}

// readsTime reports that a part is about days, whatever the range of all.
func (b *bundle) readsTime() bool {
	return len(b.extras) > 0 || slices.ContainsFunc(b.parts, func(p *part) bool {
		return slices.ContainsFunc(p.req().Levels(), func(r cube.Request) bool { return r.Kind == cube.Series || r.Kind == cube.Extent })
	})
}

// onlyTotal reports that the bundle asks for nothing but totals.
func (b *bundle) onlyTotal() bool { return len(b.parts) == 1 && b.parts[0].req().Kind == cube.Total }

// mergeable reports that the bundle's parts can stand beside others in one
// GROUPING SETS: a page behind a cursor cannot, nor can measures that are not
// downloads of a group.
func (b *bundle) mergeable() bool {
	return !slices.ContainsFunc(b.parts, func(p *part) bool {
		r := p.req()
		return r.Kind > cube.Split || r.After != nil || r.Nests()
	})
}

// maxExtras bounds the totals over other ranges in one query.
const maxExtras = 32

// with is the bundle of both bundles' parts; nil where they cannot be one.
func (b *bundle) with(other *bundle) *bundle {
	if x, y := b.need(), other.need(); x.whole && y.whole && x.cut != y.cut {
		return nil // one of all time, one of the same days with edges
	}
	if b.parts[0].need.days == other.parts[0].need.days {
		if b.groupsLike(other) {
			return nil
		}
		return &bundle{parts: append(slices.Clone(b.parts), other.parts...), extras: append(slices.Clone(b.extras), other.extras...)}
	}
	base, totals := b, other
	if !totals.onlyTotal() {
		base, totals = other, b
	}
	if !totals.onlyTotal() || len(base.extras)+len(totals.all()) > maxExtras {
		return nil
	}
	return &bundle{parts: base.parts, extras: append(slices.Clone(base.extras), totals.all()...)}
}

// groupsLike reports that both bundles group by the same: one set of GROUPING SETS
// cannot be told from another by the same column. Such parts are of ranges that
// are alike on the data's days alone.
func (b *bundle) groupsLike(other *bundle) bool {
	return slices.ContainsFunc(b.parts, func(p *part) bool {
		return p.req().Kind != cube.Total && slices.ContainsFunc(other.parts, func(o *part) bool {
			x, y := p.req(), o.req()
			return x.Kind == y.Kind && x.Dim == y.Dim && x.Interval == y.Interval
		})
	})
}
