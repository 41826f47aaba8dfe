package ingest

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"clickql/internal/chconn"
	"clickql/internal/ddl"
)

// readFeed is the mapping of a kind of export into a table: for downloads the
// one that the database's own landing table has, so that who changes its view
// changes what is loaded; the program's own where there is no landing table.
func readFeed(ctx context.Context, s *session, kind Kind, table string) (feed, error) {
	f := feedOf(kind, table)
	if kind != Downloads {
		return f, nil
	}
	sc := newSchema(s)
	landing := tableID{s.database, ddl.LandingTable}
	if err := sc.read(ctx, s.database); err != nil {
		return f, fmt.Errorf("read the tables of database %s: %w", s.database, err)
	}
	def := sc.databases[s.database][ddl.LandingTable]
	if def == nil {
		return f, nil
	}
	stores := 0
	for _, id := range def.Views {
		v := sc.databases[id.Database][id.Table]
		var err error
		switch {
		case v == nil:
		case v.Target == tableID{s.database, table}:
			stores++
			err = f.storesBy(v.Select, landing)
		case v.Target.Table == ddl.RejectedTable:
			err = f.rejectsBy(v.Select, landing)
		}
		if err != nil {
			return f, fmt.Errorf("load as the view %s says: %w", id, err)
		}
	}
	if stores != 1 {
		return f, fmt.Errorf("load into %s: %d views turn rows of %s into its rows, and there must be one: create it with clickql schema apply, or drop the others",
			tableID{s.database, table}, stores, landing)
	}
	return f, nil
}

// storesBy takes columns and condition from the SELECT of a view.
func (f *feed) storesBy(sql string, landing tableID) error {
	p, err := parsePlain(sql, landing)
	if err != nil {
		return err
	}
	f.Columns, f.accept = nil, p.where
	if p.where == "" {
		f.accept = "1"
	}
	for _, i := range p.items {
		f.Columns = append(f.Columns, column{i.Name, i.SQL})
	}
	return nil
}

// rejectsBy takes the expression of the reason from the SELECT of a view.
func (f *feed) rejectsBy(sql string, landing tableID) error {
	sql, _, _ = strings.Cut(sql, " GROUP BY ")
	p, err := parsePlain(sql, landing)
	if err != nil {
		return err
	}
	for _, i := range p.items {
		if i.Name == "reason" {
			f.reason = i.SQL
		}
	}
	return nil
}

// plain is a SELECT of named expressions from one table.
type plain struct {
	items []ddl.Expression
	where string
}

// beyondPlain are the clauses that make a SELECT more than a row by row mapping.
var beyondPlain = regexp.MustCompile(`^(GROUP BY|HAVING|ORDER BY|LIMIT|UNION|ARRAY JOIN|JOIN|LEFT|INNER|WINDOW|QUALIFY|PREWHERE|SETTINGS|SAMPLE|FINAL|AS) `)

// parsePlain takes a SELECT apart, in the form that the server gives it.
func parsePlain(sql string, from tableID) (plain, error) {
	const only = "it must be a plain SELECT of expressions over %s, with or without WHERE"
	refuse := func() (plain, error) { return plain{}, fmt.Errorf(only, from) }
	list, ok := strings.CutPrefix(sql, "SELECT ")
	at := topLevel(list, " FROM ")
	if !ok || at < 0 || strings.HasPrefix(list, "DISTINCT ") {
		return refuse()
	}
	list, rest := list[:at], list[at+len(" FROM "):]
	source, rest, _ := strings.Cut(rest, " ")
	if unquote(source) != from.Database+"."+from.Table {
		return refuse()
	}
	var p plain
	if rest != "" {
		if p.where, ok = strings.CutPrefix(rest, "WHERE "); !ok {
			return refuse()
		}
		for i := topLevel(p.where, " "); i >= 0; {
			if beyondPlain.MatchString(p.where[i+1:]) {
				return refuse()
			}
			next := topLevel(p.where[i+1:], " ")
			if next < 0 {
				break
			}
			i += 1 + next
		}
	}
	for list != "" {
		one := list
		if at := topLevel(list, ", "); at >= 0 {
			one, list = list[:at], list[at+2:]
		} else {
			list = ""
		}
		e := ddl.Expression{Name: unquote(one), SQL: one}
		for i := topLevel(one, " AS "); i >= 0; i = -1 {
			e = ddl.Expression{Name: unquote(one[i+4:]), SQL: one[:i]}
		}
		p.items = append(p.items, e)
	}
	return p, nil
}

// topLevel finds a text outside brackets and quotes.
func topLevel(sql, text string) int {
	depth, quoted := 0, byte(0)
	for i := 0; i < len(sql); i++ {
		switch c := sql[i]; {
		case quoted != 0 && c == '\\':
			i++
		case quoted != 0:
			if c == quoted {
				quoted = 0
			}
		case c == '\'' || c == '`':
			quoted = c
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case depth == 0 && strings.HasPrefix(sql[i:], text):
			return i
		}
	}
	return -1
}

// from is a table function over files of a layout with all of the feed's leaves:
// those that the files lack are there as nulls.
func (f feed) from(table TableFunction, lay layout) string {
	lacking := ""
	for i, l := range f.Leaves {
		if presence(lay[i]) == absent && f.Kind == Downloads {
			lacking += ", " + reference(l, absent) + " AS " + chconn.Ident(l.Path)
		}
	}
	if lacking == "" {
		return table.SQL
	}
	return "(SELECT *, _path" + lacking + " FROM " + table.SQL + ")"
}
