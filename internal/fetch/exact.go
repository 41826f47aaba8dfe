package fetch

import (
	"context"
	"maps"

	"clickql/internal/fault"
	"clickql/internal/query"
)

// A range that was written with its edges, and holds every day of the data, is
// answered by tables that keep no days, or months. That is right as long as the
// data has no other days: a table that has just got one holds it as well, until
// the next snapshot tells. So whoever asked such a table looks whether it has
// got rows since the snapshot, and if so asks another, which cuts days off.

// outdated reports that the statement's rows may be of days that its snapshot
// does not know and that its ranges leave out.
func (l *Loader) outdated(ctx context.Context, s *statement) bool {
	table := s.query().Leans()
	if table == nil {
		return false
	}
	same, err := l.cfg.Catalog.Unchanged(ctx, table)
	if err != nil {
		l.cfg.Log.WarnContext(ctx, "a table's state cannot be seen", "table", table.FullName(), "error", err)
	}
	return err != nil || !same
}

// askExactly asks what the statement asked of tables that cut its ranges at
// their edges.
func (l *Loader) askExactly(s *statement) {
	calls := maps.Clone(s.calls)
	defer func() {
		for _, c := range calls {
			l.flights.finish(c, nil, &fault.Error{Code: fault.Unavailable, Message: "the data has changed meanwhile; try again"}, nil)
		}
	}()
	a, ok := s.question.(asked)
	if !ok {
		return
	}
	a.snap = a.snap.Exactly()
	p := query.NewPlan(a.snap, inOrder(a.reqs), a.opts)
	for key, err := range p.Failed {
		for _, c := range take(calls, []string{key}) {
			l.flights.finish(c, nil, err, nil)
		}
	}
	for _, q := range p.Queries {
		next := newStatement(s.ctx, s.snap, newAsked(a.snap, a.opts, q, a.reqs), take(calls, q.Answers()))
		l.flights.assign(next)
		l.send(next)
	}
}
