package export

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/ingest/tables"
	"clickql/internal/chconn"
	"clickql/internal/ddl"
)

// ReadFeed is the mapping of a kind of export into a table: for downloads the
// one that the database's own landing table has, so that who changes its view
// changes what is loaded; the program's own where there is no landing table.
func ReadFeed(ctx context.Context, s *session.Session, kind ledger.Kind, table string) (Feed, error) {
	f := FeedOf(kind, table)
	if kind != ledger.Downloads {
		return f, nil
	}
	views, landing, err := tables.LandingViews(ctx, s, table)
	if err != nil || !landing {
		return f, err
	}
	stores := 0
	for _, v := range views {
		takes := f.rejectsBy
		if v.Target.Table == table {
			stores++
			takes = f.storesBy
		}
		if err := takes(v.Select, v.Source); err != nil {
			return f, fmt.Errorf("load as the view %s says: %w", v.ID, err)
		}
	}
	if stores != 1 {
		return f, fmt.Errorf("load into %s: %d views turn rows of %s into its rows, and there must be one: create it with clickql schema apply, or drop the others",
			tables.ID{Database: s.Database, Table: table}, stores, tables.ID{Database: s.Database, Table: ddl.LandingTable})
	}
	return f, nil
}

// storesBy takes columns and condition from the SELECT of a view.
func (f *Feed) storesBy(sql string, landing tables.ID) error {
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
func (f *Feed) rejectsBy(sql string, landing tables.ID) error {
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
func parsePlain(sql string, from tables.ID) (plain, error) {
	const only = "it must be a plain SELECT of expressions over %s, with or without WHERE"
	refuse := func() (plain, error) { return plain{}, fmt.Errorf(only, from) }
	list, ok := strings.CutPrefix(sql, "SELECT ")
	at := tables.TopLevel(list, " FROM ")
	if !ok || at < 0 || strings.HasPrefix(list, "DISTINCT ") {
		return refuse()
	}
	list, rest := list[:at], list[at+len(" FROM "):]
	source, rest, _ := strings.Cut(rest, " ")
	if tables.Unquote(source) != from.Database+"."+from.Table {
		return refuse()
	}
	var p plain
	if rest != "" {
		if p.where, ok = strings.CutPrefix(rest, "WHERE "); !ok {
			return refuse()
		}
		for i := tables.TopLevel(p.where, " "); i >= 0; {
			if beyondPlain.MatchString(p.where[i+1:]) {
				return refuse()
			}
			next := tables.TopLevel(p.where[i+1:], " ")
			if next < 0 {
				break
			}
			i += 1 + next
		}
	}
	for list != "" {
		one := list
		if at := tables.TopLevel(list, ", "); at >= 0 {
			one, list = list[:at], list[at+2:]
		} else {
			list = ""
		}
		e := ddl.Expression{Name: tables.Unquote(one), SQL: one}
		for i := tables.TopLevel(one, " AS "); i >= 0; i = -1 {
			e = ddl.Expression{Name: tables.Unquote(one[i+4:]), SQL: one[:i]}
		}
		p.items = append(p.items, e)
	}
	return p, nil
}

// from is a table function over files of a layout with all of the feed's leaves by
// their paths: those that the files lack are there as nulls.
func (f Feed) from(table TableFunction, lay layout) string {
	more := ""
	for i, l := range f.Leaves {
		if p := presence(lay[i]); f.Kind == ledger.Downloads && (p == absent || p.at(l) != l.Path) {
			more += ", " + reference(l, p) + " AS " + chconn.Ident(l.Path)
		}
	}
	if more == "" {
		return table.SQL
	}
	return "(SELECT *, _path" + more + " FROM " + table.SQL + ")"
}
