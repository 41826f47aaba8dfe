package catalog

import (
	"slices"
	"strings"
	"time"
)

// relevant lists the stored tables whose data answers depend on, each once, by
// name.
func (l *layout) relevant(s schema, database string) []*tableInfo {
	var out []*tableInfo
	if l.raw != nil {
		out = append(out, l.raw.physical)
	}
	for _, c := range l.tables {
		out = append(out, c.physical)
	}
	for _, e := range l.extents {
		out = append(out, e.physical)
	}
	if t := s[database+"."+metadataTable]; t != nil && l.metadata != nil {
		if at, err := s.physical(t); err == nil {
			out = append(out, at)
		}
	}
	slices.SortFunc(out, func(a, b *tableInfo) int { return strings.Compare(a.full(), b.full()) })
	return slices.Compact(out)
}

// spread reports that a table's rows live on other servers too, whose parts are
// not seen.
func (l *layout) spread() bool {
	if l.raw != nil && l.raw.spread {
		return true
	}
	return slices.ContainsFunc(l.tables, func(c *candidate) bool { return c.spread }) ||
		slices.ContainsFunc(l.extents, func(e *extentCandidate) bool { return e.spread })
}

// all lists the tables by name, the raw table among them.
func (l *layout) all() []*Table {
	var out []*Table
	if l.raw != nil {
		out = append(out, l.raw.table)
	}
	for _, c := range l.tables {
		out = append(out, c.table)
	}
	slices.SortFunc(out, func(a, b *Table) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// measure fills in the sizes.
func (l *layout) measure(parts partitions) {
	if l.raw != nil {
		l.raw.measure(parts)
	}
	for _, c := range l.tables {
		c.measure(parts)
	}
	for _, e := range l.extents {
		if e.extent.Rows = e.physical.rows; e.spread {
			e.extent.Rows = 0
		}
	}
}

// measure takes the candidate's size from its parts, or from what system.tables
// tells. The rows of a table on several servers are not known from one; widths
// are.
func (c *candidate) measure(parts partitions) {
	rows, bytes, n, _ := parts.fold(c.physical.full())
	if parts == nil {
		rows, bytes = c.physical.rows, c.physical.bytes
	}
	if rows > 0 {
		for _, col := range c.physical.columns {
			if col.uncompressed > 0 {
				c.table.Width[col.name] = float64(col.uncompressed) / float64(rows)
			}
		}
	}
	if !c.spread {
		c.table.Rows, c.table.Bytes, c.table.Parts = rows, bytes, n
		c.table.Partitions = parts.of(c.physical.full())
		if c.table.FullName() == c.physical.full() {
			c.table.LastBlock, c.table.uuid = parts.lastBlock(c.physical), c.physical.uuid
		}
	}
}

// modified is when the newest part was written.
func (p partitions) modified() (newest time.Time) {
	for table := range p {
		if _, _, _, at := p.fold(table); at.After(newest) {
			newest = at
		}
	}
	return newest.UTC()
}
