package catalog

import (
	"cmp"
	"slices"
	"strings"

	"clickql/internal/catalog/judge"
	"clickql/internal/chschema"
	"clickql/internal/cube"
)

// metadataTable holds one row per uploaded file.
const metadataTable = "projects"

// candidate is a table that may be able to answer, with what has been found out.
type candidate struct {
	table  *Table
	stored *chschema.Table // the table that stores the rows
	// spread reports that rows live on other servers too: stored then holds only
	// some of them.
	spread bool
	// fed reports that a view was seen that fills the table.
	fed bool
	// void says why no day can be trusted, whatever the data; partial why some
	// days may lack.
	void, partial string
}

// extentCandidate is a table of first and last days, not yet compared.
type extentCandidate struct {
	extent *Extent
	named  *chschema.Table
	stored *chschema.Table
	spread bool
}

// inventory is everything in a database that matters to questions.
type inventory struct {
	raw      *candidate // nil where there is none
	tables   []*candidate
	extents  []*extentCandidate
	metadata *chschema.Table // nil where there is none
	// metadataAt stores the rows of metadata; nil where that cannot be seen.
	metadataAt *chschema.Table
	github     githubTables
	ignored    []Ignored
	ledger     bool // there is one of clickql ingest
	dayLedger  bool // and one of what it adds to each day
	retired    Retired
	// Set by verifying: see Snapshot for daily. gaps are the days between others on
	// which no project has a download, totals the downloads by day, of all projects
	// or of a sample.
	gaps   []cube.Day
	totals judge.Totals
	daily  []DayTotal
}

// counting lists what counts downloads: the raw table, where there is one, and the
// aggregates.
func (l *inventory) counting() []*candidate {
	if l.raw == nil {
		return l.tables
	}
	return append([]*candidate{l.raw}, l.tables...)
}

// smallest is the one with the fewest rows among those that fit; nil for none.
func smallest(among []*candidate, fits func(*candidate) bool) (best *candidate) {
	for _, c := range among {
		if fits(c) && (best == nil || c.stored.Rows < best.stored.Rows) {
			best = c
		}
	}
	return best
}

// stored lists the stored tables whose data answers depend on, each once, by name.
func (l *inventory) stored() []*chschema.Table {
	var out []*chschema.Table
	for _, c := range l.counting() {
		out = append(out, c.stored)
	}
	for _, e := range l.extents {
		out = append(out, e.stored)
	}
	if l.metadataAt != nil {
		out = append(out, l.metadataAt)
	}
	out = append(out, l.github.stored...)
	slices.SortFunc(out, func(a, b *chschema.Table) int { return a.Compare(b.Name) })
	return slices.Compact(out)
}

// bound lists the tables that answers may be read from.
func (l *inventory) bound() []*Bound {
	var out []*Bound
	add := func(named chschema.Exact, stored *chschema.Table) {
		b := boundTo(named)
		if stored != nil {
			b.Stored = stored.Exact()
		}
		out = append(out, b)
	}
	for _, c := range l.counting() {
		add(c.table.exact(), c.stored)
	}
	for _, e := range l.extents {
		add(e.named.Exact(), e.stored)
	}
	if l.metadata != nil {
		add(l.metadata.Exact(), l.metadataAt)
	}
	for i, at := range l.github.stored {
		add(l.github.named[i].Exact(), at)
	}
	return out
}

// spread reports that a table's rows live on other servers too, whose parts are
// not seen.
func (l *inventory) spread() bool {
	return slices.ContainsFunc(l.counting(), func(c *candidate) bool { return c.spread }) ||
		slices.ContainsFunc(l.extents, func(e *extentCandidate) bool { return e.spread })
}

// measured lists the tables by name, the raw table among them, with their sizes.
func (l *inventory) measured(parts chschema.Parts) []*Table {
	var out []*Table
	for _, c := range l.counting() {
		out = append(out, c.measured(parts))
	}
	for _, e := range l.extents {
		if e.extent.Rows = e.stored.Rows; e.spread {
			e.extent.Rows = 0
		}
	}
	slices.SortFunc(out, func(a, b *Table) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// measured takes the candidate's size from its parts, or from what system.tables
// tells. The rows of a table on several servers are not known from one; widths
// are.
func (c *candidate) measured(parts chschema.Parts) *Table {
	rows, bytes, n := parts.Size(c.stored.Name)
	if parts == nil {
		rows, bytes = c.stored.Rows, c.stored.Bytes
	}
	if rows > 0 {
		for _, col := range c.stored.Columns {
			if col.Uncompressed > 0 {
				c.table.Width[col.Name] = float64(col.Uncompressed) / float64(rows)
			}
		}
	}
	if c.spread {
		return c.table
	}
	c.table.Rows, c.table.Bytes, c.table.Parts = rows, bytes, n
	c.table.Partitions = partitionsOf(parts[c.stored.Name], c.table.GranuleRows())
	if c.table.at() == c.stored.Name {
		c.table.LastBlock = parts.LastBlock(c.stored)
	}
	return c.table
}

// partitionsOf lists a table's partitions in the order of their days.
func partitionsOf(found map[string]*chschema.Partition, granule float64) []Partition {
	var out []Partition
	for _, x := range found {
		p := Partition{Days: daysOf(x), Rows: x.Rows, Parts: uint64(len(x.Parts))}
		for _, part := range x.Parts {
			p.Granules += min(1, float64(part.Rows)/granule)
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Partition) int {
		return cmp.Or(cmp.Compare(a.Days.From, b.Days.From), cmp.Compare(a.Days.To, b.Days.To), cmp.Compare(a.Rows, b.Rows))
	})
	return out
}

// daysOf are the days of a partition; none where they are not known.
func daysOf(x *chschema.Partition) cube.Range {
	if !x.Dated() {
		return cube.NoDays
	}
	return cube.Range{From: cube.Day(x.First), To: cube.Day(x.Last)}
}

// changedDays are the days on which a table's data may differ from what it was;
// all where that may be any day, and neither where only merges happened.
func changedDays(now, before chschema.Parts, t *chschema.Table) (days cube.Range, all bool) {
	days = cube.NoDays
	for _, x := range now.Changed(before, t) {
		days, all = days.Hull(daysOf(x)), all || !x.Dated()
	}
	return days, all
}
