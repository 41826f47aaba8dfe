package fetch

import (
	"sync/atomic"
	"time"

	"clickql/internal/chconn"
	"clickql/internal/query"
)

// Observer is told what the database is asked. It must be quick and safe for
// concurrent use.
type Observer interface {
	// Ran is told of a statement that was answered, with the rows that it read: the
	// planner's estimate where the driver does not tell. What it returns counts
	// the statement's answers that are given from memory later.
	Ran(q *query.Query, rows uint64, took time.Duration) (hits *atomic.Uint64)
	// Refused is told of a question about a table that would have read too much,
	// by our own limit or by the database's.
	Refused(table string, shape query.Shape)
}

// observe tells the observer of a statement that ended, but not of one whose
// parts are tried by themselves.
func (l *Loader) observe(s *statement, ran *Ran, err error) {
	if l.cfg.Observer == nil || err != nil && len(s.parts) > 0 {
		return
	}
	q := ran.query
	switch chconn.Classify(err) {
	case chconn.None:
		rows := ran.rows
		if !ran.told {
			rows = uint64(max(0, q.EstimatedRows))
		}
		ran.hits = l.cfg.Observer.Ran(q, rows, ran.took)
	case chconn.TooMuch, chconn.Memory, chconn.Timeout:
		l.cfg.Observer.Refused(q.Table, q.Shape())
	}
}

// refused tells the observer of what a plan leaves unasked.
func (l *Loader) refused(p *query.Plan) {
	if l.cfg.Observer == nil {
		return
	}
	for _, r := range p.Refused {
		l.cfg.Observer.Refused(r.Table, r.Shape)
	}
}

// hit counts an answer from memory.
func (r *Ran) hit() {
	if r.hits != nil {
		r.hits.Add(1)
	}
}
