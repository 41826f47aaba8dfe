package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/internal/chconn"
)

// recover brings what other writers left behind to an end: it fences them off,
// finishes or gives up their batches, and removes their private databases.
func (w *Writer) recover(ctx context.Context) error {
	if err := w.fence(ctx); err != nil {
		return err
	}
	open, err := w.Ledger.Open(ctx)
	if err != nil {
		return err
	}
	held, err := stage.List(ctx, w.S)
	if err != nil {
		return err
	}
	for _, b := range open {
		private := ""
		if s := held[b.Batch]; len(s) > 0 {
			private = s[len(s)-1] // the writer itself makes all attempts but the first
		}
		if err := w.recoverBatch(ctx, b, private); err != nil {
			return err
		}
	}
	return w.sweep(ctx)
}

// recoverBatch finishes one batch or gives it up.
func (w *Writer) recoverBatch(ctx context.Context, b ledger.Batch, private string) error {
	switch ledger.JudgeBatch(ledger.State(b.State)) {
	case ledger.GiveUp:
		w.Cfg.Log.Info("giving up a batch that its writer left behind: nothing of it is public; "+b.Again(), "batch", b.Batch, "what", b.What(), "state", ledger.State(b.State))
		if err := stage.Empty(ctx, w.S, private); err != nil {
			return err
		}
		return w.Ledger.Record(ctx, b, ledger.Failed, "its writer ended while it was "+ledger.State(b.State).String())
	case ledger.RollForward:
		w.Cfg.Log.Info("carrying on a batch that its writer left half published", "batch", b.Batch)
		none, err := (*unpublishedError)(nil), w.rollForward(ctx, b, private)
		switch {
		case errors.As(err, &none):
			w.Cfg.Log.Warn("giving up a batch of which nothing is public", "batch", b.Batch, "reason", none)
			return w.withdraw(ctx, b, private, none)
		case err != nil:
			return fmt.Errorf("carry on publishing batch %s: %w", b.Batch, err)
		}
		return w.Ledger.Record(ctx, b, ledger.Done, "")
	case ledger.LeaveAlone:
	}
	return nil
}

// withdraw gives up a batch of which nothing is public. The private database is
// dropped first, under the name that nobody but the lock's holder gives it: if
// that succeeds no other writer, earlier or later, can publish anything of the
// batch any more, so that the line "failed" is true whenever it arrives. Without
// a private database that is so already.
func (w *Writer) withdraw(ctx context.Context, line ledger.Batch, private string, why error) error {
	if private != "" {
		err := w.S.Exec(ctx, session.Statement{SQL: "DROP DATABASE " + chconn.Ident(private) + " SYNC", Settings: stage.Unguarded()})
		if err != nil {
			return fmt.Errorf("give up batch %s: drop the private database %s: %w", line.Batch, private, err)
		}
	}
	return w.Ledger.Record(ctx, line, ledger.Failed, why.Error())
}

// rollForward puts in place what is not: whole tables, or partitions by moving
// them.
func (w *Writer) rollForward(ctx context.Context, b ledger.Batch, stage string) error {
	swaps, err := w.Ledger.Swaps(ctx, b.Batch)
	if err != nil {
		return err
	}
	moves, err := w.Ledger.Moves(ctx, b.Batch)
	if err != nil {
		return err
	}
	if len(moves)+len(swaps) == 0 {
		return errors.New("the ledger holds none of its steps: it has been altered")
	}
	prepared := len(moves) > 0 || slices.ContainsFunc(swaps, func(l ledger.Swap) bool { return ledger.Verb(l.Verb) == ledger.Replace })
	if stage == "" && prepared && w.Ledger.Shared {
		return fmt.Errorf("it was prepared on another replica, by %s, and only there is what is still to be published: run this again with the DSN of that server; "+
			"if it is lost for good, docs/CLUSTER.md says what to do", b.Owner)
	}
	if len(swaps) > 0 {
		return w.P.carryOut(ctx, stage, swaps)
	}
	// All are judged before any is moved: a foreign writer stops everything.
	todo, err := w.P.judgeMoves(ctx, moves, stage)
	if err != nil {
		return err
	}
	return w.P.moveAll(ctx, stage, todo, 1)
}

// judgeMoves tells which moves have not happened.
func (p *publisher) judgeMoves(ctx context.Context, moves []ledger.Move, private string) (todo []ledger.Move, err error) {
	for _, m := range moves {
		verdict, found, err := p.judge(ctx, m, private)
		if err != nil {
			return nil, err
		}
		id := partitionOf(m)
		switch verdict {
		case landed:
		case notLanded:
			todo = append(todo, m)
		case foreign:
			return nil, &ForeignError{Batch: m.Batch, Table: id.Table.String(), Partition: m.Partition,
				Witness: m.Witness, Expected: []int64{m.Before, m.Before + m.Delta}, Found: found}
		case vanished:
			return nil, fmt.Errorf("partition %s of %s is neither public nor in a private database: the private database %s* was dropped by hand; "+
				"restore it", m.Partition, id.Table, stage.Prefix)
		}
	}
	return todo, nil
}

// judge decides about one move.
func (p *publisher) judge(ctx context.Context, m ledger.Move, stage string) (verdict landing, found int64, err error) {
	if err := p.catchUp(ctx, partitionOf(m).Table); err != nil {
		return foreign, 0, err
	}
	held, err := p.holds(ctx, stage, m)
	if err != nil || m.Witness == "" {
		return judgeIdempotent(held), 0, err
	}
	found, err = p.total(ctx, partitionOf(m), m.Witness)
	return judgeMove(m.Before, m.Delta, found, held), found, err
}

// holds reports whether the private table still holds the partition.
func (p *publisher) holds(ctx context.Context, stage string, m ledger.Move) (bool, error) {
	if stage == "" {
		return false, nil
	}
	var parts uint64
	err := p.s.Row(ctx, session.SQL(`SELECT count() FROM system.parts WHERE database = {stage:String} AND table = {table:String}
			AND partition_id = {partition:String} AND active AND rows > 0`,
		"stage", stage, "table", m.Copy, "partition", m.Partition), &parts)
	return parts > 0, session.Wrap(err, "look for partition %s of %s", m.Partition, session.Name(stage, m.Copy))
}

// sweep removes the private databases of finished batches: those that this
// database's ledger names. Others are not ours to remove.
func (w *Writer) sweep(ctx context.Context) error {
	held, err := stage.List(ctx, w.S)
	if err != nil || len(held) == 0 {
		return err
	}
	known, err := w.Ledger.Batches(ctx, "", "")
	if err != nil {
		return err
	}
	for _, b := range known {
		if !ledger.State(b.State).Final() {
			continue
		}
		for _, private := range held[b.Batch] {
			if err := stage.Drop(ctx, w.S, private); err != nil {
				return err
			}
		}
	}
	return nil
}

// fence takes the private databases of batches that are not finished away from
// their writers by giving them names of this epoch, and then waits until no
// statement of another epoch runs any more. After that nothing but this command
// can move anything: a statement that began before is over, and one that comes
// later names a database that is not there.
func (w *Writer) fence(ctx context.Context) error {
	held, err := stage.List(ctx, w.S)
	if err != nil {
		return err
	}
	for batch, names := range held {
		for i, old := range names {
			id := stage.Parse(old)
			if i+1 < len(names) && stage.Parse(names[i+1]).Attempt == id.Attempt {
				// Made by a late helper under a name that had been taken away from it.
				if err := stage.Drop(ctx, w.S, old); err != nil {
					return err
				}
				continue
			}
			own := stage.Name(w.S.Database, batch, w.S.Epoch, id.Attempt)
			if old == own {
				continue
			}
			if err := w.S.Do(ctx, "RENAME DATABASE "+chconn.Ident(old)+" TO "+chconn.Ident(own)); err != nil {
				return fmt.Errorf("take over the private database %s: %w", old, err)
			}
		}
	}
	return Drain(ctx, w.S)
}

// DrainPoll is how often running statements are looked at.
const DrainPoll = 50 * time.Millisecond

// silentFor is how long a statement that was killed has to be seen without a row: one
// that had just got its rows then would have counted them by now.
const silentFor = 2 * time.Second

// Drain ends other writers' statements and waits for those that cannot be ended. The
// server does not end an INSERT that waits for its client's rows, which a client that is
// stopped never sends; killed before it had any, it refuses those that come after all
// (QUERY_WAS_CANCELLED), so that it is not waited for.
func Drain(ctx context.Context, s *session.Session) error {
	tick := time.NewTicker(DrainPoll)
	defer tick.Stop()
	silent := map[string]time.Time{} // since when
	for {
		others, err := othersRunning(ctx, s)
		if err != nil {
			return err
		}
		var ids []string
		for _, o := range others {
			since, known := silent[o.id]
			switch {
			case !o.silent:
				delete(silent, o.id)
			case !known:
				silent[o.id] = time.Now()
			case time.Since(since) >= silentFor:
				continue
			}
			ids = append(ids, o.id)
		}
		if len(ids) == 0 {
			return nil
		}
		err = s.Exec(ctx, session.SQL("KILL QUERY WHERE query_id IN ({ids:Array(String)}) ASYNC FORMAT Null", "ids", ids))
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

// running is a statement of another writer; silent where it has been killed, and has had
// none of the rows that its client is to send.
type running struct {
	id     string
	silent bool
}

// othersRunning lists the statements of other writers. Epoch 0 only reads.
func othersRunning(ctx context.Context, s *session.Session) ([]running, error) {
	all, err := session.Scan(ctx, s, session.SQL("SELECT query_id, toBool(is_cancelled AND read_rows = 0 AND written_rows = 0 AND query LIKE 'INSERT INTO % FORMAT Native') FROM system.processes WHERE startsWith(query_id, {prefix:String})",
		"prefix", session.QueryIDPrefix(s.Database)), func(r *running) []any { return []any{&r.id, &r.silent} })
	return slices.DeleteFunc(all, func(r running) bool {
		epoch, ok := session.EpochOfQuery(s.Database, r.id)
		return !ok || epoch == 0 || epoch == s.Epoch
	}), session.Wrap(err, "list running statements")
}
