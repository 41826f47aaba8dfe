package ingest

import (
	"context"
	"errors"
	"fmt"

	"clickql/internal/chconn"
)

// recover brings what other writers left behind to an end: it fences them off,
// finishes or gives up their batches, and removes their private databases.
func (w *writer) recover(ctx context.Context) error {
	if err := w.fence(ctx); err != nil {
		return err
	}
	open, err := w.ledger.open(ctx)
	if err != nil {
		return err
	}
	held, err := stages(ctx, w.s)
	if err != nil {
		return err
	}
	for _, b := range open {
		stage := ""
		if s := held[b.Batch]; len(s) > 0 {
			stage = s[len(s)-1] // the writer itself makes all attempts but the first
		}
		if err := w.recoverBatch(ctx, b, stage); err != nil {
			return err
		}
	}
	return w.sweep(ctx)
}

// recoverBatch finishes one batch or gives it up.
func (w *writer) recoverBatch(ctx context.Context, b batchLine, stage string) error {
	switch judgeBatch(State(b.State)) {
	case giveUp:
		w.cfg.Log.Info("giving up a batch that its writer left behind: nothing of it is public; "+b.again(), "batch", b.Batch, "what", b.what(), "state", State(b.State))
		if err := emptyStage(ctx, w.s, stage); err != nil {
			return err
		}
		return w.ledger.record(ctx, b, Failed, "its writer ended while it was "+State(b.State).String())
	case rollForward:
		w.cfg.Log.Info("carrying on a batch that its writer left half published", "batch", b.Batch)
		none, err := (*unpublishedError)(nil), w.rollForward(ctx, b, stage)
		switch {
		case errors.As(err, &none):
			w.cfg.Log.Warn("giving up a batch of which nothing is public", "batch", b.Batch, "reason", none)
			return w.withdraw(ctx, b, stage, none)
		case err != nil:
			return fmt.Errorf("carry on publishing batch %s: %w", b.Batch, err)
		}
		return w.ledger.record(ctx, b, Done, "")
	case leaveAlone:
	}
	return nil
}

// withdraw gives up a batch of which nothing is public. The private database is
// dropped first, under the name that nobody but the lock's holder gives it: if
// that succeeds no other writer, earlier or later, can publish anything of the
// batch any more, so that the line "failed" is true whenever it arrives. Without
// a private database that is so already.
func (w *writer) withdraw(ctx context.Context, line batchLine, stage string, why error) error {
	if stage != "" {
		err := w.s.exec(ctx, statement{SQL: "DROP DATABASE " + chconn.Ident(stage) + " SYNC", Settings: unguarded()})
		if err != nil {
			return fmt.Errorf("give up batch %s: drop the private database %s: %w", line.Batch, stage, err)
		}
	}
	return w.ledger.record(ctx, line, Failed, why.Error())
}

// rollForward puts in place what is not: whole tables, or partitions by moving
// them.
func (w *writer) rollForward(ctx context.Context, b batchLine, stage string) error {
	swaps, err := w.ledger.swaps(ctx, b.Batch)
	if err != nil {
		return err
	}
	if len(swaps) > 0 {
		return w.p.carryOut(ctx, stage, swaps)
	}
	moves, err := w.ledger.moves(ctx, b.Batch)
	if err != nil {
		return err
	}
	if len(moves) == 0 {
		return errors.New("the ledger holds none of its steps: it has been altered")
	}
	// All are judged before any is moved: a foreign writer stops everything.
	todo, err := w.p.judgeMoves(ctx, moves, stage)
	if err != nil {
		return err
	}
	for _, m := range todo {
		if err := w.p.move(ctx, stage, m); err != nil {
			return err
		}
	}
	return nil
}

// judgeMoves tells which moves have not happened.
func (p *publisher) judgeMoves(ctx context.Context, moves []moveLine, stage string) (todo []moveLine, err error) {
	for _, m := range moves {
		verdict, found, err := p.judge(ctx, m, stage)
		if err != nil {
			return nil, err
		}
		id := partitionOf(m)
		switch verdict {
		case landed:
		case notLanded:
			todo = append(todo, m)
		case foreign:
			return nil, &ForeignError{Batch: m.Batch, Table: id.id.String(), Partition: m.Partition,
				Witness: m.Witness, Expected: []int64{m.Before, m.Before + m.Delta}, Found: found}
		case vanished:
			return nil, fmt.Errorf("partition %s of %s is neither public nor in a private database: the private database %s* was dropped by hand; "+
				"restore it", m.Partition, id.id, stagePrefix)
		}
	}
	return todo, nil
}

// judge decides about one move.
func (p *publisher) judge(ctx context.Context, m moveLine, stage string) (verdict landing, found int64, err error) {
	held, err := p.holds(ctx, stage, m)
	if err != nil || m.Witness == "" {
		return judgeIdempotent(held), 0, err
	}
	found, err = p.total(ctx, partitionOf(m), m.Witness)
	return judgeMove(m.Before, m.Delta, found, held), found, err
}

// holds reports whether the private table still holds the partition.
func (p *publisher) holds(ctx context.Context, stage string, m moveLine) (bool, error) {
	if stage == "" {
		return false, nil
	}
	var parts uint64
	err := p.s.row(ctx, statement{
		SQL: `SELECT count() FROM system.parts WHERE database = {stage:String} AND table = {table:String}
			AND partition_id = {partition:String} AND active AND rows > 0`,
		Params: map[string]any{"stage": stage, "table": m.Staged, "partition": m.Partition},
	}, &parts)
	return parts > 0, failing(err, "look for partition %s of %s", m.Partition, name(stage, m.Staged))
}

// sweep removes the private databases of finished batches: those that this
// database's ledger names. Others are not ours to remove.
func (w *writer) sweep(ctx context.Context) error {
	held, err := stages(ctx, w.s)
	if err != nil || len(held) == 0 {
		return err
	}
	known, err := w.ledger.batches(ctx, "", "")
	if err != nil {
		return err
	}
	for _, b := range known {
		if !State(b.State).Final() {
			continue
		}
		for _, stage := range held[b.Batch] {
			if err := dropStage(ctx, w.s, stage); err != nil {
				return err
			}
		}
	}
	return nil
}
