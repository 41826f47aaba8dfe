package catalog

import (
	"cmp"
	"strings"

	"clickql/internal/chschema"
	"clickql/internal/cube"
)

// Table is one source of counts: the raw table, or an aggregate of it.
type Table struct {
	// Database and Name identify the table, unquoted.
	Database, Name string
	// Raw tells the table of single downloads from aggregates: there one row
	// counts one, elsewhere the count column is summed.
	Raw bool
	// Dims holds the dimensions that the engine's own grouping key keeps apart
	// (for the raw table every column it has). A column outside the sorting key
	// of a Summing or Aggregating table is noise after a merge and is not here.
	Dims map[cube.Dimension]bool
	// Untrusted holds the dimensions that the table has a column for which the
	// sorting key lacks; kept so that a rejection can say so.
	Untrusted map[cube.Dimension]bool
	// Grain is the finest time step, and TimeColumn the column that holds it
	// ("date" or "month"; empty for GrainNone).
	Grain      cube.Grain
	TimeColumn string
	// Unusable says of a dimension that the table has a column for, and that is
	// neither in Dims nor explained by Untrusted, why it cannot be used: its
	// type, or a view that fills the column with something else.
	Unusable map[cube.Dimension]string
	// Types holds the ClickHouse type of every column, by column name.
	Types map[string]string
	// Count is the column to sum, 64 bits wide; empty for the raw table.
	Count string
	// Key is the sorting key in order, by column name; an expression stands as
	// its text and ends what a prefix can use.
	Key []string
	// Primary is how many leading columns of Key are in the primary index: only
	// these narrow what is read. The sorting key alone decides what merges fold.
	Primary int
	// Covers is the run of days whose every download is in the table.
	// For GrainNone it is the data set's whole run when the table is complete
	// and empty otherwise.
	Covers cube.Range
	// Fills are the days that the column of a dimension tells of, where these are
	// not all: it came to the table, or to what fills it, after other rows.
	Fills map[cube.Dimension]cube.Range
	// Incomplete says why Covers is not the whole data set; empty otherwise.
	Incomplete string
	// Rows and Bytes are the table's size: rows, compressed bytes; 0 where the
	// database does not tell.
	Rows, Bytes uint64
	// Parts is the number of active data parts; 0 where unknown. Every part
	// that a query touches costs at least one granule.
	Parts uint64
	// Granule is the rows of a granule; 0 where unknown, see GranuleRows.
	Granule float64
	// Partitions are the table's partitions in the order of their days; those
	// outside a query's range are not read. Nil where unknown.
	Partitions []Partition
	// LastBlock is the greatest number of an inserted block or of a mutation in
	// the table's parts: a row whose part (its name is in _part) has a greater
	// one was written after the snapshot was taken. 0 where that cannot be told:
	// the parts are not seen, or lie on several servers, or each partition counts
	// for itself. A table exchanged for another counts anew.
	LastBlock int64
	// UUID tells the table from others that went by its name. One that does not store
	// its rows has its own.
	UUID string
	// KeySpace is about how many rows the table would keep of a project however
	// often it is downloaded; a project of n downloads has about
	// KeySpace*(1-exp(-n/KeySpace)). 0 where unknown.
	KeySpace float64
	// Sizes are the rows of some projects, of ascending downloads; nil where unknown.
	Sizes []Size
	// Width is the mean uncompressed bytes of a row's value by column; a
	// missing column's width is unknown.
	Width map[string]float64
	// Stray reports that the table may have rows of days outside the data's, which no
	// download can be of: every range but that of all time is cut at its edges.
	Stray bool
	// Written holds, by normalised name, how the tables write projects' names
	// otherwise; nil where every name is normalised. Then, and only then, names are
	// to be read by AskedName.
	Written map[string][]string
}

// FullName is database.name as ClickHouse shows it, unquoted.
func (t *Table) FullName() string { return t.Database + "." + t.Name }

// Partition is a part of a table that a range of days may leave out.
type Partition struct {
	// Days holds every day of the partition's rows; empty where that is unknown.
	Days cube.Range
	// Rows and Parts are its size.
	Rows, Parts uint64
	// Granules are those that one place of the key costs in all parts: one of each,
	// of a part that is shorter its share. 0 where unknown.
	Granules float64
}

// Extent is a table of each project's first and last day with a download.
type Extent struct {
	// Database and Name identify the table, unquoted. Its key is the project.
	Database, Name string
	// Min and Max are the columns with the first and the last day, to be read
	// through min and max.
	Min, Max string
	// Rows is the table's size; 0 where the database does not tell.
	Rows uint64
	// Written is as of Table.
	Written map[string][]string
}

// FullName is database.name as ClickHouse shows it, unquoted.
func (e *Extent) FullName() string { return e.Database + "." + e.Name }

// DefaultGranule is the rows of a granule where nothing else is known.
const DefaultGranule = chschema.DefaultGranule

// GranuleRows is how many rows are read at the least of a part that is touched.
func (t *Table) GranuleRows() float64 { return cmp.Or(t.Granule, DefaultGranule) }

// newTable begins the description of a table.
func newTable(t *chschema.Table) *Table {
	return &Table{Database: t.Database, Name: t.Table, UUID: t.UUID, Types: t.Types(), Grain: cube.GrainNone, Covers: cube.NoDays,
		Dims: map[cube.Dimension]bool{}, Untrusted: map[cube.Dimension]bool{}, Unusable: map[cube.Dimension]string{}, Width: map[string]float64{}}
}

// setKey takes the keys of the table that stores the rows.
func (t *Table) setKey(at *chschema.Table) {
	t.Key = chschema.KeyColumns(at.SortingKey)
	t.Granule = at.Engine.Granule()
	t.Primary = min(len(chschema.KeyColumns(at.PrimaryKey)), len(t.Key))
}

// at names the table.
func (t *Table) at() chschema.Name { return chschema.Name{Database: t.Database, Table: t.Name} }

// exact is the table and no other one of its name.
func (t *Table) exact() chschema.Exact { return chschema.Exact{Name: t.at(), UUID: t.UUID} }

// SQL is the table's name for a statement.
func (t *Table) SQL() string { return t.at().SQL() }

// counted is the SQL of the downloads in a group of rows.
func (t *Table) counted() string {
	if t.Raw {
		return "toInt64(count())"
	}
	return "toInt64(sum(" + Ident(t.Count) + "))"
}

// time is the SQL of the table's step of time, as days since 1970-01-01.
func (t *Table) time() string {
	if t.Grain == cube.GrainNone {
		return "toInt32(0)"
	}
	return "toInt32(" + Ident(t.TimeColumn) + ")"
}

// escapedIdent is what stands between the quotes of an identifier.
var escapedIdent = strings.NewReplacer(`\`, `\\`, "`", "\\`")

// Ident quotes an identifier for ClickHouse, whether it needs quotes or not.
func Ident(name string) string { return "`" + escapedIdent.Replace(name) + "`" }
