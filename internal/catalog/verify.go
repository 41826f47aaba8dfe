package catalog

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// sideBySide is how many comparisons run at one time: enough to hide the
// round trips, few enough to leave the server to the users.
const sideBySide = 4

// verifier finds out by comparing data which days each table covers. It keeps
// what it has read, and reads again only the days that may have changed.
type verifier struct {
	db        database
	fullRows  uint64            // raw tables of up to so many rows are compared whole
	known     map[string]totals // by table, as of the last success
	definedAs map[string]string // what the table was then
}

// moment is one state of the database: what there is, and its parts (nil where
// they cannot be seen) now and when known was read.
type moment struct {
	layout     *layout
	now, since partitions
}

// verify sets Covers and Incomplete of every table and returns the data set's
// days. It does not change what the verifier knows until keep is called.
func (v *verifier) verify(ctx context.Context, m moment) (days Range, keep func(after partitions), err error) {
	rows, err := v.rawRows(ctx, m)
	if err = m.layout.rawRefused(err); err != nil {
		return noDays, nil, err
	}
	c := comparison{verifier: v, moment: m, read: make([]totals, len(m.layout.tables))}
	if rows > v.fullRows || rows == 0 && c.largest() > v.fullRows {
		days, err = c.sampled(ctx, rows > 0)
	} else {
		days, err = c.whole(ctx, rows > 0)
	}
	if err != nil {
		return noDays, nil, err
	}
	if err := c.dimensions(ctx, rows); err != nil {
		return noDays, nil, err
	}
	return days, c.keep, nil
}

// rawRows is the size of the raw table; 0 where there is none.
func (v *verifier) rawRows(ctx context.Context, m moment) (n uint64, err error) {
	raw := m.layout.raw
	if raw == nil {
		return 0, nil
	}
	err = v.db.row(ctx, "SELECT count() FROM "+raw.table.quoted(), nil, &n)
	if err != nil {
		return 0, fmt.Errorf("count the raw table %s: %w", raw.table.FullName(), err)
	}
	return n, nil
}

// quoted is the table's name for SQL.
func (t *Table) quoted() string { return qualified(t.Database, t.Name) }

// counted is the SQL of the downloads in a group of rows.
func (t *Table) counted() string {
	if t.Raw {
		return "toInt64(count())"
	}
	return "toInt64(sum(" + ident(t.Count) + "))"
}

// time is the SQL of the table's step of time, as days since 1970-01-01.
func (t *Table) time() string {
	if t.Grain == GrainNone {
		return "toInt32(0)"
	}
	return "toInt32(" + ident(t.TimeColumn) + ")"
}

// scope narrows what is added up; the zero value is everything.
type scope struct {
	projects []string // nil for all
	parts    []string // nil for all
	days     *Range   // nil for all
}

// where is the scope's SQL, with its parameters.
func (s scope) where(t *Table) (string, params) {
	conditions, p := []string{"1"}, params{}
	if s.projects != nil {
		conditions = append(conditions, Project.Column()+" IN {projects:Array(String)}")
		p["projects"] = s.projects
	}
	if s.parts != nil {
		conditions = append(conditions, "_part IN {parts:Array(String)}")
		p["parts"] = s.parts
	}
	if s.days != nil {
		conditions = append(conditions, ident(t.TimeColumn)+" >= {from:Date}", ident(t.TimeColumn)+" <= {to:Date}")
		p["from"], p["to"] = s.days.From.String(), s.days.To.String()
	}
	return strings.Join(conditions, " AND "), p
}

// totalsOf reads a table's totals within a scope, and how many rows these were.
func (d database) totalsOf(ctx context.Context, t *Table, s scope) (out totals, rows uint64, err error) {
	where, p := s.where(t)
	sql := "SELECT " + t.time() + " AS step, " + t.counted() + " AS total, count() FROM " + t.quoted() + " WHERE " + where + " GROUP BY step"
	out = totals{}
	err = d.each(ctx, sql, p, func(row func(...any) error) error {
		var step int32
		var total int64
		var n uint64
		if err := row(&step, &total, &n); err != nil {
			return err
		}
		out[Day(step)] += total
		rows += n
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("add up %s: %w", t.FullName(), err)
	}
	return out, rows, nil
}

// all reads a table's totals of everything.
func (d database) all(ctx context.Context, t *Table) (totals, error) {
	out, _, err := d.totalsOf(ctx, t, scope{})
	return out, err
}

// comparison is one run of verify.
type comparison struct {
	*verifier
	moment
	read    []totals // by the layout's tables
	raw     totals
	partial bool // read holds a sample only
}

// largest is the rows of the largest table.
func (c *comparison) largest() (n uint64) {
	for _, cand := range c.layout.tables {
		rows, _, _, _ := c.now.fold(cand.physical.full())
		n = max(n, rows, cand.physical.rows)
	}
	return n
}

// whole compares all rows of all tables.
func (c *comparison) whole(ctx context.Context, hasRaw bool) (Range, error) {
	if err := c.readAll(ctx, hasRaw, func(ctx context.Context, cand *candidate) (totals, error) {
		return c.current(ctx, cand)
	}); err != nil {
		return noDays, err
	}
	ref := c.reference()
	c.judgeAll(ref, func(int) bool { return true })
	return ref.days, nil
}

// readAll reads the totals of the raw table and of every candidate that may be
// trusted.
func (c *comparison) readAll(ctx context.Context, hasRaw bool, read func(context.Context, *candidate) (totals, error)) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(sideBySide)
	if hasRaw {
		g.Go(func() (err error) { c.raw, err = read(ctx, c.layout.raw); return c.layout.rawRefused(err) })
	}
	for i, cand := range c.layout.tables {
		if cand.void == "" {
			g.Go(func() (err error) { c.read[i], err = read(ctx, cand); return cand.refused(err) })
		}
	}
	return g.Wait()
}

// refused gives the candidate up where the server refuses to read it: a table
// that one may not see, or that is broken, is no reason to do without the
// others. Any other error stays one.
func (cand *candidate) refused(err error) error {
	if reason, ok := refused(err); ok {
		cand.void = "it cannot be read: " + reason
		return nil
	}
	return err
}

// rawRefused does the same for the raw table.
func (l *layout) rawRefused(err error) error {
	if reason, ok := refused(err); ok {
		l.raw.void = "it cannot be read: " + reason
		return nil
	}
	return err
}

// current is the candidate's totals, of which only what may have changed is
// read: the parts that are new, or where something else happened the days that
// the changed partitions hold.
func (c *comparison) current(ctx context.Context, cand *candidate) (totals, error) {
	name := cand.table.FullName()
	known := c.known[name]
	if known == nil || c.now == nil || c.since == nil || cand.spread || c.definedAs[name] != definitionOf(cand.physical) {
		return c.db.all(ctx, cand.table)
	}
	days, all := c.now.changed(c.since, cand.physical)
	if !all && days.Empty() {
		return known, nil
	}
	if merged, ok, err := c.withAdded(ctx, cand, known); err != nil || ok {
		return merged, err
	}
	if all || !mentions(cand.physical.partitionKey, cand.table.TimeColumn) {
		return c.db.all(ctx, cand.table)
	}
	fresh, _, err := c.db.totalsOf(ctx, cand.table, scope{days: &days})
	if err != nil {
		return nil, err
	}
	merged := maps.Clone(known)
	maps.DeleteFunc(merged, func(d Day, _ int64) bool { return days.From <= d && d <= days.To })
	maps.Copy(merged, fresh)
	return merged, nil
}

// withAdded is what was known and the new parts' rows, where new parts are all
// that happened. A part that was merged away in between is missed; the number of
// rows read tells.
func (c *comparison) withAdded(ctx context.Context, cand *candidate, known totals) (merged totals, ok bool, err error) {
	names, rows, ok := c.now.added(c.since, cand.physical)
	if !ok || len(names) == 0 || cand.physical.full() != cand.table.FullName() {
		return nil, false, nil
	}
	fresh, n, err := c.db.totalsOf(ctx, cand.table, scope{parts: names})
	if err != nil || n != rows {
		return nil, false, err
	}
	merged = maps.Clone(known)
	for d, total := range fresh {
		merged[d] += total
	}
	return merged, true, nil
}

// mentions reports that a key expression uses the column.
func mentions(key, column string) bool {
	return column != "" && slices.ContainsFunc(tokens(key), func(t token) bool { return t.name() && t.text == column })
}

// reference is what all of the tables' totals are held against: the raw table
// on its days, and what most tables of days agree on where it has none.
func (c *comparison) reference() reference {
	var daily []totals
	for i, cand := range c.layout.tables {
		if cand.void == "" && cand.table.Grain == GrainDay && c.read[i] != nil {
			daily = append(daily, c.read[i])
		}
	}
	agreed, disputed := majority(daily)
	if c.raw == nil {
		return reference{byDay: agreed, days: agreed.span(), name: "most tables of days hold", disputed: disputed}
	}
	ref := reference{byDay: c.raw, days: c.raw.span(), name: "the raw table"}
	if len(daily) < 2 {
		return ref
	}
	return ref.reachingBack(agreed, disputed)
}

// judgeAll sets what the chosen tables cover.
func (c *comparison) judgeAll(ref reference, chosen func(i int) bool) {
	if c.layout.raw != nil {
		c.layout.raw.table.Covers = Range{max(ref.days.From, ref.rawFrom), ref.days.To}
		if ref.rawFrom > ref.days.From {
			c.layout.raw.table.Incomplete = "its rows begin on " + ref.rawFrom.String() + ", after the aggregates' do"
		}
		if c.raw == nil {
			c.layout.raw.table.Covers = noDays
			c.layout.raw.table.Incomplete = cmp.Or(c.layout.raw.void, "it holds no rows")
		}
	}
	for i, cand := range c.layout.tables {
		if chosen(i) {
			cand.settle(ref, c.read[i])
		}
	}
}

// settle sets what the candidate covers.
func (cand *candidate) settle(ref reference, got totals) {
	t := cand.table
	if cand.void != "" {
		t.Covers, t.Incomplete = noDays, cand.void
		return
	}
	v := ref.judge(t.Grain, got)
	t.Covers, t.Incomplete = v.covers, v.reason
	if t.Covers != ref.days && cand.partial != "" && !v.over {
		t.Incomplete = cand.partial + "; " + v.reason
	}
	if !t.Covers.Empty() && t.Covers == ref.days {
		t.Incomplete = ""
	}
}

// keep makes what was read the state that later changes are read against.
// Tables that changed while they were read (by the parts seen afterwards) are
// forgotten: nobody knows which of the new rows were among those read.
func (c *comparison) keep(after partitions) {
	c.known, c.definedAs = map[string]totals{}, map[string]string{}
	if c.partial || c.now == nil || after == nil {
		return
	}
	note := func(cand *candidate, t totals) {
		if days, all := after.changed(c.now, cand.physical); t != nil && !all && days.Empty() {
			c.known[cand.table.FullName()], c.definedAs[cand.table.FullName()] = t, definitionOf(cand.physical)
		}
	}
	if c.layout.raw != nil {
		note(c.layout.raw, c.raw)
	}
	for i, cand := range c.layout.tables {
		note(cand, c.read[i])
	}
}
