package query

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"clickql/internal/catalog"
)

const (
	// granule is the number of rows that ClickHouse reads at the least from a
	// part that it touches (index_granularity).
	granule = 8192
	// unknownWidth stands for the bytes of a value whose column's size the
	// database does not tell.
	unknownWidth = 8
)

// typicalValues is how many values of a dimension a project is seen with: what
// one value of a filter is expected to leave over. Only ratios between tables
// depend on it, never a result.
var typicalValues = map[catalog.Dimension]float64{
	catalog.Project: 1000, catalog.Version: 60, catalog.Country: 100, catalog.Python: 10,
	catalog.System: 4, catalog.Installer: 12, catalog.FileType: 3, catalog.CI: 3, catalog.Libc: 30,
}

// estimate is what answering from a table is expected to read.
type estimate struct {
	rows    float64
	bytes   float64
	unknown bool // the database does not tell the table's size
}

// estimateOf estimates the rows that survive the table's sorting key under the
// request's conditions, and the bytes of the columns read.
func estimateOf(snap *catalog.Snapshot, t *catalog.Table, r Request, n need) estimate {
	size := float64(t.Rows)
	if t.Rows == 0 && t.Raw {
		size = float64(snap.Projects.Sum())
	}
	if size == 0 {
		return estimate{unknown: true}
	}
	rows := size * keptByKey(snap, t, r, n)
	if limit := perProjectLimit(snap, t, r, n); limit > 0 {
		rows = min(rows, limit)
	}
	rows = min(size, max(rows, granule*float64(max(t.Parts, 1))))
	return estimate{rows: rows, bytes: rows * widthOf(t, r, n)}
}

// keptByKey is the part of the table that the sorting key's prefix leaves under
// the request's conditions: the key is used column by column until one is not
// restricted, or is restricted to a range.
func keptByKey(snap *catalog.Snapshot, t *catalog.Table, r Request, n need) float64 {
	kept := 1.0
	for _, column := range t.Key[:indexed(t)] {
		if column == t.TimeColumn {
			if !n.whole {
				kept *= float64(n.days.Days()) / float64(max(1, snap.Days.Days()))
			}
			return kept
		}
		d, ok := catalog.DimensionOf(column)
		if !ok {
			return kept
		}
		share := r.Slice.share(snap, d)
		if share == 1 {
			return kept
		}
		kept *= share
	}
	return kept
}

// indexed is how many leading columns of the sorting key narrow what is read.
func indexed(t *catalog.Table) int {
	if t.Primary > 0 && t.Primary < len(t.Key) {
		return t.Primary
	}
	return len(t.Key)
}

// share is the part of all downloads that the slice's condition on a dimension
// leaves: exact for projects, a typical figure otherwise; 1 without a condition
// that an index can use.
func (s Slice) share(snap *catalog.Snapshot, d catalog.Dimension) float64 {
	if d == catalog.Project {
		if s.Projects == nil || snap.Projects.Sum() == 0 {
			return 1
		}
		var sum int64
		for _, p := range s.Projects {
			total, _ := snap.Projects.Total(p)
			sum += total
		}
		return float64(sum) / float64(snap.Projects.Sum())
	}
	for _, c := range s.Conditions {
		if c.Dim == d && !c.Not {
			return min(1, float64(len(c.Values))/typicalValues[d])
		}
	}
	return 1
}

// perProjectLimit bounds the rows of the named projects in a table that keeps
// nothing but project and time apart: one row for each step of time. For the raw
// table the projects' own downloads are the bound. 0 is no bound.
func perProjectLimit(snap *catalog.Snapshot, t *catalog.Table, r Request, n need) float64 {
	if r.Slice.Projects == nil {
		return 0
	}
	if t.Raw {
		return r.Slice.share(snap, catalog.Project) * float64(snap.Projects.Sum())
	}
	if len(t.Dims) != 1 {
		return 0
	}
	steps := map[catalog.Grain]float64{
		catalog.GrainDay: float64(n.days.Days()), catalog.GrainMonth: math.Ceil(float64(n.days.Days())/28) + 1, catalog.GrainNone: 1,
	}
	return float64(len(r.Slice.Projects)) * steps[t.Grain]
}

// widthOf is the bytes that a row costs in the columns that the request reads.
func widthOf(t *catalog.Table, r Request, n need) float64 {
	var sum float64
	add := func(column string) {
		w, ok := t.Width[column]
		if !ok {
			w = unknownWidth
		}
		sum += w
	}
	for _, d := range n.dims {
		add(d.Column())
	}
	if t.TimeColumn != "" && (!n.whole || r.Kind == Series || r.Kind == Extent) {
		add(t.TimeColumn)
	}
	if !t.Raw {
		add(t.Count)
	}
	return max(sum, 1)
}

// compareCost orders tables cheapest first. Without statistics of every
// candidate (blind) only the number of columns counts; ties fall to fewer
// columns, then fewer rows, then the name.
func compareCost(a *catalog.Table, ea estimate, b *catalog.Table, eb estimate, blind bool) int {
	if !blind {
		if c := cmp.Compare(ea.bytes, eb.bytes); c != 0 {
			return c
		}
	}
	return cmp.Or(
		cmp.Compare(columnsOf(a), columnsOf(b)),
		cmp.Compare(a.Rows, b.Rows),
		strings.Compare(a.FullName(), b.FullName()),
	)
}

// columnsOf is how many columns the table keeps apart; the raw table comes
// after every aggregate.
func columnsOf(t *catalog.Table) int {
	if t.Raw {
		return math.MaxInt
	}
	n := len(t.Dims)
	if t.Grain != catalog.GrainNone {
		n++
	}
	return n
}

// dearer says why a table that could answer was not chosen.
func dearer(e, best estimate, chosen *catalog.Table) string {
	if e.unknown || best.unknown {
		return fmt.Sprintf("it keeps more columns apart than %s, and the tables' sizes are not known", chosen.Name)
	}
	return fmt.Sprintf("it would read about %s rows (%s), %s about %s (%s)",
		roughly(e.rows), roughBytes(e.bytes), chosen.Name, roughly(best.rows), roughBytes(best.bytes))
}

// roughly writes a figure with two significant digits at the most.
func roughly(n float64) string {
	if n < 1000 {
		return fmt.Sprintf("%.0f", n)
	}
	units := []string{"k", "M", "G", "T", "P"}
	i := -1
	for n >= 1000 && i < len(units)-1 {
		n, i = n/1000, i+1
	}
	return fmt.Sprintf("%.3g %s", n, units[i])
}

// roughBytes is roughly with the unit of bytes.
func roughBytes(n float64) string {
	if n < 1000 {
		return fmt.Sprintf("%.0f B", n)
	}
	return roughly(n) + "B"
}

// dimList writes dimensions' columns as a key is written.
func dimList(dims []catalog.Dimension) string {
	names := make([]string, 0, len(dims))
	for _, d := range dims {
		names = append(names, d.Column())
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
