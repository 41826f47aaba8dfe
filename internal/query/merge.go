package query

import (
	"encoding/binary"
	"slices"
	"strings"

	"clickql/internal/cube"
)

// maxResultRows bounds the rows that one part of a query is expected to return;
// more members are asked in several queries.
const maxResultRows = 200_000

// maxSplitRows is how many rows a split is expected to return at the most,
// however many it allows.
const maxSplitRows = 3000

// member is one request of a part.
type member struct {
	req   Request
	order int // among the plan's requests
	// picks are the coordinates that the request fixes to a single value: what
	// it may differ in from others of its family.
	picks []pick
}

// pick is one fixed coordinate.
type pick struct {
	dim   cube.Dimension
	value string
}

// picksOf lists the coordinates that are fixed to one value: the project where
// there is one, and every filter that allows one value.
func picksOf(s cube.Slice) []pick {
	var picks []pick
	if len(s.Projects) == 1 {
		picks = append(picks, pick{cube.Project, s.Projects[0]})
	}
	for _, c := range s.Conditions {
		if !c.Not && len(c.Values) == 1 {
			picks = append(picks, pick{c.Dim, c.Values[0]})
		}
	}
	return picks
}

// unpicked is the slice without its picks: the conditions that the members of a
// family share.
func unpicked(s cube.Slice) cube.Slice {
	if len(s.Projects) == 1 {
		s.Projects = nil
	}
	conds := make([]cube.Condition, 0, len(s.Conditions))
	for _, c := range s.Conditions {
		if c.Not || len(c.Values) != 1 {
			conds = append(conds, c)
		}
	}
	s.Conditions = conds
	return s
}

// part is requests that differ only in the values of their picks, and in how
// many values of a split they want: one GROUP BY answers them.
type part struct {
	family string // equal for parts that one scan can serve
	shape  string // the range and the measure
	need   need
	whole  bool // the slices' totals are asked for
	// members are in the plan's order; the first stands for what all share.
	members []member
}

// req is what the members share.
func (p *part) req() Request { return p.members[0].req }

// first is how many values of the split any member wants.
func (p *part) first() int {
	n := 0
	for _, m := range p.members {
		n = max(n, m.req.First)
	}
	return n
}

// limits are how many rows each level of the part may have below one group of
// the level above: one value more than any member asks for, or every bucket and
// a few that newer data may have.
func (p *part) limits() []int {
	var out []int
	for i, level := range p.req().levels() {
		n := 0
		if level.Kind == Series {
			n = cube.BucketCount(p.need.days, level.Interval) + 2
		}
		for _, m := range p.members {
			n = max(n, m.req.levels()[i].First+1)
		}
		out = append(out, n)
	}
	return out
}

// familyOf is equal for requests under the same conditions, but for the values
// of their picks and for their range: one scan can find the rows of all.
func familyOf(r Request, picks []pick) string {
	shared := unpicked(r.Slice)
	shared.AllTime, shared.Days = true, cube.Range{}
	b := shared.AppendKey(nil)
	for _, k := range picks {
		b = cube.AppendText(b, string(k.dim))
	}
	return string(b)
}

// shapeOf is equal for requests of a family that one GROUP BY answers.
func shapeOf(r Request, n need) string {
	b := []byte{byte(r.Kind)}
	if n.cut {
		b = append(b, 3)
	}
	if n.exact { // what was written may let one be read from months, and not the other
		b = append(b, 4, byte(n.own))
	}
	if n.early {
		b = append(b, 5)
	}
	if !n.whole {
		b = binary.AppendVarint(b, int64(n.days.From))
		b = binary.AppendVarint(b, int64(n.days.To))
	}
	b = cube.AppendText(b, string(r.Interval))
	b = cube.AppendText(b, string(r.Dim))
	if r.After != nil {
		b = binary.AppendVarint(append(b, 1), r.After.Total)
		b = cube.AppendText(b, r.After.Value)
	}
	for _, level := range r.levels()[1:] {
		b = cube.AppendText(append(b, 2, byte(level.Kind)), string(level.Interval))
		b = cube.AppendText(b, string(level.Dim))
	}
	return string(b)
}

// partsOf groups requests into parts, in the order in which their first members
// come.
func partsOf(reqs []ordered, data cube.Range) []*part {
	index := map[string]*part{}
	var parts []*part
	for _, o := range reqs {
		n, picks := needOf(o.req, data), picksOf(o.req.Slice)
		family, shape := familyOf(o.req, picks), shapeOf(o.req, n)
		key := family + "\x00" + shape
		p := index[key]
		if p == nil || (len(p.members)+1)*rowsOf(o.req, data) > maxResultRows {
			p = &part{family: family, shape: shape, need: n}
			index[key] = p
			parts = append(parts, p)
		}
		p.whole = p.whole || o.whole
		p.members = append(p.members, member{req: o.req, order: o.order, picks: picks})
	}
	return parts
}

// ordered is a request with its place among the plan's.
type ordered struct {
	req   Request
	order int
	whole bool // its slice's total comes with it
}

// rowsOf is how many rows the answer to a request may have.
func rowsOf(r Request, data cube.Range) int {
	switch r.Kind {
	case Series:
		return max(1, cube.BucketCount(daysIn(r.Slice, data), r.Interval))
	case Split:
		n := min(r.First+1, maxSplitRows)
		if r.Nests() {
			below := *r.Each
			below.Slice = r.Slice
			n *= rowsOf(below, data)
		}
		return n
	default:
		return 1
	}
}

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

// wantsTotals reports that a row with each slice's total is needed. A series
// adds up to its own; a split by an axis has no other rows.
func (b *bundle) wantsTotals(axes []cube.Condition) bool {
	return len(b.extras) > 0 || slices.ContainsFunc(b.parts, func(p *part) bool {
		return p.whole && p.req().Kind == Split || p.req().Kind == Total || axisOf(p.req(), axes) >= 0
	})
}

// mergeable reports that the bundle's parts can stand beside others in one
// GROUPING SETS: a page behind a cursor cannot, nor can measures that are not
// downloads of a group.
func (b *bundle) mergeable() bool {
	return !slices.ContainsFunc(b.parts, func(p *part) bool {
		r := p.req()
		return r.Kind > Split || r.After != nil || r.Nests()
	})
}

// merge unites bundles of a family as long as one scan costs less than
// two, the largest saving first, ties in the plan's order.
func (k costing) merge(all []*bundle) []*bundle {
	unions := map[[2]*bundle]*bundle{} // of pairs that were tried; nil where it does not pay
	for {
		var best *bundle
		var at [2]int
		var most float64
		for i, a := range all {
			for j, b := range all[i+1:] {
				u, tried := unions[[2]*bundle{a, b}]
				if !tried {
					u = k.unite(a, b)
					unions[[2]*bundle{a, b}] = u
				}
				if u != nil && u.saves > most {
					best, at, most = u, [2]int{i, i + 1 + j}, u.saves
				}
			}
		}
		if best == nil {
			return all
		}
		all[at[0]] = best
		all = slices.Delete(all, at[1], at[1]+1)
	}
}

// unite is the bundle of both bundles' parts; nil where one scan cannot answer
// them or would cost more than two.
func (k costing) unite(a, b *bundle) *bundle {
	if a.parts[0].family != b.parts[0].family || !a.mergeable() || !b.mergeable() {
		return nil
	}
	u := a.with(b)
	if u == nil {
		return nil
	}
	u.choice = k.choose(u)
	if u.choice.table == nil || u.choice.blind {
		return nil
	}
	u.saves = a.choice.est.cost + b.choice.est.cost - u.choice.est.cost
	if u.saves <= 0 {
		return nil
	}
	return u
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
		return p.req().Kind != Total && slices.ContainsFunc(other.parts, func(o *part) bool {
			x, y := p.req(), o.req()
			return x.Kind == y.Kind && x.Dim == y.Dim && x.Interval == y.Interval
		})
	})
}

// onlyTotal reports that the bundle asks for nothing but totals.
func (b *bundle) onlyTotal() bool { return len(b.parts) == 1 && b.parts[0].req().Kind == Total }

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

// slice is all that the bundle's query reads, its members taken together.
func (b *bundle) slice() cube.Slice {
	s := unpicked(b.parts[0].req().Slice)
	axes, agreed := b.axes()
	for _, c := range append(axes, agreed...) {
		s = s.Narrow(c)
	}
	return s
}

// coordinates are a member's values on the axes.
func (m member) coordinates(axes []cube.Condition) []string {
	out := make([]string, len(axes))
	for i, a := range axes {
		at := slices.IndexFunc(m.picks, func(k pick) bool { return k.dim == a.Dim })
		out[i] = m.picks[at].value
	}
	return out
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

// slotKey joins coordinates into a map key.
func slotKey(coordinates []string) string {
	if len(coordinates) == 1 {
		return coordinates[0]
	}
	var b strings.Builder
	for _, c := range coordinates {
		var n [binary.MaxVarintLen64]byte
		b.Write(n[:binary.PutUvarint(n[:], uint64(len(c)))])
		b.WriteString(c)
	}
	return b.String()
}
