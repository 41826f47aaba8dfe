package catalog

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"clickql/internal/chschema"
	"clickql/internal/cube"
)

// Ignored is a table of the database that cannot answer questions about
// downloads though it looks as if it might, and why.
type Ignored struct {
	Table, Reason string
	// Differs reports that its data was compared with the other tables', and is
	// not what it should be.
	Differs bool
}

// DayTotal is the downloads of one day.
type DayTotal struct {
	Day   cube.Day
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
	Days cube.Range
	// Strays are the downloads on days that none can be of, before 2005 or after
	// tomorrow: outside Days, and counted in totals of all time alone. Of large
	// databases those of some projects.
	Strays int64
	// Retired is what was dropped from the raw table on purpose.
	Retired Retired
	// Missing are the days of Days, ascending, that are not settled: nobody loaded
	// them, or not all of their files. Nil where there are none, and where that could
	// not be told. Calendar has what follows from it.
	Missing []cube.Day
	// SettledBy is how it is known whether the newest day is settled.
	SettledBy SettledBy
	// Daily are the downloads of all projects on each day that has any, ascending;
	// nil where no table gives them at a bearable cost. Shared: read only.
	Daily []DayTotal
	// Mirrors are the tools whose downloads are a mirror's; cube.MirrorInstallers where
	// there are none.
	Mirrors []string
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
	// MetadataRows is that table's size; 0 where the database does not tell.
	MetadataRows uint64
	// Spellings holds, by normalised name, how that table writes projects' names
	// otherwise; nil where that is not known.
	Spellings map[string][]string
	// GitHub is the table of events on GitHub; nil where there is none.
	GitHub *GitHub
	// Server tells the server that the snapshot was read from; empty where
	// one server is all there is.
	Server string
	// Bound are the tables that answers are read from.
	Bound []*Bound
	// widths are what Widths gives; nil where that has yet to be worked out.
	widths map[string]float64
	// marks are those of the stored tables, by which a server is known to have the
	// snapshot's version; nil where one server is all there is, and where that cannot
	// be told. shared is of their engines.
	marks  map[chschema.Name]uint64
	shared bool
	// Err says why the database could not be read: the server is away, or the
	// database lacks what it needs. Tables and data are then those of the last
	// success, if there was one.
	Err error
}

// Bound is a table as a snapshot knows it: as it is asked, and where its rows are,
// which is the zero value where that cannot be seen.
type Bound struct {
	Named  chschema.Told
	Stored chschema.Exact
	// Written are the ways in which statements write its name. Each statement is
	// searched for those of all tables, so that they are made once, and kept with the
	// snapshot; as are those of Named, which the server's log is compared with.
	Written [2]string
}

// boundTo is a table that is asked by a name.
func boundTo(named chschema.Exact) *Bound {
	return &Bound{Named: chschema.ToldOf(named), Written: [2]string{Ident(named.Database) + "." + Ident(named.Table), named.SQL()}}
}

// read are the snapshot's tables that a statement reads.
func (s *Snapshot) read(sql string) (read []*Bound) {
	for _, b := range s.Bound {
		if strings.Contains(sql, b.Written[0]) || strings.Contains(sql, b.Written[1]) {
			read = append(read, b)
		}
	}
	return read
}

// Guard is a statement about the snapshot's tables, bound to it: where these are not
// as the snapshot tells of them it fails, see chschema.Elsewhere. A server is held to
// the version, where several answer; where no version can be told, it is the server
// that the snapshot was read from. Where there is but one, whose data may have grown
// since, the tables have to be the same ones: what was exchanged for one of them has
// yet to be looked at.
func (s *Snapshot) Guard(sql string) string {
	read := s.read(sql)
	if s.Version != "" && s.marks != nil {
		return s.guardMark(sql, read)
	}
	var tables []chschema.Exact
	for _, b := range read {
		tables = append(tables, b.Named.Exact, b.Stored)
	}
	sql = chschema.GuardTables(sql, tables)
	if s.Server != "" {
		sql = chschema.GuardServer(sql, s.Server)
	}
	return sql
}

// Witness is what can tell of a statement, once it has run as it is, what a guard in it
// would have; nil where only a Guard can: where several servers answer, and for what is
// read through a table that keeps no rows itself.
func (s *Snapshot) Witness(sql string) *chschema.Witness {
	if s.Server != "" || s.Version != "" && s.marks != nil {
		return nil
	}
	var tables []chschema.Told
	for _, b := range s.read(sql) {
		if b.Stored != b.Named.Exact {
			return nil
		}
		tables = append(tables, b.Named)
	}
	return chschema.NewWitness(tables)
}

// guardMark binds a statement to the marks of the tables that it reads; of all where
// it is not known which.
func (s *Snapshot) guardMark(sql string, read []*Bound) string {
	var tables []chschema.Name
	var mark uint64
	add := func(some []*Bound) {
		for _, b := range some {
			if at := b.Stored.Name; at != (chschema.Name{}) && !slices.Contains(tables, at) {
				tables, mark = append(tables, at), mark^s.marks[at]
			}
		}
	}
	if add(read); len(tables) == 0 {
		add(s.Bound)
	}
	return chschema.GuardMark(sql, tables, s.shared, mark)
}

// Pinned is the snapshot for an operation all of whose statements the server
// answers that it was read from, at whatever version that has then. ok is false
// where there is but one server.
func (s *Snapshot) Pinned() (pinned *Snapshot, ok bool) {
	out := *s
	out.Version = ""
	return &out, s.Server != ""
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

// Calendar tells which days are settled.
func (s *Snapshot) Calendar() cube.Calendar {
	return cube.Calendar{Days: s.Days, Unsettled: s.Missing}
}

// With is the snapshot with further tables.
func (s *Snapshot) With(tables ...*Table) *Snapshot {
	out := *s
	out.Tables = append(slices.Clone(s.Tables), tables...)
	return &out
}

// text writes what of a snapshot changes answers beside the data.
func (s *Snapshot) text() string {
	var b strings.Builder
	for _, t := range s.Tables {
		fmt.Fprintln(&b, t.Name, t.Covers, t.Dims, t.Fills, t.Grain, t.Count)
	}
	fmt.Fprintln(&b, s.Extents, s.Days, s.Metadata, s.Missing, s.SettledBy, s.Mirrors, s.GitHub != nil)
	return b.String()
}

// regressed reports that a table that held every day does so no longer.
func regressed(before, next *Snapshot) bool {
	for _, t := range before.Tables {
		if lost(t, before, next) {
			return true
		}
	}
	return before.Extents != nil && next.Extents == nil
}

// lost reports that a table of before held every day and does so no longer.
func lost(t *Table, before, next *Snapshot) bool {
	is := next.Table(t.Name)
	return is != nil && !before.Days.Empty() && t.Covers == before.Days && is.Covers != next.Days
}

// replaced reports that a table that held every day was exchanged for one that does
// not.
func replaced(before, next *Snapshot) bool {
	return slices.ContainsFunc(before.Tables, func(t *Table) bool {
		return lost(t, before, next) && next.Table(t.Name).UUID != t.UUID
	})
}

// incomplete lists the tables that lack days, with the reasons.
func (s *Snapshot) incomplete() []string {
	var out []string
	for _, t := range s.Tables {
		if t.Incomplete != "" {
			out = append(out, t.Name+": "+t.Incomplete)
		}
	}
	return out
}
