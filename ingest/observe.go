package ingest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"clickql/internal/chconn"
	"clickql/internal/ddl"
)

// checked is a table that can be compared, and how it is read.
type checked struct {
	id     tableID
	grain  Grain
	period string // expression of its day or month
	count  string // expression of its downloads
	ends   [2]string
	keys   []item // that it groups by
	views  int    // that fill it
	reason string
}

// keyColumns are the columns that the table groups by.
func (c checked) keyColumns() []string {
	names := make([]string, len(c.keys))
	for i, k := range c.keys {
		names[i] = chconn.Ident(k.Name)
	}
	return names
}

// sourceColumns are the same, over a table that has what they are computed from.
func (c checked) sourceColumns() []string {
	exprs := make([]string, len(c.keys))
	for i, k := range c.keys {
		exprs[i] = k.expr() + " AS " + chconn.Ident(k.Name)
	}
	return exprs
}

// dayOf is the day column of a table of days that holds all keys of another as
// they are.
func (c checked) dayOf(other checked, rawDay string) (column string, covers bool) {
	if c.grain != ByDay {
		return "", false
	}
	for _, k := range c.keys {
		if k.Column == rawDay && k.Func == "" {
			column = k.Name
		}
	}
	for _, k := range other.keys {
		if !slices.ContainsFunc(c.keys, func(own item) bool { return own.Column == k.Column && own.Func == "" && own.Name == k.Column }) {
			return "", false
		}
	}
	return column, column != ""
}

// observer reads what the tables hold.
type observer struct {
	s   *session
	cfg Config
	day string // the raw table's column
}

// newObserver reads the tables of downloads.
func newObserver(s *session, cfg Config) observer {
	return observer{s: s, cfg: cfg, day: feedOf(Downloads, "").Day}
}

// shown names a table in a report: without the database where it is the own.
func (o observer) shown(id tableID) string {
	if id.Database == o.s.database {
		return id.Table
	}
	return id.Database + "." + id.Table
}

// rawTable is how the raw table is read.
func (o observer) rawTable() checked {
	return checked{id: tableID{o.s.database, o.cfg.DownloadsTable}, grain: ByDay, period: chconn.Ident(o.day), count: "count()", views: 1}
}

// tables finds the tables that views fill from the raw table, as the server
// has registered them, and those of the program's own schema that exist and
// that no view fills, in the order of their names.
func (o observer) tables(ctx context.Context) ([]checked, error) {
	sc := newSchema(o.s)
	views, err := sc.viewsOn(ctx, o.rawTable().id)
	if err != nil {
		return nil, err
	}
	found := map[tableID]checked{}
	for _, v := range views {
		if inFill(v.Target) {
			continue // not complete before its backfill ends
		}
		c, ok := found[v.Target]
		if ok {
			c.views++
		} else {
			c = o.checkedView(ctx, sc, v)
		}
		found[v.Target] = c
	}
	for _, t := range ddl.Derived() {
		id := tableID{o.s.database, t.Name}
		if _, ok := found[id]; !ok && o.cfg.DownloadsTable == ddl.RawTable && sc.databases[id.Database][t.Name] != nil {
			c := o.checkedView(ctx, sc, view{Target: id, shape: shapeOf(t)})
			c.views = 0
			found[id] = c
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b checked) int { return strings.Compare(a.id.String(), b.id.String()) }), nil
}

// checkedView tells how the target of a view is read.
func (o observer) checkedView(ctx context.Context, sc *schema, v view) checked {
	c := checked{id: v.Target, grain: Unchecked, views: 1}
	def, err := sc.table(ctx, v.Target)
	switch {
	case err != nil:
		c.reason = err.Error()
	case v.shape == nil:
		c.reason = "its view is more than a count by columns"
	case len(v.shape.Counts) > 0:
		c.keys = v.shape.Keys
		c.grain, c.count = InTotal, "sum("+chconn.Ident(v.shape.Counts[0])+")"
		for _, k := range v.shape.Keys {
			switch {
			case k.Column != o.day:
			case k.Func == "":
				c.grain, c.period = ByDay, chconn.Ident(k.Name)
			case k.Func == "toStartOfMonth" && c.grain != ByDay:
				c.grain, c.period = ByMonth, chconn.Ident(k.Name)
			}
		}
	default:
		c.keys = v.shape.Keys
		for _, e := range v.shape.Ends {
			if e.Column == o.day {
				c.ends[map[string]int{"min": 0, "max": 1}[e.Func]] = def.end(e)
			}
		}
		if c.grain = FirstLast; c.ends[0] == "" || c.ends[1] == "" {
			c.grain, c.reason = Unchecked, "it holds neither counts nor both the first and the last day"
		}
	}
	return c
}

// observe reads a table: one row for each day or month.
func (o observer) observe(ctx context.Context, c checked) (got observed, err error) {
	if c.grain == FirstLast {
		var first, last time.Time
		err = o.s.row(ctx, o.reading("SELECT toDate("+c.ends[0]+"), toDate("+c.ends[1]+") FROM "+c.id.String()), &first, &last)
		got = observed{counts: map[day]int64{}, ends: [2]day{dayOf(first), dayOf(last)}}
	} else {
		period, group := "toDate(0)", ""
		if c.period != "" {
			period, group = "toDate("+c.period+")", " GROUP BY period"
		}
		got.counts, err = readDays(ctx, o.s, o.reading("SELECT "+period+" AS period, toInt64("+c.count+") FROM "+c.id.String()+group))
	}
	return got, failing(err, "count the downloads in %s", c.id)
}

// reading is a statement over a table within the bounds.
func (o observer) reading(sql string) statement {
	return statement{SQL: sql, Settings: o.cfg.bounded(nil)}
}

// held is what one table holds.
type held struct {
	checked checked
	got     observed
}

// all reads the raw table and every table that views fill from it, by name.
func (o observer) all(ctx context.Context) (map[string]held, error) {
	known, err := o.tables(ctx)
	if err != nil {
		return nil, err
	}
	tables := map[string]held{}
	for _, c := range append([]checked{o.rawTable()}, known...) {
		h := held{checked: c}
		if c.grain != Unchecked {
			if h.got, err = o.observe(ctx, c); err != nil {
				return nil, err
			}
		}
		tables[c.id.Table] = h
	}
	return tables, nil
}
