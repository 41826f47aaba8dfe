package ingest

import (
	"context"
	"fmt"
	"strings"
)

// uuidOf is the UUID of the table that goes by a name; empty where there is none.
func uuidOf(ctx context.Context, s *session, id tableID) (string, error) {
	uuids, err := s.texts(ctx, statement{
		SQL:    "SELECT toString(uuid) FROM system.tables WHERE database = {database:String} AND name = {name:String}",
		Params: map[string]any{"database": id.Database, "name": id.Table},
	})
	return strings.Join(uuids, ""), failing(err, "look for table %s", id)
}

// exchangeable is uuidOf for a public table that another is to take the place
// of; it refuses those of which that cannot be done or told afterwards.
func exchangeable(ctx context.Context, s *session, id tableID) (string, error) {
	uuid, err := uuidOf(ctx, s, id)
	switch {
	case err != nil:
		return "", err
	case uuid == noUUID:
		return "", fmt.Errorf("replace %s: its database is not of the engine Atomic, so that its tables cannot be exchanged: move them into one that is", id)
	case uuid != "" && strings.HasPrefix(id.Table, ".inner"):
		return "", fmt.Errorf("replace %s: it is the inner table of a view, which knows it by its UUID, so that no other can take its place: create a table, and the view anew with TO that table", id)
	}
	return uuid, nil
}

// noUUID is that of tables in databases that give none.
const noUUID = "00000000-0000-0000-0000-000000000000"

// carryOut does those of a batch's swaps that have not happened. All are judged
// before any is done.
func (p *publisher) carryOut(ctx context.Context, stage string, swaps []swapLine) error {
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
func (p *publisher) judgeSwaps(ctx context.Context, stage string, swaps []swapLine) (todo []swapLine, err error) {
	happened := 0
	var obstacle error
	for _, l := range swaps {
		verdict, found, err := p.judgeSwap(ctx, stage, l)
		switch {
		case err != nil:
			return nil, err
		case verdict == landed:
			happened++
		case verdict == notLanded:
			todo = append(todo, l)
		case obstacle != nil: // the first is told
		case verdict == foreign:
			obstacle = &ForeignError{Batch: l.Batch, Table: l.public().String(), Witness: l.Witness, Expected: []int64{l.Before}, Found: found}
		default:
			obstacle = fmt.Errorf("the table that is to become %s is neither public nor in a private database: the private database %s* was dropped by hand; restore it",
				l.public(), stagePrefix)
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
func (p *publisher) judgeSwap(ctx context.Context, stage string, l swapLine) (verdict landing, found int64, err error) {
	if verb(l.Verb) == define {
		return notLanded, 0, nil
	}
	public, err := uuidOf(ctx, p.s, l.public())
	if err != nil {
		return foreign, 0, err
	}
	staged, err := uuidOf(ctx, p.s, tableID{stage, l.Staged})
	if err != nil {
		return foreign, 0, err
	}
	verdict = judgeSwap(public, staged, l.UUID)
	if verdict != notLanded || l.Witness == "" {
		return verdict, 0, nil
	}
	if found, err = p.whole(ctx, l.public(), l.Witness); err == nil && found != l.Before {
		verdict = foreign
	}
	return verdict, found, err
}

// swap does one swap.
func (p *publisher) swap(ctx context.Context, stage string, l swapLine) error {
	sql := l.SQL
	switch staged := name(stage, l.Staged); verb(l.Verb) {
	case exchange:
		sql = "EXCHANGE TABLES " + staged + " AND " + l.public().String()
	case place:
		sql = "RENAME TABLE " + staged + " TO " + l.public().String()
	}
	return failing(p.s.run(ctx, sql), "put %s of batch %s in its place", l.public(), l.Batch)
}

// swapOf is the swap that puts a staged table in a public one's place.
func (p *publisher) swapOf(ctx context.Context, batch, stage, staged string, public tableID) (swapLine, error) {
	l := swapLine{Batch: batch, Verb: string(exchange), Database: public.Database, Table: public.Table, Staged: staged, At: p.cfg.Now()}
	var err error
	if l.UUID, err = uuidOf(ctx, p.s, tableID{stage, staged}); err != nil {
		return l, err
	}
	there, err := exchangeable(ctx, p.s, public)
	if there == "" {
		l.Verb = string(place)
	}
	return l, err
}
