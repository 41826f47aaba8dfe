package ledger

import (
	"context"
	"time"

	"clickql/ingest/session"
	"clickql/ingest/tables"
)

// Move is what recovery needs to judge the move of one partition.
type Move struct {
	Batch     string    `ch:"batch"`
	Database  string    `ch:"target_database"`
	Table     string    `ch:"target_table"`
	Partition string    `ch:"partition"`
	Copy      string    `ch:"staged_table"`
	Witness   string    `ch:"witness"` // the summed expression; empty: idempotent
	Before    int64     `ch:"before"`
	Delta     int64     `ch:"delta"`
	At        time.Time `ch:"at"`
}

// Moves lists the moves of a batch.
func (l Ledger) Moves(ctx context.Context, batch string) ([]Move, error) {
	moves, err := session.Structs[Move](ctx, l.S, session.SQL(`SELECT DISTINCT batch, target_database, target_table, partition, staged_table, witness, before, delta
			FROM `+l.Table(Moves)+` WHERE batch = {batch:String} ORDER BY target_database, target_table, partition`,
		"batch", batch))
	return moves, session.Wrap(err, "read the steps of batch %s from the ledger", batch)
}

// Total is what the parts of a partition add up to. It holds for as long as there are
// parts of these names and contents in this table as it is defined, whoever wrote it and
// when: a line may be of no use any more, but not wrong.
type Total struct {
	UUID       string    `ch:"table_uuid"`
	Partition  string    `ch:"partition"`
	Definition string    `ch:"definition"` // a digest of the columns of the table
	Witness    string    `ch:"witness"`    // the summed expression
	Parts      []string  `ch:"parts"`      // of each its name and a digest of its files, with a blank between
	Totals     []int64   `ch:"totals"`     // of each
	At         time.Time `ch:"at"`
}

// Totals lists what is known of partitions of some names in some tables.
func (l Ledger) Totals(ctx context.Context, uuids, partitions []string) ([]Total, error) {
	lines, err := session.Structs[Total](ctx, l.S, session.SQL("SELECT table_uuid, partition, definition, witness, parts, totals FROM "+l.Table(Totals)+
		" WHERE table_uuid IN {uuids:Array(String)} AND partition IN {partitions:Array(String)}", "uuids", uuids, "partitions", partitions))
	return lines, session.Wrap(err, "read the totals of partitions from the ledger")
}

// Verb is what one swap does.
type Verb string

// The verbs. Each is one statement that happens as a whole or not at all, and
// of which the server tells afterwards whether it has happened.
const (
	Exchange Verb = "exchange" // a complete staged table takes a public one's place
	Place    Verb = "place"    // a complete staged table becomes a public one that was missing
	Define   Verb = "define"   // a view is created where it is missing
	Drop     Verb = "drop"     // a partition of a public table goes; Copy is its name
	Replace  Verb = "replace"  // a partition takes the place of one that replicas keep
)

// Swap is one step of publishing whole tables, and what recovery needs to
// judge it: the UUID of the table that is to become public.
type Swap struct {
	Batch    string    `ch:"batch"`
	N        uint32    `ch:"n"` // swaps are carried out in this order
	Verb     string    `ch:"verb"`
	Database string    `ch:"target_database"`
	Table    string    `ch:"target_table"`
	Copy     string    `ch:"staged_table"`
	UUID     string    `ch:"uuid"`    // of replace: the partition
	Witness  string    `ch:"witness"` // an expression over the public table before, or the partition of it; empty: none
	Before   int64     `ch:"before"`
	SQL      string    `ch:"sql"` // of define
	At       time.Time `ch:"at"`
}

// Public is the table that a swap is about.
func (l Swap) Public() tables.ID { return tables.ID{Database: l.Database, Table: l.Table} }

// Dropped is the partition that goes; empty where a whole table is put in place.
func (l Swap) Dropped() string {
	if Verb(l.Verb) == Drop {
		return l.Copy
	}
	return ""
}

// Swaps lists the swaps of a batch in their order.
func (l Ledger) Swaps(ctx context.Context, batch string) ([]Swap, error) {
	swaps, err := session.Structs[Swap](ctx, l.S, session.SQL(`SELECT DISTINCT batch, n, verb, target_database, target_table, staged_table, uuid, witness, before, sql
			FROM `+l.Table(Swaps)+` WHERE batch = {batch:String} ORDER BY n`,
		"batch", batch))
	return swaps, session.Wrap(err, "read the swaps of batch %s from the ledger", batch)
}
