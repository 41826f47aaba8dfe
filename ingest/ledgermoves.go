package ingest

import (
	"context"
	"time"
)

// moveLine is what recovery needs to judge the move of one partition.
type moveLine struct {
	Batch     string    `ch:"batch"`
	Database  string    `ch:"target_database"`
	Table     string    `ch:"target_table"`
	Partition string    `ch:"partition"`
	Staged    string    `ch:"staged_table"`
	Witness   string    `ch:"witness"` // the summed expression; empty: idempotent
	Before    int64     `ch:"before"`
	Delta     int64     `ch:"delta"`
	At        time.Time `ch:"at"`
}

// moves lists the moves of a batch.
func (l ledger) moves(ctx context.Context, batch string) ([]moveLine, error) {
	moves, err := structs[moveLine](ctx, l.s, statement{
		SQL: `SELECT DISTINCT batch, target_database, target_table, partition, staged_table, witness, before, delta
			FROM ` + l.table(ledgerMoves) + ` WHERE batch = {batch:String} ORDER BY target_database, target_table, partition`,
		Params: map[string]any{"batch": batch},
	})
	return moves, failing(err, "read the steps of batch %s from the ledger", batch)
}

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

// swaps lists the swaps of a batch in their order.
func (l ledger) swaps(ctx context.Context, batch string) ([]swapLine, error) {
	swaps, err := structs[swapLine](ctx, l.s, statement{
		SQL: `SELECT DISTINCT batch, n, verb, target_database, target_table, staged_table, uuid, witness, before, sql
			FROM ` + l.table(ledgerSwaps) + ` WHERE batch = {batch:String} ORDER BY n`,
		Params: map[string]any{"batch": batch},
	})
	return swaps, failing(err, "read the swaps of batch %s from the ledger", batch)
}
