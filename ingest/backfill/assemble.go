package backfill

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"clickql/ingest/count"
	"clickql/ingest/ledger"
	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/ingest/tables"
	"clickql/internal/chconn"
	"clickql/internal/cube"
)

// assembly builds the successors of the raw table and of the aggregates by the filled
// columns in a batch's private database.
type assembly struct {
	*columns
	s      *session.Session
	at     *publish.Passage
	of     []string     // the tables of what is kept of the raw table and filled
	pieces []string     // the tables of the aggregates' ranges of these
	inRaw  count.Counts // of the public raw table
}

// build builds and compares all. differs says how one differs from the raw table.
func (a *assembly) build(ctx context.Context) (swaps []ledger.Swap, differs string, err error) {
	err = session.InOrder(ctx,
		a.at.Recording(ledger.Planned),
		func(ctx context.Context) error { return stage.Create(ctx, a.s, a.at.Stage, a.at.Line.Batch) },
		func(ctx context.Context) error { a.inRaw, err = a.tables.Observe(ctx, a.tables.RawTable()); return err },
		a.freeze)
	if err != nil {
		return nil, "", err
	}
	for i, t := range a.public() {
		next := tables.ID{Database: a.at.Stage, Table: tables.Successor(t.Copy)}
		if err := a.s.Do(ctx, "CREATE TABLE "+next.String()+" AS "+t.String()+t.AloneEngine()); err != nil {
			return nil, "", fmt.Errorf("create the successor of %s: %w", t, err)
		}
		if i == 0 {
			differs, err = a.buildRaw(ctx, next)
		} else {
			differs, err = a.buildCounted(ctx, a.counts[i-1], next)
		}
		if err != nil || differs != "" {
			return nil, differs, err
		}
		l, err := a.at.W.P.SwapsOf(ctx, a.at.Line.Batch, a.at.Stage, next.Table, t)
		if err != nil {
			return nil, "", err
		}
		swaps = append(swaps, l...)
	}
	return swaps, "", nil
}

// arrived is the frozen copy of what has arrived, from which all are made.
func (a *assembly) arrived() tables.ID {
	return tables.ID{Database: a.at.Stage, Table: fillArrivals}
}

// freeze takes what has arrived: rows that come from now on are in none of the tables.
// Where replicas keep them nothing collects that, and what is kept has all.
func (a *assembly) freeze(ctx context.Context) error {
	if a.kept {
		return nil
	}
	if err := a.s.Do(ctx, "CREATE TABLE "+a.arrived().String()+" AS "+a.d.Base.String()); err != nil {
		return fmt.Errorf("keep what has arrived: %w", err)
	}
	return stage.TakePartitions(ctx, a.s, tables.ID{Database: a.private(), Table: fillArrivals}, a.arrived(), false)
}

// buildRaw builds the raw table: what was kept and filled, and what has arrived.
func (a *assembly) buildRaw(ctx context.Context, next tables.ID) (differs string, err error) {
	var all []tables.ID
	for _, of := range a.of {
		all = append(all, tables.ID{Database: a.private(), Table: of})
	}
	if !a.kept {
		all = append(all, a.arrived())
	}
	for _, from := range all {
		if err := stage.TakePartitions(ctx, a.s, from, next, false); err != nil {
			return "", err
		}
	}
	c := a.tables.RawTable()
	c.ID = next
	return a.differs(ctx, c, a.inRaw.Counts)
}

// buildCounted builds an aggregate: its ranges, what has arrived, and of days that
// only aggregates hold what it has itself.
func (a *assembly) buildCounted(ctx context.Context, of counted, next tables.ID) (string, error) {
	if err := a.takeRanges(ctx, of, next); err != nil {
		return "", err
	}
	if !a.kept {
		f := tables.Fill{View: of.view, Target: tables.Target{Copy: next.Table}}
		source := tables.Target{Copy: fillArrivals, Key: a.d.Base.Key, Columns: a.d.Base.Columns}
		if err := stage.Compute(ctx, a.s, a.at.Stage, f, nil, source, "", session.Statement{Settings: a.cfg.Filling(1, nil)}); err != nil {
			return "", fmt.Errorf("add what has arrived to %s: %w", of.target, err)
		}
	}
	want := maps.Clone(a.inRaw.Counts)
	if of.checked.Grain != count.ByDay {
		if err := a.refuseKept(ctx, of); err != nil {
			return "", err
		}
	} else if err := a.keep(ctx, of, next, want); err != nil {
		return "", err
	}
	c := of.checked
	c.ID = next
	return a.differs(ctx, c, want)
}

// takeRanges brings an aggregate's ranges together. One that is not there is of an
// aggregate that has been changed since they were computed.
func (a *assembly) takeRanges(ctx context.Context, of counted, next tables.ID) error {
	name := a.pieceOf("", dayRange{}, of)
	suffix, taken := name[strings.LastIndexByte(name, '_'):], 0
	for _, piece := range a.pieces {
		if !strings.HasSuffix(piece, suffix) {
			continue
		}
		taken++
		if err := stage.TakePartitions(ctx, a.s, tables.ID{Database: a.private(), Table: piece}, next, false); err != nil {
			return err
		}
	}
	if taken == 0 && len(a.pieces) > 0 {
		return fmt.Errorf("backfill %s: %s was created or altered while its history was computed; run this again to carry on", a.plan.Table, of.target)
	}
	return nil
}

// keep adds to an aggregate what it holds of days that the raw table has no rows of,
// and to what it should hold.
func (a *assembly) keep(ctx context.Context, of counted, next tables.ID, want map[cube.Day]int64) error {
	held, err := a.tables.Observe(ctx, of.checked)
	if err != nil {
		return err
	}
	kept := keptDays(held.Counts, a.inRaw.Counts)
	if len(kept) == 0 {
		return nil
	}
	var days []string
	for _, d := range slices.Sorted(maps.Keys(kept)) {
		days = append(days, d.String())
	}
	maps.Copy(want, kept)
	return session.Wrap(a.s.Exec(ctx, session.Statement{SQL: "INSERT INTO " + next.String() + " SELECT * FROM " + of.target.String() + " WHERE " + of.checked.Period + " IN {days:Array(Date)}",
		Params: map[string]any{"days": days}, Settings: a.cfg.Filling(1, nil)}), "keep what only %s holds", of.target)
}

// refuseKept refuses an aggregate without days where days are known of which only
// aggregates hold downloads: what it counts of these cannot be told apart.
func (a *assembly) refuseKept(ctx context.Context, of counted) error {
	sc := tables.NewSchema(a.s)
	for _, v := range a.d.Views {
		if v.Source != a.d.Base.ID || stage.InFill(v.Target) {
			continue
		}
		c, err := a.tables.CheckedView(ctx, sc, v)
		if err != nil {
			return err
		}
		if c.Grain != count.ByDay {
			continue
		}
		held, err := a.tables.Observe(ctx, c)
		if err != nil {
			return err
		}
		if kept := keptDays(held.Counts, a.inRaw.Counts); len(kept) > 0 {
			return fmt.Errorf("backfill %s: the raw table has no rows of %s, of which %s holds downloads, and what %s counts of that day would be lost: drop %s with its view %s, which has no days, and run this again",
				a.plan.Table, slices.Min(slices.Collect(maps.Keys(kept))), v.Target, of.target, chconn.Ident(of.target.Table), of.view.ID)
		}
	}
	return nil
}

// differs says how a table differs from what it should hold; empty where it does not.
func (a *assembly) differs(ctx context.Context, c count.Table, want map[cube.Day]int64) (string, error) {
	found, err := a.tables.Observe(ctx, c)
	if err != nil {
		return "", err
	}
	if differ := c.Grain.Compare(found, count.Fold(c.Grain, want)); len(differ) > 0 {
		return fmt.Sprintf("%s counts %d downloads of %s and should count %d", c.ID.Table, differ[0].A, differ[0].Period, differ[0].B), nil
	}
	return "", nil
}
