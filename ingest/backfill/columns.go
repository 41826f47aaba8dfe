package backfill

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"clickql/ingest/count"
	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/ingest/tables"
	"clickql/internal/chconn"
	"clickql/internal/chschema"
	"clickql/internal/ddl"
)

// columns fills the raw table's columns that files' names tell, in rows that were
// loaded before these were told apart, and makes the aggregates that count by one of
// them anew. All of these tables become public together.
type columns struct {
	*backfiller
	values []value
	counts []counted // those with the longest keys first
}

// value is what a column is to hold.
type value struct {
	column  string
	expr    string // over the raw table
	changes string // the condition that a row gets another value
}

// counted is an aggregate by one of the columns.
type counted struct {
	view    tables.View
	target  tables.Target
	checked count.Table
}

// fill makes the plan and carries it out.
func (c *columns) fill(ctx context.Context) error {
	if len(c.req.Key) > 0 {
		return fmt.Errorf("backfill %s: it is the raw table, which has no key to give: leave out --key", c.plan.Table)
	}
	err := session.InOrder(ctx,
		func(ctx context.Context) error { return c.define(ctx, c.s) },
		func(ctx context.Context) error { return c.alone(ctx, c.s) },
		func(ctx context.Context) error { return c.makePlan(ctx, c.s) })
	if err != nil {
		return err
	}
	if c.kept {
		k := &keptColumns{columns: c, p: &partitioned{backfiller: c.backfiller}}
		k.p.compute = k.fillPartition
		return c.run(ctx, k)
	}
	return c.run(ctx, c)
}

// define finds out what is filled, and which tables count by it.
func (c *columns) define(ctx context.Context, s *session.Session) (err error) {
	if c.d, err = tables.Read(ctx, s, c.cfg.DownloadsTable); err != nil {
		return err
	}
	if err := publish.Replaceable(ctx, s, c.d.Base.ID); err != nil {
		return err
	}
	c.kept = c.d.Base.Engine.Replicated()
	if c.cfg, err = c.cfg.WithThreads(ctx, s); err != nil {
		return err
	}
	c.tables = count.NewObserver(s, c.cfg)
	if err := session.InOrder(ctx, c.defineValues, c.defineCounts); err != nil {
		return fmt.Errorf("backfill %s: %w", c.plan.Table, err)
	}
	var names []string
	for _, col := range c.d.Base.Columns {
		if c.d.Base.Has(col.Name) {
			names = append(names, chconn.Ident(col.Name))
		}
	}
	c.make = "CREATE TABLE %s AS " + c.d.Base.String() + c.d.Base.AloneEngine()
	c.view = tables.View{Source: c.d.Base.ID, Select: "SELECT " + strings.Join(names, ", ") + " FROM " + c.d.Base.String()}
	return nil
}

// defineValues finds the columns that can be filled. Wheels' tags are filled where
// there is none, whoever gave the others; the types that a sidecar's name tells take
// the place of that which the export gives to both files.
func (c *columns) defineValues(context.Context) error {
	if !c.d.Base.Has(ddl.NameColumn) {
		return fmt.Errorf("it has no column %s, which tells what a file is: rows that were loaded without it cannot be told apart; load them anew", ddl.NameColumn)
	}
	sets, changes := []string{}, []string{}
	c.values = nil
	for _, e := range ddl.ToldByName(ddl.NameColumn, "type") {
		i := slices.IndexFunc(c.d.Base.Columns, func(col chschema.Column) bool { return col.Name == e.Name })
		if i < 0 || chschema.PlainType(c.d.Base.Columns[i].Type) != "String" {
			continue
		}
		if slices.Contains(c.d.Base.Key, e.Name) || slices.Contains(c.d.Base.PartitionBy, e.Name) {
			return fmt.Errorf("its column %s is in the table's key, where values cannot be changed: load the days anew", e.Name)
		}
		v := value{e.Name, e.SQL, e.Name + " != " + e.SQL}
		if e.Name != "type" {
			v.expr, v.changes = "if("+e.Name+" = '', "+e.SQL+", "+e.Name+")", e.Name+" = '' AND "+e.SQL+" != ''"
		}
		c.values, sets, changes = append(c.values, v), append(sets, v.column+" = "+v.expr), append(changes, "("+v.changes+")")
	}
	if len(c.values) == 0 {
		return fmt.Errorf("it has none of the columns that files' names tell: add them with clickql schema upgrade")
	}
	c.update = "UPDATE " + strings.Join(sets, ", ") + " WHERE " + strings.Join(changes, " OR ")
	return nil
}

// defineCounts finds the aggregates by these columns, and refuses those that cannot
// be made anew here.
func (c *columns) defineCounts(ctx context.Context) error {
	c.counts = nil
	sc := tables.NewSchema(c.tables.S)
	for _, v := range c.d.Views {
		if stage.InFill(v.Target) || !c.reads(v) {
			continue
		}
		checked, err := c.tables.CheckedView(ctx, sc, v)
		switch {
		case err != nil:
			return err
		case v.Source != c.d.Base.ID:
			return fmt.Errorf("%s is filled from the aggregate %s, by a column that is to be filled: make the view %s read %s, or drop both", v.Target, v.Source, v.ID, c.d.Base)
		case v.Grouping == nil || checked.Grain == count.Unchecked || len(v.Grouping.Counts) == 0:
			return fmt.Errorf("%s cannot be made anew from the raw table, and is filled by a column that is to be: %s; drop it with its view %s", v.Target, checked.Reason, v.ID)
		case tables.FilledBy(c.d, v.Target) > 1:
			return fmt.Errorf("several views fill %s, one by a column that is to be filled: drop the others with DROP VIEW", v.Target)
		}
		if err := publish.Replaceable(ctx, c.tables.S, v.Target); err != nil {
			return err
		}
		if err := c.keptToo(c.d.Target(v.Target)); err != nil {
			return err
		}
		c.counts = append(c.counts, counted{v, c.d.Target(v.Target), checked})
	}
	slices.SortStableFunc(c.counts, func(a, b counted) int { return len(b.view.Grouping.Keys) - len(a.view.Grouping.Keys) })
	return nil
}

// words are those of a SELECT.
var words = regexp.MustCompile(`\w+`)

// reads reports that a view, understood or not, has one of the columns in it.
func (c *columns) reads(v tables.View) bool {
	return slices.ContainsFunc(words.FindAllString(v.Select, -1), func(word string) bool {
		return slices.ContainsFunc(c.values, func(of value) bool { return of.column == word })
	})
}

// makePlan counts what is to be filled.
func (c *columns) makePlan(ctx context.Context, s *session.Session) error {
	c.cfg.Progress.Phase("counting what can be filled")
	selected := make([]string, 0, 3*len(c.values)+1)
	for _, v := range c.values {
		selected = append(selected, fmt.Sprintf("countIf(%[1]s), minIf(%[2]s, %[1]s), maxIf(%[2]s, %[1]s)", v.changes, chconn.Ident(c.tables.Day)))
	}
	rows, from, to := make([]uint64, len(c.values)), make([]time.Time, len(c.values)), make([]time.Time, len(c.values))
	into := []any{&c.plan.SourceRows}
	for i := range c.values {
		into = append(into, &rows[i], &from[i], &to[i])
	}
	err := s.Row(ctx, session.Statement{SQL: "SELECT count(), " + strings.Join(selected, ", ") + " FROM " + c.d.Base.String(), Settings: c.cfg.Bounded(nil)}, into...)
	if err != nil {
		return fmt.Errorf("count what can be filled of %s: %w", c.d.Base, err)
	}
	c.plan.Key, c.plan.Source, c.plan.Exists, c.plan.Downloads = c.d.Base.Key, c.d.Base.Table, true, int64(c.plan.SourceRows)
	for i, v := range c.values {
		f := Column{Column: v.column, Rows: rows[i]}
		if f.Rows > 0 {
			f.From, f.To = from[i].Format(time.DateOnly), to[i].Format(time.DateOnly)
		}
		c.plan.Columns = append(c.plan.Columns, f)
	}
	for _, of := range c.counts {
		c.plan.Aggregates = append(c.plan.Aggregates, c.tables.Shown(of.target.ID))
	}
	ready, err := c.readReady(ctx, s)
	c.plan.Resumes = ready != nil
	return err
}
