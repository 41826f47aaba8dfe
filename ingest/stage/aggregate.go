package stage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"clickql/ingest/session"
	"clickql/ingest/tables"
)

// FillAggregates computes every derived table, several at a time, each as soon
// as what it may be computed from is there. What is done beside takes the place of one,
// and so its share of the memory.
func (st *Stager) FillAggregates(ctx context.Context, beside func(context.Context) error) error {
	fills := tables.PlanFills(st.d)
	ready := newSignals(st.d)
	ready.filled(st.d.Base.Copy)
	g, ctx := errgroup.WithContext(ctx)
	slots := make(chan struct{}, st.cfg.Parallel)
	inSlot := func(do func(context.Context) error) error {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		defer func() { <-slots }()
		return do(ctx)
	}
	g.Go(func() error { return inSlot(beside) })
	known := sizes{st: st}
	for _, f := range fills {
		g.Go(func() error {
			if err := ready.wait(ctx, f.After); err != nil {
				return err
			}
			if err := inSlot(func(ctx context.Context) error { return st.fillOne(ctx, f, &known) }); err != nil {
				return fmt.Errorf("compute the aggregate %s of batch %s: %w", f.Target, st.batch.Name, err)
			}
			known.changed(f.Target.Copy)
			ready.filled(f.Target.Copy)
			st.Meter.AddStep()
			return nil
		})
	}
	return g.Wait()
}

// fillOne computes one table from the smallest that covers it.
func (st *Stager) fillOne(ctx context.Context, f tables.Fill, known *sizes) error {
	from, err := known.smallest(ctx, f.From)
	if err != nil {
		return err
	}
	// One thread each, several at a time: merging the threads' hash tables of
	// keys that hardly repeat costs more than it gains. A SELECT without GROUP BY
	// gives no row of no rows: one of zeros adds nothing that could be judged.
	settings := st.cfg.Filling(st.share(), map[string]any{
		"max_threads": 1, "empty_result_for_aggregation_by_empty_set": 1})
	return Compute(ctx, st.S, st.Stage, f, from, st.d.Target(f.View.Source), "", session.Statement{Settings: settings})
}

// share is how many statements share the memory while aggregates are filled.
func (st *Stager) share() int { return max(min(st.cfg.Parallel, len(st.d.Views)), 1) }

// Compute fills a table of a database from a cover, or, where there is none, from
// its view's source, both of the same database. A condition, where it is not empty,
// chooses the rows; with holds all of the statement but its text.
func Compute(ctx context.Context, s *session.Session, database string, f tables.Fill, from *tables.Cover, source tables.Target, condition string, with session.Statement) error {
	sql, inOrder, err := tables.FillSQL(database, f, from, source, condition)
	if err != nil {
		return fmt.Errorf("the SELECT of view %s cannot be run apart from it: %w", f.View.ID, err)
	}
	if with.SQL = sql; inOrder {
		with.Settings["optimize_aggregation_in_order"] = 1
	}
	return s.Exec(ctx, with)
}

// Smallest picks the cover with the fewest rows; nil without covers.
func (st *Stager) Smallest(ctx context.Context, covers []tables.Cover) (*tables.Cover, error) {
	return (&sizes{st: st}).smallest(ctx, covers)
}

// sizes are the rows of staged tables, which are asked for where one is not known: each
// table has its own until it is filled, and then the same for ever.
type sizes struct {
	st   *Stager
	mu   sync.Mutex
	rows map[string]uint64
}

// smallest picks the cover with the fewest rows; nil without covers.
func (s *sizes) smallest(ctx context.Context, covers []tables.Cover) (*tables.Cover, error) {
	if len(covers) == 0 {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	unknown := func(c tables.Cover) bool { _, known := s.rows[c.Copy]; return !known }
	if len(covers) > 1 && slices.ContainsFunc(covers, unknown) {
		var err error
		if s.rows, err = PartRows(ctx, s.st.S, s.st.Stage); err != nil {
			return nil, err
		}
	}
	best := slices.MinFunc(covers, func(a, b tables.Cover) int { return cmp.Compare(s.rows[a.Copy], s.rows[b.Copy]) })
	return &best, nil
}

// changed forgets what a table had before it was filled.
func (s *sizes) changed(table string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.rows, table)
}

// signals tells when staged tables are filled. A table with several views is
// filled when all of them have run.
type signals struct {
	mu      sync.Mutex
	pending map[string]int
	done    map[string]chan struct{}
}

// newSignals waits for one fill of the base and one for each view.
func newSignals(d tables.Derivation) *signals {
	s := &signals{pending: map[string]int{d.Base.Copy: 1}, done: map[string]chan struct{}{}}
	for _, t := range d.All() {
		s.done[t.Copy] = make(chan struct{})
		if n := tables.FilledBy(d, t.ID); n > 0 {
			s.pending[t.Copy] = n
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
