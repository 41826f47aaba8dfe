package catalog

import (
	"slices"
	"time"
)

// Key is what an aggregate keeps apart.
type Key struct {
	// Dims are in the enum's order.
	Dims  []Dimension
	Grain Grain
}

// timeColumn is the name of the column that holds a step of time.
func timeColumn(g Grain) string {
	switch g {
	case GrainDay:
		return dayColumn
	case GrainMonth:
		return monthColumn
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

// Proposed describes an aggregate that does not exist as it would be once it is
// complete: what the planner would see of it.
func (s *Snapshot) Proposed(name string, key []string, rows, bytes uint64) *Table {
	t := &Table{
		Database: s.Database, Name: name, Count: countColumn, Key: key, Primary: len(key), Grain: GrainNone,
		Dims: map[Dimension]bool{}, Untrusted: map[Dimension]bool{}, Unusable: map[Dimension]string{},
		Types: map[string]string{}, Width: map[string]float64{}, Covers: s.Days, Rows: rows, Bytes: bytes, Parts: 1,
	}
	for _, column := range key {
		switch d, ok := DimensionOf(column); {
		case ok:
			t.Dims[d] = true
		case column == dayColumn:
			t.Grain, t.TimeColumn = GrainDay, column
			t.Partitions = yearly(s.Days, rows)
			t.Parts = uint64(len(t.Partitions))
		case column == monthColumn:
			t.Grain, t.TimeColumn = GrainMonth, column
		}
	}
	if t.Dims[Project] {
		t.KeySpace = s.Projects.keySpace(rows)
	}
	return t
}

// With is the snapshot with further tables.
func (s *Snapshot) With(tables ...*Table) *Snapshot {
	out := *s
	out.Tables = append(slices.Clone(s.Tables), tables...)
	return &out
}

// yearly divides rows among the years of a run of days.
func yearly(days Range, rows uint64) []Partition {
	var out []Partition
	for from := days.From; from <= days.To; {
		next := DayOf(time.Date(from.Time().Year()+1, time.January, 1, 0, 0, 0, 0, time.UTC))
		r := Range{From: from, To: min(days.To, next-1)}
		out = append(out, Partition{Days: r, Rows: rows * uint64(r.Days()) / uint64(days.Days()), Parts: 1})
		from = next
	}
	return out
}

// Has reports that the key keeps a dimension apart.
func (k Key) Has(d Dimension) bool { return slices.Contains(k.Dims, d) }

// NeededFor says what the gateway itself reads the table for, whatever it is
// asked; empty for nothing.
func (s *Snapshot) NeededFor(t *Table) string {
	var names, days *Table
	for _, one := range s.Tables {
		if one.Raw || !one.Dims[Project] || one.Covers != s.Days {
			continue
		}
		if names == nil || cheaperIndex(one, names) {
			names = one
		}
		if one.Grain == GrainDay && (days == nil || one.Rows < days.Rows) {
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
