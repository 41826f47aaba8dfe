package ingest

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// stagePrefix begins the names of private databases.
const stagePrefix = "clickql_stage_"

// stagePattern reads a private database's name back. The numbers have a fixed
// form, so that no name of a database is read as part of another's.
var stagePattern = regexp.MustCompile(`^clickql_stage_(.+)_([0-9]{8}_[0-9]{4,})_([0-9]{8})$`)

// stageName names the private database of a batch, and the epoch of the writer
// that may use it.
func stageName(database, batch string, epoch uint64) string {
	return fmt.Sprintf("%s%s_%s_%08d", stagePrefix, database, batch, epoch)
}

// stages lists the private databases of a database by batch.
func stages(ctx context.Context, s *session) (map[string][]string, error) {
	found := map[string][]string{}
	err := s.each(ctx, statement{
		SQL:    "SELECT name FROM system.databases WHERE startsWith(name, {prefix:String}) ORDER BY name",
		Params: map[string]any{"prefix": stagePrefix + s.database + "_"},
	}, func(rows driver.Rows) error {
		var stage string
		if err := rows.Scan(&stage); err != nil {
			return err
		}
		if m := stagePattern.FindStringSubmatch(stage); m != nil && m[1] == s.database {
			found[m[2]] = append(found[m[2]], stage)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list private databases: %w", err)
	}
	return found, nil
}

// dropStage removes a private database and what is in it.
func dropStage(ctx context.Context, s *session, stage string) error {
	if err := s.run(ctx, "DROP DATABASE IF EXISTS "+quote(stage)+" SYNC"); err != nil {
		return fmt.Errorf("drop the private database %s: %w", stage, err)
	}
	return nil
}

// recoverer brings what other writers left behind to an end.
type recoverer struct {
	*session
	cfg Config
	p   *publisher
}

// run fences off other writers, finishes or gives up their batches, and removes
// their private databases.
func (r *recoverer) run(ctx context.Context) error {
	if err := r.fence(ctx); err != nil {
		return err
	}
	open, err := openBatches(ctx, r.session)
	if err != nil {
		return err
	}
	held, err := stages(ctx, r.session)
	if err != nil {
		return err
	}
	for _, b := range open {
		stage := ""
		if s := held[b.Batch]; len(s) > 0 {
			stage = s[0]
		}
		if err := r.batch(ctx, b, stage); err != nil {
			return err
		}
	}
	return r.sweep(ctx)
}

// fence takes the private databases of batches that are not finished away from
// their writers by giving them names of this epoch, and then waits until no
// statement of another epoch runs any more. After that nothing but this command
// can move anything: a statement that began before is over, and one that comes
// later names a database that is not there.
func (r *recoverer) fence(ctx context.Context) error {
	held, err := stages(ctx, r.session)
	if err != nil {
		return err
	}
	for batch, names := range held {
		for _, old := range names {
			own := stageName(r.database, batch, r.epoch)
			if old == own {
				continue
			}
			if err := r.session.run(ctx, "RENAME DATABASE "+quote(old)+" TO "+quote(own)); err != nil {
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
		err = r.exec(ctx, statement{SQL: "KILL QUERY WHERE query_id IN ({ids:Array(String)}) ASYNC FORMAT Null", Params: map[string]any{"ids": ids}})
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
	err := r.each(ctx, statement{
		SQL:    "SELECT query_id FROM system.processes WHERE startsWith(query_id, {prefix:String})",
		Params: map[string]any{"prefix": queryIDPrefix(r.database)},
	}, func(rows driver.Rows) error {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		if epoch, ok := epochOfQuery(r.database, id); ok && epoch != 0 && epoch != r.epoch {
			ids = append(ids, id)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list running statements: %w", err)
	}
	return ids, nil
}

// batch finishes one batch or gives it up.
func (r *recoverer) batch(ctx context.Context, b batchLine, stage string) error {
	switch judgeBatch(State(b.State)) {
	case giveUp:
		r.cfg.Log.Info("giving up a batch that its writer left behind; its files are loaded again", "batch", b.Batch, "state", State(b.State))
		return r.cfg.record(ctx, r.session, b, Failed, "its writer ended while it was "+State(b.State).String())
	case rollForward:
		r.cfg.Log.Info("carrying on a batch that its writer left half published", "batch", b.Batch)
		if err := r.rollForward(ctx, b, stage); err != nil {
			return fmt.Errorf("carry on publishing batch %s: %w", b.Batch, err)
		}
		if err := r.cfg.at(StepRolledForward); err != nil {
			return err
		}
		return r.cfg.record(ctx, r.session, b, Done, "")
	case leaveAlone:
	}
	return nil
}

// rollForward moves what has not been moved.
func (r *recoverer) rollForward(ctx context.Context, b batchLine, stage string) error {
	steps, err := readSteps(ctx, r.session, b.Batch)
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
			return nil, &ForeignError{Batch: step.Batch, Table: step.partition().tableID.String(), Partition: step.Partition,
				Witness: step.Witness, Expected: []int64{step.Before, step.Before + step.Delta}, Found: found}
		case vanished:
			return nil, fmt.Errorf("partition %s of %s is neither public nor in a private database: the private database %s* was dropped by hand; "+
				"restore it", step.Partition, step.partition().tableID, stagePrefix)
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
	err := r.row(ctx, statement{
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
	held, err := stages(ctx, r.session)
	if err != nil || len(held) == 0 {
		return err
	}
	known, err := readBatches(ctx, r.session, "")
	if err != nil {
		return err
	}
	for _, b := range known {
		for _, stage := range held[b.Batch] {
			if !State(b.State).Final() {
				continue
			}
			if err := dropStage(ctx, r.session, stage); err != nil {
				return err
			}
		}
	}
	return nil
}

// sortedKeys lists a map's keys in order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// ellipsis shortens a list of names for a message.
func ellipsis(names []string, limit int) string {
	if len(names) <= limit {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:limit], ", "), len(names)-limit)
}
