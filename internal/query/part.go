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

// ordered is a request with its place among the plan's.
type ordered struct {
	req   cube.Request
	order int
	whole bool // its slice's total comes with it
}

// givesTotal reports that the slice's total must come with the request's answer.
func givesTotal(r cube.Request) bool { return measuresTotal(r) && !r.Bare }

// measuresTotal reports that the slice's total can come with the request's
// answer. A page that begins behind a cursor may have no row to bring it.
func measuresTotal(r cube.Request) bool {
	return r.Kind == cube.Series || r.Kind == cube.Split && r.After == nil
}

// member is one request of a part.
type member struct {
	req   cube.Request
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
	s.Conditions = slices.DeleteFunc(slices.Clone(s.Conditions), func(c cube.Condition) bool { return !c.Not && len(c.Values) == 1 })
	return s
}

// part is requests that differ only in the values of their picks, and in how
// many values of a split they want: one GROUP BY answers them.
type part struct {
	family   string // equal for parts that one scan can serve
	grouping string // the range and the measure
	need     need
	whole    bool // the slices' totals are asked for
	// members are in the plan's order; the first stands for what all share.
	members []member
}

// req is what the members share.
func (p *part) req() cube.Request { return p.members[0].req }

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
	for i, level := range p.req().Levels() {
		n := 0
		if level.Kind == cube.Series {
			n = cube.BucketCount(p.need.days, level.Interval) + 2
		}
		for _, m := range p.members {
			n = max(n, m.req.Levels()[i].First+1)
		}
		out = append(out, n)
	}
	return out
}

// familyOf is equal for requests under the same conditions, but for the values
// of their picks and for their range: one scan can find the rows of all.
func familyOf(r cube.Request, picks []pick) string {
	shared := unpicked(r.Slice)
	shared.AllTime, shared.Days = true, cube.Range{}
	b := shared.AppendKey(nil)
	for _, k := range picks {
		b = cube.AppendText(b, string(k.dim))
	}
	return string(b)
}

// groupingOf is equal for requests of a family that one GROUP BY answers.
func groupingOf(r cube.Request, n need) string {
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
	for _, level := range r.Levels()[1:] {
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
		family, grouping := familyOf(o.req, picks), groupingOf(o.req, n)
		key := family + "\x00" + grouping
		p := index[key]
		if p == nil || (len(p.members)+1)*rowsOf(o.req, data) > maxResultRows {
			p = &part{family: family, grouping: grouping, need: n}
			index[key] = p
			parts = append(parts, p)
		}
		p.whole = p.whole || o.whole
		p.members = append(p.members, member{req: o.req, order: o.order, picks: picks})
	}
	return parts
}

// rowsOf is how many rows the answer to a request may have.
func rowsOf(r cube.Request, data cube.Range) int {
	switch r.Kind {
	case cube.Series:
		return max(1, cube.BucketCount(daysIn(r.Slice, data), r.Interval))
	case cube.Split:
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

// coordinates are a member's values on the axes.
func (m member) coordinates(axes []cube.Condition) []string {
	out := make([]string, len(axes))
	for i, a := range axes {
		at := slices.IndexFunc(m.picks, func(k pick) bool { return k.dim == a.Dim })
		out[i] = m.picks[at].value
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
