package ingest

import (
	"context"
	"fmt"
	"maps"

	"clickql/internal/chconn"
)

// stager fills private copies of a derivation's tables with a batch.
type stager struct {
	s     *session
	cfg   Config
	feed  feed
	d     derivation
	batch batch
	stage string // the private database
	meter *batchMeter
}

// staged is what a complete stage holds.
type staged struct {
	Stored   uint64
	Rejected map[string]map[string]uint64 // by file and reason
}

// rejectedRows is the sum over files and reasons.
func (r staged) rejectedRows() (n uint64) {
	for _, reasons := range r.Rejected {
		for _, rows := range reasons {
			n += rows
		}
	}
	return n
}

// create makes the private database, which claims the batch: it succeeds for
// exactly one of those who try. errClaimed is for the others.
func (st *stager) create(ctx context.Context) error {
	err := st.s.run(ctx, "CREATE DATABASE "+quote(st.stage)+" ENGINE = Atomic")
	if code, _ := chconn.Code(err); code == codeDatabaseExists {
		return errClaimed
	}
	if err != nil {
		return fmt.Errorf("create the private database %s of batch %s: %w", st.stage, st.batch.Name, err)
	}
	return nil
}

// createTables makes empty copies of the tables.
func (st *stager) createTables(ctx context.Context) error {
	for _, t := range st.d.all() {
		if err := st.s.run(ctx, "CREATE TABLE "+name(st.stage, t.Staged)+" AS "+t.String()); err != nil {
			return fmt.Errorf("create a private copy of %s: %w", t, err)
		}
	}
	return st.cfg.at(StepStageCreated)
}

// badFileError is a failure of a statement that one file is to blame for.
type badFileError struct{ Failure Failure }

func (e *badFileError) Error() string {
	return "load " + e.Failure.Object.Name + ": " + e.Failure.Reason
}

// fillRaw loads the batch's files. It returns *badFileError when one of them
// cannot be read to its end.
func (st *stager) fillRaw(ctx context.Context) error {
	for _, g := range st.batch.groups() {
		sql, table, err := st.rawSQL(g)
		if err != nil {
			return err
		}
		err = st.s.exec(ctx, statement{SQL: sql, Params: table.Params, Settings: st.settings(1, table.Settings), Rows: st.meter.addRead})
		if err != nil {
			return st.blame(ctx, g, err)
		}
	}
	return st.cfg.at(StepRawStaged)
}

// rawSQL is the statement that loads a group of files of one layout.
func (st *stager) rawSQL(g group) (string, TableFunction, error) {
	table, err := g.Source.Table(g.objects(), "Parquet", structure(st.feed, g.Layout))
	if err != nil {
		return "", table, err
	}
	columns, exprs := insertColumns(st.feed, g.Layout, st.d.Base.has)
	return "INSERT INTO " + name(st.stage, st.d.Base.Staged) + " (" + join(columns) + ") SELECT " + join(exprs) +
		" FROM " + st.feed.from(table, g.Layout) + " WHERE " + accepted(st.feed, g.Layout), table, nil
}

// leastMemory is what a statement may take at least, in bytes.
const leastMemory = 1 << 20

// settings bound the memory of a statement, of which a batch runs several side
// by side, and make each partition one block, and
// so one part, where the batch fits. Groups are unique as they come from GROUP
// BY, so they need no folding on insertion, which costs more than the rest.
func (st *stager) settings(sideBySide int, more map[string]any) map[string]any {
	memory := max(st.cfg.MaxMemory/uint64(st.cfg.Workers*sideBySide), leastMemory) // the server takes 0 for no bound
	s := map[string]any{
		"max_threads":                        st.cfg.Threads,
		"max_insert_threads":                 1,
		"max_memory_usage":                   memory,
		"max_bytes_before_external_group_by": memory / 2,
		"min_insert_block_size_rows":         16 << 20,
		"min_insert_block_size_bytes":        memory / 4,
		"optimize_on_insert":                 0,
		"insert_null_as_default":             1,
	}
	maps.Copy(s, more)
	return s
}

// blame finds the file that makes a group's statement fail by reading each
// alone. When none does, the failure is the server's.
func (st *stager) blame(ctx context.Context, g group, cause error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if !blamesFile(cause) {
		return fmt.Errorf("load %s: %w", describeGroup(g.objects()), withAccessRemedy(cause))
	}
	// A file that was replaced meanwhile is not a damaged one.
	if err := st.unchanged(ctx); err != nil {
		return err
	}
	for _, f := range g.Files {
		one := group{Source: g.Source, Layout: g.Layout, Files: []file{f}}
		err := st.probe(ctx, one)
		if err == nil {
			continue
		}
		if !blamesFile(err) {
			return fmt.Errorf("load %s: %w", f.Name, err)
		}
		return &badFileError{Failure{f.Object, plainReason(err)}}
	}
	return fmt.Errorf("load %s: %w", describeGroup(g.objects()), cause)
}

// probe reads all that loading would read, and drops it.
func (st *stager) probe(ctx context.Context, g group) error {
	table, err := g.Source.Table(g.objects(), "Parquet", structure(st.feed, g.Layout))
	if err != nil {
		return err
	}
	exprs := columnExprs(st.feed, g.Layout, st.d.Base.has)
	var hash, rows uint64
	err = st.s.row(ctx, statement{SQL: "SELECT sum(cityHash64(" + join(exprs) + ")), count() FROM " + st.feed.from(table, g.Layout),
		Params: table.Params, Settings: st.settings(1, table.Settings)}, &hash, &rows)
	if err == nil && rows != g.rows() {
		return fileError(fmt.Sprintf("its footer promises %d rows, but it holds %d", g.rows(), rows))
	}
	return err
}
