package ingest

import "context"

// loads is what the ledger says of downloads as a whole.
type loads struct {
	Files      int      // loaded, by name
	Lines      int      // about batches that publish or are done: grows with every load
	Publishing int      // batches
	Stored     []uint64 // rows of each batch of files that is done, in the order of planning; not of repairs
	Rows       uint64   // stored rows that should be in the tables
}

// loads reads the ledger; a database without one has loaded nothing.
func (l ledger) loads(ctx context.Context) (loads, error) {
	var all loads
	batches, err := l.batches(ctx, "", "HAVING state IN (4, 5)")
	if gone(err) {
		return all, nil
	}
	if err != nil {
		return all, err
	}
	for _, b := range batches {
		switch {
		case Kind(b.Kind) != Downloads:
			continue
		case State(b.State) == Publishing:
			all.Publishing++
		default:
			if b.Rows > 0 {
				all.Stored = append(all.Stored, b.Stored)
			}
			all.Lines++
		}
		all.Lines++
	}
	in, err := l.inTables(ctx, Downloads)
	all.Files, all.Rows = int(in.Files), in.Rows
	return all, err
}
