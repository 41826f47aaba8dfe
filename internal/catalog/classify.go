package catalog

import (
	"errors"
	"fmt"
	"strings"
)

// dayColumn and monthColumn are the columns of time in ClickPy's tables.
const (
	dayColumn   = "date"
	monthColumn = "month"
	countColumn = "count"
	// metadataTable holds one row per uploaded file.
	metadataTable = "projects"
)

// candidate is a table that may be able to answer, with what has been found out.
type candidate struct {
	table    *Table
	physical *tableInfo // the table that stores the rows
	// spread reports that rows live on other servers too: physical then holds
	// only some of them.
	spread bool
	// fed reports that a view was seen that fills the table.
	fed bool
	// void says why no day can be trusted, whatever the data; partial why some
	// days may lack.
	void, partial string
}

// layout is everything in a database that matters to questions.
type layout struct {
	raw      *candidate // nil where there is none
	tables   []*candidate
	extents  []*extentCandidate
	metadata map[string]string // columns of the table of metadata; nil without
	ignored  []Ignored
	// Set by verifying, see Snapshot.
	missing []Day
	daily   []DayTotal
}

// extentCandidate is a table of first and last days, not yet compared.
type extentCandidate struct {
	extent   *Extent
	physical *tableInfo
	spread   bool
}

// classifier sorts the tables of one database.
type classifier struct {
	schema   schema
	database string
	rawName  string
	raw      *tableInfo              // as named
	rawAt    *tableInfo              // as stored
	views    map[string][]*tableInfo // by the table that they fill
	local    map[string]string       // tables that hold a Distributed table's rows of this server
	feeds    map[string]fedBy        // memo of feedOf
}

// fedBy is what is known of a table's views.
type fedBy struct {
	feed  feed
	known bool  // there is a view
	err   error // nothing can be said of it
}

// classify sorts the tables of a database into what they can serve for.
func classify(s schema, database, rawName string) (*layout, error) {
	c := &classifier{schema: s, database: database, rawName: rawName,
		views: map[string][]*tableInfo{}, local: map[string]string{}, feeds: map[string]fedBy{}}
	l := &layout{}
	if err := c.findRaw(l); err != nil {
		return nil, err
	}
	inner := c.findViews()
	for _, t := range s.sorted() {
		if t.database == database && t != c.raw && !strings.HasPrefix(t.name, "_") && !inner[t.full()] && t.name[0] != '.' {
			c.place(l, t)
		}
	}
	return l, nil
}

// findRaw looks at the raw table.
func (c *classifier) findRaw(l *layout) error {
	for _, t := range c.schema {
		if _, target, ok := t.distributed(); ok && t.database == c.database {
			c.local[target] = t.name
		}
	}
	t := c.schema[c.database+"."+c.rawName]
	if t == nil {
		return nil
	}
	c.raw, c.rawAt = t, t
	at, err := c.schema.physical(t)
	if err == nil {
		c.rawAt = at
	}
	if t.engine == "Null" {
		return nil
	}
	if typ := t.types()[dayColumn]; !isDate(typ) {
		return fmt.Errorf("read the raw table %s: its column %s is %s, not a Date; name the table of single downloads with another option or add the column",
			t.full(), dayColumn, orAbsent(typ))
	}
	l.raw = &candidate{table: c.rawTable(t), physical: c.rawAt, spread: t.engine == "Distributed"}
	return nil
}

// rawTable describes the raw table: every column is kept apart.
func (c *classifier) rawTable(t *tableInfo) *Table {
	out := newTable(t)
	out.Raw, out.Grain, out.TimeColumn = true, GrainDay, dayColumn
	out.setKey(c.rawAt)
	for _, d := range Dimensions {
		typ, has := out.Types[d.Column()]
		if why := unusable(d, typ); has && why != "" {
			out.Unusable[d] = why
		} else if has {
			out.Dims[d] = true
		}
	}
	return out
}

// newTable begins the description of a table.
func newTable(t *tableInfo) *Table {
	return &Table{Database: t.database, Name: t.name, Types: t.types(), Grain: GrainNone, Covers: noDays,
		Dims: map[Dimension]bool{}, Untrusted: map[Dimension]bool{}, Unusable: map[Dimension]string{}, Width: map[string]float64{}}
}

// setKey takes the keys of the table that stores the rows.
func (t *Table) setKey(at *tableInfo) {
	t.Key = keyColumns(at.sortingKey)
	t.Primary = min(len(keyColumns(at.primaryKey)), len(t.Key))
}

// findViews collects the materialized views by the table that they fill, and
// tells which tables are views' inner ones.
func (c *classifier) findViews() (inner map[string]bool) {
	inner = map[string]bool{}
	for _, v := range c.schema.sorted() {
		if v.engine != "MaterializedView" {
			continue
		}
		to, own := c.schema.target(v)
		if own {
			inner[to] = true
		}
		c.views[to] = append(c.views[to], v)
	}
	return inner
}

// place sorts one table.
func (c *classifier) place(l *layout, t *tableInfo) {
	if t.name == metadataTable {
		l.metadata = t.types()
		return
	}
	if t.engine == "MaterializedView" {
		if _, own := c.schema.target(t); !own {
			return
		}
	}
	at, err := c.schema.physical(t)
	if err != nil {
		l.ignore(t, err.Error())
		return
	}
	if by, ok := c.local[t.full()]; ok {
		l.ignore(t, "it holds only this server's part of "+by)
		return
	}
	family := familyOf(at.engine)
	fed := c.feedOf(at)
	if family == notMerged || family == keepsRows && !fed.known {
		return
	}
	if family == dropsRows {
		l.ignore(t, "its engine "+at.engine+" drops rows instead of adding them up")
		return
	}
	if e := c.extent(t, at, fed); e != nil {
		l.extents = append(l.extents, e)
		return
	}
	cand, why := c.aggregate(t, at, fed)
	if cand == nil {
		if !errors.Is(fed.err, errElsewhere) { // such as counts of what was not stored
			l.ignore(t, why)
		}
		return
	}
	l.tables = append(l.tables, cand)
}

func (l *layout) ignore(t *tableInfo, why string) {
	l.ignored = append(l.ignored, Ignored{Table: t.full(), Reason: why})
}
