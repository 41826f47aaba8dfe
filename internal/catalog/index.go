package catalog

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"sort"
	"strings"
	"sync"
)

// Index holds every project with its downloads of all time, in memory: what
// the planner estimates with, what tells an unknown project from an empty
// slice, and what search walks, none of which may cost a query per request.
// An Index is immutable.
type Index struct {
	names  []string // ascending
	totals []int64
	sum    int64
	lookup struct { // laid out at the first search
		once   sync.Once
		finder *finder
	}
}

// Entry is one project of the index.
type Entry struct {
	Name  string
	Total int64
}

// NewIndex builds an index; entries with the same name are added up.
func NewIndex(entries []Entry) *Index {
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	ix := &Index{names: make([]string, 0, len(entries)), totals: make([]int64, 0, len(entries))}
	for _, e := range entries {
		ix.sum += e.Total
		if n := len(ix.names); n > 0 && ix.names[n-1] == e.Name {
			ix.totals[n-1] += e.Total
			continue
		}
		ix.names = append(ix.names, e.Name)
		ix.totals = append(ix.totals, e.Total)
	}
	return ix
}

// finder is the index as search reads it.
func (ix *Index) finder() *finder {
	ix.lookup.once.Do(func() { ix.lookup.finder = newFinder(ix.names) })
	return ix.lookup.finder
}

// Len is the number of projects.
func (ix *Index) Len() int {
	if ix == nil {
		return 0
	}
	return len(ix.names)
}

// Sum is the downloads of all projects of all time.
func (ix *Index) Sum() int64 {
	if ix == nil {
		return 0
	}
	return ix.sum
}

// Total is the project's downloads of all time; ok is false where the project
// is unknown.
func (ix *Index) Total(name string) (total int64, ok bool) {
	if ix == nil {
		return 0, false
	}
	if i, ok := slices.BinarySearch(ix.names, name); ok {
		return ix.totals[i], true
	}
	return 0, false
}

// Lacks reports that there is no such project; false where projects are not known
// without asking, which is where the index is nil.
func (ix *Index) Lacks(name string) bool {
	_, known := ix.Total(name)
	return ix != nil && !known
}

// At is the project at place i of all in the order of their names.
func (ix *Index) At(i int) Entry { return Entry{ix.names[i], ix.totals[i]} }

// Rank is the project's place among all that have downloads, 1 the most
// downloaded, ties by name; 0 where it has none.
func (ix *Index) Rank(name string) (position, projects int64) {
	total, _ := ix.Total(name)
	if total <= 0 {
		return 0, 0
	}
	position = 1
	for i, other := range ix.totals {
		if other > 0 {
			projects++
		}
		if other > total || other == total && ix.names[i] < name {
			position++
		}
	}
	return position, projects
}

// Prefix lists the projects whose name starts with prefix, most downloaded
// first, ties by name; at most limit of them, beginning behind after (nil: at
// the start). more reports that others follow.
func (ix *Index) Prefix(prefix string, after *Entry, limit int) (found []Entry, more bool) {
	if ix == nil {
		return nil, false
	}
	b := &best{limit: limit}
	if after != nil {
		b.after = &hit{Entry: *after}
	}
	for i := sort.SearchStrings(ix.names, prefix); i < len(ix.names) && strings.HasPrefix(ix.names[i], prefix); i++ {
		b.add(hit{Entry: ix.At(i)})
	}
	return b.page()
}

// byTotal orders entries most downloaded first, ties by name.
func byTotal(a, b Entry) int {
	if c := cmp.Compare(b.Total, a.Total); c != 0 {
		return c
	}
	return strings.Compare(a.Name, b.Name)
}

// keySpace is the K for which projects of n downloads each, thrown at random
// into K combinations of a table's other columns, fill as many different ones as
// the table has rows: the sum of K*(1-exp(-n/K)) over all projects. It corrects
// what a share of downloads says about a share of an aggregate's rows: the more
// a project is downloaded, the more of its downloads fall into one row. 0 where
// the index or the rows are unknown, or nothing falls together.
func (ix *Index) keySpace(rows uint64) float64 {
	if ix.Len() == 0 || rows == 0 || float64(rows) >= float64(ix.sum) {
		return 0
	}
	// Projects of about the same size count as so many of their mean.
	var count, sum [65]float64
	for _, n := range ix.totals {
		b := bits.Len64(uint64(max(n, 0)))
		count[b]++
		sum[b] += float64(n)
	}
	filled := func(k float64) (rows float64) {
		for b := range count {
			if count[b] > 0 {
				rows += count[b] * -k * math.Expm1(-sum[b]/count[b]/k)
			}
		}
		return rows
	}
	low, high := 0.0, 60.0 // of the logarithm of K to base 2
	for range 50 {
		if mid := (low + high) / 2; filled(math.Exp2(mid)) < float64(rows) {
			low = mid
		} else {
			high = mid
		}
	}
	return math.Exp2(high)
}

// indexBuilder builds an index from entries in ascending order of name, without
// a second copy of anything: names that the index before has are taken from it.
type indexBuilder struct {
	before *Index
	at     int // where before's names are not yet behind
	ix     Index
}

// add appends one project.
func (b *indexBuilder) add(name string, total int64) {
	if b.before != nil {
		for b.at < len(b.before.names) && b.before.names[b.at] < name {
			b.at++
		}
		if b.at < len(b.before.names) && b.before.names[b.at] == name {
			name = b.before.names[b.at]
		}
		if b.ix.names == nil {
			n := len(b.before.names) + len(b.before.names)/64
			b.ix.names, b.ix.totals = make([]string, 0, n), make([]int64, 0, n)
		}
	}
	b.ix.names = append(b.ix.names, name)
	b.ix.totals = append(b.ix.totals, total)
	b.ix.sum += total
}

// index is what was built.
func (b *indexBuilder) index() *Index { return &b.ix }
