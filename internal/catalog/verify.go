package catalog

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"clickql/internal/catalog/judge"
	"clickql/internal/chschema"
	"clickql/internal/cube"
)

// sideBySide is how many comparisons run at one time: enough to hide the
// round trips, few enough to leave the server to the users.
const sideBySide = 4

// verifier finds out by comparing data which days each table covers. It keeps
// what it has read, and reads again only the days that may have changed.
type verifier struct {
	db       chschema.DB
	fullRows uint64                 // raw tables of up to so many rows are compared whole
	known    map[string]knownTotals // by table, as of the last success
	proven   emptyDays
	// knownFills is, by table, what columns that came later hold.
	knownFills map[string]knownFillings
}

// knownTotals are the totals of a table, as it was defined then.
type knownTotals struct {
	Totals    judge.Totals
	DefinedAs string
}

// moment is one state of the database: what there is, and its parts (nil where
// they cannot be seen) now and when known was read.
type moment struct {
	inventory  *inventory
	now, since chschema.Parts
}

// verify sets Covers and Incomplete of every table and returns the data set's
// days. It does not change what the verifier knows until keep is called.
func (v *verifier) verify(ctx context.Context, m moment) (days cube.Range, keep func(after chschema.Parts), err error) {
	rows, err := v.rawRows(ctx, m)
	if err != nil {
		return cube.NoDays, nil, err
	}
	c := comparison{verifier: v, moment: m, totals: make([]judge.Totals, len(m.inventory.tables)), entire: map[*candidate]judge.Totals{}, newFills: map[string]knownFillings{}}
	if rows > v.fullRows || rows == 0 && c.largest() > v.fullRows {
		days, err = c.sampled(ctx, rows > 0)
	} else {
		days, err = c.whole(ctx, rows > 0)
	}
	if err != nil {
		return cube.NoDays, nil, err
	}
	if err := c.dimensions(ctx, rows); err != nil {
		return cube.NoDays, nil, err
	}
	if err := c.fills(ctx, days); err != nil {
		return cube.NoDays, nil, err
	}
	return days, c.keep, nil
}

// rawRows is the size of the raw table; 0 where there is none. A stored table's
// is known without reading it.
func (v *verifier) rawRows(ctx context.Context, m moment) (n uint64, err error) {
	raw := m.inventory.raw
	if raw == nil {
		return 0, nil
	}
	if raw.stored.Engine.Name == "View" { // counting may be computing all of it
		return max(raw.stored.Rows, v.fullRows+1), nil
	}
	err = raw.refused(v.db.Row(ctx, "SELECT count() FROM "+raw.table.SQL(), nil, &n))
	if err != nil {
		return 0, fmt.Errorf("count the raw table %s: %w", raw.table.FullName(), err)
	}
	return n, nil
}

// comparison is one run of verify.
type comparison struct {
	*verifier
	moment
	totals  []judge.Totals // by the inventory's tables
	raw     judge.Totals
	entire  map[*candidate]judge.Totals // those that were read as a whole
	rawLeft bool                        // the raw table is left unread: its key finds no project
	// projects are those of the sample; nil where everything is compared.
	projects []string
	newFills map[string]knownFillings
}

// largest is the rows of the largest table.
func (c *comparison) largest() (n uint64) {
	for _, cand := range c.inventory.tables {
		rows, _, _ := c.now.Size(cand.stored.Name)
		n = max(n, rows, cand.stored.Rows)
	}
	return n
}

// whole compares all rows of all tables.
func (c *comparison) whole(ctx context.Context, hasRaw bool) (cube.Range, error) {
	if err := c.readAll(ctx, hasRaw, c.current); err != nil {
		return cube.NoDays, err
	}
	if hasRaw {
		c.entire[c.inventory.raw] = c.raw
	}
	for i, cand := range c.inventory.tables {
		c.entire[cand] = c.totals[i]
	}
	c.leaveRetired()
	ref := c.reference()
	c.inventory.gaps, c.inventory.totals, c.inventory.daily = ref.Gaps(), ref.ByDay, daily(ref.ByDay)
	c.judgeAll(ref, func(int) bool { return true })
	return ref.Days, nil
}

// readAll reads the totals of the raw table and of every candidate that may be
// trusted, as the plan for each says; nil leaves it out.
func (c *comparison) readAll(ctx context.Context, hasRaw bool, plan func(*candidate) *reading) error {
	var readings []*reading
	add := func(cand *candidate) *reading {
		if cand.void != "" {
			return nil
		}
		r := plan(cand)
		if r != nil {
			readings = append(readings, r)
		}
		return r
	}
	var raw *reading
	if hasRaw {
		raw = add(c.inventory.raw)
	}
	tables := make([]*reading, len(c.inventory.tables))
	for i, cand := range c.inventory.tables {
		tables[i] = add(cand)
	}
	if err := c.take(ctx, readings); err != nil {
		return err
	}
	if raw != nil {
		c.raw = raw.totals
	}
	for i, r := range tables {
		if r != nil {
			c.totals[i] = r.totals
		}
	}
	return nil
}

// refused gives the candidate up where the server refuses to read it: a table
// that one may not see, or that is broken, is no reason to do without the
// others. Any other error stays one.
func (cand *candidate) refused(err error) error {
	if reason, ok := chschema.Refused(err); ok {
		cand.void = "it cannot be read: " + reason
		return nil
	}
	return err
}

// reference is what all of the tables' totals are held against: the raw table
// on its days, and what most tables of days agree on where it has none.
func (c *comparison) reference() judge.Reference {
	var daily []judge.Totals
	for i, cand := range c.inventory.tables {
		if cand.void == "" && cand.table.Grain == cube.GrainDay && c.totals[i] != nil {
			daily = append(daily, c.totals[i])
		}
	}
	agreed, disputed := judge.Majority(daily)
	if c.raw == nil {
		return judge.Reference{ByDay: agreed, Days: agreed.Span(), Name: "most tables of days hold", Disputed: disputed}
	}
	ref := judge.Reference{ByDay: c.raw, Days: c.raw.Span(), Name: "the raw table"}
	if len(daily) < 2 {
		return ref
	}
	return ref.ReachingBack(agreed, disputed)
}

// leaveRetired leaves the days out of the raw table's totals whose rows were dropped:
// what it has of them came later, and is not all. Nothing may be left.
func (c *comparison) leaveRetired() {
	gone := c.inventory.retired.Days
	if c.raw == nil || gone.Empty() {
		return
	}
	c.raw = maps.Clone(c.raw)
	maps.DeleteFunc(c.raw, func(d cube.Day, _ int64) bool { return d <= gone.To })
	if c.raw.Span().Empty() {
		c.raw = nil
	}
}

// judgeAll sets what the chosen tables cover.
func (c *comparison) judgeAll(ref judge.Reference, chosen func(i int) bool) {
	if c.inventory.raw != nil {
		c.inventory.raw.table.Covers = cube.Range{From: max(ref.Days.From, ref.RawFrom), To: ref.Days.To}
		if ref.RawFrom > ref.Days.From {
			c.inventory.raw.table.Incomplete = "its rows begin on " + ref.RawFrom.String() + ", after the aggregates' do"
			if !c.inventory.retired.Days.Empty() {
				c.inventory.raw.table.Incomplete += ": older ones were dropped with clickql ingest retire"
			}
		}
		if c.raw == nil && !c.rawLeft {
			c.inventory.raw.table.Covers = cube.NoDays
			c.inventory.raw.table.Incomplete = cmp.Or(c.inventory.raw.void, "it holds no rows")
		}
	}
	for i, cand := range c.inventory.tables {
		if chosen(i) {
			cand.settle(ref, c.totals[i])
		}
	}
}

// daily lists the days with downloads in order.
func daily(t judge.Totals) (out []DayTotal) {
	for _, d := range slices.Sorted(maps.Keys(t)) {
		if t[d] != 0 {
			out = append(out, DayTotal{d, t[d]})
		}
	}
	return out
}

// settle sets what the candidate covers.
func (cand *candidate) settle(ref judge.Reference, got judge.Totals) {
	t := cand.table
	if cand.void != "" {
		t.Covers, t.Incomplete = cube.NoDays, cand.void
		return
	}
	v := ref.Judge(t.Grain, got)
	t.Covers, t.Incomplete = v.Covers, v.Reason
	if t.Covers != ref.Days && cand.partial != "" && !v.Over {
		t.Incomplete = cand.partial + "; " + v.Reason
	}
	if !t.Covers.Empty() && t.Covers == ref.Days {
		t.Incomplete = ""
	}
}

// keep makes what was read the state that later changes are read against.
// Tables that changed while they were read (by the parts seen afterwards) are
// forgotten: nobody knows which of the new rows were among those read.
func (c *comparison) keep(after chschema.Parts) {
	c.keepFills(after)
	c.known = map[string]knownTotals{}
	if c.now == nil || after == nil {
		return
	}
	for cand, t := range c.entire {
		if days, all := changedDays(after, c.now, cand.stored); t != nil && !all && days.Empty() {
			c.known[cand.table.FullName()] = knownTotals{t, cand.stored.Same()}
		}
	}
}
