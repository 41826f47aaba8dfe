package ddl

import (
	"fmt"
	"strings"

	"clickql/internal/chconn"
)

// The tables that rows of BigQuery's export are put into as they are. They keep
// nothing: a view turns each row into a row of the raw table, whose views count
// it then, and another counts the rows that are none.
const (
	// LandingTable takes the export's nested columns.
	LandingTable = "pypi_landing"
	// FlatLandingTable takes those of older exports, flattened under dotted names.
	FlatLandingTable = "pypi_landing_flat"
	// RejectedTable counts, by reason, the rows put into the landing table that
	// are no downloads. Loads with clickql ingest count theirs in its ledger.
	RejectedTable = "pypi_rejected"
)

// Expression is one named expression over the columns of the landing table.
type Expression struct{ Name, SQL string }

// Transform is the mapping of the export into the raw table, as it is created. A
// database may have another: its view is what counts.
type Transform struct {
	// Columns are the raw table's.
	Columns []Expression
	// Rejects are the conditions under which a row is not stored, by the reason
	// for it. They are tried in order.
	Rejects []Expression
}

// Landing is the mapping. Of nulls become empty strings, but ci keeps that it is
// not known.
func Landing() Transform {
	text := func(name, of string) Expression { return Expression{name, "ifNull(" + of + ", '')"} }
	return Transform{
		Columns: []Expression{
			{"date", "toDate(assumeNotNull(timestamp), 'UTC')"},
			text("country_code", "country_code"),
			text("project", "project"),
			text("type", "file.type"),
			text("installer", "installer.name"),
			{"python_minor", "substringIndex(ifNull(python, ''), '.', 2)"},
			text("system", "system.name"),
			text("version", "file.version"),
			{"ci", "multiIf(ci IS NULL, 'unknown', ci, 'true', 'false')"},
			text("filename", "file.filename"),
			{"libc", "(ifNull(distro.libc.lib, ''), ifNull(distro.libc.version, ''))"},
		},
		Rejects: []Expression{
			{"no project", "ifNull(project, '') = ''"},
			{"no timestamp", "timestamp IS NULL"},
			// A Date holds the days from 1970 to 2149; others would turn into those at its ends.
			{"timestamp outside 1970..2149", "ifNull((timestamp < toDateTime64('1970-01-01', 6, 'UTC')) OR (timestamp >= toDateTime64('2149-06-06', 6, 'UTC')), 0)"},
		},
	}
}

// Accepted is the condition under which a row is stored.
func (t Transform) Accepted() string {
	conditions := make([]string, len(t.Rejects))
	for i, r := range t.Rejects {
		conditions[i] = "NOT (" + r.SQL + ")"
	}
	return strings.Join(conditions, " AND ")
}

// Reason is the expression of why a row is not stored; empty where it is.
func (t Transform) Reason() string {
	cases := ""
	for _, r := range t.Rejects {
		cases += r.SQL + ", " + chconn.Literal(r.Name) + ", "
	}
	return "multiIf(" + cases + "'')"
}

// landingColumns are the export's columns that are used.
func landingColumns() []Column {
	const text = "Nullable(String)"
	return []Column{
		{Name: "timestamp", Type: "Nullable(DateTime64(6, 'UTC'))", Comment: "When the file was downloaded"},
		{Name: "country_code", Type: text, Comment: "Country that the download came from"},
		{Name: "project", Type: text, Comment: "Name of the project"},
		{Name: "file", Type: "Tuple(filename " + text + ", version " + text + ", type " + text + ")", Comment: "The downloaded file"},
		{Name: "installer", Type: "Tuple(name " + text + ")", Comment: "The installing tool"},
		{Name: "python", Type: text, Comment: "Version of Python"},
		{Name: "distro", Type: "Tuple(libc Tuple(lib " + text + ", version " + text + "))", Comment: "The operating system's distribution"},
		{Name: "system", Type: "Tuple(name " + text + ")", Comment: "The operating system"},
		{Name: "ci", Type: "Nullable(Bool)", Comment: "Whether the installer ran in continuous integration"},
	}
}

// flatLeaves are the leaves of a nested column, in their order.
var flatLeaves = map[string][]string{
	"file": {"file.filename", "file.version", "file.type"}, "installer": {"installer.name"},
	"distro": {"distro.libc.lib", "distro.libc.version"}, "system": {"system.name"},
}

// flatColumns are landingColumns with the nested ones flattened.
func flatColumns() []Column {
	var columns []Column
	for _, c := range landingColumns() {
		if len(flatLeaves[c.Name]) == 0 {
			columns = append(columns, c)
		}
		for _, leaf := range flatLeaves[c.Name] {
			columns = append(columns, Column{Name: leaf, Type: "Nullable(String)", Comment: c.Comment})
		}
	}
	return columns
}

// nested is the SELECT that gives flat rows the landing table's form.
func nested(source string) string {
	var exprs []string
	for _, c := range landingColumns() {
		leaves := make([]string, len(flatLeaves[c.Name]))
		for i, leaf := range flatLeaves[c.Name] {
			leaves[i] = chconn.Ident(leaf)
		}
		switch list := strings.Join(leaves, ", "); {
		case len(leaves) == 0:
			exprs = append(exprs, c.Name)
		case c.Name == "distro":
			exprs = append(exprs, "CAST(tuple(tuple("+list+")), '"+c.Type+"') AS distro")
		default:
			exprs = append(exprs, "CAST(tuple("+list+"), '"+c.Type+"') AS "+c.Name)
		}
	}
	return "SELECT " + strings.Join(exprs, ", ") + " FROM " + source
}

// rejectedTable counts what is not stored.
func rejectedTable() Table {
	return Table{
		Name: RejectedTable, Kind: Metadata, Engine: "SummingMergeTree(rows)", OrderBy: []string{"reason"},
		Comment: "Rows put into " + LandingTable + " that are no downloads, by reason",
		Columns: []Column{
			{Name: "reason", Type: "LowCardinality(String)", Comment: "Why they are not stored"},
			{Name: "rows", Type: "UInt64", Comment: "How many; rows with the same reason add up"},
		},
	}
}

// LandingStatements creates the landing tables and their views.
func LandingStatements(o Options) []Statement {
	db, t, rejected := o.database(), Landing(), rejectedTable()
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = c.SQL + " AS " + c.Name
	}
	from := qualified(db, LandingTable)
	view := func(name, to, selects, comment string) Statement {
		return Statement{Kind: "view", Object: db + "." + name, SQL: fmt.Sprintf("CREATE MATERIALIZED VIEW IF NOT EXISTS %s%s TO %s\nAS %s\nCOMMENT %s",
			qualified(db, name), o.onCluster(), qualified(db, to), selects, chconn.Literal(comment))}
	}
	return []Statement{
		{Kind: "table", Object: db + "." + rejected.Name, SQL: rejected.Create(o, rejected.Name)},
		nullTable(o, LandingTable, "Rows of BigQuery's export, as they are; keeps nothing", landingColumns()),
		nullTable(o, FlatLandingTable, "Rows of older exports, flattened under dotted names; keeps nothing", flatColumns()),
		view(LandingTable+"_mv", RawTable, "SELECT "+strings.Join(columns, ", ")+" FROM "+from+" WHERE "+t.Accepted(), "Turns rows of the export into downloads"),
		view(LandingTable+"_rejected_mv", RejectedTable, "SELECT "+t.Reason()+" AS reason, count() AS rows FROM "+from+" WHERE reason != '' GROUP BY reason", "Counts rows of the export that are no downloads"),
		view(FlatLandingTable+"_mv", LandingTable, nested(qualified(db, FlatLandingTable)), "Gives flattened rows the nested form"),
	}
}

// nullTable creates a table that only fires its views.
func nullTable(o Options, name, comment string, columns []Column) Statement {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE IF NOT EXISTS %s%s\n(\n", qualified(o.database(), name), o.onCluster())
	writeColumns(&b, columns)
	fmt.Fprintf(&b, ")\nENGINE = Null\nCOMMENT %s", chconn.Literal(comment))
	return Statement{Kind: "table", Object: o.database() + "." + name, SQL: b.String()}
}
