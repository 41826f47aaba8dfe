package ingest

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
)

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
			return nil
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
	// One thread each, several at a time: merging the threads' hash tables of
	// keys that hardly repeat costs more than it gains. A SELECT without GROUP BY
	// gives no row of no rows: one of zeros adds nothing that could be judged.
	settings := st.cfg.filling(min(st.cfg.Parallel, len(st.d.Views)), map[string]any{
		"max_threads": 1, "empty_result_for_aggregation_by_empty_set": 1})
	return compute(ctx, st.s, st.stage, f, from, st.d.target(f.View.Source), "", statement{Settings: settings})
}

// compute fills a table of a database from a cover, or, where there is none, from
// its view's source, both of the same database. A condition, where it is not empty,
// chooses the rows; with holds all of the statement but its text.
func compute(ctx context.Context, s *session, database string, f fill, from *cover, source target, condition string, with statement) error {
	sql, inOrder, err := fillSQL(database, f, from, source, condition)
	if err != nil {
		return fmt.Errorf("the SELECT of view %s cannot be run apart from it: %w", f.View.tableID, err)
	}
	if with.SQL = sql; inOrder {
		with.Settings["optimize_aggregation_in_order"] = 1
	}
	return s.exec(ctx, with)
}

// smallest picks the cover with the fewest rows; nil without covers.
func (st *stager) smallest(ctx context.Context, covers []cover) (*cover, error) {
	if len(covers) == 1 {
		return &covers[0], nil
	}
	var best *cover
	var least uint64
	for i := range covers {
		rows, err := st.s.count(ctx, name(st.stage, covers[i].Staged))
		if err != nil {
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
