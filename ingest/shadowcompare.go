package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"
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
	s := sh.cfg.session()
	if err := sh.exists(ctx, s); err != nil {
		return out, err
	}
	live, shadow, err := sh.both(ctx, s)
	if err != nil {
		return out, err
	}
	all := maps.Clone(live)
	maps.Copy(all, shadow)
	for _, table := range slices.Sorted(maps.Keys(all)) {
		out.compare(table, live, shadow)
	}
	return out, nil
}

// both reads all tables of the live database and of the shadow, by their names.
func (sh *Shadow) both(ctx context.Context, s *session) (live, shadow map[string]held, err error) {
	cfg, err := sh.own().withThreads(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	if live, err = newObserver(s, cfg).all(ctx); err != nil {
		return nil, nil, err
	}
	shadow, err = newObserver(s.of(sh.Database(), 0), cfg).all(ctx)
	return live, shadow, err
}

// compare compares one table.
func (out *Comparison) compare(table string, live, shadow map[string]held) {
	a, inLive := live[table]
	b, inShadow := shadow[table]
	t := TableCompared{Table: table, Grain: a.checked.grain}
	if !inLive {
		t.Grain = b.checked.grain
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
	case a.checked.grain != b.checked.grain:
		t.Reason = fmt.Sprintf("it counts by %s here and by %s in the shadow", a.checked.grain, b.checked.grain)
	case a.checked.grain == Unchecked:
		t.Reason = a.checked.reason
	case a.checked.grain == FirstLast:
		differ("first day", int64(a.got.ends[0]), int64(b.got.ends[0]))
		differ("last day", int64(a.got.ends[1]), int64(b.got.ends[1]))
	default:
		for _, p := range periodsOf(a.got.counts, b.got.counts) {
			differ(a.checked.grain.write(p), a.got.counts[p], b.got.counts[p])
		}
	}
	if inLive && a.checked.count != "" {
		n := a.got.total()
		t.Live = &n
	}
	if inShadow && b.checked.count != "" {
		n := b.got.total()
		t.Shadow = &n
	}
	t.Differing = len(out.Differences) - before
	out.Tables = append(out.Tables, t)
}
