package main

import (
	"context"
	"fmt"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// byHand runs hand-written SQL over clickhouse-go's native protocol, without
// any package of ours in between: what the gateway is held against.
type byHand struct{ driver.Conn }

func openByHand(dsn string) (byHand, error) {
	opts, err := clickhouse.ParseDSN(dsn)
	if err != nil {
		return byHand{}, fmt.Errorf("connect the hand-written SQL: %w", err)
	}
	opts.MaxOpenConns, opts.MaxIdleConns, opts.ConnMaxLifetime = conns, conns, time.Hour
	opts.DialTimeout = time.Minute // also the longest wait for a free connection
	conn, err := clickhouse.Open(opts)
	return byHand{conn}, err
}

// run runs statements one after another and reads every value of their rows.
// counted, which may be nil, is given the values of each column c.
func (h byHand) run(ctx context.Context, statements []string, counted func(int64)) error {
	for _, sql := range statements {
		if err := h.statement(ctx, sql, counted); err != nil {
			return fmt.Errorf("%w in: %s", err, sql)
		}
	}
	return nil
}

func (h byHand) statement(ctx context.Context, sql string, counted func(int64)) (err error) {
	rows, err := h.Query(ctx, sql)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := rows.Close(); err == nil {
			err = closeErr
		}
	}()
	types, names := rows.ColumnTypes(), rows.Columns()
	dest := make([]any, len(types))
	for i, t := range types {
		dest[i] = reflect.New(t.ScanType()).Interface()
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		for i, name := range names {
			if n, ok := dest[i].(*int64); ok && name == "c" && counted != nil {
				counted(*n)
			}
		}
	}
	return rows.Err()
}

// rowsRead runs statements and tells how many rows ClickHouse read for them.
func (h byHand) rowsRead(ctx context.Context, statements []string) (uint64, error) {
	var rows atomic.Uint64
	ctx = clickhouse.Context(ctx, clickhouse.WithProgress(func(p *clickhouse.Progress) { rows.Add(p.Rows) }))
	err := h.run(ctx, statements, nil)
	return rows.Load(), err
}
