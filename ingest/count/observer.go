package count

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/export"
	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/ingest/tables"
	"clickql/internal/chconn"
	"clickql/internal/cube"
	"clickql/internal/ddl"
)

// Table is a table that can be compared, and how it is read.
type Table struct {
	ID     tables.ID
	Grain  Grain
	Period string // expression of its day or month
	Count  string // expression of its downloads
	Ends   [2]string
	Keys   []tables.Item // that it groups by
	Views  int           // that fill it
	Reason string
}

// KeyColumns are the columns that the table groups by.
func (c Table) KeyColumns() []string {
	names := make([]string, len(c.Keys))
	for i, k := range c.Keys {
		names[i] = chconn.Ident(k.Name)
	}
	return names
}

// SourceColumns are the same, over a table that has what they are computed from.
func (c Table) SourceColumns() []string {
	exprs := make([]string, len(c.Keys))
	for i, k := range c.Keys {
		exprs[i] = k.Expr() + " AS " + chconn.Ident(k.Name)
	}
	return exprs
}

// DayOf is the day column of a table of days that holds all keys of another as
// they are.
func (c Table) DayOf(other Table, rawDay string) (column string, covers bool) {
	if c.Grain != ByDay {
		return "", false
	}
	for _, k := range c.Keys {
		if k.Column == rawDay && k.Func == "" {
			column = k.Name
		}
	}
	for _, k := range other.Keys {
		if !slices.ContainsFunc(c.Keys, func(own tables.Item) bool { return own.Column == k.Column && own.Func == "" && own.Name == k.Column }) {
			return "", false
		}
	}
	return column, column != ""
}

// Observer reads what the tables hold.
type Observer struct {
	S   *session.Session
	cfg config.Config
	Day string // the raw table's column
}

// NewObserver reads the tables of downloads.
func NewObserver(s *session.Session, cfg config.Config) Observer {
	return Observer{S: s, cfg: cfg, Day: export.FeedOf(ledger.Downloads, "").Day}
}

// Shown names a table in a report: without the database where it is the own.
func (o Observer) Shown(id tables.ID) string {
	if id.Database == o.S.Database {
		return id.Table
	}
	return id.Database + "." + id.Table
}

// RawTable is how the raw table is read.
func (o Observer) RawTable() Table {
	return Table{ID: tables.ID{Database: o.S.Database, Table: o.cfg.DownloadsTable}, Grain: ByDay, Period: chconn.Ident(o.Day), Count: "count()", Views: 1}
}

// Ever is what the raw table held and, by the ledger, what was dropped from it on
// purpose: what an aggregate counts that has been there all along.
func (o Observer) Ever(ctx context.Context, inRaw Counts) (Counts, error) {
	gone, err := ledger.Of(o.S).RetiredDays(ctx)
	if err != nil && !session.Gone(err) {
		return inRaw, err
	}
	return Fold(ByDay, inRaw.With(gone).Counts), nil
}

// Tables finds the tables that views fill from the raw table, as the server
// has registered them, and those of the program's own schema that exist and
// that no view fills, in the order of their names.
func (o Observer) Tables(ctx context.Context) ([]Table, error) {
	sc := tables.NewSchema(o.S)
	views, err := sc.ViewsOn(ctx, o.RawTable().ID)
	if err != nil {
		return nil, err
	}
	found := map[tables.ID]Table{}
	for _, v := range views {
		if stage.InFill(v.Target) {
			continue // not complete before its backfill ends
		}
		c, ok := found[v.Target]
		if ok {
			c.Views++
		} else if c, err = o.CheckedView(ctx, sc, v); err != nil {
			return nil, err
		}
		found[v.Target] = c
	}
	for _, t := range ddl.Derived() {
		id := tables.ID{Database: o.S.Database, Table: t.Name}
		def, err := sc.Find(ctx, id)
		if err != nil {
			return nil, err
		}
		if _, ok := found[id]; !ok && o.cfg.DownloadsTable == ddl.RawTable && def != nil {
			c, err := o.CheckedView(ctx, sc, tables.View{Target: id, Grouping: tables.GroupingOf(t)})
			if err != nil {
				return nil, err
			}
			c.Views = 0
			found[id] = c
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b Table) int { return strings.Compare(a.ID.String(), b.ID.String()) }), nil
}

// CheckedView tells how the target of a view is read, or why it cannot be compared. The
// error is that the server did not tell.
func (o Observer) CheckedView(ctx context.Context, sc *tables.Schema, v tables.View) (Table, error) {
	c := Table{ID: v.Target, Grain: Unchecked, Views: 1}
	def, err := sc.Find(ctx, v.Target)
	switch {
	case err != nil:
		return c, err
	case def == nil:
		c.Reason = tables.Missing(v.Target).Error()
	case v.Grouping == nil:
		c.Reason = "its view is more than a count by columns"
	case len(v.Grouping.Counts) > 0:
		c.Keys = v.Grouping.Keys
		c.Grain, c.Count = InTotal, "sum("+chconn.Ident(v.Grouping.Counts[0])+")"
		for _, k := range v.Grouping.Keys {
			switch {
			case k.Column != o.Day:
			case k.Func == "":
				c.Grain, c.Period = ByDay, chconn.Ident(k.Name)
			case k.Func == "toStartOfMonth" && c.Grain != ByDay:
				c.Grain, c.Period = ByMonth, chconn.Ident(k.Name)
			}
		}
	default:
		c.Keys = v.Grouping.Keys
		for _, e := range v.Grouping.Ends {
			if e.Column == o.Day {
				c.Ends[map[string]int{"min": 0, "max": 1}[e.Func]] = tables.End(def, e)
			}
		}
		if c.Grain = FirstLast; c.Ends[0] == "" || c.Ends[1] == "" {
			c.Grain, c.Reason = Unchecked, "it holds neither counts nor both the first and the last day"
		}
	}
	return c, nil
}

// Observe reads a table: one row for each day or month.
func (o Observer) Observe(ctx context.Context, c Table) (got Counts, err error) {
	return o.ObserveWhere(ctx, c, "1", nil)
}

// ObserveDays is Observe for the periods of some days, of a table that has periods: of
// others it reads nothing, as far as the table's key allows.
func (o Observer) ObserveDays(ctx context.Context, c Table, days ledger.Span) (Counts, error) {
	return o.ObserveWhere(ctx, c, c.Period+" >= {first:Date} AND "+c.Period+" <= {last:Date}",
		map[string]any{"first": c.Grain.Period(days.From).String(), "last": c.Grain.Period(days.To).String()})
}

// periods is the expression of a row's day or month, and what groups by it.
func (c Table) periods() (expr, group string) {
	if c.Period == "" {
		return "toDate(0)", ""
	}
	return "toDate(" + c.Period + ")", " GROUP BY period"
}

// ObserveWhere is Observe for the rows for which a condition holds.
func (o Observer) ObserveWhere(ctx context.Context, c Table, condition string, params map[string]any) (got Counts, err error) {
	if c.Grain == FirstLast {
		var first, last time.Time
		err = o.S.Row(ctx, o.reading("SELECT toDate("+c.Ends[0]+"), toDate("+c.Ends[1]+") FROM "+c.ID.String()+" WHERE "+condition, params), &first, &last)
		got = Counts{Counts: map[cube.Day]int64{}, Ends: [2]cube.Day{cube.DayOf(first), cube.DayOf(last)}}
	} else {
		period, group := c.periods()
		got.Counts, err = session.ReadDays(ctx, o.S, o.reading("SELECT "+period+" AS period, toInt64("+c.Count+") FROM "+c.ID.String()+" WHERE "+condition+group, params))
	}
	return got, session.Wrap(err, "count the downloads in %s", c.ID)
}

// reading is a statement over a table within the bounds.
func (o Observer) reading(sql string, params map[string]any) session.Statement {
	return session.Statement{SQL: sql, Params: params, Settings: o.cfg.Bounded(nil)}
}

// Held is what one table holds.
type Held struct {
	Checked Table
	Got     Counts
}

// All reads the raw table and every table that views fill from it, by name.
func (o Observer) All(ctx context.Context) (map[string]Held, error) {
	known, err := o.Tables(ctx)
	if err != nil {
		return nil, err
	}
	tables := map[string]Held{}
	for _, c := range append([]Table{o.RawTable()}, known...) {
		h := Held{Checked: c}
		if c.Grain != Unchecked {
			if h.Got, err = o.Observe(ctx, c); err != nil {
				return nil, err
			}
		}
		tables[c.ID.Table] = h
	}
	return tables, nil
}
