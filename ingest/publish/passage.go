package publish

import (
	"context"
	"errors"
	"fmt"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/internal/chconn"
)

// Passage is a batch on its way from planned to done, or failed.
type Passage struct {
	W       *Writer
	Line    ledger.Batch
	Began   time.Time
	attempt int    // to prepare it, from one on
	Stage   string // the private database of that attempt
	Meter   *config.Meter
}

// Passage begins one of a batch, or one more attempt.
func (w *Writer) Passage(line ledger.Batch, attempt int) *Passage {
	return &Passage{W: w, Line: line, Began: w.Cfg.Now(), attempt: attempt, Stage: stage.Name(w.S.Database, line.Batch, w.S.Epoch, attempt)}
}

// Record writes the batch's next state.
func (p *Passage) Record(ctx context.Context, state ledger.State, reason string) error {
	p.Line.Seconds = p.W.Cfg.Now().Sub(p.Began).Seconds()
	return p.W.Ledger.Record(ctx, p.Line, state, reason)
}

// Recording is Record as a step.
func (p *Passage) Recording(state ledger.State) func(context.Context) error {
	return func(ctx context.Context) error { return p.Record(ctx, state, "") }
}

// begin writes what will be done, then the line "publishing".
func begin[T any](ctx context.Context, p *Passage, table string, lines []T) error {
	if err := ledger.Write(ctx, p.W.Ledger, table, "steps", lines); err != nil {
		return err
	}
	// The lock after the line and before the first step: whoever takes over from
	// here on has seen both the line and the private database, and takes the latter
	// away.
	return session.InOrder(ctx, p.Recording(ledger.Publishing), p.W.lock.Check)
}

// PublishMoves makes the stage public by moving its partitions, of some tables side by
// side. From the line "publishing" on, only forward.
func (p *Passage) PublishMoves(ctx context.Context, moves []ledger.Move, sideBySide int) error {
	if len(moves) == 0 {
		return p.finish(ctx) // every row was rejected
	}
	if err := begin(ctx, p, ledger.Moves, moves); err != nil {
		return err
	}
	if err := p.W.P.moveAll(ctx, p.Stage, moves, sideBySide); err != nil {
		return err
	}
	return p.finish(ctx)
}

// PublishSwaps puts whole tables in place. Once the first is public, only
// forward.
func (p *Passage) PublishSwaps(ctx context.Context, swaps []ledger.Swap) error {
	if len(swaps) == 0 {
		return p.finish(ctx) // replicas have every partition as it is to be
	}
	for i := range swaps {
		swaps[i].N = uint32(i + 1)
	}
	err := begin(ctx, p, ledger.Swaps, swaps)
	if err == nil {
		err = p.W.P.carryOut(ctx, p.Stage, swaps)
	}
	none := (*unpublishedError)(nil)
	switch {
	case errors.As(err, &none):
		return errors.Join(none, p.W.withdraw(ctx, p.Line, p.Stage, none))
	case err == nil:
		err = p.finish(ctx)
	}
	if err != nil {
		return fmt.Errorf("%w; what is published stays, and the next ingest command publishes the rest", err)
	}
	return nil
}

// finish writes that all is public, and removes the stage.
func (p *Passage) finish(ctx context.Context) error {
	return session.InOrder(ctx, p.Recording(ledger.Done), p.dropStages)
}

// dropStages removes the private databases of all attempts. None may go before
// the batch is done or given up: a claim's name must not become free.
func (p *Passage) dropStages(ctx context.Context) error {
	for a := p.attempt; a > 0; a-- {
		if err := stage.Drop(ctx, p.W.S, stage.Name(p.W.S.Database, p.Line.Batch, p.W.S.Epoch, a)); err != nil {
			return err
		}
	}
	return nil
}

// Abandon gives a batch up that has published nothing, and says why. After a
// crash of a test it leaves all as it is; after an interrupt it still clears up.
func (p *Passage) Abandon(ctx context.Context, cause error) error {
	if cause == nil {
		return nil
	}
	p.Meter.Finish(0, false)
	if reason := context.Cause(ctx); reason != nil {
		cause = reason // why statements were cancelled
	}
	if LeavesAsItIs(cause) {
		return cause
	}
	cause = WithMemoryRemedy(cause, "make batches smaller with --batch-rows, or allow more with --max-memory")
	clear, cancel := context.WithTimeout(context.WithoutCancel(ctx), ledger.ReleaseTimeout)
	defer cancel()
	err := session.InOrder(clear,
		func(ctx context.Context) error { return stage.Empty(ctx, p.W.S, p.Stage) },
		func(ctx context.Context) error {
			return p.W.Ledger.Record(ctx, p.Line, ledger.Failed, cause.Error())
		},
		p.dropStages)
	if err != nil {
		return errors.Join(cause, err)
	}
	return cause
}

// WithMemoryRemedy says what to do where the server lacks memory.
func WithMemoryRemedy(err error, remedy string) error {
	if chconn.Classify(err) == chconn.Memory {
		return fmt.Errorf("%w; %s", err, remedy)
	}
	return err
}

// LeavesAsItIs reports a failure after which nothing is cleared up: a crash of a
// test, a lock that another holds now, a server that is away.
func LeavesAsItIs(cause error) bool {
	return session.Crashed(cause) || errors.Is(cause, ledger.ErrLockLost) || chconn.Classify(cause) == chconn.Unavailable
}
