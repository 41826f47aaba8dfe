package ingest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// ledgerSwaps holds what publishing whole tables consists of.
const ledgerSwaps = "clickql_ledger_swaps"

// verb is what one swap does.
type verb string

// The verbs. Each is one statement that happens as a whole or not at all, and
// of which the server tells afterwards whether it has happened.
const (
	exchange verb = "exchange" // a complete staged table takes a public one's place
	place    verb = "place"    // a complete staged table becomes a public one that was missing
	define   verb = "define"   // a view is created where it is missing
)

// swapLine is one step of publishing whole tables, and what recovery needs to
// judge it: the UUID of the table that is to become public.
type swapLine struct {
	Batch    string    `ch:"batch"`
	N        uint32    `ch:"n"` // swaps are carried out in this order
	Verb     string    `ch:"verb"`
	Database string    `ch:"target_database"`
	Table    string    `ch:"target_table"`
	Staged   string    `ch:"staged_table"`
	UUID     string    `ch:"uuid"`
	Witness  string    `ch:"witness"` // an expression over the public table before; empty: none
	Before   int64     `ch:"before"`
	SQL      string    `ch:"sql"` // of define
	At       time.Time `ch:"at"`
}

// public is the table that a swap is about.
func (l swapLine) public() tableID { return tableID{l.Database, l.Table} }

// swapsDDL creates the swaps' table in a database.
func swapsDDL(database string) string {
	return "CREATE TABLE IF NOT EXISTS " + name(database, ledgerSwaps) + ` (
			batch String, n UInt32, verb LowCardinality(String), target_database String, target_table String, staged_table String,
			uuid String, witness String, before Int64, sql String, at DateTime64(3, 'UTC')
		) ENGINE = MergeTree ORDER BY (batch, n) COMMENT 'clickql ingest: the tables that each repair, backfill and promotion puts in place'`
}

// readSwaps lists the swaps of a batch in their order.
func readSwaps(ctx context.Context, s *session, batch string) ([]swapLine, error) {
	var swaps []swapLine
	err := s.each(ctx, statement{
		SQL: `SELECT DISTINCT batch, n, verb, target_database, target_table, staged_table, uuid, witness, before, sql
			FROM ` + name(s.database, ledgerSwaps) + ` WHERE batch = {batch:String} ORDER BY n`,
		Params: map[string]any{"batch": batch},
	}, func(rows driver.Rows) error {
		var l swapLine
		err := rows.ScanStruct(&l)
		swaps = append(swaps, l)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the swaps of batch %s from the ledger: %w", batch, err)
	}
	return swaps, nil
}

// judgeSwap tells from UUIDs whether a swap has happened: public and staged are
// those of the tables that go by these names now, empty where there is none.
func judgeSwap(public, staged, want string) landing {
	switch want {
	case public:
		return landed
	case staged:
		return notLanded
	}
	return vanished
}

// uuidOf is the UUID of the table that goes by a name; empty where there is none.
func uuidOf(ctx context.Context, s *session, id tableID) (string, error) {
	uuid := ""
	err := s.each(ctx, statement{
		SQL:    "SELECT toString(uuid) FROM system.tables WHERE database = {database:String} AND name = {name:String}",
		Params: map[string]any{"database": id.Database, "name": id.Table},
	}, func(rows driver.Rows) error { return rows.Scan(&uuid) })
	if err != nil {
		return "", fmt.Errorf("look for table %s: %w", id, err)
	}
	return uuid, nil
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
		if err := p.cfg.at(StepSwapped); err != nil {
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

// whole computes a witness over a whole table.
func (p *publisher) whole(ctx context.Context, id tableID, expr string) (int64, error) {
	var sum int64
	if err := p.s.row(ctx, statement{SQL: "SELECT toInt64(" + expr + ") FROM " + id.String()}, &sum); err != nil {
		return 0, fmt.Errorf("add up %s: %w", id, err)
	}
	return sum, nil
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
	if err := p.s.run(ctx, sql); err != nil {
		return fmt.Errorf("put %s of batch %s in its place: %w", l.public(), l.Batch, err)
	}
	return nil
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
