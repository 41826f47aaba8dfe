package chconn

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// undated is a context whose deadline shows only by its being done.
type undated struct{ context.Context }

// Deadline reports none.
func (undated) Deadline() (time.Time, bool) { return time.Time{}, false }

// statement readies a statement: the account's session, the context that it runs
// under, and what judges its end. What the account's settings would make wrong is
// refused.
func (c *Conn) statement(ctx context.Context, query string) (context.Context, *session, ending, error) {
	ctx = undated{ctx}
	s, err := c.session(ctx)
	if err != nil {
		return nil, nil, ending{}, err
	}
	if err := s.quota.exhausted(keyOf(ctx), time.Now()); err != nil {
		return nil, nil, ending{}, err
	}
	if err := s.account.allows(query); err != nil {
		return nil, nil, ending{}, err
	}
	ctx, proof := s.account.watch(s.account.hinted(ctx))
	return ctx, s, ending{s.quota, keyOf(ctx), proof}, nil
}

// Query runs a query, with the hints of ctx; the caller closes the rows. All rows
// come, or an error: see Rules.
func (c *Conn) Query(ctx context.Context, query string, args ...any) (driver.Rows, error) {
	ctx, s, end, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	fold := s.account.oneRow && folds(query)
	if fold {
		query = folded(query)
	}
	rows, err := s.Query(ctx, query, args...)
	if err != nil {
		return nil, end.judge(err)
	}
	rows = &judgedRows{Rows: rows, ending: end}
	if fold {
		rows = &foldedRows{Rows: rows}
	}
	return rows, nil
}

// QueryRow runs a query for its first row. Its error comes with Scan.
func (c *Conn) QueryRow(ctx context.Context, query string, args ...any) driver.Row {
	ctx, s, end, err := c.statement(ctx, query)
	if err != nil {
		return failedRow{err}
	}
	return judgedRow{s.QueryRow(ctx, query, args...), end}
}

// Exec runs a statement.
func (c *Conn) Exec(ctx context.Context, query string, args ...any) (err error) {
	defer func(began time.Time) { c.Ended(ctx, query, began, err) }(time.Now())
	ctx, s, end, err := c.statement(ctx, query)
	if err != nil {
		return err
	}
	return end.judge(s.Exec(ctx, query, args...))
}

// PrepareBatch begins an INSERT of rows from this process.
func (c *Conn) PrepareBatch(ctx context.Context, query string, opts ...driver.PrepareBatchOption) (driver.Batch, error) {
	ctx, s, _, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.PrepareBatch(ctx, query, opts...)
}

// ping is the query that Ping runs.
const ping = "SELECT 1"

// Ping reports whether the server answers. It runs a query: the driver's own
// ping waits for a server that hangs, whatever the context says. An account that
// may send so many statements only is spared it: there the driver's ping is waited
// for until the context ends, and a quota that is spent tells that the server is
// there.
func (c *Conn) Ping(ctx context.Context) error {
	err := c.answers(ctx)
	var spent *QuotaError
	if err != nil && !errors.As(err, &spent) {
		return fmt.Errorf("reach ClickHouse at %s: %w", c.Addr(), err)
	}
	return nil
}

// answers asks the server for a sign of life.
func (c *Conn) answers(ctx context.Context) error {
	s, err := c.session(undated{ctx})
	if err != nil {
		return err
	}
	if s.quota.allowance().Queries == 0 {
		return c.Exec(ctx, ping)
	}
	answered := make(chan error, 1)
	go func() { answered <- s.Ping(undated{ctx}) }()
	select {
	case err = <-answered:
	case <-ctx.Done():
		err = ctx.Err()
	}
	return err
}

// Stats counts the pool's connections.
func (c *Conn) Stats() driver.Stats {
	if s := c.inner.Load(); s != nil {
		return s.Stats()
	}
	return driver.Stats{MaxOpenConns: c.opts.MaxOpenConns, MaxIdleConns: c.opts.MaxIdleConns}
}

// Close closes every connection.
func (c *Conn) Close() error {
	c.closed.Store(true)
	var errs []error
	for _, one := range c.apart {
		errs = append(errs, one.Close())
	}
	if s := c.inner.Load(); s != nil {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// failedRow is the row of a query that could not be sent.
type failedRow struct{ err error }

func (r failedRow) Err() error           { return r.err }
func (r failedRow) Scan(...any) error    { return r.err }
func (r failedRow) ScanStruct(any) error { return r.err }
