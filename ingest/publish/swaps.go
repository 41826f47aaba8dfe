package publish

import (
	"context"
	"fmt"
	"strings"

	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/ingest/tables"
)

// UUIDOf is the UUID of the table that goes by a name; empty where there is none.
func UUIDOf(ctx context.Context, s *session.Session, id tables.ID) (string, error) {
	uuids, err := s.Texts(ctx, session.SQL("SELECT toString(uuid) FROM system.tables WHERE database = {database:String} AND name = {name:String}", "database", id.Database, "name", id.Table))
	return strings.Join(uuids, ""), session.Wrap(err, "look for table %s", id)
}

// Exchangeable is UUIDOf for a public table that another is to take the place
// of; it refuses those of which that cannot be done or told afterwards.
func Exchangeable(ctx context.Context, s *session.Session, id tables.ID) (string, error) {
	uuid, err := UUIDOf(ctx, s, id)
	if err != nil || uuid == "" {
		return "", err
	}
	replicated, err := session.Replicated(ctx, s, id.Database, id.Table)
	switch {
	case err != nil:
		return "", err
	case replicated:
		return "", fmt.Errorf("replace %s: replicas keep it, and a table is put in another's place on one server only", id)
	case uuid == noUUID:
		return "", fmt.Errorf("replace %s: its database is not of the engine Atomic, so that its tables cannot be exchanged: move them into one that is", id)
	case strings.HasPrefix(id.Table, ".inner"):
		return "", fmt.Errorf("replace %s: it is the inner table of a view, which knows it by its UUID, so that no other can take its place: create a table, and the view anew with TO that table", id)
	}
	return uuid, nil
}

// Replaceable refuses a public table that another cannot take the place of: whole, or
// where replicas keep it partition by partition.
func Replaceable(ctx context.Context, s *session.Session, id tables.ID) error {
	replicated, err := session.Replicated(ctx, s, id.Database, id.Table)
	if err == nil && !replicated {
		_, err = Exchangeable(ctx, s, id)
	}
	return err
}

// noUUID is that of tables in databases that give none.
const noUUID = "00000000-0000-0000-0000-000000000000"

// carryOut does those of a batch's swaps that have not happened. All are judged
// before any is done.
func (p *publisher) carryOut(ctx context.Context, stage string, swaps []ledger.Swap) error {
	todo, err := p.judgeSwaps(ctx, stage, swaps)
	if err != nil {
		return err
	}
	for _, l := range todo {
		if err := p.swap(ctx, stage, l); err != nil {
			return err
		}
	}
	return nil
}

// judgeSwaps lists the swaps that have not happened. What stands in the way of
// them is an *unpublishedError where none has.
func (p *publisher) judgeSwaps(ctx context.Context, private string, swaps []ledger.Swap) (todo []ledger.Swap, err error) {
	happened := 0
	var obstacle error
	for _, l := range swaps {
		verdict, found, err := p.judgeSwap(ctx, private, l)
		switch {
		case err != nil:
			return nil, err
		case verdict == landed:
			happened++
		case verdict == notLanded:
			todo = append(todo, l)
		case obstacle != nil: // the first is told
		case verdict == foreign:
			obstacle = &ForeignError{Batch: l.Batch, Table: l.Public().String(), Partition: l.Dropped(), Witness: l.Witness, Expected: []int64{l.Before}, Found: found}
		default:
			obstacle = fmt.Errorf("the table that is to become %s is neither public nor in a private database: the private database %s* was dropped by hand; restore it",
				l.Public(), stage.Prefix)
		}
	}
	if obstacle != nil && happened == 0 {
		obstacle = &unpublishedError{obstacle}
	}
	return todo, obstacle
}

// judgeSwap asks the server about one swap. A public table that is still to be
// replaced must hold what it held when its successor was built; found is what it
// does.
func (p *publisher) judgeSwap(ctx context.Context, stage string, l ledger.Swap) (verdict landing, found int64, err error) {
	switch ledger.Verb(l.Verb) {
	case ledger.Define:
		return notLanded, 0, nil
	case ledger.Drop:
		return p.judgeDrop(ctx, l)
	case ledger.Replace:
		return p.judgeReplacement(ctx, stage, l)
	}
	public, err := UUIDOf(ctx, p.s, l.Public())
	if err != nil {
		return foreign, 0, err
	}
	staged, err := UUIDOf(ctx, p.s, tables.ID{Database: stage, Table: l.Copy})
	if err != nil {
		return foreign, 0, err
	}
	verdict = judgeSwap(public, staged, l.UUID)
	if verdict != notLanded || l.Witness == "" {
		return verdict, 0, nil
	}
	if found, err = p.Whole(ctx, l.Public(), l.Witness); err == nil && found != l.Before {
		verdict = foreign
	}
	return verdict, found, err
}

// judgeDrop asks whether a partition is still there: with the rows that were to be
// dropped, and no others.
func (p *publisher) judgeDrop(ctx context.Context, l ledger.Swap) (landing, int64, error) {
	found, err := p.total(ctx, tables.Partition{Table: l.Public(), Name: l.Copy}, l.Witness)
	return judgeMove(l.Before, -l.Before, found, true), found, err
}

// swap does one swap.
func (p *publisher) swap(ctx context.Context, stage string, l ledger.Swap) error {
	if ledger.Verb(l.Verb) == ledger.Replace {
		return p.replace(ctx, stage, l)
	}
	sql, unguarded := l.SQL, map[string]any{"max_partition_size_to_drop": 0}
	switch staged := session.Name(stage, l.Copy); ledger.Verb(l.Verb) {
	case ledger.Exchange:
		sql = "EXCHANGE TABLES " + staged + " AND " + l.Public().String()
	case ledger.Place:
		sql = "RENAME TABLE " + staged + " TO " + l.Public().String()
	case ledger.Drop:
		err := p.s.Exec(ctx, session.Statement{SQL: "ALTER TABLE " + l.Public().String() + " DROP PARTITION ID {partition:String}",
			Params: map[string]any{"partition": l.Copy}, Settings: unguarded})
		return session.Wrap(err, "drop partition %s of %s", l.Copy, l.Public())
	}
	return session.Wrap(p.s.Do(ctx, sql), "put %s of batch %s in its place", l.Public(), l.Batch)
}

// SwapsOf put a staged table in a public one's place: whole, or where replicas keep it
// those of its partitions that differ.
func (p *publisher) SwapsOf(ctx context.Context, batch, stage, staged string, public tables.Target) ([]ledger.Swap, error) {
	if public.Engine.Replicated() {
		return p.replacements(ctx, batch, stage, staged, public)
	}
	l := ledger.Swap{Batch: batch, Verb: string(ledger.Exchange), Database: public.Database, Table: public.Table, Copy: staged, At: p.cfg.Now()}
	var err error
	if l.UUID, err = UUIDOf(ctx, p.s, tables.ID{Database: stage, Table: staged}); err != nil {
		return nil, err
	}
	there, err := Exchangeable(ctx, p.s, public.ID)
	if there == "" {
		l.Verb = string(ledger.Place)
	}
	return []ledger.Swap{l}, err
}
