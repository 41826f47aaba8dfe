package export

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"clickql/ingest/ledger"
	"clickql/ingest/tables"
	"clickql/internal/chconn"
	"clickql/internal/chschema"
	"clickql/internal/ddl"
)

// ReadFeed is the mapping of a kind of export into a table: for downloads the
// one that the database's own landing table has, so that who changes its view
// changes what is loaded; the program's own where there is no landing table.
func ReadFeed(ctx context.Context, sc *tables.Schema, kind ledger.Kind, table string) (Feed, error) {
	f := FeedOf(kind, table)
	if kind != ledger.Downloads {
		return f, nil
	}
	views, landing, err := sc.LandingViews(ctx, table)
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
			sc.Of(table), stores, sc.Of(ddl.LandingTable))
	}
	return f, nil
}

// storesBy takes columns and condition from the SELECT of a view.
func (f *Feed) storesBy(sql string, landing tables.ID) error {
	p, err := parsePlain(sql, landing, false)
	if err != nil {
		return err
	}
	f.Columns, f.accept = p.items, cmp.Or(p.where, "1")
	return nil
}

// rejectsBy takes the expression of the reason from the SELECT of a view.
func (f *Feed) rejectsBy(sql string, landing tables.ID) error {
	p, err := parsePlain(sql, landing, true)
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

// parsePlain takes a SELECT apart that maps row by row; what it makes of rows may then
// be counted where it may be grouped.
func parsePlain(sql string, from tables.ID, grouped bool) (p plain, err error) {
	s := chschema.ParseSelect(sql)
	table, alias, ok := s.Source(from.Database)
	clauses := strings.Join(s.Clauses, " ")
	if grouped {
		clauses = strings.TrimSuffix(clauses, " GROUP")
	}
	if !ok || alias != "" || tables.ID(table) != from || clauses != "SELECT FROM" && clauses != "SELECT FROM WHERE" {
		return p, fmt.Errorf("it must be a plain SELECT of expressions over %s, with or without WHERE", from)
	}
	for _, w := range s.Where {
		p.where = chschema.SpanOf(w).Of(sql)
	}
	for _, item := range s.Items {
		name, e := chschema.Aliased(item)
		if len(e) == len(item) {
			name = chschema.Written(item)
		}
		p.items = append(p.items, ddl.Expression{Name: name, SQL: chschema.SpanOf(e).Of(sql)})
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
