package catalog

import (
	"fmt"
	"slices"
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
		if why := d.unusable(typ); has && why != "" {
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
		l.ignore(t, why)
		return
	}
	l.tables = append(l.tables, cand)
}

func (l *layout) ignore(t *tableInfo, why string) {
	l.ignored = append(l.ignored, Ignored{Table: t.full(), Reason: why})
}

// feedOf is what the views of a stored table write into it.
func (c *classifier) feedOf(at *tableInfo) fedBy {
	if f, ok := c.feeds[at.full()]; ok {
		return f
	}
	c.feeds[at.full()] = fedBy{known: true, err: fmt.Errorf("its views go in a circle")}
	var out fedBy
	for _, v := range c.views[at.full()] {
		f, err := c.viewFeed(v)
		switch {
		case err != nil:
			out = fedBy{known: true, err: err}
		case !out.known:
			out = fedBy{feed: f, known: true}
		case out.err == nil:
			out.feed = both(out.feed, f)
		}
	}
	c.feeds[at.full()] = out
	return out
}

// viewFeed is what one view writes.
func (c *classifier) viewFeed(v *tableInfo) (feed, error) {
	s := cut(v.asSelect)
	source, alias, ok := s.source(v.database)
	if !ok {
		return feed{}, fmt.Errorf("its view %s does not read from one table", v.name)
	}
	if c.raw != nil && (source == c.raw.full() || source == c.rawAt.full()) {
		return s.feed(alias, rawMeanings(c.raw), true)
	}
	from := c.schema[source]
	if from == nil && c.raw == nil && source == c.database+"."+c.rawName {
		return s.feed(alias, clickPyMeanings(), true) // the raw table is gone, its views are not
	}
	if from == nil {
		return feed{}, fmt.Errorf("its view %s reads %s, which cannot be seen", v.name, source)
	}
	up := c.feedOf(from)
	if !up.known || up.err != nil {
		return feed{}, fmt.Errorf("its view %s reads %s and not the raw table %s", v.name, source, c.rawName)
	}
	f, err := s.feed(alias, up.feed.columns, false)
	if f.partial == "" {
		f.partial = up.feed.partial
	}
	return f, err
}

// rawMeanings says what the raw table's columns mean.
func rawMeanings(raw *tableInfo) map[string]meaning {
	m := map[string]meaning{}
	for _, col := range raw.columns {
		m[col.name] = meaning{kind: isColumn, of: col.name}
	}
	m[dayColumn] = meaning{kind: isDay}
	return m
}

// clickPyMeanings says what the columns of ClickPy's raw table mean.
func clickPyMeanings() map[string]meaning {
	m := map[string]meaning{dayColumn: {kind: isDay}}
	for _, d := range Dimensions {
		m[d.Column()] = meaning{kind: isColumn, of: d.Column()}
	}
	return m
}

// named guesses what a table's columns mean by ClickPy's names, for a table
// whose views cannot be seen.
func named(t *tableInfo) feed {
	f := feed{columns: map[string]meaning{}}
	for _, col := range t.columns {
		switch col.name {
		case dayColumn:
			f.columns[col.name] = meaning{kind: isDay}
		case monthColumn:
			f.columns[col.name] = meaning{kind: isMonth}
		case countColumn:
			f.columns[col.name] = meaning{kind: isCount}
		default:
			f.columns[col.name] = meaning{kind: isColumn, of: col.name}
		}
	}
	return f
}

// aggregate describes a table as an aggregate, or says why it is none.
func (c *classifier) aggregate(t, at *tableInfo, fed fedBy) (*candidate, string) {
	if at.database+"."+at.name == c.rawName || at == c.rawAt {
		return nil, "it reads the raw table itself"
	}
	cand := &candidate{table: newTable(t), physical: at, spread: t.engine == "Distributed", fed: fed.known}
	f := fed.feed
	if !fed.known || fed.err != nil {
		f = named(at)
	}
	if fed.err != nil {
		cand.void = fed.err.Error()
	}
	cand.partial = f.partial
	count, why := countOf(at, f)
	if count == "" {
		return nil, why
	}
	cand.table.Count = count
	cand.table.setKey(at)
	c.dimensions(cand, f)
	return cand, ""
}

// countOf is the column that holds the number of downloads and is added up by
// the engine, or why there is none.
func countOf(at *tableInfo, f feed) (column, why string) {
	why = "no column of it is filled with count()"
	for _, col := range at.columns {
		if f.columns[col.name].kind != isCount {
			continue
		}
		if why = at.notSummed(col.name); why == "" {
			return col.name, ""
		}
	}
	return "", why
}

// dimensions fills in what the candidate keeps apart.
func (c *classifier) dimensions(cand *candidate, f feed) {
	t, all := cand.table, familyOf(cand.physical.engine) == keepsRows
	for _, col := range cand.physical.columns {
		kept := all || slices.Contains(t.Key, col.name)
		m := f.columns[col.name]
		if m.kind == isDay || m.kind == isMonth {
			t.setTime(col, m, kept)
			continue
		}
		d, ok := DimensionOf(col.name)
		if !ok {
			continue
		}
		why := d.unusable(col.typ)
		switch {
		case m.kind != isColumn || m.of != col.name:
			t.Unusable[d] = "its view fills the column " + col.name + " with something else"
		case why != "":
			t.Unusable[d] = why
		case kept:
			t.Dims[d] = true
		default:
			t.Untrusted[d] = true
		}
	}
}

// setTime takes a column of time, if it is finer than the one known and usable.
func (t *Table) setTime(col columnInfo, m meaning, kept bool) {
	grain := GrainDay
	if m.kind == isMonth {
		grain = GrainMonth
	}
	if kept && isDate(col.typ) && grain < t.Grain {
		t.Grain, t.TimeColumn = grain, col.name
	}
}

// isDate reports that the type is a calendar day.
func isDate(typ string) bool { return typ == "Date" || typ == "Date32" }

// orAbsent names a type, or says that there is no such column.
func orAbsent(typ string) string {
	if typ == "" {
		return "absent"
	}
	return typ
}

// unusable says why a column of the type cannot serve as the dimension.
func (d Dimension) unusable(typ string) string {
	plain := typ == "String" || typ == "LowCardinality(String)"
	switch d {
	case CI:
		plain = plain || typ == "Bool" || strings.HasPrefix(typ, "Enum8(") || strings.HasPrefix(typ, "Enum16(")
	case Libc:
		lib, version, pair := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(typ, "Tuple("), ")"), ",")
		plain = pair && strings.HasPrefix(typ, "Tuple(") && isText(lib, "lib") && isText(version, "version")
	}
	if plain {
		return ""
	}
	return fmt.Sprintf("its column %s is %s", d.Column(), typ)
}

// isText reports that a tuple's element has the name and is text.
func isText(element, name string) bool {
	fields := strings.Fields(element)
	return len(fields) == 2 && strings.Trim(fields[0], "`") == name && (fields[1] == "String" || fields[1] == "LowCardinality(String)")
}

// extent describes a table of first and last days; nil where it is none.
func (c *classifier) extent(t, at *tableInfo, fed fedBy) *extentCandidate {
	if fed.err != nil || familyOf(at.engine) != joinsStates || !slices.Equal(keyColumns(at.sortingKey), []string{Project.Column()}) {
		return nil
	}
	e := &Extent{Database: t.database, Name: t.name}
	for _, col := range at.columns {
		m, seen := fed.feed.columns[col.name]
		if typ, ok := simpleAggregate(col.typ, "min"); ok && isDate(typ) && (!fed.known || seen && m.kind == isFirst) {
			e.Min = col.name
		}
		if typ, ok := simpleAggregate(col.typ, "max"); ok && isDate(typ) && (!fed.known || seen && m.kind == isLast) {
			e.Max = col.name
		}
	}
	if e.Min == "" || e.Max == "" {
		return nil
	}
	return &extentCandidate{extent: e, physical: at, spread: t.engine == "Distributed"}
}
