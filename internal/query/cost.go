package query

import (
	"cmp"
	"math"

	"clickql/internal/catalog"
	"clickql/internal/cube"
)

const (
	// unknownWidth stands for the bytes of a value whose column's size the
	// database does not tell.
	unknownWidth = 8
	// rowCost is the cost of working a row into one GROUP BY, in bytes read that
	// take as long.
	rowCost = 30
	// sumCost is the part of rowCost that one more sum in the same group takes.
	sumCost = 0.2
	// levelCost is the part of rowCost that each further level of a split takes.
	levelCost = 0.5
	// queryCost is the fixed cost of any query in the same unit: about a
	// millisecond.
	queryCost = 1_500_000
)

// costing estimates what reading a snapshot's tables costs.
type costing struct {
	snap   *catalog.Snapshot
	widths widths
}

// costingOf estimates over a snapshot.
func costingOf(snap *catalog.Snapshot) costing { return costing{snap, snap.Widths()} }

// estimate is what answering from a table is expected to read.
type estimate struct {
	rows    float64
	bytes   float64
	cost    float64 // in bytes read that take as long
	unknown bool    // the database does not tell the table's size
}

// narrowing is what a slice asks for, with the downloads of the projects that it names,
// which are looked up once for all tables.
type narrowing struct {
	cube.Slice
	downloads []float64 // of all time; 0 where not known
}

// narrowing looks the slice's projects up.
func (c costing) narrowing(s cube.Slice) narrowing {
	n := narrowing{Slice: s, downloads: make([]float64, len(s.Projects))}
	for i, name := range s.Projects {
		total, _ := c.snap.Projects.Total(name)
		n.downloads[i] = float64(total)
	}
	return n
}

// estimate is for the rows that are read under the conditions of s, and the
// bytes of the columns that the bundle needs.
func (c costing) estimate(t *catalog.Table, s narrowing, n need, b *bundle) estimate {
	size := float64(t.Rows)
	if t.Rows == 0 && t.Raw {
		size = float64(c.snap.Projects.Sum())
	}
	if size == 0 {
		return estimate{unknown: true}
	}
	whole, granules := touched(t, n, size)
	dated := size * fraction(n, c.snap.Days)
	rows, asked := whole, dated // asked are those that the answer is about
	limit := perProjectLimit(t, s.Slice, n)
	var along [12]run // longer keys do not stay on the stack
	for _, r := range c.runs(along[:0], t, s, n) {
		of := whole
		if r.time {
			of = dated
		}
		of *= r.share
		if limit > 0 && r.projects {
			of = min(of, limit)
		}
		rows, asked = min(rows, inGranules(of, whole, r.places*granules, t.GranuleRows())), min(asked, of)
	}
	width := widthOf(c.widths, t, n, b.readsTime())
	work := rowCost * (float64(len(b.parts)) + sumCost*float64(len(b.extras)) + levelCost*float64(len(b.parts[0].req().Levels())-1))
	return estimate{rows: rows, bytes: rows * width, cost: queryCost + rows*width + min(rows, asked)*work}
}

// fraction is the part of the data's days that is asked about.
func fraction(n need, data cube.Range) float64 {
	if n.whole {
		return 1
	}
	return float64(n.days.Days()) / float64(max(1, data.Days()))
}

// touched is the rows of the partitions that the range reaches into, and how many
// granules one place of the key costs in their parts.
func touched(t *catalog.Table, n need, size float64) (rows, granules float64) {
	if len(t.Partitions) == 0 {
		return size, float64(max(1, t.Parts))
	}
	for _, p := range t.Partitions {
		if n.whole || p.Days.Empty() || p.Days.From <= n.days.To && n.days.From <= p.Days.To {
			rows, granules = rows+float64(p.Rows), granules+cmp.Or(p.Granules, float64(p.Parts))
		}
	}
	if n.whole {
		rows = size
	}
	return rows, max(1, granules)
}

// inGranules is how many of all rows are read for some of them that lie in so
// many places: a place costs the granule that it begins in, and places that
// share one cost it once.
func inGranules(rows, all, places, granule float64) float64 {
	granules := max(1, all/granule)
	hit := granules * -math.Expm1(-(places+rows/granule)/granules)
	return min(all, max(rows, hit*granule))
}

// run is a way in which a table's sorting key narrows what is read: to so many
// places, each a run of the key, with a share of the rows. Time tells that the
// share is of the rows within the range, projects that it is of the projects
// named.
type run struct {
	share, places  float64
	time, projects bool
}

// runs goes along the key, column by column, until one is not restricted, and adds what
// it comes to. Each run is narrower than the one before, but in more places: behind the
// column of time there is a place in every day or month.
func (c costing) runs(out []run, t *catalog.Table, s narrowing, n need) []run {
	at := run{share: 1, places: 1}
	for _, column := range t.Key[:indexed(t)] {
		if column == t.TimeColumn && !at.time {
			at.time = true
			if !n.whole {
				out = append(out, at)
			}
			at.places *= n.steps(t.Grain)
			continue
		}
		d, ok := cube.DimensionOf(column)
		if !ok {
			break
		}
		share, values := c.share(t, s, d)
		if values == 0 {
			break
		}
		at.share, at.places, at.projects = at.share*share, at.places*values, at.projects || d == cube.Project
		out = append(out, at)
	}
	return out
}

// indexed is how many leading columns of the sorting key narrow what is read.
func indexed(t *catalog.Table) int {
	if t.Primary > 0 && t.Primary < len(t.Key) {
		return t.Primary
	}
	return len(t.Key)
}

// share is the part of the table's rows that the slice's condition on a
// dimension leaves, and how many places of the key it names: for projects out of the
// index, a typical figure otherwise. values is 0 without a condition that an index can
// use.
func (c costing) share(t *catalog.Table, s narrowing, d cube.Dimension) (share, values float64) {
	if d == cube.Project {
		if s.Projects == nil {
			return 1, 0
		}
		return c.projectShare(t, s.downloads), float64(len(s.Projects))
	}
	for _, cond := range s.Conditions {
		if cond.Dim == d && !cond.Not {
			n, places := float64(len(cond.Values)), float64(len(cond.Values))
			if _, held := d.Holding(t.Types[d.Column()], cond.Values); len(held) > 0 {
				places = float64(len(held[0]))
			}
			return min(1, n/c.valuesIn(t, s.Slice, d)), places
		}
	}
	return 1, 0
}

// valuesIn is how many values of the dimension its rows are shared out among: those
// that a project is typically seen with, but where all projects are asked about those
// that a project has on a day, since most of them have the values that are asked for.
func (c costing) valuesIn(t *catalog.Table, s cube.Slice, d cube.Dimension) float64 {
	if s.Projects != nil || !t.Dims[cube.Project] || len(t.Dims) != 2 {
		return d.TypicalValues()
	}
	for _, of := range c.snap.Tables {
		if len(of.Dims) == 1 && of.Dims[cube.Project] && of.Grain == t.Grain && of.Covers == t.Covers && of.Rows > 0 {
			return max(1, float64(t.Rows)/float64(of.Rows))
		}
	}
	return d.TypicalValues()
}

// projectShare is the part of the table's rows of projects with so many downloads.
func (c costing) projectShare(t *catalog.Table, downloads []float64) float64 {
	sum := float64(c.snap.Projects.Sum())
	if sum == 0 { // not known
		return min(1, float64(len(downloads))/cube.Project.TypicalValues())
	}
	told := !t.Raw && t.TellsRows()
	if told {
		sum = float64(t.Rows)
	}
	var rows float64
	for _, of := range downloads {
		if told {
			of = t.RowsOf(of)
		}
		rows += of
	}
	return min(1, rows/sum)
}

// perProjectLimit bounds the rows of the named projects in a table that keeps
// nothing but project and time apart: one row for each step of time. 0 is no
// bound.
func perProjectLimit(t *catalog.Table, s cube.Slice, n need) float64 {
	if s.Projects == nil || t.Raw || len(t.Dims) != 1 {
		return 0
	}
	return float64(len(s.Projects)) * n.steps(t.Grain)
}

// widthOf is the bytes of a row in the columns that are read.
func widthOf(w widths, t *catalog.Table, n need, readsTime bool) float64 {
	var sum float64
	for _, d := range n.dims {
		sum += w.of(d.Column())
	}
	if t.TimeColumn != "" && (!n.whole || n.cut || readsTime) {
		sum += w.of(t.TimeColumn)
	}
	// The raw table has no count to read, but counting costs as much as adding:
	// of two tables the one with more rows is not the cheaper.
	return sum + unknownWidth
}

// widths are catalog.Snapshot.Widths. A column is as wide in every table: measured in
// some and guessed in others, it would tell tables apart that cost the same.
type widths map[string]float64

// of is the width of a column.
func (w widths) of(column string) float64 { return cmp.Or(w[column], unknownWidth) }
