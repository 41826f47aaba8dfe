package fetch

import (
	"context"
	"maps"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/access"
	"clickql/internal/catalog"
	"clickql/internal/query"
)

// question is what a statement asks.
type question interface {
	// query is what is sent.
	query() *query.Query
	// keys are of the answers that it gives.
	keys() []string
	// reader takes the rows of one run.
	reader() reader
	// like is equal for questions that are worth asking together; empty for one
	// that is not to be asked with any other.
	like() string
	// cost is what it is expected to cost, as query.Query.Cost says it.
	cost() float64
	// with asks what the others ask as well, all of them like this one; nil where
	// that is not one query, or does not pay.
	with(others []question) question
}

// reader turns the rows of one run into answers.
type reader interface {
	// take scans one row.
	take(driver.Rows) error
	// each tells every answer, when all rows were taken. A key that is left out
	// has the zero answer.
	each(found func(key string, value any))
}

// statement is a question on its way to ClickHouse, for the calls that it
// answers. It belongs to one operation, or was united out of several.
type statement struct {
	question
	snap  *catalog.Snapshot
	since time.Time       // it was ready to go
	ctx   context.Context // carries values only: an operation's end does not end it
	calls calls
	parts []*statement // that it was united out of; nil for one operation's own
	// planned is what each answer's own operation had planned, by key; nil for a
	// statement that is one operation's own.
	planned map[string]*query.Query

	client string  // whose it is, "" for nobody in particular
	turn   float64 // when it is its turn, on the lane's clock; guarded by lane.mu

	// Of the question, worked out once; kind is empty for a statement that is not
	// to be united.
	kind   string
	effort float64

	// Guarded by flights.mu.
	live   int // calls that somebody waits for
	cancel context.CancelFunc
}

// weight is its effort as it counts against that of others.
func (s *statement) weight() float64 { return 1 + min(s.effort, dearest) }

// newStatement is a statement of one operation.
func newStatement(ctx context.Context, snap *catalog.Snapshot, q question, answered calls) *statement {
	return &statement{question: q, snap: snap, since: time.Now(), ctx: context.WithoutCancel(ctx), client: access.Of(ctx).ID(), calls: answered, kind: q.like(), effort: q.cost()}
}

// left notes that nobody waits for one of the calls any more. flights.mu is
// held.
func (s *statement) left() {
	if s.live--; s.live == 0 && s.cancel != nil {
		s.cancel()
	}
}

// operations is how many operations the statement answers.
func (s *statement) operations() int { return max(1, len(s.parts)) }

// unite is one statement in place of several; nil where they cannot be one.
func unite(group []*statement) *statement {
	others := make([]question, 0, len(group)-1)
	for _, s := range group[1:] {
		others = append(others, s.question)
	}
	all := group[0].with(others)
	if all == nil {
		return nil
	}
	u := &statement{question: all, snap: group[0].snap, since: group[0].since, ctx: group[0].ctx, client: group[0].client, parts: group, calls: calls{}, planned: map[string]*query.Query{}, effort: all.cost()}
	for _, s := range group {
		maps.Copy(u.calls, s.calls)
		for _, key := range s.keys() {
			u.planned[key] = s.query()
		}
	}
	return u
}

// plannedFor is the query that an operation planned for an answer: what the answer
// would have cost it alone.
func (s *statement) plannedFor(key string) *query.Query {
	if q := s.planned[key]; q != nil {
		return q
	}
	return s.query()
}
