package chconn

import (
	"context"
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

// Query runs a query, with the hints of ctx; the caller closes the rows.
func (c *Conn) Query(ctx context.Context, query string, args ...any) (driver.Rows, error) {
	ctx = undated{ctx}
	p, err := c.pool(ctx)
	if err != nil {
		return nil, err
	}
	if ctx, err = c.hinted(ctx, p); err != nil {
		return nil, err
	}
	return p.Query(ctx, query, args...)
}

// QueryRow runs a query for its first row. Its error comes with Scan.
func (c *Conn) QueryRow(ctx context.Context, query string, args ...any) driver.Row {
	ctx = undated{ctx}
	p, err := c.pool(ctx)
	if err != nil {
		return failedRow{err}
	}
	return p.QueryRow(ctx, query, args...)
}

// Select runs a query and scans every row into dest, a pointer to a slice of
// structs.
func (c *Conn) Select(ctx context.Context, dest any, query string, args ...any) error {
	ctx = undated{ctx}
	p, err := c.pool(ctx)
	if err != nil {
		return err
	}
	return p.Select(ctx, dest, query, args...)
}

// Exec runs a statement.
func (c *Conn) Exec(ctx context.Context, query string, args ...any) error {
	ctx = undated{ctx}
	p, err := c.pool(ctx)
	if err != nil {
		return err
	}
	return p.Exec(ctx, query, args...)
}

// PrepareBatch begins an INSERT of rows from this process.
func (c *Conn) PrepareBatch(ctx context.Context, query string, opts ...driver.PrepareBatchOption) (driver.Batch, error) {
	ctx = undated{ctx}
	p, err := c.pool(ctx)
	if err != nil {
		return nil, err
	}
	return p.PrepareBatch(ctx, query, opts...)
}

// AsyncInsert runs an INSERT asynchronously.
//
// Deprecated: as in the driver; use a context made by clickhouse.WithAsync.
func (c *Conn) AsyncInsert(ctx context.Context, query string, wait bool, args ...any) error {
	return c.Exec(clickhouse.Context(ctx, clickhouse.WithAsync(wait)), query, args...)
}

// QueryFormat runs a query over HTTP and gives its result in a ClickHouse
// format; the caller closes the stream.
func (c *Conn) QueryFormat(ctx context.Context, format, query string, args ...any) (io.ReadCloser, error) {
	ctx = undated{ctx}
	p, err := c.pool(ctx)
	if err != nil {
		return nil, err
	}
	return p.QueryFormat(ctx, format, query, args...)
}

// InsertFormat inserts data in a ClickHouse format, over HTTP.
func (c *Conn) InsertFormat(ctx context.Context, format, query string, data io.Reader) error {
	ctx = undated{ctx}
	p, err := c.pool(ctx)
	if err != nil {
		return err
	}
	return p.InsertFormat(ctx, format, query, data)
}

// Ping reports whether the server answers. It runs a query: the driver's own
// ping waits for a server that hangs, whatever the context says.
func (c *Conn) Ping(ctx context.Context) error {
	if err := c.Exec(ctx, "SELECT 1"); err != nil {
		return fmt.Errorf("reach ClickHouse at %s: %w", c.Addr(), err)
	}
	return nil
}

// ServerVersion is the server's name and version.
func (c *Conn) ServerVersion() (*driver.ServerVersion, error) {
	p, err := c.pool(context.Background())
	if err != nil {
		return nil, err
	}
	return p.ServerVersion()
}

// Stats counts the pool's connections.
func (c *Conn) Stats() driver.Stats {
	if p := c.inner.Load(); p != nil {
		return (*p).Stats()
	}
	return driver.Stats{MaxOpenConns: c.opts.MaxOpenConns, MaxIdleConns: c.opts.MaxIdleConns}
}

// Contributors is empty; the driver's interface asks for it.
func (*Conn) Contributors() []string { return nil }

// Close closes every connection.
func (c *Conn) Close() error {
	if p := c.inner.Load(); p != nil {
		return (*p).Close()
	}
	return nil
}

// failedRow is the row of a query that could not be sent.
type failedRow struct{ err error }

func (r failedRow) Err() error           { return r.err }
func (r failedRow) Scan(...any) error    { return r.err }
func (r failedRow) ScanStruct(any) error { return r.err }
