package chschema

import (
	"slices"
	"strings"
)

// Selection is a view's SELECT, cut into its clauses.
type Selection struct {
	// Items are what is selected, Group what it is grouped by.
	Items, Group [][]Token
	From         []Token
	// Where are the conditions of WHERE and PREWHERE.
	Where [][]Token
	// Clauses are the keywords that begin the clauses, in their order.
	Clauses []string
	// Others are those of Clauses that change which rows there are.
	Others []string
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

// ParseSelect splits a SELECT at its clauses. What is not a plain SELECT shows in
// Others.
func ParseSelect(sql string) Selection {
	ts := Unwrap(Tokens(sql))
	var s Selection
	if len(ts) == 0 || !ts[0].Is("SELECT") {
		s.Others = []string{"no plain SELECT"}
		return s
	}
	clause, from, depth := "SELECT", 1, 0
	for i := 1; i <= len(ts); i++ {
		next := ""
		if i < len(ts) {
			depth += ts[i].Nesting()
			if next = strings.ToUpper(ts[i].Text); depth > 0 || ts[i].Kind != Word || !begins(ts, i) {
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
func begins(ts []Token, i int) bool {
	_, known := clauses[strings.ToUpper(ts[i].Text)]
	if i+1 < len(ts) && ts[i+1].IsSign("(") && (ts[i].Is("ANY") || ts[i].Is("LEFT") || ts[i].Is("RIGHT")) {
		return false // a function
	}
	return known && !ts[i-1].Is("AS") && !ts[i-1].Is("BY") && !ts[i-1].IsSign(".")
}

// add takes in one clause.
func (s *Selection) add(clause string, ts []Token) {
	s.Clauses = append(s.Clauses, clause)
	switch clause {
	case "SELECT":
		s.Items = append(s.Items, SplitTop(ts)...)
	case "FROM":
		s.From = ts
	case "WHERE", "PREWHERE":
		s.Where = append(s.Where, ts)
	}
	if !clauses[clause] && clause != "SELECT" {
		s.Others = append(s.Others, clause)
	}
	if clause != "GROUP" {
		return
	}
	if len(ts) == 0 || !ts[0].Is("BY") {
		s.Others = append(s.Others, clause)
	} else {
		s.Group = SplitTop(ts[1:])
	}
	if slices.ContainsFunc(ts, func(t Token) bool {
		return t.Is("ROLLUP") || t.Is("CUBE") || t.Is("GROUPING") || t.Is("TOTALS")
	}) {
		s.Others = append(s.Others, "GROUP BY with totals")
	}
}

// Source is the table read, and what the SELECT calls it; ok is false where it
// reads something else than one table. A name without a database is in that given.
func (s Selection) Source(database string) (table Name, alias string, ok bool) {
	ts := s.From
	if n := len(ts); n >= 3 && ts[n-2].Is("AS") {
		alias, ts = ts[n-1].Text, ts[:n-2]
	}
	table, n := name(ts, database)
	if n == 0 || n != len(ts) {
		return Name{}, "", false
	}
	return table, alias, true
}

// Aliased splits `expression AS name`; without a name the column's own stands.
func Aliased(item []Token) (name string, expression []Token) {
	if n := len(item); n >= 3 && item[n-2].Is("AS") {
		return item[n-1].Text, item[:n-2]
	}
	if n := len(item); n > 0 && item[n-1].Names() {
		return item[n-1].Text, item
	}
	return Written(item), item
}

// Named finds where a table's name stands in SQL, alone and not before a column's.
func Named(sql string, table Name) (at []Span) {
	ts := Tokens(sql)
	for i := range ts {
		found, n := name(ts[i:], "")
		if n == 3 && found == table && (i == 0 || !ts[i-1].IsSign(".")) && (i+n == len(ts) || !ts[i+n].IsSign(".")) {
			at = append(at, SpanOf(ts[i:i+n]))
		}
	}
	return at
}
