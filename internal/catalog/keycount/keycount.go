// Package keycount estimates how many rows aggregates would have that do not exist:
// the numbers of different keys. Each key is counted from the smallest complete
// table that keeps all of it apart; of a large one from a sample of projects of
// every size, and of projects too large for that from their newest days.
package keycount

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"clickql/internal/catalog"
	"clickql/internal/chschema"
	"clickql/internal/cube"
)

// sketchError is the standard error of uniqCombined64(15).
const sketchError = 0.006

// Estimate tells for each key about how many rows an aggregate with it would have.
// Tables of up to budget rows are read as a whole, of others about as many rows.
func Estimate(ctx context.Context, conn chschema.Conn, snap *catalog.Snapshot, keys []catalog.Key, budget uint64) ([]catalog.KeyCount, error) {
	out := make([]catalog.KeyCount, len(keys))
	for _, from := range snap.Tables {
		c := keyCounter{db: chschema.DB{Conn: conn}, snap: snap, from: from, budget: float64(max(1, budget))}
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
func sourceOf(snap *catalog.Snapshot, k catalog.Key) *catalog.Table {
	var best *catalog.Table
	for _, t := range snap.Tables {
		missing := slices.ContainsFunc(k.Dims, func(d cube.Dimension) bool { return !t.Dims[d] })
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
func sizeOf(snap *catalog.Snapshot, t *catalog.Table) float64 {
	if t.Rows == 0 && t.Raw {
		return float64(snap.Projects.Sum())
	}
	return float64(t.Rows)
}

// keyCounter counts keys from one table.
type keyCounter struct {
	db     chschema.DB
	snap   *catalog.Snapshot
	from   *catalog.Table
	keys   []catalog.Key
	out    []*catalog.KeyCount
	budget float64
}

// count fills in the estimates.
func (c *keyCounter) count(ctx context.Context) error {
	if sizeOf(c.snap, c.from) <= c.budget || !c.from.Dims[cube.Project] || c.snap.Projects.Len() == 0 {
		return c.whole(ctx)
	}
	return c.sample(ctx)
}

// whole counts in all of the table.
func (c *keyCounter) whole(ctx context.Context) error {
	var found []uint64
	if err := c.db.Row(ctx, "SELECT "+c.counts(c.keys)+" FROM "+c.from.SQL(), nil, &found); err != nil {
		return err
	}
	for i, n := range found {
		*c.out[i] = catalog.KeyCount{Rows: float64(n), Error: sketchError}
	}
	return nil
}

// counts is an array of the numbers of different values of the keys.
func (c *keyCounter) counts(keys []catalog.Key) string {
	items := make([]string, len(keys))
	for i, k := range keys {
		var columns []string
		for _, d := range k.Dims {
			columns = append(columns, catalog.Ident(d.Column()))
		}
		switch k.Grain {
		case cube.GrainDay:
			columns = append(columns, catalog.Ident(c.from.TimeColumn))
		case cube.GrainMonth:
			columns = append(columns, "toStartOfMonth("+catalog.Ident(c.from.TimeColumn)+")")
		}
		if items[i] = "toUInt64(1)"; len(columns) > 0 {
			items[i] = "uniqCombined64(15)(" + strings.Join(columns, ", ") + ")"
		}
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// scaled infers from the steps of time that were looked at to all of them.
func (c *keyCounter) scaled(n float64, g cube.Grain, seen cube.Range) (rows float64, atLeast bool) {
	if seen == c.snap.Days {
		return n, false
	}
	return n * float64(g.Steps(c.snap.Days)) / float64(g.Steps(seen)), g != cube.GrainDay
}

// within is the condition on the days that are looked at.
func (c *keyCounter) within(seen cube.Range, p map[string]any) string {
	if seen == c.snap.Days {
		return ""
	}
	p["from"] = seen.From.String()
	return " AND " + catalog.Ident(c.from.TimeColumn) + " >= {from:Date}"
}

// newest is the data's last days, so many of them; all of them where the table
// cannot tell days.
func (c *keyCounter) newest(part float64) cube.Range {
	days := c.snap.Days
	if c.from.Grain != cube.GrainDay || part >= 1 {
		return days
	}
	n := cube.Day(math.Max(1, math.Round(part*float64(days.Days()))))
	return cube.Range{From: max(days.From, days.To-n+1), To: days.To}
}
