package query

import (
	"slices"

	"clickql/internal/catalog"
)

// slot gathers the rows of one combination of coordinates.
type slot struct {
	members []planned
	total   int64
	before  int64
	extent  catalog.Range
	days    []catalog.Day
	totals  []int64
	groups  []Group
}

// Decoder turns a query's rows into results. Scan each row into Dest, then call
// Take; Results is complete when all rows are taken. A Decoder is for one run of
// the query and one goroutine.
type Decoder struct {
	kind     Kind
	interval Interval
	slots    map[string]*slot
	index    map[catalog.Day]int // of a series' buckets
	dest     []any
	data     catalog.Range

	keys             []string
	bucket, lastDay  int32
	value            string
	total, whole, at int64
}

// NewDecoder prepares for the rows of one run of the query.
func (q *Query) NewDecoder() *Decoder {
	r := q.group.members[0].req
	d := &Decoder{kind: r.Kind, interval: r.Interval, data: q.data, slots: map[string]*slot{}, keys: make([]string, len(q.axes))}
	for _, m := range q.group.members {
		key := slotKey(m.coordinates(q.axes))
		s := d.slots[key]
		if s == nil {
			s = &slot{}
			d.slots[key] = s
		}
		s.members = append(s.members, m)
	}
	if r.Kind == Series {
		d.prepareBuckets(r, q.data)
	}
	for i := range d.keys {
		d.dest = append(d.dest, &d.keys[i])
	}
	switch r.Kind {
	case Series:
		d.dest = append(d.dest, &d.bucket, &d.total)
	case Split:
		d.dest = append(d.dest, &d.value, &d.total, &d.whole)
		if r.After != nil {
			d.dest = append(d.dest, &d.at)
		}
	case Extent:
		d.dest = append(d.dest, &d.bucket, &d.lastDay, &d.total)
	default:
		d.dest = append(d.dest, &d.total)
	}
	return d
}

// prepareBuckets gives every slot its series of zeros. The members' ranges are
// one another's where they have data; outside the data they may differ, and the
// index of the widest serves all.
func (d *Decoder) prepareBuckets(r Request, data catalog.Range) {
	d.index = map[catalog.Day]int{}
	days := Buckets(r.Slice.daysIn(data), r.Interval)
	for i, day := range days {
		d.index[day] = i
	}
	for _, s := range d.slots {
		s.days, s.totals = days, make([]int64, len(days))
	}
}

// Dest is where the next row is scanned to, one pointer for each column.
func (d *Decoder) Dest() []any { return d.dest }

// Take takes the row that was scanned.
func (d *Decoder) Take() {
	s := d.slots[slotKey(d.keys)]
	if s == nil { // a combination that no member asked for
		return
	}
	switch d.kind {
	case Series:
		s.total += d.total
		if i, ok := d.index[catalog.Day(d.bucket)]; ok {
			s.totals[i] += d.total
		}
	case Split:
		s.total, s.before = d.whole, d.at
		s.groups = append(s.groups, Group{Value: d.value, Total: d.total})
	case Extent:
		if d.total > 0 {
			s.extent, s.total = catalog.Range{From: catalog.Day(d.bucket), To: catalog.Day(d.lastDay)}, d.total
		} else {
			s.extent = noDays
		}
	default:
		s.total = d.total
	}
}

// Results is each member's answer by its request's key; a slice of which no row
// came has zeros.
func (d *Decoder) Results() map[string]*Result {
	out := make(map[string]*Result, len(d.slots))
	for _, s := range d.slots {
		for _, m := range s.members {
			out[m.req.Key()] = s.answer(m.req, d.data)
			if m.req.givesTotal() {
				out[TotalOf(m.req.Slice).Key()] = &Result{Total: s.total}
			}
		}
	}
	return out
}

// answer is the slot's rows as one member asked for them.
func (s *slot) answer(r Request, data catalog.Range) *Result {
	switch r.Kind {
	case Series:
		return s.series(r, data)
	case Split:
		res := &Result{Total: s.total, Shown: s.before, Groups: s.groups}
		if len(s.groups) > r.First {
			res.Groups, res.More = s.groups[:r.First:r.First], true
		}
		for _, g := range res.Groups {
			res.Shown += g.Total
		}
		return res
	case Extent:
		if s.total == 0 {
			return &Result{Extent: noDays}
		}
		return &Result{Total: s.total, Extent: s.extent}
	default:
		return &Result{Total: s.total}
	}
}

// series lays the slot's buckets out over the member's own range, which may
// reach beyond the data.
func (s *slot) series(r Request, data catalog.Range) *Result {
	days := Buckets(r.Slice.span(data), r.Interval)
	if slices.Equal(days, s.days) {
		return &Result{Total: s.total, Days: days, Totals: s.totals}
	}
	res := &Result{Total: s.total, Days: days, Totals: make([]int64, len(days))}
	if len(s.days) > 0 {
		// Buckets of nested ranges are a run of one another.
		at, _ := slices.BinarySearch(days, s.days[0])
		copy(res.Totals[at:], s.totals)
	}
	return res
}

// span is every day that the slice asks about.
func (s Slice) span(data catalog.Range) catalog.Range {
	if s.AllTime {
		return data
	}
	return s.Days
}

// noDays is the empty range.
var noDays = catalog.Range{From: 0, To: -1}

// empty answers a request about a slice that holds nothing.
func empty(r Request, data catalog.Range) *Result {
	res := &Result{Extent: noDays}
	if r.Kind == Series {
		res.Days = Buckets(r.Slice.span(data), r.Interval)
		res.Totals = make([]int64, len(res.Days))
	}
	return res
}
