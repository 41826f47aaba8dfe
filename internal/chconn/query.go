package chconn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// undated is a context whose deadline shows only by its being done.
type undated struct{ context.Context }

// Deadline reports none.
func (undated) Deadline() (time.Time, bool) { return time.Time{}, false }

// statement readies a statement: the account's session, the context that it runs
// under, and what proves its answer whole. What the account's settings would make
// wrong is refused.
func (c *Conn) statement(ctx context.Context, query string) (context.Context, *session, *proof, error) {
	ctx = undated{ctx}
	s, err := c.session(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := s.quota.exhausted(keyOf(ctx), time.Now()); err != nil {
		return nil, nil, nil, err
	}
	if err := s.account.allows(query); err != nil {
		return nil, nil, nil, err
	}
	ctx, proof := s.account.watch(s.account.hinted(ctx))
	return ctx, s, proof, nil
}

// Query runs a query, with the hints of ctx; the caller closes the rows. All rows
// come, or an error: see Rules.
func (c *Conn) Query(ctx context.Context, query string, args ...any) (driver.Rows, error) {
	ctx, s, proof, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	fold := s.account.oneRow && folds(query)
	if fold {
		query = folded(query)
	}
	rows, err := s.Query(ctx, query, args...)
	if err != nil {
		return nil, s.quota.noted(keyOf(ctx), err, time.Now())
	}
	rows = notedRows{rows, s.quota, keyOf(ctx)}
	if proof != nil {
		rows = &provenRows{Rows: rows, proof: proof}
	}
	if fold {
		rows = &foldedRows{Rows: rows}
	}
	return rows, nil
}

// QueryRow runs a query for its first row. Its error comes with Scan.
func (c *Conn) QueryRow(ctx context.Context, query string, args ...any) driver.Row {
	ctx, s, proof, err := c.statement(ctx, query)
	if err != nil {
		return failedRow{err}
	}
	row := notedRow{s.QueryRow(ctx, query, args...), s.quota, keyOf(ctx)}
	if proof == nil {
		return row
	}
	return provenRow{row, proof}
}

// Select runs a query and scans every row into dest, a pointer to a slice of
// structs. It is refused to an account whose results are cut.
func (c *Conn) Select(ctx context.Context, dest any, query string, args ...any) error {
	ctx, s, proof, err := c.statement(ctx, query)
	if err != nil {
		return err
	}
	if err := s.account.streams(); err != nil {
		return err
	}
	if err := s.Select(ctx, dest, query, args...); err != nil {
		return s.quota.noted(keyOf(ctx), err, time.Now())
	}
	return proof.whole()
}

// Exec runs a statement.
func (c *Conn) Exec(ctx context.Context, query string, args ...any) (err error) {
	defer func(began time.Time) { c.executed(ctx, query, began, err) }(time.Now())
	ctx, s, proof, err := c.statement(ctx, query)
	if err != nil {
		return err
	}
	if err := s.Exec(ctx, query, args...); err != nil {
		return s.quota.noted(keyOf(ctx), err, time.Now())
	}
	return proof.whole()
}

// PrepareBatch begins an INSERT of rows from this process.
func (c *Conn) PrepareBatch(ctx context.Context, query string, opts ...driver.PrepareBatchOption) (driver.Batch, error) {
	ctx, s, _, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.PrepareBatch(ctx, query, opts...)
}

// AsyncInsert runs an INSERT asynchronously.
//
// Deprecated: as in the driver; use a context made by clickhouse.WithAsync.
func (c *Conn) AsyncInsert(ctx context.Context, query string, wait bool, args ...any) error {
	return c.Exec(clickhouse.Context(ctx, clickhouse.WithAsync(wait)), query, args...)
}

// QueryFormat runs a query over HTTP and gives its result in a ClickHouse
// format; the caller closes the stream. It is refused to an account whose results
// may be cut, since a stream does not tell.
func (c *Conn) QueryFormat(ctx context.Context, format, query string, args ...any) (io.ReadCloser, error) {
	ctx, s, _, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if err := s.account.streams(); err != nil {
		return nil, err
	}
	return s.QueryFormat(ctx, format, query, args...)
}

// InsertFormat inserts data in a ClickHouse format, over HTTP.
func (c *Conn) InsertFormat(ctx context.Context, format, query string, data io.Reader) error {
	ctx, s, _, err := c.statement(ctx, query)
	if err != nil {
		return err
	}
	return s.InsertFormat(ctx, format, query, data)
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

// ServerVersion is the server's name and version.
func (c *Conn) ServerVersion() (*driver.ServerVersion, error) {
	s, err := c.session(context.Background())
	if err != nil {
		return nil, err
	}
	return s.ServerVersion()
}

// Stats counts the pool's connections.
func (c *Conn) Stats() driver.Stats {
	if s := c.inner.Load(); s != nil {
		return s.Stats()
	}
	return driver.Stats{MaxOpenConns: c.opts.MaxOpenConns, MaxIdleConns: c.opts.MaxIdleConns}
}

// Contributors is empty; the driver's interface asks for it.
func (*Conn) Contributors() []string { return nil }

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
