package backfill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"clickql/ingest/ledger"
	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/ingest/tables"
	"clickql/internal/chconn"
)

// readyLine is what is prepared: the comment of the table fillReady, whose
// creation ends the preparation.
type readyLine struct {
	Make   string   `json:"make"`
	Select string   `json:"select"`
	Source string   `json:"source"`
	Count  string   `json:"count"` // expression of the source's downloads
	Key    []string `json:"key"`   // the source's sorting key
	// Update changes what is kept of the raw table itself.
	Update string `json:"update,omitempty"`
}

// readReady reads what an earlier backfill of the same definition has prepared;
// nil where there is none.
func (b *backfiller) readReady(ctx context.Context, s *session.Session) (*readyLine, error) {
	comments, err := s.Texts(ctx, session.SQL("SELECT comment FROM system.tables WHERE database = {database:String} AND name = {name:String}", "database", b.private(), "name", FillReady))
	if err != nil {
		return nil, fmt.Errorf("look for an earlier backfill of %s: %w", b.plan.Table, err)
	}
	var r readyLine
	if json.Unmarshal([]byte(strings.Join(comments, "")), &r) != nil || r.Make != b.make || r.Select != b.view.Select || r.Update != b.update {
		return nil, nil //nolint:nilerr // not of ours, or of another definition: prepared anew
	}
	return &r, nil
}

// begin takes up what is prepared, or prepares it.
func (b *backfiller) begin(ctx context.Context, own *session.Session) (*readyLine, error) {
	ready, err := b.readReady(ctx, own)
	if err != nil || ready != nil {
		return ready, err
	}
	b.cfg.Progress.Phase("waiting for the writer")
	err = b.asWriter(ctx, func(ctx context.Context, w *publish.Writer) error {
		ready, err = b.prepare(ctx, w)
		return err
	})
	return ready, err
}

// readyFrom is what is prepared from a table.
func (b *backfiller) readyFrom(source tables.Target) *readyLine {
	ready := &readyLine{Make: b.make, Select: b.view.Select, Update: b.update, Source: source.Table, Count: publish.RowsWitness, Key: source.Key}
	if source.ID != b.d.Base.ID {
		ready.Count = source.Witness.Expr
	}
	return ready
}

// maxPrepare bounds the attempts to find an instant at which nobody inserts.
const maxPrepare = 5

// prepare begins to collect what arrives, and keeps what the source holds at that
// instant. It is done under the writer's lock, so that no load publishes, and
// holds only if the raw table did not change meanwhile: somebody else's INSERT
// would be in both or in neither.
func (b *backfiller) prepare(ctx context.Context, w *publish.Writer) (*readyLine, error) {
	for range maxPrepare {
		ready, err := b.tryPrepare(ctx, w)
		if err != nil || ready != nil {
			return ready, err
		}
	}
	return nil, fmt.Errorf("backfill %s: something inserts into %s all the time, so that there is no instant to begin at; stop it for a moment", b.plan.Table, b.d.Base)
}

// tryPrepare is one attempt; nil where the raw table changed.
func (b *backfiller) tryPrepare(ctx context.Context, w *publish.Writer) (*readyLine, error) {
	if err := b.clear(ctx, w.S); err != nil {
		return nil, err
	}
	if err := b.alone(ctx, w.S); err != nil {
		return nil, err
	}
	h, err := b.history(ctx, w.S)
	if err != nil {
		return nil, err
	}
	source := h.source
	ready := b.readyFrom(source)
	view := "CREATE MATERIALIZED VIEW " + session.Name(b.private(), fillArrivals+"_mv") + " TO " + session.Name(b.private(), fillArrivals) + " AS " + b.view.Select
	for _, sql := range []string{b.creating(session.Name(b.private(), fillArrivals)), view} {
		if err := w.S.Do(ctx, sql); err != nil {
			return nil, fmt.Errorf("collect what arrives for %s: %w", b.plan.Table, err)
		}
	}
	// An INSERT that began before the view was there does not know of it.
	if err := b.awaitInserts(ctx, w.S); err != nil {
		return nil, err
	}
	snapshot := tables.ID{Database: b.private(), Table: fillSnapshot}
	if err := w.S.Do(ctx, "CREATE TABLE "+snapshot.String()+" AS "+source.String()); err != nil {
		return nil, fmt.Errorf("keep what %s holds: %w", source, err)
	}
	if err := stage.TakePartitions(ctx, w.S, source.ID, snapshot, false); err != nil {
		return nil, err
	}
	same, err := b.unchangedSince(ctx, w, h, snapshot, ready.Count)
	if err != nil || !same {
		return nil, err
	}
	comment, err := json.Marshal(ready)
	if err != nil {
		return nil, err
	}
	err = w.S.Do(ctx, "CREATE TABLE "+session.Name(b.private(), FillReady)+" (n UInt8) ENGINE = MergeTree ORDER BY n COMMENT "+chconn.Literal(string(comment)))
	return ready, session.Wrap(err, "note what is prepared for %s", b.plan.Table)
}

// unchangedSince reports that the raw table holds as many rows as before, the
// snapshot as many downloads as its source, and that none has arrived.
func (b *backfiller) unchangedSince(ctx context.Context, w *publish.Writer, h history, snapshot tables.ID, count string) (bool, error) {
	for _, holds := range []struct {
		id   tables.ID
		expr string
		rows int64
	}{{snapshot, count, h.holds.Total()}, {b.d.Base.ID, "count()", h.inRaw.Total()}, {tables.ID{Database: b.private(), Table: fillArrivals}, "count()", 0}} {
		if now, err := w.P.Whole(ctx, holds.id, holds.expr); err != nil || now != holds.rows {
			return false, err
		}
	}
	return true, nil
}

// awaitInserts waits for the statements that insert at this moment.
func (b *backfiller) awaitInserts(ctx context.Context, s *session.Session) error {
	ids, err := s.Texts(ctx, session.SQL("SELECT query_id FROM system.processes WHERE query_kind = 'Insert' OR query_kind = 'AsyncInsertFlush'"))
	tick := time.NewTicker(publish.DrainPoll)
	defer tick.Stop()
	for running := uint64(1); err == nil && len(ids) > 0 && running > 0; {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
		err = s.Row(ctx, session.SQL("SELECT count() FROM system.processes WHERE query_id IN ({ids:Array(String)})", "ids", ids), &running)
	}
	return session.Wrap(err, "wait for the inserts that run")
}

// clear removes what an attempt or an earlier backfill prepared: first the view,
// so that nothing writes to its table.
func (b *backfiller) clear(ctx context.Context, s *session.Session) error {
	tables, err := s.Texts(ctx, session.SQL(`SELECT name FROM system.tables WHERE database = {database:String} AND NOT startsWith(name, {lock:String})
			ORDER BY engine = 'MaterializedView' DESC, name = {ready:String} DESC`,
		"database", b.private(), "lock", ledger.LockPrefix, "ready", FillReady))
	if err == nil {
		err = stage.DropTables(ctx, s, b.private(), tables)
	}
	return session.Wrap(err, "clear the private database %s", b.private())
}

// remove drops the private database: first the view, in case the server ends in
// between.
func (b *backfiller) remove(ctx context.Context, s *session.Session) error {
	if err := b.clear(ctx, s); err != nil {
		return err
	}
	return stage.Drop(ctx, s, b.private())
}

// ErrNone refuses to discard a backfill that is not there.
var ErrNone = errors.New("there is none")

// discard drops what a backfill that did not end has left.
func (b *backfiller) discard(ctx context.Context) error {
	var there uint64
	err := b.s.Row(ctx, session.SQL("SELECT count() FROM system.databases WHERE name = {name:String}", "name", b.private()), &there)
	if err == nil && there == 0 {
		err = ErrNone
	}
	if err != nil {
		return fmt.Errorf("discard the backfill of %s: %w", b.plan.Table, err)
	}
	return b.owning(ctx, b.s, func(ctx context.Context, _ *session.Session) error {
		return b.asWriter(ctx, func(ctx context.Context, w *publish.Writer) error { return b.remove(context.WithoutCancel(ctx), w.S) })
	})
}
