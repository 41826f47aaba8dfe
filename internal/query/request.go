package query

import (
	"encoding/binary"
	"slices"
	"strings"

	"clickql/internal/catalog"
)

// Interval is the length of one bucket of a time series; its text is the name
// of the value in the GraphQL enum Interval.
type Interval string

// The intervals. Weeks start on Monday (ISO 8601).
const (
	Daily     Interval = "DAY"
	Weekly    Interval = "WEEK"
	Monthly   Interval = "MONTH"
	Quarterly Interval = "QUARTER"
	Yearly    Interval = "YEAR"
)

// Condition restricts one dimension: to Values, or with Not to all others.
// Values are ascending and distinct; an In condition without values holds for
// nothing.
type Condition struct {
	Dim    catalog.Dimension
	Not    bool
	Values []string
}

// Slice is a part of the download cube. Slices are values: methods return
// changed copies and never write into shared memory.
type Slice struct {
	// Projects are normalised names, ascending and distinct; nil for all
	// projects. Several are taken together.
	Projects []string
	// AllTime ignores Days.
	AllTime bool
	// Days bounds the slice at both ends, inclusively.
	Days catalog.Range
	// Conditions all hold; at most one for each dimension, ascending by it.
	Conditions []Condition
}

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
	Interval Interval          // Series
	Dim      catalog.Dimension // Split, Rank, Count
	First    int               // Split: how many values, largest first
	After    *Cursor           // Split: nil for the first page
	Of       string            // Rank: the project, by its normalised name
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
func SplitOf(s Slice, by catalog.Dimension, first int, after *Cursor) Request {
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
	return Request{Slice: s, Kind: Rank, Dim: catalog.Project, Of: project}
}

// CountOf asks how many values of a dimension have downloads in the slice.
func CountOf(s Slice, of catalog.Dimension) Request {
	return Request{Slice: s, Kind: Count, Dim: of}
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
	Days   []catalog.Day
	Totals []int64
	// Groups are a Split's values, largest first, ties by value, at most First;
	// More tells that further values follow.
	Groups []Group
	More   bool
	// Extent answers an Extent; empty where nothing was downloaded.
	Extent catalog.Range
	// Position answers a Rank, 1 the most downloaded; 0 where the project has no
	// download in the slice. Total is then the project's.
	Position int64
	// Values answers a Count. For a Rank it is how many projects have a download
	// in the slice, where the project itself has.
	Values int64
}

// Narrow is the slice restricted further by one condition. Conditions on the
// same dimension are folded into one, so that equal slices have equal keys.
func (s Slice) Narrow(c Condition) Slice {
	c.Values = distinct(c.Values)
	if c.Dim == catalog.Project {
		return s.narrowProjects(c)
	}
	if c.Not && len(c.Values) == 0 {
		return s
	}
	conds := make([]Condition, 0, len(s.Conditions)+1)
	for _, have := range s.Conditions {
		if have.Dim == c.Dim {
			c = intersect(have, c)
			continue
		}
		conds = append(conds, have)
	}
	conds = append(conds, c)
	slices.SortFunc(conds, func(a, b Condition) int { return strings.Compare(string(a.Dim), string(b.Dim)) })
	s.Conditions = conds
	return s
}

// narrowProjects keeps Projects a plain list wherever it can be one; only a
// NotIn over all projects stays a condition.
func (s Slice) narrowProjects(c Condition) Slice {
	if s.Projects == nil && c.Not {
		conds := slices.Clone(s.Conditions)
		for i, have := range conds {
			if have.Dim == catalog.Project {
				conds[i] = intersect(have, c)
				s.Conditions = conds
				return s
			}
		}
		s.Conditions = append(conds, c)
		slices.SortFunc(s.Conditions, func(a, b Condition) int { return strings.Compare(string(a.Dim), string(b.Dim)) })
		return s
	}
	have := c
	if s.Projects != nil {
		have = intersect(Condition{Dim: catalog.Project, Values: s.Projects}, c)
	}
	rest := make([]Condition, 0, len(s.Conditions))
	for _, other := range s.Conditions {
		if other.Dim == catalog.Project {
			have = intersect(have, other)
			continue
		}
		rest = append(rest, other)
	}
	s.Projects, s.Conditions = have.Values, rest
	if s.Projects == nil {
		s.Projects = []string{}
	}
	return s
}

// Impossible reports that no download can be in the slice, whatever the data.
func (s Slice) Impossible() bool {
	if s.Projects != nil && len(s.Projects) == 0 || !s.AllTime && s.Days.Empty() {
		return true
	}
	return slices.ContainsFunc(s.Conditions, func(c Condition) bool { return !c.Not && len(c.Values) == 0 })
}

// intersect folds two conditions on one dimension into the one that holds
// where both do.
func intersect(a, b Condition) Condition {
	if a.Not && !b.Not {
		a, b = b, a
	}
	switch {
	case a.Not: // both exclude
		return Condition{Dim: a.Dim, Not: true, Values: distinct(append(slices.Clone(a.Values), b.Values...))}
	default: // a includes: keep what b allows
		kept := make([]string, 0, len(a.Values))
		for _, v := range a.Values {
			if _, in := slices.BinarySearch(b.Values, v); in != b.Not {
				kept = append(kept, v)
			}
		}
		return Condition{Dim: a.Dim, Values: kept}
	}
}

// distinct is a sorted copy without repetitions.
func distinct(values []string) []string {
	out := slices.Clone(values)
	slices.Sort(out)
	return slices.Compact(out)
}

// Key is the request in canonical form: equal keys ask the same question.
func (r Request) Key() string {
	b := make([]byte, 0, 96)
	b = append(b, byte(r.Kind))
	b = appendString(b, string(r.Interval))
	b = appendString(b, string(r.Dim))
	b = binary.AppendVarint(b, int64(r.First))
	if r.After != nil {
		b = append(b, 1)
		b = binary.AppendVarint(b, r.After.Total)
		b = appendString(b, r.After.Value)
	} else {
		b = append(b, 0)
	}
	b = appendString(b, r.Of)
	if r.Bare {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	return string(r.Slice.appendKey(b))
}

// Key is the slice in canonical form.
func (s Slice) Key() string { return string(s.appendKey(make([]byte, 0, 64))) }

func (s Slice) appendKey(b []byte) []byte {
	if s.AllTime {
		b = append(b, 1)
	} else {
		b = append(b, 0)
		b = binary.AppendVarint(b, int64(s.Days.From))
		b = binary.AppendVarint(b, int64(s.Days.To))
	}
	if s.Projects == nil {
		b = append(b, 0)
	} else {
		b = append(b, 1)
		b = appendStrings(b, s.Projects)
	}
	for _, c := range s.Conditions {
		b = appendString(b, string(c.Dim))
		if c.Not {
			b = append(b, 1)
		} else {
			b = append(b, 0)
		}
		b = appendStrings(b, c.Values)
	}
	return b
}

func appendStrings(b []byte, values []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(values)))
	for _, v := range values {
		b = appendString(b, v)
	}
	return b
}

func appendString(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}
