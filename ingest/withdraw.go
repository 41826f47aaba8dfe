package ingest

import (
	"context"
	"errors"
	"fmt"
)

// unpublishedError stands in the way of swaps of which none has happened: the
// batch may be given up, though its state is publishing.
type unpublishedError struct{ cause error }

func (e *unpublishedError) Error() string {
	if f := (*ForeignError)(nil); errors.As(e.cause, &f) {
		return fmt.Sprintf("%s of %s was %d when its successor was built and is %d: something other than clickql ingest has written to it meanwhile; stop that for a while and run this again; nothing was changed",
			f.Witness, f.Table, f.Expected[0], f.Found)
	}
	return e.cause.Error() + "; nothing was changed"
}

func (e *unpublishedError) Unwrap() error { return e.cause }

// withdraw gives up a batch of which nothing is public. The private database is
// dropped first, under the name that nobody but the lock's holder gives it: if
// that succeeds no other writer, earlier or later, can publish anything of the
// batch any more, so that the line "failed" is true whenever it arrives. Without
// a private database that is so already.
func (c Config) withdraw(ctx context.Context, s *session, line batchLine, stage string, why error) error {
	if stage != "" {
		err := s.exec(ctx, statement{SQL: "DROP DATABASE " + quote(stage) + " SYNC", Settings: unguarded()})
		if err != nil {
			return fmt.Errorf("give up batch %s: drop the private database %s: %w", line.Batch, stage, err)
		}
	}
	if err := c.record(ctx, s, line, Failed, why.Error()); err != nil {
		return err
	}
	return c.at(StepBatchFailed)
}

// publishSwaps puts whole tables in place. Once the first is public, only
// forward.
func (w *work) publishSwaps(ctx context.Context, swaps []swapLine) error {
	for i := range swaps {
		swaps[i].N = uint32(i + 1)
	}
	err := beginPublishing(ctx, w, ledgerSwaps, swaps)
	if err == nil {
		err = w.r.p.carryOut(ctx, w.stage, swaps)
	}
	none := (*unpublishedError)(nil)
	switch {
	case errors.As(err, &none):
		return errors.Join(none, w.r.cfg.withdraw(ctx, w.r.s, w.line, w.stage, none))
	case err == nil:
		err = w.finish(ctx)
	}
	if err != nil {
		return fmt.Errorf("%w; what is published stays, and the next ingest command publishes the rest", err)
	}
	return nil
}
