package catalog

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"clickql/internal/catalog/judge"
	"clickql/internal/chschema"
	"clickql/internal/cube"
)

// scope narrows what is added up; the zero value is everything.
type scope struct {
	projects []string    // nil for all
	parts    []string    // nil for all
	days     *cube.Range // nil for all
}

// where is the scope's SQL, with its parameters.
func (s scope) where(t *Table) (string, map[string]any) {
	conditions, p := []string{"1"}, map[string]any{}
	if s.projects != nil {
		conditions = append(conditions, cube.Project.Column()+" IN {projects:Array(String)}")
		p["projects"] = s.projects
	}
	if s.parts != nil {
		conditions = append(conditions, "_part IN {parts:Array(String)}")
		p["parts"] = s.parts
	}
	if s.days != nil {
		conditions = append(conditions, Ident(t.TimeColumn)+" >= {from:Date}", Ident(t.TimeColumn)+" <= {to:Date}")
		p["from"], p["to"] = s.days.From.String(), s.days.To.String()
	}
	return strings.Join(conditions, " AND "), p
}

// totalsOf reads a table's totals within a scope, and how many rows these were.
func (v *verifier) totalsOf(ctx context.Context, t *Table, s scope) (out judge.Totals, rows uint64, err error) {
	where, p := s.where(t)
	sql := "SELECT " + t.time() + " AS step, " + t.counted() + " AS total, count() FROM " + t.SQL() + " WHERE " + where + " GROUP BY step"
	out = judge.Totals{}
	err = v.db.Each(ctx, sql, p, func(row func(...any) error) error {
		var step int32
		var total int64
		var n uint64
		if err := row(&step, &total, &n); err != nil {
			return err
		}
		out[cube.Day(step)] += total
		rows += n
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("add up %s: %w", t.FullName(), err)
	}
	return out, rows, nil
}

// all reads a table's totals of everything.
func (v *verifier) all(ctx context.Context, t *Table) (judge.Totals, error) {
	out, _, err := v.totalsOf(ctx, t, scope{})
	return out, err
}

// current is the candidate's totals, of which only what may have changed is
// read: the parts that are new, or where something else happened the days that
// the changed partitions hold.
func (c *comparison) current(ctx context.Context, cand *candidate) (judge.Totals, error) {
	name := cand.table.FullName()
	known := c.known[name]
	if known == nil || c.now == nil || c.since == nil || cand.spread || c.definedAs[name] != cand.stored.Same() {
		return c.all(ctx, cand.table)
	}
	days, all := changedDays(c.now, c.since, cand.stored)
	if !all && days.Empty() {
		return known, nil
	}
	if merged, ok, err := c.withAdded(ctx, cand, known); err != nil || ok {
		return merged, err
	}
	if all || !chschema.Mentions(cand.stored.PartitionKey, cand.table.TimeColumn) {
		return c.all(ctx, cand.table)
	}
	fresh, _, err := c.totalsOf(ctx, cand.table, scope{days: &days})
	if err != nil {
		return nil, err
	}
	merged := maps.Clone(known)
	maps.DeleteFunc(merged, func(d cube.Day, _ int64) bool { return days.From <= d && d <= days.To })
	maps.Copy(merged, fresh)
	return merged, nil
}

// withAdded is what was known and the new parts' rows, where new parts are all
// that happened. A part that was merged away in between is missed; the number of
// rows read tells.
func (c *comparison) withAdded(ctx context.Context, cand *candidate, known judge.Totals) (merged judge.Totals, ok bool, err error) {
	names, rows, ok := c.now.Added(c.since, cand.stored.Name)
	if !ok || len(names) == 0 || cand.stored.Name != cand.table.at() {
		return nil, false, nil
	}
	fresh, n, err := c.totalsOf(ctx, cand.table, scope{parts: names})
	if err != nil || n != rows {
		return nil, false, err
	}
	merged = maps.Clone(known)
	for d, total := range fresh {
		merged[d] += total
	}
	return merged, true, nil
}
