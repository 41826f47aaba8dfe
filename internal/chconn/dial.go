package chconn

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
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
// spreads the load over replicas instead, for which their lag must not matter:
// statements that must not see it say so themselves (catalog.Snapshot.Guard).
// Hosts to be avoided come after all others.
type dialer struct {
	last    atomic.Int64
	timeout time.Duration // for all hosts together
	hosts   *hosts
}

// dial tries every host once. Each gets an equal share of the time to dial,
// which the driver would otherwise let the first one use up.
func (d *dialer) dial(ctx context.Context, id int, opts *clickhouse.Options, dial clickhouse.Dial) (clickhouse.DialResult, error) {
	n := len(opts.Addr)
	start := int(d.last.Load())
	if opts.ConnOpenStrategy != clickhouse.ConnOpenInOrder {
		start = id
	}
	each := *opts
	each.DialTimeout = d.timeout / time.Duration(max(n, 1))
	err := clickhouse.ErrAcquireConnNoAddress
	for _, host := range d.hosts.order(opts.Addr, start) {
		var res clickhouse.DialResult
		if res, err = d.dialOne(ctx, opts.Addr[host], &each, dial); err == nil {
			d.last.Store(int64(host))
			return res, nil
		}
		if givenUp(ctx) != nil {
			break
		}
	}
	return clickhouse.DialResult{}, err
}

// dialOne dials one host and logs in, for at most its DialTimeout and only
// until ctx is done.
func (d *dialer) dialOne(ctx context.Context, addr string, opts *clickhouse.Options, dial clickhouse.Dial) (clickhouse.DialResult, error) {
	limited, cancel := context.WithTimeout(ctx, opts.DialTimeout)
	defer cancel()
	l := &login{ctx: limited, tls: opts.TLS, hosts: d.hosts}
	defer l.end()
	each := *opts
	if opts.Protocol == clickhouse.Native {
		each.DialContext = l.dial
	} else {
		each.DialContext = d.hosts.dial // the transport adds TLS, and dials again later
	}
	res, err := dial(undated{limited}, addr, &each)
	switch {
	case err == nil:
		return res, nil
	case givenUp(ctx) != nil:
		return res, givenUp(ctx)
	case limited.Err() != nil, timedOut(err): // the driver has a clock of its own
		return res, &net.OpError{Op: "dial", Net: "tcp", Err: fmt.Errorf("%s did not answer within %v", addr, opts.DialTimeout)}
	}
	return res, err
}

// givenUp is why the caller gave up, nil while it has not. The time that the
// driver itself allows to get a connection is not the caller's.
func givenUp(ctx context.Context) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, clickhouse.ErrAcquireConnTimeout) {
		return ctx.Err()
	}
	return nil
}

// timedOut reports that a network operation ran out of time.
func timedOut(err error) bool {
	var network net.Error
	return errors.As(err, &network) && network.Timeout()
}

// login is one connection over the native protocol until it is usable. The
// driver's handshake looks at no context: here the connection's time runs out
// when the context is done.
type login struct {
	ctx   context.Context
	tls   *tls.Config
	hosts *hosts
	stop  func() bool // of the watch over ctx; nil before there is a connection
}

// dial is the driver's DialContext.
func (l *login) dial(_ context.Context, addr string) (net.Conn, error) {
	conn, err := l.hosts.dial(l.ctx, addr)
	if err != nil {
		return nil, err
	}
	if l.tls != nil {
		if conn, err = startTLS(l.ctx, conn, addr, l.tls); err != nil {
			return nil, err
		}
	}
	l.stop = context.AfterFunc(l.ctx, func() { _ = conn.Close() })
	return conn, nil
}

// end leaves a connection that is usable to itself.
func (l *login) end() {
	if l.stop != nil {
		l.stop()
	}
}

// startTLS begins TLS on a connection to addr.
func startTLS(ctx context.Context, conn net.Conn, addr string, cfg *tls.Config) (net.Conn, error) {
	if cfg.ServerName == "" {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		cfg = cfg.Clone()
		cfg.ServerName = host
	}
	secured := tls.Client(conn, cfg)
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return secured, nil
}
