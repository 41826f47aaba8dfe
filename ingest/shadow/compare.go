package shadow

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"clickql/ingest/count"
	"clickql/ingest/session"
	"clickql/ingest/verify"
)

// Comparison is how a shadow's tables differ from the live ones.
type Comparison struct {
	Name   string  `json:"name"`
	Tables []Table `json:"tables"`
	// Differences are the days, months and totals that differ.
	Differences []verify.Difference `json:"differences"`
}

// Table is one table in both.
type Table struct {
	Table     string      `json:"table"`
	Grain     count.Grain `json:"grain"`
	Live      *int64      `json:"live,omitempty"`   // downloads; absent where there is no such table or it has no counts
	Shadow    *int64      `json:"shadow,omitempty"` // the same
	Differing int         `json:"differing"`
	Reason    string      `json:"reason,omitempty"`
}

// Compare counts the downloads of every table of both by day, month or in total, over
// all shards: in a shadow a file may be in another one.
func (sh *Shadow) Compare(ctx context.Context) (Comparison, error) {
	out := Comparison{Name: sh.name, Tables: []Table{}, Differences: []verify.Difference{}}
	err := sh.over(ctx, func(parts []*part) error {
		live, shadow := held{}, held{}
		for _, p := range parts {
			err := p.exists(ctx, p.cfg.Session())
			if err == nil {
				err = p.count(ctx, p.cfg.Session(), live, shadow)
			}
			if err != nil {
				return p.cfg.OfShard(err)
			}
		}
		all := maps.Clone(live)
		maps.Copy(all, shadow)
		for _, table := range slices.Sorted(maps.Keys(all)) {
			out.compare(table, live, shadow)
		}
		return nil
	})
	return out, err
}

// held is what tables hold, by their names.
type held map[string]count.Held

// add adds what those of one more shard do.
func (h held) add(shard held) {
	for table, more := range shard {
		if before, there := h[table]; there {
			more.Got = before.Got.Plus(more.Got)
		}
		h[table] = more
	}
}

// count adds what the live tables and the part's hold.
func (sh *part) count(ctx context.Context, s *session.Session, live, shadow held) error {
	here, there, err := sh.both(ctx, s)
	live.add(here)
	shadow.add(there)
	return err
}

// both reads all tables of the live database and of the part.
func (sh *part) both(ctx context.Context, s *session.Session) (live, shadow held, err error) {
	cfg, err := sh.own().WithThreads(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	if live, err = count.NewObserver(s, cfg).All(ctx); err != nil {
		return nil, nil, err
	}
	shadow, err = count.NewObserver(s.Of(sh.database(), 0), cfg).All(ctx)
	return live, shadow, err
}

// compare compares one table.
func (out *Comparison) compare(table string, live, shadow held) {
	a, inLive := live[table]
	b, inShadow := shadow[table]
	t := Table{Table: table, Grain: a.Checked.Grain}
	if !inLive {
		t.Grain = b.Checked.Grain
	}
	switch {
	case !inLive:
		t.Reason = "only the shadow has it"
	case !inShadow:
		t.Reason = "only the live tables have it"
	case a.Checked.Grain != b.Checked.Grain:
		t.Reason = fmt.Sprintf("it counts by %s here and by %s in the shadow", a.Checked.Grain, b.Checked.Grain)
	case a.Checked.Grain == count.Unchecked:
		t.Reason = a.Checked.Reason
	default:
		for _, d := range t.Grain.Compare(a.Got, b.Got) {
			t.Differing++
			out.Differences = append(out.Differences, verify.Difference{Table: table, Grain: t.Grain, Period: d.Period, Expected: d.A, Found: d.B})
		}
	}
	if inLive && a.Checked.Count != "" {
		n := a.Got.Total()
		t.Live = &n
	}
	if inShadow && b.Checked.Count != "" {
		n := b.Got.Total()
		t.Shadow = &n
	}
	out.Tables = append(out.Tables, t)
}
