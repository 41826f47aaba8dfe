// Package catalog knows what a ClickHouse database of PyPI downloads can
// answer: which tables there are, which columns each one's grouping key really
// keeps apart, which days each covers and how large it is. It is read from the
// database, never from our own DDL, so that a foreign deployment, or one that
// may only be read, is served by the same rules.
//
// What a table covers is found out by comparing data. Up to Options.WholeRows
// rows of the raw table everything is compared by day, after the first time only
// what is new. Above that the raw table is never read as a whole, however large:
//
//	raw table         its size and days from the parts; the rows of some twenty
//	                  projects by the key; not read at all where its key does not
//	                  begin with the project
//	project first in  the same projects' rows, day by day, against the raw table's
//	  the key           or what most such tables agree on
//	no project, or    all days' totals against the smallest complete table of days;
//	  not first         of both, after the first time, only new parts are read
//
// A Snapshot is immutable. Catalog swaps in a newer one when the data changes.
package catalog

import "time"

// Grain is the finest step of time that a table keeps apart.
type Grain int

// The grains, finest first.
const (
	GrainDay   Grain = iota // a day column in the key
	GrainMonth              // a month column in the key, holding the month's first day
	GrainNone               // no time in the key: all time only
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
	Dims map[Dimension]bool
	// Untrusted holds the dimensions that the table has a column for which the
	// sorting key lacks; kept so that a rejection can say so.
	Untrusted map[Dimension]bool
	// Grain is the finest time step, and TimeColumn the column that holds it
	// ("date" or "month"; empty for GrainNone).
	Grain      Grain
	TimeColumn string
	// Unusable says of a dimension that the table has a column for, and that is
	// neither in Dims nor explained by Untrusted, why it cannot be used: its
	// type, or a view that fills the column with something else.
	Unusable map[Dimension]string
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
	Covers Range
	// Incomplete says why Covers is not the whole data set; empty otherwise.
	Incomplete string
	// Rows and Bytes are the table's size: rows, compressed bytes; 0 where the
	// database does not tell.
	Rows, Bytes uint64
	// Parts is the number of active data parts; 0 where unknown. Every part
	// that a query touches costs at least one granule.
	Parts uint64
	// Partitions are the table's partitions in the order of their days; those
	// outside a query's range are not read. Nil where unknown.
	Partitions []Partition
	// LastBlock is the greatest number of an inserted block or of a mutation in
	// the table's parts: a row whose part (_part, see BlockOfPart) has a greater
	// one was written after the snapshot was taken. 0 where that cannot be told:
	// the parts are not seen, or lie on several servers, or each partition counts
	// for itself. A table exchanged for another counts anew.
	LastBlock int64
	uuid      string // of the stored table
	// KeySpace is about how many rows the table would keep of a project however
	// often it is downloaded; a project of n downloads has about
	// KeySpace*(1-exp(-n/KeySpace)). 0 where unknown.
	KeySpace float64
	// Width is the mean uncompressed bytes of a row's value by column; a
	// missing column's width is unknown.
	Width map[string]float64
}

// FullName is database.name as ClickHouse shows it, unquoted.
func (t *Table) FullName() string { return t.Database + "." + t.Name }

// Partition is a part of a table that a range of days may leave out.
type Partition struct {
	// Days holds every day of the partition's rows; empty where that is unknown.
	Days Range
	// Rows and Parts are its size.
	Rows, Parts uint64
}

// Ignored is a table of the database that cannot answer questions about
// downloads though it looks as if it might, and why.
type Ignored struct{ Table, Reason string }

// Extent is a table of each project's first and last day with a download.
type Extent struct {
	// Database and Name identify the table, unquoted. Its key is the project.
	Database, Name string
	// Min and Max are the columns with the first and the last day, to be read
	// through min and max.
	Min, Max string
	// Rows is the table's size; 0 where the database does not tell.
	Rows uint64
}

// FullName is database.name as ClickHouse shows it, unquoted.
func (e *Extent) FullName() string { return e.Database + "." + e.Name }

// DayTotal is the downloads of one day.
type DayTotal struct {
	Day   Day
	Total int64
}

// Snapshot is what the database can answer at one version of its data.
type Snapshot struct {
	// Database holds the tables.
	Database string
	// Version changes whenever the data or the tables change. Empty where the
	// account cannot see it; answers then age by a time to live.
	Version string
	// ReadAt is when the snapshot was taken, by the gateway's clock.
	ReadAt time.Time
	// Tables holds every table that can answer anything, by name, and those
	// that are known not to: their Incomplete tells why.
	Tables []*Table
	// Ignored holds the other tables that look like aggregates, by name.
	Ignored []Ignored
	// Extents is the table of first and last days, nil where there is none that
	// agrees with the raw table.
	Extents *Extent
	// Days is the data set's run of days; empty (To < From) without data.
	Days Range
	// Missing are the days between the first and the last one on which no project
	// has a download, ascending: nobody loaded them. Nil where there are none, and
	// where that could not be told.
	Missing []Day
	// Daily are the downloads of all projects on each day that has any, ascending;
	// nil where no table gives them at a bearable cost. Shared: read only.
	Daily []DayTotal
	// Threads is how many threads one query may use, which is how many processors
	// the server has unless somebody set max_threads.
	Threads int
	// UpdatedAt is when the data last changed, by the server's clock; zero
	// where unknown.
	UpdatedAt time.Time
	// Projects is the index of project names with their all-time downloads; nil
	// where no table can give it at a bearable cost.
	Projects *Index
	// Metadata reports that a readable table `projects` exists.
	Metadata bool
	// MetadataColumns holds the types of that table's columns by name.
	MetadataColumns map[string]string
	// Spellings holds, by normalised name, how that table writes projects' names
	// otherwise; nil where that is not known.
	Spellings map[string][]string
	// Err says why the database could not be read: the server is away, or the
	// database lacks what it needs. Tables and data are then those of the last
	// success, if there was one.
	Err error
}

// Ready is nil where the snapshot is of a database that could be read.
func (s *Snapshot) Ready() error { return s.Err }

// Exactly is the same snapshot for plans that must not depend on the data having
// no other days than these: as if no table told its last block.
func (s *Snapshot) Exactly() *Snapshot {
	out := *s
	out.Tables = make([]*Table, len(s.Tables))
	for i, t := range s.Tables {
		same := *t
		same.LastBlock = 0
		out.Tables[i] = &same
	}
	return &out
}

// Table is the table of that name, nil where there is none.
func (s *Snapshot) Table(name string) *Table {
	for _, t := range s.Tables {
		if t.Name == name {
			return t
		}
	}
	return nil
}
