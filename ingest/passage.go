package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"clickql/internal/chconn"
)

// passage is a batch on its way from planned to done, or failed.
type passage struct {
	w       *writer
	line    batchLine
	began   time.Time
	attempt int    // to prepare it, from one on
	stage   string // the private database of that attempt
	meter   *batchMeter
}

// passage begins one of a batch, or one more attempt.
func (w *writer) passage(line batchLine, attempt int) *passage {
	return &passage{w: w, line: line, began: w.cfg.Now(), attempt: attempt, stage: stageName(w.s.database, line.Batch, w.s.epoch, attempt)}
}

// record writes the batch's next state.
func (p *passage) record(ctx context.Context, state State, reason string) error {
	p.line.Seconds = p.w.cfg.Now().Sub(p.began).Seconds()
	return p.w.ledger.record(ctx, p.line, state, reason)
}

// begin writes what will be done, then the line "publishing".
func begin[T any](ctx context.Context, p *passage, table string, lines []T) error {
	if err := write(ctx, p.w.ledger, table, "steps", lines); err != nil {
		return err
	}
	if err := p.record(ctx, Publishing, ""); err != nil {
		return err
	}
	// After the line and before the first step: whoever takes over from here on
	// has seen both the line and the private database, and takes the latter away.
	return p.w.lock.check(ctx)
}

// publishMoves makes the stage public by moving its partitions. From the line
// "publishing" on, only forward.
func (p *passage) publishMoves(ctx context.Context, moves []moveLine) error {
	if len(moves) == 0 {
		return p.finish(ctx) // every row was rejected
	}
	if err := begin(ctx, p, ledgerMoves, moves); err != nil {
		return err
	}
	for _, m := range moves {
		if err := p.w.p.move(ctx, p.stage, m); err != nil {
			return err
		}
	}
	return p.finish(ctx)
}

// publishSwaps puts whole tables in place. Once the first is public, only
// forward.
func (p *passage) publishSwaps(ctx context.Context, swaps []swapLine) error {
	for i := range swaps {
		swaps[i].N = uint32(i + 1)
	}
	err := begin(ctx, p, ledgerSwaps, swaps)
	if err == nil {
		err = p.w.p.carryOut(ctx, p.stage, swaps)
	}
	none := (*unpublishedError)(nil)
	switch {
	case errors.As(err, &none):
		return errors.Join(none, p.w.withdraw(ctx, p.line, p.stage, none))
	case err == nil:
		err = p.finish(ctx)
	}
	if err != nil {
		return fmt.Errorf("%w; what is published stays, and the next ingest command publishes the rest", err)
	}
	return nil
}

// finish writes that all is public, and removes the stage.
func (p *passage) finish(ctx context.Context) error {
	if err := p.record(ctx, Done, ""); err != nil {
		return err
	}
	return p.dropStages(ctx)
}

// dropStages removes the private databases of all attempts. None may go before
// the batch is done or given up: a claim's name must not become free.
func (p *passage) dropStages(ctx context.Context) error {
	for a := p.attempt; a > 0; a-- {
		if err := dropStage(ctx, p.w.s, stageName(p.w.s.database, p.line.Batch, p.w.s.epoch, a)); err != nil {
			return err
		}
	}
	return nil
}

// abandon gives a batch up that has published nothing, and says why. After a
// crash of a test it leaves all as it is; after an interrupt it still clears up.
func (p *passage) abandon(ctx context.Context, cause error) error {
	if cause == nil {
		return nil
	}
	p.meter.finish(0, false)
	if reason := context.Cause(ctx); reason != nil {
		cause = reason // why statements were cancelled
	}
	if leavesAsItIs(cause) {
		return cause
	}
	cause = withMemoryRemedy(cause, "make batches smaller with --batch-rows, or allow more with --max-memory")
	clear, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	if err := emptyStage(clear, p.w.s, p.stage); err != nil {
		return errors.Join(cause, err)
	}
	if err := p.w.ledger.record(clear, p.line, Failed, cause.Error()); err != nil {
		return errors.Join(cause, err)
	}
	if err := p.dropStages(clear); err != nil {
		return errors.Join(cause, err)
	}
	return cause
}

// withMemoryRemedy says what to do where the server lacks memory.
func withMemoryRemedy(err error, remedy string) error {
	if chconn.Classify(err) == chconn.Memory {
		return fmt.Errorf("%w; %s", err, remedy)
	}
	return err
}

// leavesAsItIs reports a failure after which nothing is cleared up: a crash of a
// test, a lock that another holds now, a server that is away.
func leavesAsItIs(cause error) bool {
	return crashed(cause) || errors.Is(cause, ErrLockLost) || chconn.Classify(cause) == chconn.Unavailable
}
