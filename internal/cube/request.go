package cube

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Kind is the measure that a request asks of a slice.
type Kind uint8

// The kinds of request.
const (
	Total  Kind = iota // one number
	Series             // a number for each interval
	Split              // a number for each value of one dimension
	Extent             // the first and the last day with a download
	Rank               // the place of one project among all
	Count              // how many values of one dimension there are
)

// Cursor is the place in a split right behind which a page begins.
type Cursor struct {
	Total int64
	Value string
}

// Request is one question about one slice: what the planner plans, the loader
// batches and the caches hold. Build it with TotalOf, SeriesOf and SplitOf.
type Request struct {
	Slice    Slice
	Kind     Kind
	Interval Interval  // Series
	Dim      Dimension // Split, Rank, Count
	First    int       // Split: how many values, largest first
	After    *Cursor   // Split: nil for the first page
	Of       string    // Rank: the project, by its normalised name
	// Bare is for a Split of which only Groups and More are wanted: the slice's own
	// total takes a window over all groups. A page behind a cursor is always so.
	Bare bool
	// Each is for a Split what will be asked of the slice of each of its values; its
	// own Slice is left empty. It is a hint and no part of Key: the query may then
	// answer these requests too. Nil where nothing is known.
	Each *Request
}

// TotalOf asks for the slice's downloads.
func TotalOf(s Slice) Request { return Request{Slice: s, Kind: Total} }

// SeriesOf asks for the slice's downloads in each interval.
func SeriesOf(s Slice, every Interval) Request {
	return Request{Slice: s, Kind: Series, Interval: every}
}

// SplitOf asks for the first values of a dimension, largest first, ties by
// value, beginning behind after (nil: with the largest, and the slice's total is
// found too).
func SplitOf(s Slice, by Dimension, first int, after *Cursor) Request {
	return Request{Slice: s, Kind: Split, Dim: by, First: first, After: after, Bare: after != nil}
}

// WithoutTotal is the split without the slice's own total.
func (r Request) WithoutTotal() Request {
	r.Bare = r.Kind == Split
	return r
}

// ExtentOf asks for the first and the last day on which the slice has a
// download.
func ExtentOf(s Slice) Request { return Request{Slice: s, Kind: Extent} }

// RankOf asks for the place of a project among all projects of the slice, most
// downloaded first, ties by name: its place in the list that a split gives.
func RankOf(s Slice, project string) Request {
	return Request{Slice: s, Kind: Rank, Dim: Project, Of: project}
}

// CountOf asks how many values of a dimension have downloads in the slice.
func CountOf(s Slice, of Dimension) Request {
	return Request{Slice: s, Kind: Count, Dim: of}
}

// Then is the split with what will be asked of each of its values; each's Slice
// is not looked at.
func (r Request) Then(each Request) Request {
	r.Each = &each
	return r
}

// Child is what Each asks of a value's slice.
func (r Request) Child(values ...string) Request {
	c := *r.Each
	c.Slice = r.Slice.With(r.Dim, values...)
	return c
}

// Nests reports that the request has further levels: totals of a split's values
// come with it in any case.
func (r Request) Nests() bool {
	return r.Kind == Split && r.After == nil && r.Each != nil && (r.Each.Kind == Series || r.Each.Kind == Split && r.Each.After == nil)
}

// Levels are the request and the ones below it, which have no slices.
func (r Request) Levels() []Request {
	all := []Request{r}
	for r.Nests() {
		r = *r.Each
		all = append(all, r)
	}
	return all
}

// Alone is the request without further levels: all that comes with it are the
// totals of its values.
func (r Request) Alone() Request {
	if r.Nests() {
		r.Each = &Request{Kind: Total}
	}
	return r
}

// Group is one value of a split dimension with its downloads.
type Group struct {
	Value string
	Total int64
}

// Result answers a Request. It is shared between callers: read only.
type Result struct {
	// Total is the slice's downloads, for every kind of request but Rank and
	// Count (for a split: of all values, not only of the ones listed). For a
	// Bare split it may be 0.
	Total int64
	// Days and Totals are a Series: the first day of each interval that the
	// slice's range touches, in order without gaps, and its downloads.
	Days   []Day
	Totals []int64
	// Groups are a Split's values, largest first, ties by value, at most First;
	// More tells that further values follow.
	Groups []Group
	More   bool
	// Extent answers an Extent; empty where nothing was downloaded.
	Extent Range
	// Position answers a Rank, 1 the most downloaded; 0 where the project has no
	// download in the slice. Total is then the project's.
	Position int64
	// Values answers a Count. For a Rank it is how many projects have a download
	// in the slice, where the project itself has.
	Values int64
}

// Listed are the values of a Split's groups, in their order.
func (r *Result) Listed() []string {
	values := make([]string, len(r.Groups))
	for i, g := range r.Groups {
		values[i] = g.Value
	}
	return values
}

// Key is the request in canonical form: equal keys ask the same question.
func (r Request) Key() string {
	b := make([]byte, 0, 96)
	b = append(b, byte(r.Kind))
	b = AppendText(b, string(r.Interval))
	b = AppendText(b, string(r.Dim))
	b = binary.AppendVarint(b, int64(r.First))
	b = appendFlag(b, r.After != nil)
	if r.After != nil {
		b = binary.AppendVarint(b, r.After.Total)
		b = AppendText(b, r.After.Value)
	}
	b = AppendText(b, r.Of)
	return string(r.Slice.AppendKey(appendFlag(b, r.Bare)))
}

// kindNames are the kinds of request as text, in the order of the constants.
var kindNames = []string{"total", "series", "split", "extent", "rank", "count"}

// MarshalText writes the kind as a word, so that a file outlives the order of
// the constants.
func (k Kind) MarshalText() ([]byte, error) {
	if int(k) >= len(kindNames) {
		return nil, fmt.Errorf("write the kind of a request: %d is none", k)
	}
	return []byte(kindNames[k]), nil
}

// UnmarshalText reads what MarshalText writes.
func (k *Kind) UnmarshalText(text []byte) error {
	i := slices.Index(kindNames, string(text))
	if i < 0 {
		return fmt.Errorf("read the kind of a request: %q is none", text)
	}
	*k = Kind(i)
	return nil
}
