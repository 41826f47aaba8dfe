package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// fence takes the private databases of batches that are not finished away from
// their writers by giving them names of this epoch, and then waits until no
// statement of another epoch runs any more. After that nothing but this command
// can move anything: a statement that began before is over, and one that comes
// later names a database that is not there.
func (r *recoverer) fence(ctx context.Context) error {
	held, err := stages(ctx, r.s)
	if err != nil {
		return err
	}
	for batch, names := range held {
		for i, old := range names {
			id := parseStage(old)
			if i+1 < len(names) && parseStage(names[i+1]).attempt == id.attempt {
				// Made by a late helper under a name that had been taken away from it.
				if err := dropStage(ctx, r.s, old); err != nil {
					return err
				}
				continue
			}
			own := attemptName(r.s.database, batch, r.s.epoch, id.attempt)
			if old == own {
				continue
			}
			if err := r.s.run(ctx, "RENAME DATABASE "+quote(old)+" TO "+quote(own)); err != nil {
				return fmt.Errorf("take over the private database %s: %w", old, err)
			}
		}
	}
	return r.drain(ctx)
}

// drainPoll is how often running statements are looked at.
const drainPoll = 50 * time.Millisecond

// drain ends other writers' statements and waits for those that cannot be ended.
func (r *recoverer) drain(ctx context.Context) error {
	tick := time.NewTicker(drainPoll)
	defer tick.Stop()
	for {
		ids, err := r.othersRunning(ctx)
		if err != nil || len(ids) == 0 {
			return err
		}
		err = r.s.exec(ctx, statement{SQL: "KILL QUERY WHERE query_id IN ({ids:Array(String)}) ASYNC FORMAT Null", Params: map[string]any{"ids": ids}})
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
func (r *recoverer) othersRunning(ctx context.Context) ([]string, error) {
	var ids []string
	err := r.s.each(ctx, statement{
		SQL:    "SELECT query_id FROM system.processes WHERE startsWith(query_id, {prefix:String})",
		Params: map[string]any{"prefix": queryIDPrefix(r.s.database)},
	}, func(rows driver.Rows) error {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		if epoch, ok := epochOfQuery(r.s.database, id); ok && epoch != 0 && epoch != r.s.epoch {
			ids = append(ids, id)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list running statements: %w", err)
	}
	return ids, nil
}
