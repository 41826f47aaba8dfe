package ingest

import (
	"slices"
	"sort"
	"strings"

	"clickql/internal/chconn"
)

// fill is one statement that fills a staged table.
type fill struct {
	View   view
	Target target
	// After lists the staged tables that must be filled before: those it may be
	// computed from, and what its view reads.
	After []string
	// From lists the covers among them; empty: computed from its view's source.
	From []cover
}

// cover is a staged table that holds all that a view needs, counted.
type cover struct {
	Staged string
	Key    []string // its sorting key
	Count  string   // its column of counts
}

// cover is the table that a view fills.
func (d derivation) cover(v view) cover {
	t := d.target(v.Target)
	return cover{Staged: t.Staged, Key: t.Key, Count: v.shape.Counts[0]}
}

// planFills says for each view what its table can be computed from: every
// table that covers it and is not itself covered by another such table. Which
// of them is smallest is known when they are filled. The order is one in which
// the statements can run.
func planFills(d derivation) []fill {
	fills := make([]fill, 0, len(d.Views))
	for _, v := range d.Views {
		f := fill{View: v, Target: d.target(v.Target), After: []string{d.target(v.Source).Staged}}
		for _, c := range minimalCovers(d, v) {
			f.From = append(f.From, d.cover(c))
			f.After = append(f.After, d.target(c.Target).Staged)
		}
		fills = append(fills, f)
	}
	sort.SliceStable(fills, func(i, j int) bool { return width(fills[i]) > width(fills[j]) })
	return fills
}

// width orders statements: those with the most columns first, since others are
// computed from them; views that are not understood before all.
func width(f fill) int {
	if f.View.shape == nil {
		return 1 << 20
	}
	return len(f.View.shape.columns())
}

// minimalCovers lists the views whose tables cover v, without those that are
// covered by another cover.
func minimalCovers(d derivation, v view) []view {
	var covers []view
	for _, c := range d.Views {
		if isCover(d, c, v) {
			covers = append(covers, c)
		}
	}
	all := slices.Clone(covers)
	return slices.DeleteFunc(covers, func(c view) bool {
		return slices.ContainsFunc(all, func(other view) bool { return other.tableID != c.tableID && isCover(d, c, other) })
	})
}

// isCover reports that v can be computed from the table of c: both are
// understood and read the base, c's table is filled by c alone and has a count,
// and all that v needs is in its sorting key. Equal keys cover one way only, so
// that there are no circles.
func isCover(d derivation, c, v view) bool {
	if c.tableID == v.tableID || c.shape == nil || v.shape == nil || c.Source != d.Base.tableID || v.Source != d.Base.tableID {
		return false
	}
	if len(c.shape.Counts) == 0 || filledBy(d, c.Target) != 1 {
		return false
	}
	key := plainKey(d, c)
	needs := v.shape.columns()
	if slices.ContainsFunc(needs, func(column string) bool { return !slices.Contains(key, column) }) {
		return false
	}
	return len(key) > len(needs) || c.String() < v.String() || !isPlain(*v.shape)
}

// isPlain reports that a shape's keys are columns themselves, with a count.
func isPlain(s shape) bool {
	return len(s.Counts) > 0 && !slices.ContainsFunc(s.Keys, func(k item) bool { return k.Func != "" })
}

// plainKey lists the base's columns that a view's table holds in its sorting key,
// as they are: one of another type holds other values, such as none for nulls.
func plainKey(d derivation, c view) []string {
	table := d.target(c.Target)
	var columns []string
	for _, k := range c.shape.Keys {
		if k.Func == "" && slices.Contains(table.Key, k.Column) && table.valuesOf(k.Column) == d.Base.valuesOf(k.Column) {
			columns = append(columns, k.Column)
		}
	}
	return columns
}

// fillSQL is the statement that fills a table from a cover, or, where there is
// none, from its view's source. inOrder reports that the groups come in the
// order of the source's key, so that no hash table is needed. A condition, where
// it is not empty, chooses the source's rows; the view must then be understood.
func fillSQL(stage string, f fill, from *cover, source target, condition string) (sql string, inOrder bool, err error) {
	into := "INSERT INTO " + name(stage, f.Target.Staged)
	if f.View.shape == nil {
		query, err := redirect(f.View.Select, f.View.Source, name(stage, source.Staged))
		if err != nil {
			return "", false, err
		}
		list := quoteAll(f.View.Columns, f.Target.has)
		return into + " (" + list + ") SELECT " + list + " FROM (" + query + ")", false, nil
	}
	table, key, count := name(stage, source.Staged), source.Key, "count()"
	if from != nil {
		table, key, count = name(stage, from.Staged), from.Key, "sum("+chconn.Ident(from.Count)+")"
	}
	s := *f.View.shape
	if inOrder = isPrefix(s, key); !inOrder {
		s = s.tuplesApart(source.Columns)
	}
	return s.insertSQL(into, table, count, condition), inOrder, nil
}

// insertSQL is the statement that computes a shape from a table that has its
// columns; count counts the table's downloads, and a condition, where it is not
// empty, chooses its rows.
func (s shape) insertSQL(into, table, count, condition string) string {
	var columns, exprs, groups []string
	for _, k := range s.Keys {
		columns, exprs, groups = append(columns, chconn.Ident(k.Name)), append(exprs, k.expr()), append(groups, k.groups())
	}
	for _, c := range s.Counts {
		columns, exprs = append(columns, chconn.Ident(c)), append(exprs, count)
	}
	for _, e := range s.Ends {
		columns, exprs = append(columns, chconn.Ident(e.Name)), append(exprs, e.expr())
	}
	sql := into + " (" + strings.Join(columns, ", ") + ") SELECT " + strings.Join(exprs, ", ") + " FROM " + table
	if condition != "" {
		sql += " WHERE " + condition
	}
	if len(groups) > 0 {
		sql += " GROUP BY " + strings.Join(groups, ", ")
	}
	return sql
}

// isPrefix reports that a shape's keys are the first columns of a sorting key,
// in any order.
func isPrefix(s shape, key []string) bool {
	if len(s.Keys) > len(key) {
		return false
	}
	return !slices.ContainsFunc(s.Keys, func(k item) bool { return k.Func != "" || !slices.Contains(key[:len(s.Keys)], k.Column) })
}

// quoteAll lists the columns that the target has.
func quoteAll(columns []string, has func(string) bool) string {
	var out []string
	for _, c := range columns {
		if has(c) {
			out = append(out, chconn.Ident(c))
		}
	}
	return strings.Join(out, ", ")
}
