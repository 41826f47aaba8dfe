// Package ddl holds ClickPy's database as data: the tables, the materialized
// views that fill the aggregates, the dictionaries. From it come the DDL, for
// one node or a cluster; and Apply, which creates what a database lacks. Package
// check compares a database with what is expected of it.
//
// Names, columns and keys are ClickPy's, with aggregates beside them for what
// ClickPy's cannot answer, and with one correction: there the sorting
// key of pypi_downloads_per_day_by_version_by_installer_by_type leaves out
// type, so that merges add the counts of different file types up into a row of
// any one of them. Here every aggregate's sorting key holds its whole key.
package ddl

import (
	"slices"
	"strings"
)

// Kind tells what a table is for.
type Kind int

// The kinds of table.
const (
	Raw      Kind = iota // one row is one download
	Counts               // downloads counted by a key
	Extremes             // the first and the last day of a key
	Metadata             // not derived from downloads
)

// Column is one column of a table.
type Column struct {
	Name    string
	Type    string // as ClickHouse writes it
	Codec   string // arguments of CODEC; empty for the server's default
	Default string // expression for rows written without the column; empty for the type's own default
	Comment string
}

// Table is one table, and for Counts and Extremes how it is computed.
type Table struct {
	Name    string
	Kind    Kind
	Comment string
	Columns []Column
	// Engine is the table engine for one node, without "Replicated" before it.
	Engine string
	// OrderBy is the sorting key. For Counts and Extremes it is the whole
	// grouping key: a column outside it would be noise after a merge.
	OrderBy []string
	// PartitionBy is the partition key; empty for one partition. It is a
	// function of the sorting key, so that rows to be folded share a partition.
	PartitionBy string
	// Settings are those of the table that are not the server's own, as in SQL.
	Settings string

	computed map[string]string // expression over the raw table, by column, where it is not the column itself
}

// Derived reports that the table is filled from the raw table by a view.
func (t Table) Derived() bool { return t.Kind == Counts || t.Kind == Extremes }

// View is the name of the materialized view that fills a derived table.
func (t Table) View() string { return t.Name + "_mv" }

// Key is a derived table's grouping key, the same columns as OrderBy.
func (t Table) Key() []string { return t.OrderBy }

// ColumnNames lists the columns in order.
func (t Table) ColumnNames() []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}

// Select is the query that computes a derived table from rows of the raw
// table's shape. source stands behind FROM as it is: a table's qualified and
// quoted name, or a subquery in parentheses. Empty for other tables.
func (t Table) Select(source string) string {
	return t.SelectWhere(source, "")
}

// SelectWhere is Select over the rows of source for which a condition holds;
// an empty condition holds for all.
func (t Table) SelectWhere(source, condition string) string {
	if !t.Derived() {
		return ""
	}
	exprs := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		exprs[i] = c.Name
		if e := t.computed[c.Name]; e != "" {
			exprs[i] = e + " AS " + c.Name
		}
	}
	sql := "SELECT " + strings.Join(exprs, ", ") + " FROM " + source
	if condition != "" {
		sql += " WHERE " + condition
	}
	return sql + " GROUP BY " + strings.Join(t.OrderBy, ", ")
}

// Tables lists every table, the raw one first and each before what reads it.
func Tables() []Table {
	tables := []Table{rawTable()}
	tables = append(tables, Derived()...)
	tables = append(tables, projectsTable(), countriesTable())
	return append(tables, githubTables()...)
}

// ClickPy lists the aggregates that ClickPy's deployments have, under its names.
func ClickPy() []Table { return append(clickPyCounts(), maxMin()) }

// Derived lists the tables that are computed from the raw table: ClickPy's, and
// those that answer what these cannot without the raw table.
func Derived() []Table { return slices.Concat(ClickPy(), pairs(), totals(), rankings(), later()) }

// Lookup is the table with the name; ok is false where there is none.
func Lookup(name string) (t Table, ok bool) {
	for _, t := range Tables() {
		if t.Name == name {
			return t, true
		}
	}
	return Table{}, false
}
