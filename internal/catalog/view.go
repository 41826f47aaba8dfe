package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// meaning says what a column holds, in terms of single downloads.
type meaning struct {
	kind meaningKind
	of   string // kind isColumn: the raw table's column
}

type meaningKind uint8

const (
	isOther  meaningKind = iota // something that no request asks for
	isColumn                    // a column of the raw table, unchanged
	isDay                       // the download's day
	isMonth                     // the first day of its month
	isCount                     // the number of downloads
	isFirst                     // the first day of the group
	isLast                      // the last day of the group
)

// feed is what a materialized view writes into its target.
type feed struct {
	columns map[string]meaning // by the target's column
	// partial says why some downloads never arrive, and only a comparison of
	// the data can tell which days are whole; empty where all arrive.
	partial string
}

// selection is a view's SELECT, cut into its clauses.
type selection struct {
	items  [][]token
	from   []token
	where  [][]token
	others []string // keywords of clauses that change which rows there are
}

// clauses are the keywords that end one clause and begin the next. Those with
// true leave the rows alone.
var clauses = map[string]bool{
	"FROM": true, "WHERE": true, "PREWHERE": true, "GROUP": true, "ORDER": true, "SETTINGS": true,
	"HAVING": false, "QUALIFY": false, "LIMIT": false, "OFFSET": false, "FETCH": false, "UNION": false, "EXCEPT": false,
	"INTERSECT": false, "JOIN": false, "SAMPLE": false, "FINAL": false, "ARRAY": false, "WINDOW": false, "WITH": false,
	"DISTINCT": false, "LEFT": false, "RIGHT": false, "INNER": false, "OUTER": false, "FULL": false, "CROSS": false,
	"ANY": false, "ALL": false, "ASOF": false, "SEMI": false, "ANTI": false, "PASTE": false, "GLOBAL": false, "TOP": false,
	"SELECT": false, "ROLLUP": false, "CUBE": false, "GROUPING": false, "LATERAL": false, "VALUES": false,
}

// cut splits a SELECT at its clauses. What is not a plain SELECT shows in others.
func cut(sql string) selection {
	ts := unwrap(tokens(sql))
	var s selection
	if len(ts) == 0 || !ts[0].is("SELECT") {
		s.others = []string{"no plain SELECT"}
		return s
	}
	clause, from, depth := "SELECT", 1, 0
	for i := 1; i <= len(ts); i++ {
		next := ""
		if i < len(ts) {
			depth += nesting(ts[i])
			if next = strings.ToUpper(ts[i].text); depth > 0 || ts[i].kind != word || !begins(ts, i) {
				continue
			}
		}
		s.add(clause, ts[from:i])
		clause, from = next, i+1
	}
	return s
}

// begins reports that the word at i begins a clause: it is a clause's keyword,
// and neither an alias nor part of one (GROUP BY ALL).
func begins(ts []token, i int) bool {
	_, known := clauses[strings.ToUpper(ts[i].text)]
	if i+1 < len(ts) && ts[i+1].sign("(") && (ts[i].is("ANY") || ts[i].is("LEFT") || ts[i].is("RIGHT")) {
		return false // a function
	}
	return known && !ts[i-1].is("AS") && !ts[i-1].is("BY") && !ts[i-1].sign(".")
}

// nesting is how a token changes the depth of brackets.
func nesting(t token) int {
	switch {
	case t.sign("(") || t.sign("[") || t.sign("{"):
		return 1
	case t.sign(")") || t.sign("]") || t.sign("}"):
		return -1
	}
	return 0
}

// add takes in one clause.
func (s *selection) add(clause string, ts []token) {
	switch clause {
	case "SELECT":
		s.items = append(s.items, splitTop(ts)...)
	case "FROM":
		s.from = ts
	case "WHERE", "PREWHERE":
		s.where = append(s.where, ts)
	}
	if !clauses[clause] && clause != "SELECT" || clause == "GROUP" && (len(ts) == 0 || !ts[0].is("BY")) {
		s.others = append(s.others, clause)
	}
	if clause == "GROUP" && slices.ContainsFunc(ts, func(t token) bool {
		return t.is("ROLLUP") || t.is("CUBE") || t.is("GROUPING") || t.is("TOTALS")
	}) {
		s.others = append(s.others, "GROUP BY with totals")
	}
}

// source is the table read, by database and name; ok is false where the view
// reads something else than one table.
func (s selection) source(database string) (full, alias string, ok bool) {
	ts := s.from
	if n := len(ts); n >= 3 && ts[n-2].is("AS") {
		alias, ts = ts[n-1].text, ts[:n-2]
	}
	switch {
	case len(ts) == 1 && ts[0].name():
		return database + "." + ts[0].text, alias, true
	case len(ts) == 3 && ts[0].name() && ts[1].sign(".") && ts[2].name():
		return ts[0].text + "." + ts[2].text, alias, true
	}
	return "", "", false
}

// feed says what the selection yields, given what its source's columns mean,
// and whether a row of the source is a single download. An error says why
// nothing can be said of it.
func (s selection) feed(alias string, source map[string]meaning, single bool) (feed, error) {
	if len(s.others) > 0 {
		return feed{}, fmt.Errorf("its view has more than SELECT, WHERE and GROUP BY (%s)", strings.Join(s.others, ", "))
	}
	f := feed{columns: map[string]meaning{}}
	e := evaluator{alias: alias, source: source, single: single}
	for _, item := range s.items {
		e.hide(aliased(item))
	}
	for _, item := range s.items {
		name, expr := aliased(item)
		e.own = name
		f.columns[name] = e.meaning(expr)
	}
	e.own = ""
	for _, w := range s.where {
		if !e.onlyDays(w) {
			return feed{}, fmt.Errorf("its view leaves downloads out (WHERE %s)", written(w))
		}
		f.partial = "its view takes only some days (WHERE " + written(w) + ")"
	}
	return f, nil
}

// aliased splits `expression AS name`; without a name the column's own stands.
func aliased(item []token) (name string, expr []token) {
	if n := len(item); n >= 3 && item[n-2].is("AS") {
		return item[n-1].text, item[:n-2]
	}
	if n := len(item); n > 0 && item[n-1].name() {
		return item[n-1].text, item
	}
	return written(item), item
}

// both is what a table holds that two views feed.
func both(a, b feed) feed {
	out := feed{columns: maps.Clone(a.columns), partial: "several views feed it"}
	for name, m := range b.columns {
		if a.columns[name] != m {
			out.columns[name] = meaning{}
		}
	}
	return out
}
