package query

import (
	"cmp"
	"encoding/json"
	"math"
	"math/bits"
	"slices"

	"clickql/internal/catalog"
	"clickql/internal/cube"
)

// Shape is what a query asks of a table without what it asks about: dimensions
// but no values, how many projects and of what size but no names. Numbers are
// rounded, so that there are few shapes; queries of one shape read about as much
// as each other. The zero Shape is a question that is not about a slice.
type Shape struct {
	// Parts are what is measured, each once, in order.
	Parts []Measure `json:"parts,omitempty"`
	// Extras is how many totals over other ranges come from the same scan.
	Extras int `json:"extras,omitempty"`
	// Projects is how many projects are asked about, rounded; 0 for all.
	Projects int `json:"projects,omitempty"`
	// Downloads is what a project of them has in all time, rounded to a power of
	// four; 0 where it has none.
	Downloads int64 `json:"downloads,omitempty"`
	// Filters are ascending by dimension.
	Filters []Filter `json:"filters,omitempty"`
	// Days is the range, rounded to a power of two; 0 for every day of the data.
	Days int `json:"days,omitempty"`
	// Months tells a range of whole months.
	Months bool `json:"months,omitempty"`
}

// Measure is the kind of a request with the interval or the dimension that
// belongs to it.
type Measure struct {
	Kind     cube.Kind      `json:"kind"`
	Interval cube.Interval  `json:"interval,omitempty"`
	Dim      cube.Dimension `json:"by,omitempty"`
	// Then are the levels below a split that the same query answered.
	Then []Measure `json:"then,omitempty"`
}

// measureOf is the measure of a request and of the levels below it.
func measureOf(r cube.Request) Measure {
	m := Measure{Kind: r.Kind, Interval: r.Interval, Dim: r.Dim}
	for _, level := range r.Levels()[1:] {
		m.Then = append(m.Then, Measure{Kind: level.Kind, Interval: level.Interval, Dim: level.Dim})
	}
	return m
}

// compare orders measures.
func (m Measure) compare(o Measure) int {
	return cmp.Or(cmp.Compare(m.Kind, o.Kind), cmp.Compare(m.Interval, o.Interval), cmp.Compare(m.Dim, o.Dim),
		slices.CompareFunc(m.Then, o.Then, Measure.compare))
}

// request is a request of this measure of a slice.
func (m Measure) request(s cube.Slice) cube.Request {
	r := cube.Request{Slice: s, Kind: m.Kind, Interval: m.Interval, Dim: m.Dim}
	switch m.Kind {
	case cube.Split:
		r.First = 10
	case cube.Rank:
		r.Of = "0 of 0"
	}
	if len(m.Then) > 0 {
		below := m.Then[0]
		below.Then = m.Then[1:]
		r = r.Then(below.request(cube.Slice{}))
	}
	return r
}

// Filter is a condition with the number of its values in place of them.
type Filter struct {
	Dim    cube.Dimension `json:"dim"`
	Not    bool           `json:"not,omitempty"`
	Values int            `json:"values"`
}

// maxShapeValues bounds what a shape counts of values and of projects.
const maxShapeValues = 1024

// Shape is what the query asks of its table.
func (q *Query) Shape() Shape {
	if q.bundle == nil {
		return Shape{}
	}
	return shapeOfBundle(q.bundle, q.costing.snap)
}

// shapeOfBundle takes the values out of a bundle.
func shapeOfBundle(b *bundle, snap *catalog.Snapshot) Shape {
	all := b.slice()
	n := b.parts[0].need
	s := Shape{Extras: rounded(len(b.extras)), Projects: rounded(len(all.Projects))}
	for _, p := range b.parts {
		s.Parts = append(s.Parts, measureOf(p.req()))
	}
	slices.SortFunc(s.Parts, Measure.compare)
	s.Parts = slices.CompactFunc(s.Parts, func(a, b Measure) bool { return a.compare(b) == 0 })
	if len(all.Projects) > 0 {
		var sum int64
		for _, name := range all.Projects {
			total, _ := snap.Projects.Total(name)
			sum += total
		}
		s.Downloads = powerOfFour(sum / int64(len(all.Projects)))
	}
	for _, c := range all.Conditions {
		s.Filters = append(s.Filters, Filter{c.Dim, c.Not, rounded(len(c.Values))})
	}
	if !n.whole {
		s.Days, s.Months = nearestPower(n.days.Days()), edgeGrain(n.days, snap.Days) == cube.GrainMonth
	}
	return s
}

// rounded is n up to four, then the next power of two.
func rounded(n int) int {
	if n <= 4 {
		return n
	}
	return min(maxShapeValues, 1<<bits.Len(uint(n-1)))
}

// nearestPower is the power of two nearest to n > 0 in ratio.
func nearestPower(n int) int { return 1 << int(math.Round(math.Log2(float64(max(1, n))))) }

// powerOfFour is the power of four nearest to n in ratio; 0 for 0.
func powerOfFour(n int64) int64 {
	if n <= 0 {
		return 0
	}
	return 1 << (2 * int(math.Round(math.Log2(float64(n))/2)))
}

// Lookup reports a question that is not about a slice.
func (s Shape) Lookup() bool { return len(s.Parts) == 0 }

// Key is the shape in canonical form.
func (s Shape) Key() string {
	text, err := json.Marshal(s)
	if err != nil {
		return "" // a struct of numbers and words can be written
	}
	return string(text)
}

// Dims lists the dimensions that a table must keep apart to answer, in the
// enum's order.
func (s Shape) Dims() []cube.Dimension {
	uses := map[cube.Dimension]bool{cube.Project: s.Projects > 0}
	for _, m := range s.Parts {
		uses[m.Dim] = true
		for _, level := range m.Then {
			uses[level.Dim] = true
		}
	}
	for _, f := range s.Filters {
		uses[f.Dim] = true
	}
	return cube.Sorted(uses)
}

// Grain is the coarsest grain at which a table can answer.
func (s Shape) Grain(data cube.Range) cube.Grain {
	grain := cube.GrainNone
	for _, r := range s.Requests(data) {
		grain = min(grain, needOf(r, data).grain)
	}
	return grain
}
