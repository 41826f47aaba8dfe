package catalog

import (
	"context"
	"fmt"
	"slices"

	"clickql/internal/catalog/judge"
	"clickql/internal/chschema"
	"clickql/internal/cube"
)

// keepPlausible cuts the data's days to those that downloads can be of: a row from
// the future, or of 1970, is somebody's mistake, and ends no range. Such rows stay in
// totals of all time; tables with them are marked (Table.Stray), so that no range
// is answered without a condition on days. Data that has no other days is left as
// it is. strays are the rows on other days, of all projects or of a sample.
func (r *reader) keepPlausible(ctx context.Context, l *inventory, days cube.Range) (kept cube.Range, strays int64, err error) {
	plausible := cube.PlausibleDays(r.opts.Now())
	if plausible.Contains(days) {
		return days, 0, nil
	}
	totals := judge.Totals{}
	for d, n := range l.totals {
		if plausible.From <= d && d <= plausible.To {
			totals[d] = n
		} else {
			strays += n
		}
	}
	if kept = totals.Span(); l.daily == nil {
		if kept, err = r.plausibleEdges(ctx, l, plausible); err != nil {
			return days, 0, err
		}
	}
	if kept.Empty() {
		return days, 0, nil
	}
	outside := func(d cube.Day) bool { return d < kept.From || d > kept.To }
	l.totals, l.gaps = totals, slices.DeleteFunc(slices.Clone(l.gaps), outside)
	l.daily = slices.DeleteFunc(slices.Clone(l.daily), func(t DayTotal) bool { return outside(t.Day) })
	for _, c := range l.counting() {
		if c.table.Stray = true; c.table.Covers == days {
			c.table.Covers = kept
		} else if c.table.Covers = c.table.Covers.Within(kept); c.table.Covers.Empty() {
			c.table.Covers = cube.NoDays
		}
	}
	// A project's first or last day may be one of those.
	for _, e := range l.extents {
		l.ignored = append(l.ignored, Ignored{Table: e.extent.FullName(), Reason: "there are rows of days that no download can be of"})
	}
	l.extents = nil
	return kept, strays, nil
}

// plausibleEdges are the first and the last day with rows among the plausible ones,
// where totals by day of all projects are not known.
func (r *reader) plausibleEdges(ctx context.Context, l *inventory, plausible cube.Range) (cube.Range, error) {
	from := smallest(append(slices.Clone(l.tables), l.raw), func(c *candidate) bool {
		return c != nil && c.table.Grain == cube.GrainDay && !c.table.Covers.Empty()
	})
	if from == nil {
		return cube.NoDays, nil
	}
	days, err := from.table.days(ctx, r.db, scope{days: &plausible})
	if _, refused := chschema.Refused(err); refused {
		return cube.NoDays, nil
	}
	return days, err
}

// days are the first and the last day with rows of the scope.
func (t *Table) days(ctx context.Context, db chschema.DB, of scope) (cube.Range, error) {
	var first, last int32
	values := map[string]any{}
	sql := fmt.Sprintf("SELECT toInt32(min(%[1]s)), toInt32(max(%[1]s)) FROM %[2]s WHERE %[3]s", Ident(t.TimeColumn), t.SQL(), of.where(t, "", values))
	switch err := db.Row(ctx, sql, values, &first, &last); {
	case err != nil:
		return cube.NoDays, fmt.Errorf("find the days of %s: %w", t.FullName(), err)
	case last == 0: // of no rows
		return cube.NoDays, nil
	}
	return cube.Range{From: cube.Day(first), To: cube.Day(last)}, nil
}
