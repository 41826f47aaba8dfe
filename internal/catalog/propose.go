package catalog

import (
	"slices"
	"time"

	"clickql/internal/catalog/lineage"
	"clickql/internal/chschema"
	"clickql/internal/cube"
)

// Key is what an aggregate keeps apart.
type Key struct {
	// Dims are in the enum's order.
	Dims  []cube.Dimension
	Grain cube.Grain
}

// timeColumn is the name of the column that holds a step of time.
func timeColumn(g cube.Grain) string {
	switch g {
	case cube.GrainDay:
		return lineage.DayColumn
	case cube.GrainMonth:
		return lineage.MonthColumn
	}
	return ""
}

// Columns lists the key's columns: the project first, then the other dimensions,
// then the time.
func (k Key) Columns() []string {
	var out []string
	for _, d := range k.Dims {
		out = append(out, d.Column())
	}
	if c := timeColumn(k.Grain); c != "" {
		out = append(out, c)
	}
	return out
}

// Widths are the mean uncompressed bytes of the values of each column, over all tables
// whose sizes are known. Shared: read only.
func (s *Snapshot) Widths() map[string]float64 {
	if s.widths != nil {
		return s.widths
	}
	widths, rows := map[string]float64{}, map[string]float64{}
	for _, t := range s.Tables {
		for column, width := range t.Width {
			widths[column] += width * float64(t.Rows)
			rows[column] += float64(t.Rows)
		}
	}
	for column, n := range rows {
		widths[column] /= max(1, n)
	}
	return widths
}

// Proposed describes an aggregate that does not exist as it would be once it is
// complete: what the planner would see of it.
func (s *Snapshot) Proposed(name string, key []string, rows, bytes uint64) *Table {
	t := newTable(&chschema.Table{Name: chschema.Name{Database: s.Database, Table: name}})
	t.Count, t.Key, t.Primary, t.Covers = lineage.CountColumn, key, len(key), s.Days
	t.Rows, t.Bytes, t.Parts = rows, bytes, 1
	for _, column := range key {
		switch d, ok := cube.DimensionOf(column); {
		case ok:
			t.Dims[d] = true
		case column == lineage.DayColumn:
			t.Grain, t.TimeColumn = cube.GrainDay, column
			t.Partitions = yearly(s.Days, rows)
			t.Parts = uint64(len(t.Partitions))
		case column == lineage.MonthColumn:
			t.Grain, t.TimeColumn = cube.GrainMonth, column
		}
	}
	if t.Dims[cube.Project] {
		t.KeySpace = s.Projects.keySpace(rows)
	}
	return t
}

// yearly divides rows among the years of a run of days.
func yearly(days cube.Range, rows uint64) []Partition {
	var out []Partition
	for from := days.From; from <= days.To; {
		next := cube.DayOf(time.Date(from.Time().Year()+1, time.January, 1, 0, 0, 0, 0, time.UTC))
		r := cube.Range{From: from, To: min(days.To, next-1)}
		out = append(out, Partition{Days: r, Rows: rows * uint64(r.Days()) / uint64(days.Days()), Parts: 1})
		from = next
	}
	return out
}

// Has reports that the key keeps a dimension apart.
func (k Key) Has(d cube.Dimension) bool { return slices.Contains(k.Dims, d) }

// NeededFor says what the gateway itself reads the table for, whatever it is
// asked; empty for nothing.
func (s *Snapshot) NeededFor(t *Table) string {
	var names, days *Table
	for _, one := range s.Tables {
		if one.Raw || !one.Dims[cube.Project] || one.Covers != s.Days {
			continue
		}
		if names == nil || cheaperIndex(one, names) {
			names = one
		}
		if one.Grain == cube.GrainDay && (days == nil || one.Rows < days.Rows) {
			days = one
		}
	}
	switch t {
	case names:
		return "the gateway reads the list of projects from it"
	case days:
		return "the gateway compares other tables with it, where the raw table is large"
	}
	return ""
}

// KeyCount is about how many rows an aggregate with a key would have.
type KeyCount struct {
	// Rows is the estimate; 0 where there is no complete table to count from.
	Rows float64
	// Error is the standard error, as a part of Rows.
	Error float64
	// AtLeast marks an estimate that can be too low by more than Error: what was
	// not looked at may hold values that nothing tells of.
	AtLeast bool
}
