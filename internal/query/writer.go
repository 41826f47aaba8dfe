package query

import (
	"strings"

	"clickql/internal/catalog"
)

// Writer writes one statement on one table: the planner's, or by hand one that is
// not about a slice. Identifiers in its SQL come from the catalog, values only as
// typed parameters.
type Writer struct {
	// Table is what is read.
	Table *catalog.Table
	// Extents is read in place of Table where it is not nil.
	Extents *catalog.Extent
	source  string // a subquery that is read in place of Table, where not empty
	params  params
	where   []string
}

// On writes a statement on the table.
func On(table *catalog.Table) *Writer { return &Writer{Table: table} }

// OnCheapest writes a statement on the cheapest table that can answer all of the
// requests, which are about one slice. Errors are *fault.Error with Uncovered.
func OnCheapest(snap *catalog.Snapshot, reqs ...Request) (*Writer, error) {
	b := &bundle{}
	for i, r := range reqs {
		b.parts = append(b.parts, partsOf([]ordered{{r, i, r.givesTotal()}}, snap.Days)...)
	}
	c := costing{snap, widthsOf(snap)}.chooseOne(b)
	if c.table == nil {
		return nil, uncovered(reqs[len(reqs)-1], snap)
	}
	return &Writer{Table: c.table, Extents: c.extents}, nil
}

// Param registers a value (a string, []string, int64 or cube.Day) and returns its
// placeholder.
func (w *Writer) Param(value any) string { return w.params.add(value) }

// Where adds a condition to those that all rows must meet.
func (w *Writer) Where(condition string) { w.where = append(w.where, condition) }

// From is the FROM and WHERE of the statement.
func (w *Writer) From() string {
	if w.source != "" {
		return "\nFROM " + w.source
	}
	s := "\nFROM " + catalog.Ident(w.Table.Database) + "." + catalog.Ident(w.Table.Name)
	if len(w.where) > 0 {
		s += "\nWHERE " + strings.Join(w.where, " AND ")
	}
	return s
}

// Counted is the number of downloads in a group of the table's rows, an Int64.
func (w *Writer) Counted() string { return counted(w.Table) }

// Query is the statement with the writer's parameters.
func (w *Writer) Query(sql string) *Query {
	return &Query{Table: w.Table.FullName(), SQL: sql, Params: w.params, EstimatedRows: float64(w.Table.Rows)}
}
