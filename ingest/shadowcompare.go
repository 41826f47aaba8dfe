package ingest

import (
	"context"
	"fmt"
)

// Comparison is how a shadow's tables differ from the live ones.
type Comparison struct {
	Name   string          `json:"name"`
	Tables []TableCompared `json:"tables"`
	// Differences are the days, months and totals that differ.
	Differences []Difference `json:"differences"`
}

// TableCompared is one table in both.
type TableCompared struct {
	Table     string `json:"table"`
	Grain     Grain  `json:"grain"`
	Live      *int64 `json:"live,omitempty"`   // downloads; absent where there is no such table or it has no counts
	Shadow    *int64 `json:"shadow,omitempty"` // the same
	Differing int    `json:"differing"`
	Reason    string `json:"reason,omitempty"`
}

// Compare counts the downloads of every table of both by day, month or in total.
func (sh *Shadow) Compare(ctx context.Context) (Comparison, error) {
	out := Comparison{Name: sh.name, Tables: []TableCompared{}, Differences: []Difference{}}
	live, err := sh.in.held(ctx)
	if err != nil {
		return out, err
	}
	if err := sh.exists(ctx, live.v.r.s); err != nil {
		return out, err
	}
	shadow, err := sh.ingest().held(ctx)
	if err != nil {
		return out, err
	}
	for _, table := range sortedKeys(merged(live.tables, shadow.tables)) {
		out.compare(table, live, shadow)
	}
	return out, nil
}

// merged has the keys of both.
func merged(a, b map[string]heldTable) map[string]bool {
	out := map[string]bool{}
	for _, m := range []map[string]heldTable{a, b} {
		for k := range m {
			out[k] = true
		}
	}
	return out
}

// held is what all tables of a database hold.
type held struct {
	v      *verifier
	tables map[string]heldTable
}

// heldTable is what one table holds.
type heldTable struct {
	c   checked
	got observed
}

// held reads the raw table and every table that views fill from it.
func (in *Ingest) held(ctx context.Context) (held, error) {
	h := held{newVerifier(&run{s: newSession(in.cfg.Conn, in.cfg.Database, 0), cfg: in.cfg, kind: Downloads, sum: &Summary{}}), map[string]heldTable{}}
	if err := h.v.r.threads(ctx); err != nil {
		return h, err
	}
	known, err := h.v.tables(ctx)
	if err != nil {
		return h, err
	}
	for _, c := range append([]checked{h.v.rawTable()}, known...) {
		t := heldTable{c: c}
		if c.grain != Unchecked {
			if t.got, err = h.v.observe(ctx, c); err != nil {
				return h, err
			}
		}
		h.tables[c.id.Table] = t
	}
	return h, nil
}

// compare compares one table.
func (out *Comparison) compare(table string, live, shadow held) {
	a, inLive := live.tables[table]
	b, inShadow := shadow.tables[table]
	t := TableCompared{Table: table, Grain: a.c.grain}
	if !inLive {
		t.Grain = b.c.grain
	}
	before := len(out.Differences)
	differ := func(period string, x, y int64) {
		if x != y {
			out.Differences = append(out.Differences, Difference{Table: table, Grain: t.Grain, Period: period, Expected: x, Found: y})
		}
	}
	switch {
	case !inLive:
		t.Reason = "only the shadow has it"
	case !inShadow:
		t.Reason = "only the live tables have it"
	case a.c.grain != b.c.grain:
		t.Reason = fmt.Sprintf("it counts by %s here and by %s in the shadow", a.c.grain, b.c.grain)
	case a.c.grain == Unchecked:
		t.Reason = a.c.reason
	case a.c.grain == FirstLast:
		differ("first day", int64(a.got.ends[0]), int64(b.got.ends[0]))
		differ("last day", int64(a.got.ends[1]), int64(b.got.ends[1]))
	default:
		for _, p := range periodsOf(a.got.counts, b.got.counts) {
			differ(a.c.grain.write(p), a.got.counts[p], b.got.counts[p])
		}
	}
	if inLive && a.c.count != "" {
		n := a.got.total()
		t.Live = &n
	}
	if inShadow && b.c.count != "" {
		n := b.got.total()
		t.Shadow = &n
	}
	t.Differing = len(out.Differences) - before
	out.Tables = append(out.Tables, t)
}
