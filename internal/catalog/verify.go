package catalog

import (
	"cmp"
	"context"
	"fmt"

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
	proven    emptyDays
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
	c := comparison{verifier: v, moment: m, read: make([]totals, len(m.layout.tables)), entire: map[*candidate]totals{}}
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

// rawRows is the size of the raw table; 0 where there is none. A stored table's
// is known without reading it.
func (v *verifier) rawRows(ctx context.Context, m moment) (n uint64, err error) {
	raw := m.layout.raw
	if raw == nil {
		return 0, nil
	}
	if raw.physical.engine == "View" { // counting may be computing all of it
		return max(raw.physical.rows, v.fullRows+1), nil
	}
	err = v.db.row(ctx, "SELECT count() FROM "+raw.table.quoted(), nil, &n)
	if err != nil {
		return 0, fmt.Errorf("count the raw table %s: %w", raw.table.FullName(), err)
	}
	return n, nil
}

// comparison is one run of verify.
type comparison struct {
	*verifier
	moment
	read    []totals // by the layout's tables
	raw     totals
	entire  map[*candidate]totals // those that were read as a whole
	rawLeft bool                  // the raw table is left unread: its key finds no project
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
	if hasRaw {
		c.entire[c.layout.raw] = c.raw
	}
	for i, cand := range c.layout.tables {
		c.entire[cand] = c.read[i]
	}
	ref := c.reference()
	c.layout.missing, c.layout.daily = ref.gaps(), ref.byDay.daily()
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
		c.layout.raw.table.Covers = Range{From: max(ref.days.From, ref.rawFrom), To: ref.days.To}
		if ref.rawFrom > ref.days.From {
			c.layout.raw.table.Incomplete = "its rows begin on " + ref.rawFrom.String() + ", after the aggregates' do"
		}
		if c.raw == nil && !c.rawLeft {
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
	if c.now == nil || after == nil {
		return
	}
	for cand, t := range c.entire {
		if days, all := after.changed(c.now, cand.physical); t != nil && !all && days.Empty() {
			c.known[cand.table.FullName()], c.definedAs[cand.table.FullName()] = t, definitionOf(cand.physical)
		}
	}
}
