package server

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"clickql/internal/access"
)

const (
	// spareConns is how many connections are taken beyond all limits, for probes
	// and scrapes alone: whoever watches the gateway gets an answer when it is full.
	spareConns = 64
	// spareTimeout is how long such a connection may take to ask.
	spareTimeout = 2 * time.Second
)

// doors is a listener that takes so many connections, and so many from one client.
type doors struct {
	net.Listener
	most, perClient int

	unasked sync.WaitGroup // connections that no request has come over yet

	mu       sync.Mutex
	open     int
	spare    []*spareConn // oldest first
	byClient map[netip.Prefix]int
}

// newDoors bounds the connections of ln.
func newDoors(ln net.Listener, most, perClient int) *doors {
	return &doors{Listener: ln, most: most, perClient: perClient, byClient: map[netip.Prefix]int{}}
}

// Accept takes the next connection. One beyond the limits takes the place of the
// oldest of its kind where there are too many: who is waited for asks at once.
func (d *doors) Accept() (net.Conn, error) {
	conn, err := d.Listener.Accept()
	if err != nil {
		return nil, err
	}
	taken, oldest := d.take(conn)
	if oldest != nil {
		_ = oldest.Close() // it had its time
	}
	return taken, nil
}

// take counts the connection; oldest is one to close for it, nil for none.
func (d *doors) take(conn net.Conn) (taken net.Conn, oldest *spareConn) {
	client := clientOf(conn)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open < d.most && d.byClient[client] < d.perClient {
		d.open++
		d.byClient[client]++
		return d.counted(&countedConn{Conn: conn, leave: func() { d.leave(client) }}), nil
	}
	spare := &spareConn{countedConn: countedConn{Conn: conn}}
	spare.leave = func() { d.leaveSpare(spare) }
	d.counted(&spare.countedConn)
	_ = spare.SetReadDeadline(time.Time{})
	if len(d.spare) >= spareConns {
		oldest = d.spare[0]
	}
	d.spare = append(d.spare, spare)
	return spare, oldest
}

// counted has a connection counted among those that nothing has been asked over.
func (d *doors) counted(c *countedConn) *countedConn {
	d.unasked.Add(1)
	c.asked = sync.OnceFunc(d.unasked.Done)
	return c
}

func (d *doors) leave(client netip.Prefix) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open--
	if d.byClient[client]--; d.byClient[client] == 0 {
		delete(d.byClient, client)
	}
}

func (d *doors) leaveSpare(c *spareConn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.spare = slices.DeleteFunc(d.spare, func(o *spareConn) bool { return o == c })
}

// clientOf is who a connection comes from.
func clientOf(conn net.Conn) netip.Prefix {
	at, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Prefix{}
	}
	return access.Network(at.Addr())
}

// countedConn is a connection that tells once when it is closed.
type countedConn struct {
	net.Conn
	once  sync.Once
	leave func()
	asked func() // the first request has come
}

// Close closes the connection.
func (c *countedConn) Close() error {
	c.once.Do(c.leave)
	c.asked()
	return c.Conn.Close()
}

// spareConn is a connection beyond the limits. It has to be quick.
type spareConn struct{ countedConn }

// SetReadDeadline sets the deadline, or an earlier one.
func (c *spareConn) SetReadDeadline(t time.Time) error {
	if last := time.Now().Add(spareTimeout); t.IsZero() || t.After(last) {
		t = last
	}
	return c.Conn.SetReadDeadline(t)
}

type connKey struct{}

// connContext notes which connection a request comes over.
func connContext(ctx context.Context, conn net.Conn) context.Context {
	if encrypted, ok := conn.(*tls.Conn); ok {
		conn = encrypted.NetConn()
	}
	return context.WithValue(ctx, connKey{}, conn)
}

// sparing answers over spare connections what the gateway is watched by, one request
// each, and nothing else.
func sparing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn := r.Context().Value(connKey{})
		if counted, ok := conn.(*countedConn); ok {
			counted.asked()
		}
		if spare, ok := conn.(*spareConn); ok {
			spare.asked()
			w.Header().Set("Connection", "close")
			switch r.URL.Path {
			case "/healthz", "/readyz", "/metrics":
			default:
				w.Header().Set("Retry-After", "10")
				refuse(w, http.StatusServiceUnavailable, "OVERLOADED", "there are too many connections, in all or from your address: close some, or try again in a moment")
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
