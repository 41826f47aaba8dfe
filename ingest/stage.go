package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// stager fills private copies of a derivation's tables with a batch.
type stager struct {
	*session
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

// create makes the private database and empty copies of the tables.
func (st *stager) create(ctx context.Context) error {
	if err := st.run(ctx, "CREATE DATABASE "+quote(st.stage)+" ENGINE = Atomic"); err != nil {
		return fmt.Errorf("create the private database %s of batch %s: %w", st.stage, st.batch.Name, err)
	}
	for _, t := range st.d.all() {
		if err := st.run(ctx, "CREATE TABLE "+name(st.stage, t.Staged)+" AS "+t.String()); err != nil {
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
		err = st.exec(ctx, statement{SQL: sql, Params: table.Params, Settings: st.settings(table.Settings), Rows: st.meter.addRead})
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
		" FROM " + table.SQL + " WHERE " + accepted(st.feed, g.Layout), table, nil
}

// settings bound a statement's memory and make each partition one block, and
// so one part, where the batch fits. Groups are unique as they come from GROUP
// BY, so they need no folding on insertion, which costs more than the rest.
func (st *stager) settings(more map[string]any) map[string]any {
	s := map[string]any{
		"max_threads":                        st.cfg.Threads,
		"max_insert_threads":                 1,
		"max_memory_usage":                   st.cfg.MaxMemory,
		"max_bytes_before_external_group_by": st.cfg.MaxMemory / 2,
		"min_insert_block_size_rows":         16 << 20,
		"min_insert_block_size_bytes":        st.cfg.MaxMemory / 4,
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
		return fmt.Errorf("load %s: %w", describeGroup(g.objects()), cause)
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
	_, exprs := insertColumns(st.feed, g.Layout, st.d.Base.has)
	var hash, rows uint64
	err = st.row(ctx, statement{SQL: "SELECT sum(cityHash64(" + join(exprs) + ")), count() FROM " + table.SQL,
		Params: table.Params, Settings: st.settings(table.Settings)}, &hash, &rows)
	if err == nil && rows != g.rows() {
		return fileError(fmt.Sprintf("its footer promises %d rows, but it holds %d", g.rows(), rows))
	}
	return err
}

// countRaw compares what was stored with the footers, and where rows are
// missing finds out for which reasons they were left out.
func (st *stager) countRaw(ctx context.Context) (staged, error) {
	var r staged
	if err := st.row(ctx, statement{SQL: "SELECT count() FROM " + name(st.stage, st.d.Base.Staged)}, &r.Stored); err != nil {
		return r, fmt.Errorf("count the staged rows of batch %s: %w", st.batch.Name, err)
	}
	if r.Stored == st.batch.Rows {
		return r, nil
	}
	r.Rejected = map[string]map[string]uint64{}
	for _, g := range st.batch.groups() {
		if err := st.countRejected(ctx, g, r.Rejected); err != nil {
			return r, st.blame(ctx, g, err)
		}
	}
	if r.Stored+r.rejectedRows() != st.batch.Rows {
		return r, st.blameCounts(ctx, r)
	}
	return r, nil
}

// blameCounts looks for the file whose rows differ from its footer.
func (st *stager) blameCounts(ctx context.Context, r staged) error {
	mismatch := fileError(fmt.Sprintf("the footers promise %d rows, but %d were stored and %d rejected",
		st.batch.Rows, r.Stored, r.rejectedRows()))
	for _, g := range st.batch.groups() {
		if bad := (&badFileError{}); errors.As(st.blame(ctx, g, mismatch), &bad) {
			return bad
		}
	}
	return fmt.Errorf("check batch %s: %w", st.batch.Name, mismatch)
}

// countRejected counts a group's rows that are not stored, by file and reason.
func (st *stager) countRejected(ctx context.Context, g group, into map[string]map[string]uint64) error {
	table, err := g.Source.Table(g.objects(), "Parquet", structure(st.feed, g.Layout))
	if err != nil {
		return err
	}
	cases := ""
	for _, r := range st.feed.Rejects {
		cases += resolve(st.feed, g.Layout, r.Expr) + ", '" + r.Reason + "', "
	}
	names := map[string]string{}
	for _, f := range g.Files {
		names[f.Path] = f.Name
	}
	return st.each(ctx, statement{
		SQL: "SELECT _path, multiIf(" + cases + "'') AS reason, count() FROM " + table.SQL +
			" WHERE reason != '' GROUP BY _path, reason",
		Params: table.Params, Settings: st.settings(table.Settings),
	}, func(rows driver.Rows) error {
		var path, reason string
		var n uint64
		if err := rows.Scan(&path, &reason, &n); err != nil {
			return err
		}
		file := names[path]
		if into[file] == nil {
			into[file] = map[string]uint64{}
		}
		into[file][reason] += n
		return nil
	})
}

// fillAggregates computes every derived table, several at a time, each as soon
// as what it may be computed from is there.
func (st *stager) fillAggregates(ctx context.Context) error {
	fills := planFills(st.d)
	ready := newSignals(st.d)
	ready.filled(st.d.Base.Staged)
	g, ctx := errgroup.WithContext(ctx)
	slots := make(chan struct{}, st.cfg.Parallel)
	for _, f := range fills {
		g.Go(func() error {
			if err := ready.wait(ctx, f.After); err != nil {
				return err
			}
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			defer func() { <-slots }()
			if err := st.fillOne(ctx, f); err != nil {
				return fmt.Errorf("compute the aggregate %s of batch %s: %w", f.Target, st.batch.Name, err)
			}
			ready.filled(f.Target.Staged)
			st.meter.addStep()
			return st.cfg.at(StepTableStaged)
		})
	}
	return g.Wait()
}

// fillOne computes one table from the smallest that covers it.
func (st *stager) fillOne(ctx context.Context, f fill) error {
	from, err := st.smallest(ctx, f.From)
	if err != nil {
		return err
	}
	var source target
	for _, t := range st.d.all() {
		if t.tableID == f.View.Source {
			source = t
		}
	}
	sql, inOrder, err := fillSQL(st.stage, f, from, source)
	if err != nil {
		return fmt.Errorf("the SELECT of view %s cannot be run apart from it: %w", f.View.tableID, err)
	}
	// One thread each, several at a time: merging the threads' hash tables of
	// keys that hardly repeat costs more than it gains.
	settings := st.settings(map[string]any{"max_threads": 1})
	if inOrder {
		settings["optimize_aggregation_in_order"] = 1
	}
	return st.exec(ctx, statement{SQL: sql, Settings: settings})
}

// smallest picks the cover with the fewest rows; nil without covers.
func (st *stager) smallest(ctx context.Context, covers []cover) (*cover, error) {
	if len(covers) == 1 {
		return &covers[0], nil
	}
	var best *cover
	var least uint64
	for i := range covers {
		var rows uint64
		if err := st.row(ctx, statement{SQL: "SELECT count() FROM " + name(st.stage, covers[i].Staged)}, &rows); err != nil {
			return nil, err
		}
		if best == nil || rows < least {
			best, least = &covers[i], rows
		}
	}
	return best, nil
}

// signals tells when staged tables are filled. A table with several views is
// filled when all of them have run.
type signals struct {
	mu      sync.Mutex
	pending map[string]int
	done    map[string]chan struct{}
}

// newSignals waits for one fill of the base and one for each view.
func newSignals(d derivation) *signals {
	s := &signals{pending: map[string]int{d.Base.Staged: 1}, done: map[string]chan struct{}{}}
	for _, t := range d.all() {
		s.done[t.Staged] = make(chan struct{})
		if n := filledBy(d, t.tableID); n > 0 {
			s.pending[t.Staged] = n
		}
	}
	return s
}

// filled counts one fill.
func (s *signals) filled(table string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending[table]--; s.pending[table] == 0 {
		close(s.done[table])
	}
}

// wait returns when all tables are filled.
func (s *signals) wait(ctx context.Context, tables []string) error {
	for _, t := range tables {
		select {
		case <-s.done[t]:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
