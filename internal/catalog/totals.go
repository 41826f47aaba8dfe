package catalog

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"golang.org/x/sync/errgroup"

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

// where is the scope's SQL. Its parameters go into values, under names that the
// suffix keeps apart from other scopes'.
func (s scope) where(t *Table, suffix string, values map[string]any) string {
	conditions := []string{"1"}
	add := func(condition, name string, value any) {
		conditions = append(conditions, strings.ReplaceAll(condition, "{"+name, "{"+name+suffix))
		values[name+suffix] = value
	}
	if s.projects != nil {
		add(cube.Project.Column()+" IN {projects:Array(String)}", "projects", s.projects)
	}
	if s.parts != nil {
		add("_part IN {parts:Array(String)}", "parts", s.parts)
	}
	if s.days != nil {
		add(Ident(t.TimeColumn)+" >= {from:Date}", "from", s.days.From.String())
		add(Ident(t.TimeColumn)+" <= {to:Date}", "to", s.days.To.String())
	}
	return strings.Join(conditions, " AND ")
}

// reading is one table's totals within a scope.
type reading struct {
	cand *candidate // nil for a table that is none
	*Table
	scope scope
	// known is what the totals are to be merged with: added to, where the scope is
	// of parts, or with its days replaced. Nil where the scope is everything.
	known judge.Totals
	// added is how many rows the parts have; a part that was merged away in between
	// is missed, and the number of rows read tells.
	added uint64

	// What was read: the totals, and of how many rows they are.
	totals judge.Totals
	rows   uint64
}

// sql writes the reading as one of several, told apart by their number.
func (r *reading) sql(n int, values map[string]any) string {
	return fmt.Sprintf("SELECT toUInt32(%d) AS reading, %s AS step, %s AS total, count() AS counted FROM %s WHERE %s GROUP BY step",
		n, r.time(), r.counted(), r.SQL(), r.scope.where(r.Table, fmt.Sprint("_", n), values))
}

// read takes readings, all in one statement: an account may be allowed a few
// only. Where the server refuses that, they are taken one by one, to find out
// which it is that refuses.
func (v *verifier) read(ctx context.Context, readings []*reading) error {
	err := v.together(ctx, readings)
	if _, refused := chschema.Refused(err); !refused || len(readings) == 1 {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(sideBySide)
	for _, r := range readings {
		g.Go(func() error {
			err := v.together(ctx, []*reading{r})
			if r.cand == nil {
				return err
			}
			return r.cand.refused(err)
		})
	}
	return g.Wait()
}

// together takes readings in one statement.
func (v *verifier) together(ctx context.Context, readings []*reading) error {
	values, parts, names := map[string]any{}, make([]string, len(readings)), make([]string, len(readings))
	for i, r := range readings {
		parts[i], names[i] = r.sql(i, values), r.FullName()
		r.totals, r.rows = judge.Totals{}, 0
	}
	err := v.db.Each(ctx, strings.Join(parts, "\nUNION ALL\n"), values, func(row func(...any) error) error {
		var n uint32
		var step int32
		var total int64
		var rows uint64
		if err := row(&n, &step, &total, &rows); err != nil {
			return err
		}
		readings[n].totals[cube.Day(step)] += total
		readings[n].rows += rows
		return nil
	})
	if err != nil {
		for _, r := range readings {
			r.totals = nil
		}
		return fmt.Errorf("add up %s: %w", strings.Join(names, ", "), err)
	}
	return nil
}

// totalsOf reads a table's totals within a scope.
func (v *verifier) totalsOf(ctx context.Context, t *Table, s scope) (judge.Totals, error) {
	r := &reading{Table: t, scope: s}
	err := v.read(ctx, []*reading{r})
	return r.totals, err
}

// anew reads everything of the candidate.
func anew(cand *candidate) *reading { return &reading{cand: cand, Table: cand.table} }

// current is the reading that gives the candidate's totals, only of what may have
// changed: the parts that are new, or where something else happened the days that
// the changed partitions hold. Where nothing did, totals are there already.
func (c *comparison) current(cand *candidate) *reading {
	last := c.known[cand.table.FullName()]
	known := last.Totals
	if known == nil || c.now == nil || c.since == nil || cand.spread || last.DefinedAs != cand.stored.Same() {
		return anew(cand)
	}
	if days, all := changedDays(c.now, c.since, cand.stored); !all && days.Empty() {
		return &reading{cand: cand, Table: cand.table, known: known, totals: known}
	}
	names, rows, ok := c.now.Added(c.since, cand.stored.Name)
	if ok && len(names) > 0 && cand.stored.Name == cand.table.at() {
		return &reading{cand: cand, Table: cand.table, known: known, scope: scope{parts: names}, added: rows}
	}
	return c.changed(cand, known)
}

// changed is the reading of the days that changed partitions hold, or of
// everything.
func (c *comparison) changed(cand *candidate, known judge.Totals) *reading {
	days, all := changedDays(c.now, c.since, cand.stored)
	if all || !chschema.Mentions(cand.stored.PartitionKey, cand.table.TimeColumn) {
		return anew(cand)
	}
	return &reading{cand: cand, Table: cand.table, known: known, scope: scope{days: &days}}
}

// take takes the readings, and again those whose new parts were merged away
// meanwhile, and merges them with what was known.
func (c *comparison) take(ctx context.Context, readings []*reading) error {
	var due []*reading
	for _, r := range readings {
		if r.totals == nil {
			due = append(due, r)
		}
	}
	if len(due) == 0 {
		return nil
	}
	if err := c.read(ctx, due); err != nil {
		return err
	}
	var again []*reading
	for _, r := range due {
		switch {
		case r.totals == nil: // refused
		case r.scope.parts != nil && r.rows != r.added:
			next := c.changed(r.cand, r.known)
			r.known, r.scope, r.totals = next.known, next.scope, nil
			again = append(again, r)
		default:
			r.merge()
		}
	}
	return c.take(ctx, again)
}

// merge makes the totals those of the whole table.
func (r *reading) merge() {
	if r.known == nil {
		return
	}
	merged := maps.Clone(r.known)
	if days := r.scope.days; days != nil {
		maps.DeleteFunc(merged, func(d cube.Day, _ int64) bool { return days.From <= d && d <= days.To })
	}
	for d, total := range r.totals {
		merged[d] += total
	}
	r.totals = merged
}
