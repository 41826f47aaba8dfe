package catalog

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// quoted is the table's name for SQL.
func (t *Table) quoted() string { return qualified(t.Database, t.Name) }

// counted is the SQL of the downloads in a group of rows.
func (t *Table) counted() string {
	if t.Raw {
		return "toInt64(count())"
	}
	return "toInt64(sum(" + Ident(t.Count) + "))"
}

// time is the SQL of the table's step of time, as days since 1970-01-01.
func (t *Table) time() string {
	if t.Grain == GrainNone {
		return "toInt32(0)"
	}
	return "toInt32(" + Ident(t.TimeColumn) + ")"
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
		conditions = append(conditions, Ident(t.TimeColumn)+" >= {from:Date}", Ident(t.TimeColumn)+" <= {to:Date}")
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
