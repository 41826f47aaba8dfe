package export

import (
	"cmp"
	"strings"

	"clickql/ingest/ledger"
	"clickql/internal/ddl"
)

// leafType is what a leaf of the Parquet schema must hold.
type leafType struct {
	read  string // the type that ClickHouse reads it as
	empty string // the value of a leaf that a file does not have
	zero  string // what stands for null in the table of projects
	fits  func(parquetLeaf) bool
}

// The types of leaf. Writers without a boolean type use the numbers 0 and 1.
var (
	textLeaf = &leafType{"Nullable(String)", "NULL", "''", func(s parquetLeaf) bool { return s.Physical == "BYTE_ARRAY" || s.Physical == "FIXED_LEN_BYTE_ARRAY" }}
	timeLeaf = &leafType{"Nullable(DateTime64(6, 'UTC'))", "NULL", "toDateTime64(0, 6, 'UTC')", func(s parquetLeaf) bool {
		return s.Physical == "INT96" || s.Physical == "INT64" && strings.HasPrefix(s.Logical, "Timestamp")
	}}
	boolLeaf = &leafType{"Nullable(Bool)", "NULL", "false", func(s parquetLeaf) bool {
		return s.Physical == "BOOLEAN" || s.Physical == "INT32" && strings.HasPrefix(s.Logical, "Int(bitWidth=8")
	}}
	wholeLeaf = &leafType{"Nullable(Int64)", "NULL", "0", func(s parquetLeaf) bool { return s.Physical == "INT64" || s.Physical == "INT32" }}
	listLeaf  = &leafType{"Array(Nullable(String))", "[]", "", textLeaf.fits} // of text
)

// leaf is one value of the export: its path through structs, which is its
// dotted name in the flattened one.
type leaf struct {
	Path     string
	Type     *leafType // text where it is nil
	Optional bool      // may be absent from older exports
}

// nested reports that the leaf stands in a struct in the nested shape.
func (l leaf) nested() bool { return strings.Contains(l.Path, ".") }

// kind is the leaf's type.
func (l leaf) kind() *leafType { return cmp.Or(l.Type, textLeaf) }

// Feed is the mapping of one kind of export into its table. Its expressions refer to
// each leaf as $path$, or, where from is read, by its path.
type Feed struct {
	Kind  ledger.Kind
	Table string
	// Format is that of the files, as ClickHouse calls it.
	Format  string
	Leaves  []leaf
	Columns []ddl.Expression
	// accept is the condition under which a row is stored, reason the expression of
	// why it is not.
	accept, reason string
	// Day is the expression of a stored row's day; empty where rows have none.
	Day string
	// Clock is the expression of a row's moment, by which files know which of
	// their rows lie where; empty where rows have none.
	Clock string
}

// FeedOf is the mapping of a kind.
func FeedOf(kind ledger.Kind, table string) Feed {
	switch kind {
	case ledger.Projects:
		return projectsFeed(table)
	case ledger.GitHub:
		return githubFeed(table)
	}
	return DownloadsFeed(table)
}

// The formats of files. Lines have no footer: the file is read to its end to be
// counted.
const (
	parquet = "Parquet"
	lines   = "LineAsString"
)

// DownloadsFeed maps BigQuery's export of file downloads, as the landing table
// that the program creates does.
func DownloadsFeed(table string) Feed {
	f := Feed{
		Kind: ledger.Downloads, Table: table, Format: parquet, Day: "date", Clock: "$timestamp$",
		Leaves: []leaf{
			{Path: "timestamp", Type: timeLeaf}, {Path: "country_code"}, {Path: "project"},
			{Path: "file.filename"}, {Path: "file.version"}, {Path: "file.type"},
			{Path: "installer.name"}, {Path: "python"},
			{Path: "distro.libc.lib"}, {Path: "distro.libc.version"}, {Path: "system.name"},
			{Path: "ci", Type: boolLeaf, Optional: true},
			{Path: "installer.version", Optional: true}, {Path: "implementation.name", Optional: true},
			{Path: "distro.name", Optional: true}, {Path: "distro.version", Optional: true}, {Path: "cpu", Optional: true},
		},
	}
	return f.mapped(ddl.Landing())
}

// mapped is the feed with a mapping's columns and rejects.
func (f Feed) mapped(t ddl.Transform) Feed {
	f.Columns, f.accept, f.reason = t.Columns, t.Accepted(), t.Reason()
	return f
}

// githubFeed maps GH Archive's files, of which each line is an event.
func githubFeed(table string) Feed {
	f := Feed{Kind: ledger.GitHub, Table: table, Format: lines, Leaves: []leaf{{Path: "line", Type: &leafType{read: "String"}}}}
	return f.mapped(ddl.GitHubEvents("_path"))
}

// projectsFeed maps BigQuery's export of distribution metadata, whose columns
// are the table's.
func projectsFeed(table string) Feed {
	t := ddl.Transform{Rejects: []ddl.Expression{{Name: "no name", SQL: "ifNull($name$, '') = ''"}}}
	for _, l := range projectLeaves() {
		t.Columns = append(t.Columns, ddl.Expression{Name: l.Path, SQL: projectExpr(l)})
	}
	return Feed{Kind: ledger.Projects, Table: table, Format: parquet, Leaves: projectLeaves()}.mapped(t)
}

// projectExpr replaces nulls.
func projectExpr(l leaf) string {
	if l.Type == listLeaf {
		return "arrayMap(x -> ifNull(x, ''), $" + l.Path + "$)"
	}
	return "ifNull($" + l.Path + "$, " + l.kind().zero + ")"
}

// projectLeaves lists the metadata's columns. Only what identifies a file is
// required: exports of chosen columns load too.
func projectLeaves() []leaf {
	leaves := []leaf{{Path: "name"}, {Path: "version"}, {Path: "upload_time", Type: timeLeaf, Optional: true},
		{Path: "size", Type: wholeLeaf, Optional: true}, {Path: "has_signature", Type: boolLeaf, Optional: true}}
	for _, p := range strings.Fields(`metadata_version summary description description_content_type author author_email
		maintainer maintainer_email license keywords home_page download_url requires_python uploaded_via filename path
		python_version packagetype comment_text md5_digest sha256_digest blake2_256_digest`) {
		leaves = append(leaves, leaf{Path: p, Optional: true})
	}
	for _, p := range strings.Fields(`classifiers platform requires provides obsoletes requires_dist provides_dist
		obsoletes_dist requires_external project_urls`) {
		leaves = append(leaves, leaf{Path: p, Type: listLeaf, Optional: true})
	}
	return leaves
}
