package tables

import (
	"slices"
	"sort"
	"strings"

	"clickql/ingest/session"
	"clickql/internal/chconn"
)

// Fill is one statement that fills a staged table.
type Fill struct {
	View   View
	Target Target
	// After lists the staged tables that must be filled before: those it may be
	// computed from, and what its view reads.
	After []string
	// From lists the covers among them; empty: computed from its view's source.
	From []Cover
}

// Cover is a staged table that holds all that a view needs, counted.
type Cover struct {
	Copy  string
	Key   []string // its sorting key
	Count string   // its column of counts
}

// Cover is the table that a view fills.
func (d Derivation) Cover(v View) Cover {
	t := d.Target(v.Target)
	return Cover{Copy: t.Copy, Key: t.Key, Count: v.Grouping.Counts[0]}
}

// PlanFills says for each view what its table can be computed from: every
// table that covers it and is not itself covered by another such table. Which
// of them is smallest is known when they are filled. The order is one in which
// the statements can run.
func PlanFills(d Derivation) []Fill {
	fills, minimal := make([]Fill, 0, len(d.Views)), minimalCovers(d)
	for i, v := range d.Views {
		f := Fill{View: v, Target: d.Target(v.Target), After: []string{d.Target(v.Source).Copy}}
		for _, j := range minimal[i] {
			c := d.Views[j]
			f.From = append(f.From, d.Cover(c))
			f.After = append(f.After, d.Target(c.Target).Copy)
		}
		fills = append(fills, f)
	}
	sort.SliceStable(fills, func(i, j int) bool { return width(fills[i]) > width(fills[j]) })
	return fills
}

// width orders statements: those with the most columns first, since others are
// computed from them; views that are not understood before all.
func width(f Fill) int {
	if f.View.Grouping == nil {
		return 1 << 20
	}
	return len(f.View.Grouping.columns())
}

// minimalCovers lists for each view those whose tables cover it, without those that
// cover another cover. Which covers which is asked once of each pair.
func minimalCovers(d Derivation) [][]int {
	covers, minimal := make([][]bool, len(d.Views)), make([][]int, len(d.Views)) // [c][v]: c covers v
	for i, c := range d.Views {
		covers[i] = make([]bool, len(d.Views))
		key, is := coveringKey(d, c)
		for j, v := range d.Views {
			covers[i][j] = is && coversBy(d, c, key, v)
		}
	}
	for v := range d.Views {
		for c := range d.Views {
			if !covers[c][v] {
				continue
			}
			larger := false
			for other := range d.Views {
				larger = larger || covers[other][v] && covers[c][other]
			}
			if !larger {
				minimal[v] = append(minimal[v], c)
			}
		}
	}
	return minimal
}

// IsCover reports that v can be computed from the table of c: both are
// understood and read the base, c's table is filled by c alone and has a count,
// and all that v needs is in its sorting key. Equal keys cover one way only, so
// that there are no circles.
func IsCover(d Derivation, c, v View) bool {
	key, is := coveringKey(d, c)
	return is && coversBy(d, c, key, v)
}

// coveringKey is the plainKey of a view from whose table others may be computed.
func coveringKey(d Derivation, c View) (key []string, is bool) {
	if c.Grouping == nil || c.Source != d.Base.ID || len(c.Grouping.Counts) == 0 || FilledBy(d, c.Target) != 1 {
		return nil, false
	}
	return plainKey(d, c), true
}

// coversBy is IsCover where c has a coveringKey.
func coversBy(d Derivation, c View, key []string, v View) bool {
	if c.ID == v.ID || v.Grouping == nil || v.Source != d.Base.ID {
		return false
	}
	needs := v.Grouping.columns()
	if slices.ContainsFunc(needs, func(column string) bool { return !slices.Contains(key, column) }) {
		return false
	}
	return len(key) > len(needs) || c.String() < v.String() || !isPlain(*v.Grouping)
}

// isPlain reports that a grouping's keys are columns themselves, with a count.
func isPlain(s Grouping) bool {
	return len(s.Counts) > 0 && !slices.ContainsFunc(s.Keys, func(k Item) bool { return k.Func != "" })
}

// plainKey lists the base's columns that a view's table holds in its sorting key,
// as they are: one of another type holds other values, such as none for nulls.
func plainKey(d Derivation, c View) []string {
	table := d.Target(c.Target)
	var columns []string
	for _, k := range c.Grouping.Keys {
		if k.Func == "" && slices.Contains(table.Key, k.Column) && table.valuesOf(k.Column) == d.Base.valuesOf(k.Column) {
			columns = append(columns, k.Column)
		}
	}
	return columns
}

// FillSQL is the statement that fills a table from a cover, or, where there is
// none, from its view's source. inOrder reports that the groups come in the
// order of the source's key, so that no hash table is needed. A condition, where
// it is not empty, chooses the source's rows; the view must then be understood.
func FillSQL(stage string, f Fill, from *Cover, source Target, condition string) (sql string, inOrder bool, err error) {
	into := "INSERT INTO " + session.Name(stage, f.Target.Copy)
	if f.View.Grouping == nil {
		query, err := redirect(f.View.Select, f.View.Source, session.Name(stage, source.Copy))
		if err != nil {
			return "", false, err
		}
		list := quoteAll(f.View.Columns, f.Target.Has)
		return into + " (" + list + ") SELECT " + list + " FROM (" + query + ")", false, nil
	}
	table, key, count := session.Name(stage, source.Copy), source.Key, "count()"
	if from != nil {
		table, key, count = session.Name(stage, from.Copy), from.Key, "sum("+chconn.Ident(from.Count)+")"
	}
	s := *f.View.Grouping
	if inOrder = isPrefix(s, key); !inOrder {
		s = s.tuplesApart(source.Columns)
	}
	return s.insertSQL(into, table, count, condition), inOrder, nil
}

// insertSQL is the statement that computes a grouping from a table that has its
// columns; count counts the table's downloads, and a condition, where it is not
// empty, chooses its rows.
func (s Grouping) insertSQL(into, table, count, condition string) string {
	var columns, exprs, groups []string
	for _, k := range s.Keys {
		columns, exprs, groups = append(columns, chconn.Ident(k.Name)), append(exprs, k.Expr()), append(groups, k.groups())
	}
	for _, c := range s.Counts {
		columns, exprs = append(columns, chconn.Ident(c)), append(exprs, count)
	}
	for _, e := range s.Ends {
		columns, exprs = append(columns, chconn.Ident(e.Name)), append(exprs, e.Expr())
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

// isPrefix reports that a grouping's keys are the first columns of a sorting key,
// in any order.
func isPrefix(s Grouping, key []string) bool {
	if len(s.Keys) > len(key) {
		return false
	}
	return !slices.ContainsFunc(s.Keys, func(k Item) bool { return k.Func != "" || !slices.Contains(key[:len(s.Keys)], k.Column) })
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
