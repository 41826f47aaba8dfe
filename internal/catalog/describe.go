package catalog

import (
	"fmt"
	"slices"
)

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
		why := unusable(d, col.typ)
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
func unusable(d Dimension, typ string) string {
	if d.HeldBy(typ) {
		return ""
	}
	return fmt.Sprintf("its column %s is %s", d.Column(), typ)
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
