package fetch

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/chconn"
	"clickql/internal/query"
)

// execute runs one query and hands its rows to take, which scans one row at a
// time.
func (l *Loader) execute(ctx context.Context, q *query.Query, take func(driver.Rows) error) (*Ran, error) {
	if err := l.slots.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer l.slots.Release(1)
	ctx, cancel := context.WithTimeout(ctx, l.cfg.QueryTimeout)
	defer cancel()
	ran := &Ran{query: q}
	began := l.cfg.Now()
	err := l.scan(ctx, q, ran, take)
	took := l.cfg.Now().Sub(began)
	ran.millis = float64(took.Microseconds()) / 1000
	l.metrics.ran(q, ran, took, err)
	l.observe(q, ran, took, err)
	if err != nil {
		l.cfg.Log.WarnContext(ctx, "query failed", "table", q.Table, "sql", q.Text(), "error", err)
	}
	return ran, err
}

// hints make queries cheaper. The projection that ClickHouse has of itself in
// every table, of counts and of the sorting key's ends, answers none of ours;
// looking whether it does costs a small query 8 % of its time.
var hints = clickhouse.Settings{"optimize_use_implicit_projections": 0}

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
	ctx = clickhouse.Context(ctx, clickhouse.WithParameters(params), clickhouse.WithProgress(func(p *clickhouse.Progress) {
		ran.rows += p.Rows
		ran.bytes += p.Bytes
		ran.told = true
	}))
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

// requests is the job that answers query.Requests: it plans those that are
// mine together and runs the queries side by side.
func (l *Loader) requests(plan func(keys map[string]*call) *query.Plan) job {
	return func(r *run, version string, mine map[string]*call) {
		p := plan(mine)
		l.refused(p)
		for key, err := range p.Failed {
			l.fail(version, key, mine, err)
		}
		for key, res := range p.Ready {
			if c := mine[key]; c != nil {
				l.keep(version, key, c, res, nil)
				delete(mine, key)
			}
		}
		parts := make([]map[string]*call, len(p.Queries))
		for i, q := range p.Queries {
			parts[i] = map[string]*call{}
			for _, key := range q.Answers() {
				if c := mine[key]; c != nil {
					parts[i][key] = c
					delete(mine, key)
				}
			}
		}
		for i, q := range p.Queries {
			go l.runQuery(r.ctx, version, q, parts[i])
		}
	}
}

// fail finishes a call with an error.
func (l *Loader) fail(version, key string, mine map[string]*call, err *query.Error) {
	if c := mine[key]; c != nil {
		l.flights.finish(version, key, c, nil, err, nil)
		delete(mine, key)
	}
}

// runQuery runs one query of a plan and finishes its calls.
func (l *Loader) runQuery(ctx context.Context, version string, q *query.Query, calls map[string]*call) {
	d := q.NewDecoder()
	ran, err := l.execute(ctx, q, func(rows driver.Rows) error {
		if err := rows.Scan(d.Dest()...); err != nil {
			return err
		}
		d.Take()
		return nil
	})
	if err != nil {
		for key, c := range calls {
			l.flights.finish(version, key, c, nil, failure(err), ran)
		}
		return
	}
	results := d.Results()
	for key, c := range calls {
		l.keep(version, key, c, results[key], ran)
		delete(results, key)
	}
	for key, res := range results { // totals that came along unasked
		l.store(version, key, res, ran)
	}
}

// elapsedBuckets are the upper bounds, in seconds, of the histogram of query
// times.
var elapsedBuckets = []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30}
