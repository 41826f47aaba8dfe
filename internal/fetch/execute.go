package fetch

import (
	"context"
	"log/slog"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/chconn"
	"clickql/internal/query"
)

// execute runs a statement's query and hands its rows to take, which scans one
// row at a time.
func (l *Loader) execute(ctx context.Context, s *statement, take func(driver.Rows) error) (*Ran, error) {
	q := s.query()
	ran := &Ran{query: q, operations: s.operations()}
	began := l.cfg.Now()
	err := l.scan(ctx, q, ran, take)
	ran.ended = l.cfg.Now()
	ran.took = ran.ended.Sub(began)
	l.metrics.ran(ran, err)
	l.observe(s, ran, err)
	switch {
	case err != nil:
		l.cfg.Log.WarnContext(ctx, "query failed", "table", q.Table, "sql", q.Text(), "error", err)
	case l.cfg.Log.Enabled(ctx, slog.LevelDebug):
		l.cfg.Log.DebugContext(ctx, "query", "table", q.Table, "rows_read", ran.rows, "took", ran.took, "sql", q.Text())
	}
	return ran, err
}

// hints make queries cheaper. The projection that ClickHouse has of itself in
// every table, of counts and of the sorting key's ends, answers none of ours;
// looking whether it does costs a small query 8 % of its time. Counts of what a
// query did (profile events) are read by nobody here, and sending them costs 5 %.
var hints = clickhouse.Settings{"optimize_use_implicit_projections": 0, "send_profile_events": 0}

// scan sends the query and reads its rows; ran gets what it read.
func (l *Loader) scan(ctx context.Context, q *query.Query, ran *Ran, take func(driver.Rows) error) (err error) {
	values := make(map[string]any, len(q.Params))
	for _, p := range q.Params {
		values[p.Name] = p.Value
	}
	params, err := chconn.Parameters(values)
	if err != nil {
		return err
	}
	ctx = chconn.WithProgress(clickhouse.Context(ctx, clickhouse.WithParameters(params)), func(p *clickhouse.Progress) {
		ran.rows += p.Rows
		ran.bytes += p.Bytes
		ran.told = true
	})
	rows, err := l.cfg.Conn.Query(chconn.WithHints(ctx, hints), q.SQL)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := rows.Close(); err == nil {
			err = closeErr
		}
	}()
	for rows.Next() {
		if err := take(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// elapsedBuckets are the upper bounds, in seconds, of the histogram of query
// times.
var elapsedBuckets = []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30}
