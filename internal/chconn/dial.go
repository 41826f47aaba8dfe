package chconn

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// dialer chooses among several hosts.
//
// By default hosts are taken in order, beginning with the one that answered
// last: every connection then reads the same replica, so that what one query
// saw (a catalog, a data version) the next one sees too, and a dead host is
// paid for once, not on every dial. connection_open_strategy=round_robin
// spreads the load over replicas instead, for which their lag must not matter.
type dialer struct{ last atomic.Int64 }

// dial tries every host once. Each gets an equal share of the time to dial,
// which the driver would otherwise let the first one use up.
func (d *dialer) dial(ctx context.Context, id int, opts *clickhouse.Options, dial clickhouse.Dial) (clickhouse.DialResult, error) {
	n := len(opts.Addr)
	start := int(d.last.Load())
	if opts.ConnOpenStrategy != clickhouse.ConnOpenInOrder {
		start = id
	}
	each := *opts
	each.DialTimeout = opts.DialTimeout / time.Duration(max(n, 1))
	err := clickhouse.ErrAcquireConnNoAddress
	for i := range n {
		host := (start + i) % n
		var res clickhouse.DialResult
		if res, err = dialOne(ctx, opts.Addr[host], &each, dial); err == nil {
			d.last.Store(int64(host))
			return res, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return clickhouse.DialResult{}, err
}

// dialOne dials one host for at most its DialTimeout.
func dialOne(ctx context.Context, addr string, opts *clickhouse.Options, dial clickhouse.Dial) (clickhouse.DialResult, error) {
	ctx, cancel := context.WithTimeout(ctx, opts.DialTimeout)
	defer cancel()
	return dial(undated{ctx}, addr, opts)
}
