package ingest

import (
	"context"
	"time"
)

// batchLine is one line of a batch's life.
type batchLine struct {
	Batch    string    `ch:"batch"`
	Kind     string    `ch:"kind"`
	State    uint8     `ch:"state"`
	Reason   string    `ch:"reason"`
	Epoch    uint64    `ch:"epoch"`
	Owner    string    `ch:"owner"`
	Files    uint64    `ch:"files"`
	Bytes    uint64    `ch:"bytes"`
	Rows     uint64    `ch:"rows"`
	Stored   uint64    `ch:"stored"`
	Rejected uint64    `ch:"rejected"`
	FirstDay time.Time `ch:"first_day"`
	LastDay  time.Time `ch:"last_day"`
	Seconds  float64   `ch:"seconds"`
	At       time.Time `ch:"at"`
}

// record writes a line of a batch's life.
func (l ledger) record(ctx context.Context, b batchLine, state State, reason string) error {
	b.State, b.Reason, b.Epoch, b.Owner, b.At = uint8(state), reason, l.s.epoch, l.owner, l.now().UTC()
	return write(ctx, l, ledgerBatches, state.String(), []batchLine{b})
}

// batches reads the last line of each batch, in the order of planning. The lines
// may be chosen by a WHERE, and the batches by a HAVING.
func (l ledger) batches(ctx context.Context, where, having string) ([]batchLine, error) {
	all, err := structs[batchLine](ctx, l.s, statement{SQL: `SELECT batch, any(b.kind) AS kind, max(b.state) AS state,
			argMax(b.reason, b.state) AS reason, argMax(b.epoch, b.state) AS epoch, argMax(b.owner, b.state) AS owner,
			max(b.files) AS files, max(b.bytes) AS bytes, max(b.rows) AS rows, max(b.stored) AS stored, max(b.rejected) AS rejected,
			argMax(b.first_day, b.state) AS first_day, argMax(b.last_day, b.state) AS last_day, max(b.seconds) AS seconds,
			argMax(b.at, b.state) AS at
		FROM ` + l.table(ledgerBatches) + ` AS b ` + where + ` GROUP BY batch ` + having + ` ORDER BY batch`})
	return all, failing(err, "read the ledger's batches")
}

// open lists the batches that are not final, oldest first.
func (l ledger) open(ctx context.Context) ([]batchLine, error) {
	return l.batches(ctx, "", "HAVING state < 5")
}

// done is the query of the batches whose state is Done: of which a line says so
// and none says Failed. It costs a fraction of grouping all lines.
func (l ledger) done() string {
	batches := l.table(ledgerBatches)
	return "(SELECT batch FROM " + batches + " WHERE state = 5 AND batch NOT IN (SELECT batch FROM " + batches + " WHERE state = 6))"
}

// what says what a batch does. Only batches of files have files.
func (b batchLine) what() string {
	if b.Kind != string(Downloads) || b.Files > 0 {
		return b.Kind
	}
	return "repair of " + span{dayOf(b.FirstDay), dayOf(b.LastDay)}.String()
}

// again says how the work of a batch that is given up is done anew.
func (b batchLine) again() string {
	switch {
	case b.Files == 0:
		return "run that command again"
	case b.Kind == string(Projects):
		return "the next clickql ingest projects loads its files again"
	}
	return "the next clickql ingest run loads its files again"
}
