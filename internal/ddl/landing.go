package ddl

import (
	"fmt"
	"strings"

	"clickql/internal/chconn"
	"clickql/internal/cube"
	"clickql/internal/pypi"
	"clickql/internal/wheeltag"
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

// MaxProjectName is the longest name of a project that is stored, in bytes: what
// file systems bear as the name of a file, of which a project's name is a part.
const MaxProjectName = 255

// Landing is the mapping. Of nulls become empty strings, but ci keeps that it is
// not known. Names are normalised, countries become two capital letters or
// nothing, files that PyPI serves beside distributions get types of their own;
// versions stay as they are. What takes few values is computed on those of a
// block, and not on its rows.
func Landing() Transform {
	text := func(name, of string) Expression { return Expression{name, "ifNull(" + of + ", '')"} }
	both := func(name, of, version string) Expression {
		return Expression{name, "trimBoth(concat(ifNull(" + of + ", ''), ' ', " + version + "))"}
	}
	project, filename := pypi.NormalizedSQL("toLowCardinality(ifNull(project, ''))"), "ifNull(file.filename, '')"
	named := ToldByName(filename, "ifNull(file.type, '')")
	return Transform{
		Columns: []Expression{
			{"date", "toDate(assumeNotNull(timestamp), 'UTC')"},
			{"country_code", "extract(upper(toLowCardinality(ifNull(country_code, ''))), " + chconn.Literal(`^[\s\pZ]*([A-Z]{2})[\s\pZ]*$`) + ")"},
			{"project", project},
			named[0],
			text("installer", "installer.name"),
			{"python_minor", "substringIndex(ifNull(python, ''), '.', 2)"},
			text("system", "system.name"),
			text("version", "file.version"),
			{"ci", "multiIf(ci IS NULL, 'unknown', ci, 'true', 'false')"},
			{"filename", filename},
			{"libc", "(ifNull(distro.libc.lib, ''), ifNull(distro.libc.version, ''))"},
			named[1], named[2], named[3],
			text("cpu", "cpu"),
			both("distro", "distro.name", "ifNull(distro.version, '')"),
			text("implementation", "implementation.name"),
			both("installer_version", "installer.name", "substringIndex(ifNull(installer.version, ''), '.', 2)"),
		},
		Rejects: []Expression{
			{"no project", "empty(" + project + ")"},
			{"project name not UTF-8", "NOT isValidUTF8(" + project + ")"},
			{fmt.Sprintf("project name over %d bytes", MaxProjectName), fmt.Sprintf("length(%s) > %d", project, MaxProjectName)},
			{"no timestamp", "timestamp IS NULL"},
			// The days are cube.PlausibleDays, of the server's clock.
			{"day before 2005", "ifNull(timestamp < toDateTime64('" + cube.FirstDay.String() + "', 6, 'UTC'), 0)"},
			{"day after tomorrow", "ifNull(timestamp >= toDateTime64(toDate(now('UTC')) + 2, 6, 'UTC'), 0)"},
		},
	}
}

// NameColumn is the raw table's column of files' names.
const NameColumn = "filename"

// ToldByName are the columns of the raw table that a file's name tells, over
// expressions of the name and of the type that the export gives the file: the type
// itself, then what a wheel is for.
func ToldByName(filename, typ string) []Expression {
	wheel := wheeltag.Of(filename)
	return []Expression{
		{"type", "multiIf(endsWith(" + filename + ", '.metadata'), 'metadata', endsWith(" + filename + ", '.asc'), 'signature', " + typ + ")"},
		{"platform", wheel.Platform},
		{"arch", wheel.Arch},
		{"abi", wheel.ABI},
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
		{Name: "installer", Type: "Tuple(name " + text + ", version " + text + ")", Comment: "The installing tool"},
		{Name: "python", Type: text, Comment: "Version of Python"},
		{Name: "implementation", Type: "Tuple(name " + text + ")", Comment: "The implementation of Python"},
		{Name: "distro", Type: "Tuple(name " + text + ", version " + text + ", libc Tuple(lib " + text + ", version " + text + "))", Comment: "The operating system's distribution"},
		{Name: "system", Type: "Tuple(name " + text + ")", Comment: "The operating system"},
		{Name: "cpu", Type: text, Comment: "The processor"},
		{Name: "ci", Type: "Nullable(Bool)", Comment: "Whether the installer ran in continuous integration"},
	}
}

// flatLeaves are the leaves of a nested column, in their order.
var flatLeaves = map[string][]string{
	"file": {"file.filename", "file.version", "file.type"}, "installer": {"installer.name", "installer.version"},
	"implementation": {"implementation.name"}, "system": {"system.name"},
	"distro": {"distro.name", "distro.version", "distro.libc.lib", "distro.libc.version"},
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
			list = strings.Join(leaves[:2], ", ") + ", tuple(" + strings.Join(leaves[2:], ", ") + ")"
			exprs = append(exprs, "CAST(tuple("+list+"), '"+c.Type+"') AS distro")
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

// landingView is a view on one of the landing tables.
type landingView struct{ name, source, to, selects, comment string }

// landingViews are the views on the landing tables: what stores, in the columns
// that the raw table has, what counts what is not stored, and what brings flattened
// rows into shape.
func landingViews(o Options, has func(column string) bool) []landingView {
	t := Landing()
	var columns []string
	for _, c := range t.Columns {
		if has(c.Name) {
			columns = append(columns, c.SQL+" AS "+c.Name)
		}
	}
	from := qualified(o.database(), LandingTable)
	return []landingView{
		{LandingTable + "_mv", LandingTable, RawTable, "SELECT " + strings.Join(columns, ", ") + " FROM " + from + " WHERE " + t.Accepted(), "Turns rows of the export into downloads"},
		{LandingTable + "_rejected_mv", LandingTable, RejectedTable, "SELECT " + t.Reason() + " AS reason, count() AS rows FROM " + from + " WHERE reason != '' GROUP BY reason", "Counts rows of the export that are no downloads"},
		{FlatLandingTable + "_mv", FlatLandingTable, LandingTable, nested(qualified(o.database(), FlatLandingTable)), "Gives flattened rows the nested form"},
	}
}

// LandingStatements creates the landing tables and their views.
func LandingStatements(o Options) []Statement {
	return landingStatements(o, all)
}

// landingStatements are those for a raw table with some of the columns.
func landingStatements(o Options, has func(column string) bool) []Statement {
	db, rejected := o.database(), rejectedTable()
	list := []Statement{
		{Kind: "table", Object: db + "." + rejected.Name, SQL: rejected.Create(o, rejected.Name)},
		nullTable(o, LandingTable, "Rows of BigQuery's export, as they are; keeps nothing", landingColumns()),
		nullTable(o, FlatLandingTable, "Rows of older exports, flattened under dotted names; keeps nothing", flatColumns()),
	}
	for _, v := range landingViews(o, has) {
		list = append(list, o.view(v.name, v.to, v.selects, v.comment))
	}
	return list
}

// nullTable creates a table that only fires its views.
func nullTable(o Options, name, comment string, columns []Column) Statement {
	return Statement{Kind: "table", Object: o.database() + "." + name, SQL: fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s%s\n%s\nENGINE = Null\nCOMMENT %s",
		qualified(o.database(), name), o.onCluster(), listed(columns, Column.Definition), chconn.Literal(comment))}
}
