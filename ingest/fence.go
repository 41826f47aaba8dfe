package ingest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"clickql/internal/chconn"
)

// fence takes the private databases of batches that are not finished away from
// their writers by giving them names of this epoch, and then waits until no
// statement of another epoch runs any more. After that nothing but this command
// can move anything: a statement that began before is over, and one that comes
// later names a database that is not there.
func (w *writer) fence(ctx context.Context) error {
	held, err := stages(ctx, w.s)
	if err != nil {
		return err
	}
	for batch, names := range held {
		for i, old := range names {
			id := parseStage(old)
			if i+1 < len(names) && parseStage(names[i+1]).attempt == id.attempt {
				// Made by a late helper under a name that had been taken away from it.
				if err := dropStage(ctx, w.s, old); err != nil {
					return err
				}
				continue
			}
			own := stageName(w.s.database, batch, w.s.epoch, id.attempt)
			if old == own {
				continue
			}
			if err := w.s.run(ctx, "RENAME DATABASE "+chconn.Ident(old)+" TO "+chconn.Ident(own)); err != nil {
				return fmt.Errorf("take over the private database %s: %w", old, err)
			}
		}
	}
	return drain(ctx, w.s)
}

// drainPoll is how often running statements are looked at.
const drainPoll = 50 * time.Millisecond

// drain ends other writers' statements and waits for those that cannot be ended.
func drain(ctx context.Context, s *session) error {
	tick := time.NewTicker(drainPoll)
	defer tick.Stop()
	for {
		ids, err := othersRunning(ctx, s)
		if err != nil || len(ids) == 0 {
			return err
		}
		err = s.exec(ctx, statement{SQL: "KILL QUERY WHERE query_id IN ({ids:Array(String)}) ASYNC FORMAT Null", Params: map[string]any{"ids": ids}})
		if err != nil {
			return fmt.Errorf("end the statements that the last writer left running: %w", err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// othersRunning lists the statements of other writers. Epoch 0 only reads.
func othersRunning(ctx context.Context, s *session) ([]string, error) {
	ids, err := s.texts(ctx, statement{
		SQL:    "SELECT query_id FROM system.processes WHERE startsWith(query_id, {prefix:String})",
		Params: map[string]any{"prefix": queryIDPrefix(s.database)},
	})
	return slices.DeleteFunc(ids, func(id string) bool {
		epoch, ok := epochOfQuery(s.database, id)
		return !ok || epoch == 0 || epoch == s.epoch
	}), failing(err, "list running statements")
}
