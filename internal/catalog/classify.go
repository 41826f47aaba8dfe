package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"clickql/internal/catalog/lineage"
	"clickql/internal/chschema"
	"clickql/internal/cube"
)

// classifier sorts the tables of one database.
type classifier struct {
	schema chschema.Schema
	views  *lineage.Views
	raw    *chschema.Table          // as named; nil where there is none
	rawAt  *chschema.Table          // as stored
	local  map[chschema.Name]string // tables that hold a Distributed table's rows of this server
}

// classify sorts the tables of a database into what they can serve for.
func classify(s chschema.Schema, database, rawName string) (*inventory, error) {
	raw := chschema.Name{Database: database, Table: rawName}
	c := &classifier{schema: s, views: lineage.New(s, raw), raw: s[raw], local: map[chschema.Name]string{}}
	l := &inventory{}
	if err := c.findRaw(l); err != nil {
		return nil, err
	}
	for _, t := range s.Sorted() {
		if _, at, ok := t.Distributed(); ok && t.Database == database {
			c.local[at] = t.Table
		}
	}
	l.github = c.findGitHub(database)
	for _, t := range s.Sorted() {
		if t.Database == database && t != c.raw && !l.github.all[t] && !strings.HasPrefix(t.Table, "_") && !c.views.Inner(t.Name) && t.Table[0] != '.' {
			c.place(l, t)
		}
	}
	return l, nil
}

// findRaw looks at the raw table, of which every column is kept apart.
func (c *classifier) findRaw(l *inventory) error {
	if c.raw == nil {
		return nil
	}
	t := c.raw
	c.rawAt = t
	if at, err := c.schema.Stored(t); err == nil {
		c.rawAt = at
	}
	if t.Engine.Name == "Null" {
		return nil
	}
	out := newTable(t)
	if typ := out.Types[lineage.DayColumn]; !isDate(typ) {
		return fmt.Errorf("read the raw table %s: its column %s is %s, not a Date; name the table of single downloads with another option or add the column",
			t.Name, lineage.DayColumn, cmp.Or(typ, "absent"))
	}
	out.Raw, out.Grain, out.TimeColumn = true, cube.GrainDay, lineage.DayColumn
	out.setKey(c.rawAt)
	for _, d := range cube.Dimensions {
		typ, has := out.Types[d.Column()]
		if why := unusable(d, typ); has && why != "" {
			out.Unusable[d] = why
		} else if has {
			out.Dims[d] = true
		}
	}
	l.raw = &candidate{table: out, stored: c.rawAt, spread: isSpread(t)}
	return nil
}

// isSpread reports that a table's rows live on other servers too.
func isSpread(t *chschema.Table) bool {
	_, _, ok := t.Distributed()
	return ok
}

// place sorts one table.
func (c *classifier) place(l *inventory, t *chschema.Table) {
	at, err := c.schema.Stored(t)
	if t.Table == metadataTable {
		l.metadata, l.metadataAt = t, at
		return
	}
	if t.Engine.Name == "MaterializedView" {
		if _, own := c.schema.Target(t); !own {
			return
		}
	}
	ignore := func(why string) { l.ignored = append(l.ignored, Ignored{Table: t.String(), Reason: why}) }
	if err != nil {
		ignore(err.Error())
		return
	}
	if by, ok := c.local[t.Name]; ok {
		ignore("it holds only this server's part of " + by)
		return
	}
	fed := c.views.Of(at)
	switch merging := at.Engine.Merging(); {
	case merging == chschema.NotMerged, merging == chschema.KeepsRows && !fed.Known:
		return
	case merging == chschema.DropsRows:
		ignore("its engine " + at.Engine.Name + " drops rows instead of adding them up")
		return
	}
	if e := extent(t, at, fed); e != nil {
		l.extents = append(l.extents, e)
		return
	}
	cand, why := c.aggregate(t, at, fed)
	switch {
	case cand != nil:
		l.tables = append(l.tables, cand)
	case !errors.Is(fed.Err, lineage.ErrElsewhere): // such as counts of what was not stored
		ignore(why)
	}
}

// aggregate describes a table as an aggregate, or says why it is none.
func (c *classifier) aggregate(t, at *chschema.Table, fed lineage.Fed) (*candidate, string) {
	if at == c.rawAt {
		return nil, "it reads the raw table itself"
	}
	cand := &candidate{table: newTable(t), stored: at, spread: isSpread(t), fed: fed.Known}
	f := fed.Feed
	if !fed.Known || fed.Err != nil {
		f = lineage.ByName(at)
	}
	if fed.Err != nil {
		cand.void = fed.Err.Error()
	}
	cand.partial = f.Partial
	count, why := countOf(at, f)
	if count == "" {
		return nil, why
	}
	cand.table.Count = count
	cand.table.setKey(at)
	cand.describe(f)
	return cand, ""
}

// countOf is the column that holds the number of downloads and is added up by
// the engine, or why there is none.
func countOf(at *chschema.Table, f lineage.Feed) (column, why string) {
	why = "no column of it is filled with count()"
	for _, col := range at.Columns {
		if f.Columns[col.Name].Kind != lineage.Count {
			continue
		}
		if why = at.NotSummed(col.Name); why == "" {
			return col.Name, ""
		}
	}
	return "", why
}

// describe fills in what the candidate keeps apart.
func (c *candidate) describe(f lineage.Feed) {
	t, all := c.table, c.stored.Engine.Merging() == chschema.KeepsRows
	for _, col := range c.stored.Columns {
		kept := all || slices.Contains(t.Key, col.Name)
		m := f.Columns[col.Name]
		if m.Kind == lineage.Day || m.Kind == lineage.Month {
			if kept {
				t.setTime(col, m)
			}
			continue
		}
		d, ok := cube.DimensionOf(col.Name)
		if !ok {
			continue
		}
		why := unusable(d, col.Type)
		switch {
		case m.Kind != lineage.Column || m.Of != col.Name:
			t.Unusable[d] = "its view fills the column " + col.Name + " with something else"
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
func (t *Table) setTime(col chschema.Column, m lineage.Meaning) {
	grain := cube.GrainDay
	if m.Kind == lineage.Month {
		grain = cube.GrainMonth
	}
	if isDate(col.Type) && grain < t.Grain {
		t.Grain, t.TimeColumn = grain, col.Name
	}
}

// isDate reports that the type is a calendar day.
func isDate(typ string) bool { return typ == "Date" || typ == "Date32" }

// unusable says why a column of the type cannot serve as the dimension.
func unusable(d cube.Dimension, typ string) string {
	if d.HeldBy(typ) {
		return ""
	}
	return fmt.Sprintf("its column %s is %s", d.Column(), typ)
}

// extent describes a table of first and last days; nil where it is none.
func extent(t, at *chschema.Table, fed lineage.Fed) *extentCandidate {
	if fed.Err != nil || at.Engine.Merging() != chschema.JoinsStates || !slices.Equal(chschema.KeyColumns(at.SortingKey), []string{cube.Project.Column()}) {
		return nil
	}
	e := &Extent{Database: t.Database, Name: t.Table}
	holds := func(col chschema.Column, function string, kind lineage.Kind) bool {
		m, seen := fed.Feed.Columns[col.Name]
		typ, ok := chschema.SimpleAggregate(col.Type, function)
		return ok && isDate(typ) && (!fed.Known || seen && m.Kind == kind)
	}
	for _, col := range at.Columns {
		if holds(col, "min", lineage.First) {
			e.Min = col.Name
		}
		if holds(col, "max", lineage.Last) {
			e.Max = col.Name
		}
	}
	if e.Min == "" || e.Max == "" {
		return nil
	}
	return &extentCandidate{extent: e, named: t, stored: at, spread: isSpread(t)}
}
