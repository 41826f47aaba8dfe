package ingest

import (
	"context"
	"errors"
	"fmt"
)

// recoverer brings what other writers left behind to an end.
type recoverer struct {
	s   *session
	cfg Config
	p   *publisher
}

// run fences off other writers, finishes or gives up their batches, and removes
// their private databases.
func (r *recoverer) run(ctx context.Context) error {
	if err := r.fence(ctx); err != nil {
		return err
	}
	open, err := openBatches(ctx, r.s)
	if err != nil {
		return err
	}
	held, err := stages(ctx, r.s)
	if err != nil {
		return err
	}
	for _, b := range open {
		stage := ""
		if s := held[b.Batch]; len(s) > 0 {
			stage = s[len(s)-1] // the writer itself makes all attempts but the first
		}
		if err := r.batch(ctx, b, stage); err != nil {
			return err
		}
	}
	return r.sweep(ctx)
}

// batch finishes one batch or gives it up.
func (r *recoverer) batch(ctx context.Context, b batchLine, stage string) error {
	switch judgeBatch(State(b.State)) {
	case giveUp:
		r.cfg.Log.Info("giving up a batch that its writer left behind: nothing of it is public; "+b.again(), "batch", b.Batch, "what", b.what(), "state", State(b.State))
		if err := emptyStage(ctx, r.s, stage); err != nil {
			return err
		}
		return r.cfg.record(ctx, r.s, b, Failed, "its writer ended while it was "+State(b.State).String())
	case rollForward:
		r.cfg.Log.Info("carrying on a batch that its writer left half published", "batch", b.Batch)
		none, err := (*unpublishedError)(nil), r.rollForward(ctx, b, stage)
		switch {
		case errors.As(err, &none):
			r.cfg.Log.Warn("giving up a batch of which nothing is public", "batch", b.Batch, "reason", none)
			return r.cfg.withdraw(ctx, r.s, b, stage, none)
		case err != nil:
			return fmt.Errorf("carry on publishing batch %s: %w", b.Batch, err)
		}
		if err := r.cfg.at(StepRolledForward); err != nil {
			return err
		}
		return r.cfg.record(ctx, r.s, b, Done, "")
	case leaveAlone:
	}
	return nil
}

// rollForward puts in place what is not: whole tables, or partitions by moving
// them.
func (r *recoverer) rollForward(ctx context.Context, b batchLine, stage string) error {
	swaps, err := readSwaps(ctx, r.s, b.Batch)
	if err != nil {
		return err
	}
	if len(swaps) > 0 {
		return r.p.carryOut(ctx, stage, swaps)
	}
	steps, err := readSteps(ctx, r.s, b.Batch)
	if err != nil {
		return err
	}
	if len(steps) == 0 {
		return errors.New("the ledger holds none of its steps: it has been altered")
	}
	// All are judged before any is moved: a foreign writer stops everything.
	todo, err := r.judgeAll(ctx, steps, stage)
	if err != nil {
		return err
	}
	for _, step := range todo {
		if err := r.p.move(ctx, stage, step); err != nil {
			return err
		}
		if err := r.cfg.at(StepMoved); err != nil {
			return err
		}
	}
	return nil
}

// judgeAll tells which moves have not happened.
func (r *recoverer) judgeAll(ctx context.Context, steps []stepLine, stage string) (todo []stepLine, err error) {
	for _, step := range steps {
		held, err := r.stagedRows(ctx, stage, step)
		if err != nil {
			return nil, err
		}
		verdict, found, err := r.judge(ctx, step, held)
		if err != nil {
			return nil, err
		}
		switch verdict {
		case landed:
		case notLanded:
			todo = append(todo, step)
		case foreign:
			return nil, &ForeignError{Batch: step.Batch, Table: step.partition().id.String(), Partition: step.Partition,
				Witness: step.Witness, Expected: []int64{step.Before, step.Before + step.Delta}, Found: found}
		case vanished:
			return nil, fmt.Errorf("partition %s of %s is neither public nor in a private database: the private database %s* was dropped by hand; "+
				"restore it", step.Partition, step.partition().id, stagePrefix)
		}
	}
	return todo, nil
}

// judge decides about one move.
func (r *recoverer) judge(ctx context.Context, step stepLine, held bool) (landing, int64, error) {
	if step.Witness == "" {
		return judgeIdempotent(held), 0, nil
	}
	found, err := r.p.total(ctx, step.partition(), step.Witness)
	if err != nil {
		return foreign, 0, err
	}
	return judgeMove(step.Before, step.Delta, found, held), found, nil
}

// stagedRows reports whether the private table still holds the partition.
func (r *recoverer) stagedRows(ctx context.Context, stage string, step stepLine) (bool, error) {
	if stage == "" {
		return false, nil
	}
	var parts uint64
	err := r.s.row(ctx, statement{
		SQL: `SELECT count() FROM system.parts WHERE database = {stage:String} AND table = {table:String}
			AND partition_id = {partition:String} AND active AND rows > 0`,
		Params: map[string]any{"stage": stage, "table": step.Staged, "partition": step.Partition},
	}, &parts)
	if err != nil {
		return false, fmt.Errorf("look for partition %s of %s: %w", step.Partition, name(stage, step.Staged), err)
	}
	return parts > 0, nil
}

// sweep removes the private databases of finished batches: those that this
// database's ledger names. Others are not ours to remove.
func (r *recoverer) sweep(ctx context.Context) error {
	held, err := stages(ctx, r.s)
	if err != nil || len(held) == 0 {
		return err
	}
	known, err := readBatches(ctx, r.s, "", "")
	if err != nil {
		return err
	}
	for _, b := range known {
		for _, stage := range held[b.Batch] {
			if !State(b.State).Final() {
				continue
			}
			if err := dropStage(ctx, r.s, stage); err != nil {
				return err
			}
		}
	}
	return nil
}
