package chconn

import (
	"context"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// hosts is what is known of the servers that a DSN names: which to avoid, and the
// connections to each.
type hosts struct {
	mu      sync.Mutex
	avoided map[string]bool
	open    map[string]map[*hostConn]bool
}

func newHosts() *hosts { return &hosts{open: map[string]map[*hostConn]bool{}} }

// order lists the places of addresses in the order in which they are to be tried,
// beginning at start: those that are to be avoided come last.
func (h *hosts) order(addrs []string, start int) []int {
	h.mu.Lock()
	defer h.mu.Unlock()
	var good, bad []int
	for i := range addrs {
		at := (start + i) % len(addrs)
		if h.avoided[addrs[at]] {
			bad = append(bad, at)
		} else {
			good = append(good, at)
		}
	}
	return append(good, bad...)
}

// avoid replaces what is to be avoided. Connections to silent hosts are closed:
// whoever waits for one, which may be for ever, is told that it broke.
func (h *hosts) avoid(silent, behind []string) {
	h.mu.Lock()
	h.avoided = map[string]bool{}
	for _, addr := range slices.Concat(silent, behind) {
		h.avoided[addr] = true
	}
	var dead []*hostConn
	for _, addr := range silent {
		for conn := range h.open[addr] {
			dead = append(dead, conn)
		}
	}
	h.mu.Unlock()
	for _, conn := range dead {
		_ = conn.Close() // nobody is there to be told
	}
}

// dial connects to a host, and remembers the connection until it is closed.
func (h *hosts) dial(ctx context.Context, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return conn, nil
	}
	c := &hostConn{TCPConn: tcp, addr: addr, of: h}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open[addr] == nil {
		h.open[addr] = map[*hostConn]bool{}
	}
	h.open[addr][c] = true
	return c, nil
}

// hostConn is a connection to a host.
type hostConn struct {
	*net.TCPConn
	addr string
	of   *hosts
}

// Close closes the connection.
func (c *hostConn) Close() error {
	c.of.mu.Lock()
	delete(c.of.open[c.addr], c)
	c.of.mu.Unlock()
	return c.TCPConn.Close()
}

// connsToOne is how many connections a Conn of Replicas has where the DSN tells
// which server they lead to.
const connsToOne = 4

// perHost makes a Conn for each host of the DSN. Behind a single name there may be
// several servers too, among which a balancer chooses for each connection: there
// one connection is all, so that one server answers. Statements wait for it as long
// as their contexts allow; the driver would give up after the time to dial.
func (c *Conn) perHost() []*Conn {
	conns := make([]*Conn, len(c.opts.Addr))
	for i, addr := range c.opts.Addr {
		one := c.Alone(addr, c.database)
		one.opts.MaxOpenConns = connsToOne
		if len(c.opts.Addr) == 1 {
			one.opts.MaxOpenConns, one.opts.DialTimeout = 1, 24*time.Hour
		}
		one.opts.MaxIdleConns = one.opts.MaxOpenConns
		conns[i] = one
	}
	return conns
}

// Alone is a pool of its own to one of the DSN's hosts, under the same account and
// options, for a database that may be another one. The caller closes it.
func (c *Conn) Alone(addr, database string) *Conn {
	one := &Conn{opts: c.opts, settings: c.settings, database: database, log: c.log, opening: make(chan struct{}, 1), hosts: newHosts()}
	one.opts.Addr, one.opts.ConnOpenStrategy = []string{addr}, clickhouse.ConnOpenInOrder
	if one.opts.Auth.Database != "" {
		one.opts.Auth.Database = database
	}
	one.opts.DialStrategy = (&dialer{timeout: c.opts.DialTimeout, hosts: one.hosts}).dial
	return one
}

// Hosts are the addresses that the DSN names, host:port.
func (c *Conn) Hosts() []string { return slices.Clone(c.opts.Addr) }

// Replicas are connections of one server each: one for each host of the DSN, or,
// where that is one, a single connection to whichever server is behind it. They
// are closed with c.
func (c *Conn) Replicas() []*Conn { return c.apart }

// Avoid tells which of the DSN's hosts not to turn to while there are others:
// those that give no sign of life, connections to which are closed, and those
// whose data is not what is asked for. Each call replaces the one before.
func (c *Conn) Avoid(silent, behind []string) { c.hosts.avoid(silent, behind) }

// Renew closes the connections that are open, those in use too: the next ones may
// lead to other servers.
func (c *Conn) Renew() {
	c.hosts.avoid(c.opts.Addr, nil)
	c.hosts.avoid(nil, nil)
}
