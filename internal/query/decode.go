package query

import (
	"slices"

	"clickql/internal/cube"
)

// Decoder turns a query's rows into results. Scan each row into Dest, then call
// Take; Results is complete when all rows are taken. A Decoder is for one run of
// the query and one goroutine.
type Decoder struct {
	parts  []*partDecoder
	extras []*partDecoder
	data   cube.Range
	dest   []any
	sets   bool // rows are of GROUPING SETS

	keys             []string
	part             int64
	bucket, lastDay  int32
	value            string
	total, whole, at int64
	others           []int64 // of the extras
	// Of a drill-down: the values above the last level, and their totals.
	path  []string
	above []int64
}

// partDecoder gathers the rows of one part.
type partDecoder struct {
	part  *part
	slots map[string]*slot
	days  []cube.Day       // of a series: its buckets
	index map[cube.Day]int // of days
	axis  int              // of a split with one value in each slice; else -1
}

// slot gathers the rows of one combination of coordinates.
type slot struct {
	members []member
	total   int64
	extent  cube.Range
	totals  []int64
	groups  []cube.Group
	top     group                  // of a drill-down
	ranks   map[string]cube.Result // by project
}

// NewDecoder prepares for the rows of one run of the query.
func (q *Query) NewDecoder() *Decoder {
	d := &Decoder{data: q.costing.snap.Days, keys: make([]string, len(q.axes))}
	for _, p := range q.bundle.parts {
		d.parts = append(d.parts, newPartDecoder(p, q.axes))
	}
	for _, p := range q.bundle.extras {
		d.extras = append(d.extras, newPartDecoder(p, q.axes))
	}
	d.others = make([]int64, len(d.extras))
	d.prepareDest(q)
	return d
}

// prepareDest lists where the columns go, in the order of the SELECT.
func (d *Decoder) prepareDest(q *Query) {
	for i := range d.keys {
		d.dest = append(d.dest, &d.keys[i])
	}
	if d.sets = len(d.parts) > 1 || len(d.extras) > 0 && !q.bundle.onlyTotal(); d.sets {
		d.dest = append(d.dest, &d.part, &d.bucket, &d.value)
		d.totalsDest()
		return
	}
	switch p := q.bundle.parts[0]; p.req().Kind {
	case cube.Series:
		d.dest = append(d.dest, &d.bucket, &d.total)
	case cube.Split:
		if p.req().Nests() {
			d.prepareLevels(p)
			return
		}
		d.dest = append(d.dest, &d.value, &d.total)
		if p.whole {
			d.dest = append(d.dest, &d.whole)
		}
	case cube.Extent:
		d.dest = append(d.dest, &d.bucket, &d.lastDay, &d.total)
	case cube.Rank:
		d.dest = append(d.dest, &d.value, &d.total, &d.at, &d.whole)
	default:
		d.totalsDest()
	}
}

// totalsDest is the columns of Writer.totals.
func (d *Decoder) totalsDest() {
	d.dest = append(d.dest, &d.total)
	for i := range d.others {
		d.dest = append(d.dest, &d.others[i])
	}
}

// newPartDecoder gives each combination of the part's coordinates a slot. The
// members of a series have the same buckets where there is data; outside the
// data their ranges may differ.
func newPartDecoder(p *part, axes []cube.Condition) *partDecoder {
	d := &partDecoder{part: p, slots: map[string]*slot{}, axis: axisOf(p.req(), axes)}
	for _, m := range p.members {
		key := slotKey(m.coordinates(axes))
		s := d.slots[key]
		if s == nil {
			s = &slot{}
			d.slots[key] = s
		}
		s.members = append(s.members, m)
	}
	levels := p.req().Levels()
	last := levels[len(levels)-1]
	if last.Kind != cube.Series {
		return d
	}
	d.index = map[cube.Day]int{}
	d.days = cube.Buckets(p.need.days, last.Interval)
	for i, day := range d.days {
		d.index[day] = i
	}
	for _, s := range d.slots {
		s.totals = make([]int64, len(d.days))
	}
	return d
}

// Dest is where the next row is scanned to, one pointer for each column.
func (d *Decoder) Dest() []any { return d.dest }

// Take takes the row that was scanned.
func (d *Decoder) Take() {
	key := slotKey(d.keys)
	if d.part < int64(len(d.parts)) {
		d.parts[d.part].take(d, key)
		if d.sets {
			return
		}
	} else {
		for _, p := range d.parts { // a slice's total, for each part's slots
			p.setTotal(key, d.total)
			if s := p.slots[key]; p.axis >= 0 && s != nil && d.total > 0 {
				s.groups = []cube.Group{{Value: d.keys[p.axis], Total: d.total}}
			}
		}
	}
	for i, p := range d.extras {
		p.setTotal(key, d.others[i])
	}
}

// setTotal notes the total of a slot, if the part has it.
func (p *partDecoder) setTotal(key string, total int64) {
	if s := p.slots[key]; s != nil {
		s.total = total
	}
}

// take takes a row of the part.
func (p *partDecoder) take(d *Decoder, key string) {
	s := p.slots[key]
	if s == nil { // a combination that no member of this part asked for
		return
	}
	switch r := p.part.req(); r.Kind {
	case cube.Series:
		if i, ok := p.index[cube.Day(d.bucket)]; ok {
			s.totals[i] += d.total
		}
	case cube.Split:
		if r.Nests() {
			p.takeLevels(d, s)
			return
		}
		if !d.sets {
			s.total = d.whole
		}
		if d.total > 0 {
			s.groups = append(s.groups, cube.Group{Value: d.value, Total: d.total})
		}
	case cube.Extent:
		s.extent, s.total = cube.Range{From: cube.Day(d.bucket), To: cube.Day(d.lastDay)}, d.total
	case cube.Rank:
		if s.ranks == nil {
			s.ranks = map[string]cube.Result{}
		}
		s.ranks[d.value] = cube.Result{Total: d.total, Position: d.at, Values: d.whole}
	default:
		s.total = d.total
	}
}

// Results is each member's answer by its request's key; a slice of which no row
// came has zeros.
func (d *Decoder) Results() map[string]*cube.Result {
	out := map[string]*cube.Result{}
	for _, p := range append(slices.Clone(d.parts), d.extras...) {
		for _, s := range p.slots {
			for _, m := range s.members {
				res := p.answer(out, s, m.req, d.data)
				if p.part.whole && measuresTotal(m.req) {
					out[cube.TotalOf(m.req.Slice).Key()] = &cube.Result{Total: res.Total}
				}
			}
		}
	}
	return out
}

// answer adds the slot's rows as one member asked for them, and what comes with
// them.
func (p *partDecoder) answer(out map[string]*cube.Result, s *slot, r cube.Request, data cube.Range) *cube.Result {
	if r.Nests() {
		p.levels(out, r, &s.top, s.total, data)
		return out[r.Key()]
	}
	res := &cube.Result{Total: s.total}
	switch r.Kind {
	case cube.Series:
		res = series(r, p.days, s.totals, data)
	case cube.Split:
		cutTo(res, s.groups, r.First)
		addTotals(out, res, r)
	case cube.Extent:
		res.Extent = cube.NoDays
		if s.total > 0 {
			res.Extent = s.extent
		}
	case cube.Rank:
		*res = s.ranks[r.Of]
	case cube.Count:
		res.Total, res.Values = 0, s.total
	}
	out[r.Key()] = res
	return res
}

// series lays buckets out over a request's own range, which may reach beyond the
// data. Buckets of nested ranges are a run of one another.
func series(r cube.Request, days []cube.Day, totals []int64, data cube.Range) *cube.Result {
	res := &cube.Result{Days: cube.Buckets(r.Slice.Span(data), r.Interval), Totals: totals}
	for _, n := range totals {
		res.Total += n
	}
	if slices.Equal(res.Days, days) && totals != nil {
		return res
	}
	res.Totals = make([]int64, len(res.Days))
	if len(days) > 0 {
		at, _ := slices.BinarySearch(res.Days, days[0])
		copy(res.Totals[at:], totals)
	}
	return res
}

// empty answers a request about a slice that holds nothing.
func empty(r cube.Request, data cube.Range) *cube.Result {
	res := &cube.Result{}
	switch r.Kind {
	case cube.Series:
		res.Days = cube.Buckets(r.Slice.Span(data), r.Interval)
		res.Totals = make([]int64, len(res.Days))
	case cube.Extent:
		res.Extent = cube.NoDays
	}
	return res
}

// addTotals adds what a split tells of the totals that will be asked of its values.
func addTotals(out map[string]*cube.Result, res *cube.Result, r cube.Request) {
	if r.Each == nil {
		return
	}
	for _, g := range res.Groups {
		out[cube.TotalOf(r.Child(g.Value).Slice).Key()] = &cube.Result{Total: g.Total}
	}
}

// cutTo makes the first of the groups the result's.
func cutTo(res *cube.Result, groups []cube.Group, first int) {
	if res.Groups = groups; len(groups) > first {
		res.Groups, res.More = groups[:first:first], true
	}
}
