package advise

import (
	"cmp"
	"slices"

	"clickql/internal/catalog"
)

const (
	// unknownWidth stands for the bytes of a value of a column that no table has.
	unknownWidth = 4
	// countWidth is the bytes of the count.
	countWidth = 8
	// unknownRatio is compressed over uncompressed bytes where no aggregate tells.
	unknownRatio = 0.3
	// perColumn is what a column's files take beside their values.
	perColumn = 200
)

// sizes estimates how many bytes an aggregate takes, compressed.
type sizes struct {
	snap  *catalog.Snapshot
	width map[string]float64 // by column, over all tables
}

// of is the size of a table with so many rows. How well they compress is taken
// from the existing aggregate that is most like it.
func (s sizes) of(key []string, rows float64) float64 {
	ratio, best := unknownRatio, -1.0
	for _, t := range s.snap.Tables {
		if t.Raw || t.Bytes == 0 || t.Rows == 0 {
			continue
		}
		if l := likeness(key, t.Key); l > best {
			best, ratio = l, float64(t.Bytes)/(float64(t.Rows)*s.uncompressed(t.Key))
		}
	}
	return rows*s.uncompressed(key)*ratio + perColumn*float64(len(key)+1)
}

// uncompressed is the bytes of a row.
func (s sizes) uncompressed(key []string) float64 {
	sum := float64(countWidth)
	for _, column := range key {
		sum += cmp.Or(s.width[column], unknownWidth)
	}
	return sum
}

// likeness is the part of both keys' columns that they share, and more where
// they begin alike: that decides what lies beside what.
func likeness(a, b []string) float64 {
	shared := 0.0
	for _, column := range a {
		if slices.Contains(b, column) {
			shared++
		}
	}
	l := shared / (float64(len(a)+len(b)) - shared)
	if len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		l++
	}
	return l
}
