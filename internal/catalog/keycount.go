package catalog

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
)

// KeyCount is about how many rows an aggregate with a key would have.
type KeyCount struct {
	// Rows is the estimate; 0 where there is no complete table to count from.
	Rows float64
	// Error is the standard error, as a part of Rows.
	Error float64
	// AtLeast marks an estimate that can be too low by more than Error: what was
	// not looked at may hold values that nothing tells of.
	AtLeast bool
}

// sketchError is the standard error of uniqCombined64(15).
const sketchError = 0.006

// CountKeys estimates how many rows aggregates with the keys would have. Each is
// counted from the smallest table that keeps all of it apart: from the whole of
// one that has up to budget rows, else from about as many rows of projects of
// every size; of projects too large for that, from their newest days.
func CountKeys(ctx context.Context, conn Conn, snap *Snapshot, keys []Key, budget uint64) ([]KeyCount, error) {
	out := make([]KeyCount, len(keys))
	for _, from := range snap.Tables {
		c := keyCounter{db: database{conn}, snap: snap, from: from, budget: float64(max(1, budget))}
		for i, k := range keys {
			if sourceOf(snap, k) == from {
				c.keys, c.out = append(c.keys, k), append(c.out, &out[i])
			}
		}
		if len(c.keys) == 0 {
			continue
		}
		if err := c.count(ctx); err != nil {
			return nil, fmt.Errorf("estimate the size of aggregates from %s: %w", from.FullName(), err)
		}
	}
	return out, nil
}

// sourceOf is the smallest complete table that keeps all of the key apart; nil
// where none does.
func sourceOf(snap *Snapshot, k Key) *Table {
	var best *Table
	for _, t := range snap.Tables {
		missing := slices.ContainsFunc(k.Dims, func(d Dimension) bool { return !t.Dims[d] })
		if missing || t.Grain > k.Grain || t.Covers != snap.Days || t.Covers.Empty() {
			continue
		}
		if best == nil || sizeOf(snap, t) < sizeOf(snap, best) {
			best = t
		}
	}
	return best
}

// sizeOf is the table's rows, as far as they are known.
func sizeOf(snap *Snapshot, t *Table) float64 {
	if t.Rows == 0 && t.Raw {
		return float64(snap.Projects.Sum())
	}
	return float64(t.Rows)
}

// keyCounter counts keys from one table.
type keyCounter struct {
	db     database
	snap   *Snapshot
	from   *Table
	keys   []Key
	out    []*KeyCount
	budget float64
}

// count fills in the estimates.
func (c *keyCounter) count(ctx context.Context) error {
	if sizeOf(c.snap, c.from) <= c.budget || !c.from.Dims[Project] || c.snap.Projects.Len() == 0 {
		return c.whole(ctx)
	}
	return c.sample(ctx)
}

// whole counts in all of the table.
func (c *keyCounter) whole(ctx context.Context) error {
	var found []uint64
	if err := c.db.row(ctx, "SELECT "+c.counts(c.keys)+" FROM "+c.from.quoted(), nil, &found); err != nil {
		return err
	}
	for i, n := range found {
		*c.out[i] = KeyCount{Rows: float64(n), Error: sketchError}
	}
	return nil
}

// counts is an array of the numbers of different values of the keys.
func (c *keyCounter) counts(keys []Key) string {
	items := make([]string, len(keys))
	for i, k := range keys {
		var columns []string
		for _, d := range k.Dims {
			columns = append(columns, Ident(d.Column()))
		}
		switch k.Grain {
		case GrainDay:
			columns = append(columns, Ident(c.from.TimeColumn))
		case GrainMonth:
			columns = append(columns, "toStartOfMonth("+Ident(c.from.TimeColumn)+")")
		}
		if items[i] = "toUInt64(1)"; len(columns) > 0 {
			items[i] = "uniqCombined64(15)(" + strings.Join(columns, ", ") + ")"
		}
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// stepsOf is how many steps of time of the grain a range touches.
func stepsOf(r Range, g Grain) float64 {
	switch g {
	case GrainDay:
		return float64(r.Days())
	case GrainMonth:
		from, to := r.From.Time(), r.To.Time()
		return float64((to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month()) + 1)
	}
	return 1
}

// scaled infers from the steps of time that were looked at to all of them.
func (c *keyCounter) scaled(n float64, g Grain, seen Range) (rows float64, atLeast bool) {
	if seen == c.snap.Days {
		return n, false
	}
	return n * stepsOf(c.snap.Days, g) / stepsOf(seen, g), g != GrainDay
}

// within is the condition on the days that are looked at.
func (c *keyCounter) within(seen Range, p params) string {
	if seen == c.snap.Days {
		return ""
	}
	p["from"] = seen.From.String()
	return " AND " + Ident(c.from.TimeColumn) + " >= {from:Date}"
}

// newest is the data's last days, so many of them; all of them where the table
// cannot tell days.
func (c *keyCounter) newest(part float64) Range {
	days := c.snap.Days
	if c.from.Grain != GrainDay || part >= 1 {
		return days
	}
	n := Day(math.Max(1, math.Round(part*float64(days.Days()))))
	return Range{From: max(days.From, days.To-n+1), To: days.To}
}
