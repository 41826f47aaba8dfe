package ingest

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/internal/chconn"
)

// wire is a network between a load and the server, which can lose answers.
type wire struct {
	addr string

	mu    sync.Mutex
	calls []*call
	down  bool // new calls fail
}

// call is one connection.
type call struct {
	client, server net.Conn
	mu             sync.Mutex
	deaf           bool // what the server says is lost, and the connection with it
}

// newWire leads to an address.
func newWire(t *testing.T, target string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{addr: l.Addr().String()}
	t.Cleanup(func() {
		_ = l.Close()
		w.cut()
	})
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			w.connect(client, target)
		}
	}()
	return w
}

// connect carries one connection.
func (w *wire) connect(client net.Conn, target string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	server, err := net.Dial("tcp", target)
	if err != nil || w.down {
		_ = client.Close()
		if err == nil {
			_ = server.Close()
		}
		return
	}
	c := &call{client: client, server: server}
	w.calls = append(w.calls, c)
	go func() {
		_, _ = io.Copy(server, client) // until either ends
		_ = server.Close()
	}()
	go c.listen()
}

// listen carries what the server says.
func (c *call) listen() {
	defer func() { _ = c.client.Close() }()
	buf := make([]byte, 1<<16)
	for {
		n, err := c.server.Read(buf)
		c.mu.Lock()
		deaf := c.deaf
		c.mu.Unlock()
		if err != nil || deaf {
			return
		}
		if _, err := c.client.Write(buf[:n]); err != nil {
			return
		}
	}
}

// lose makes every present connection lose the next answer, and end with it:
// what was asked has been done by then.
func (w *wire) lose() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.calls {
		c.mu.Lock()
		c.deaf = true
		c.mu.Unlock()
	}
	w.calls = nil
}

// cut ends every connection, and lets no other through.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = true
	for _, c := range w.calls {
		_, _ = c.client.Close(), c.server.Close()
	}
}

// TestNetworkFails loses answers of statements that did run, or the whole
// network, at each step; the next load ends with every row there once.
func TestNetworkFails(t *testing.T) {
	t.Parallel()
	for _, cut := range []bool{false, true} {
		db := newFew(t)
		dsn, err := url.Parse(db.DSN)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		files := mixed(8, 60)
		failed := 0
		for i, step := range []Step{StepLocked, StepPlanned, StepStageCreated, StepRawStaged, StepChecked, StepPublishing, StepMoved, StepAllMoved} {
			exports(t, db.Conn, dir, files[i])
			w := newWire(t, dsn.Host)
			through := *dsn
			through.Host = w.addr
			conn, err := chconn.Open(t.Context(), chconn.Config{DSN: through.String()})
			if err != nil {
				t.Fatal(err)
			}
			var once sync.Once
			quick := config.Config{Conn: conn, Beat: 20 * time.Millisecond, Lease: 100 * time.Millisecond}
			bad := quick
			bad.Holder = ledger.Holder{Host: "elsewhere", PID: 1, Token: string(step)}
			bad.Before = atSteps(func(now Step) error {
				if now == step {
					once.Do(func() {
						if cut {
							w.cut()
						} else {
							w.lose()
						}
					})
				}
				return nil
			})
			if _, err := New(bad).Run(t.Context(), ledger.Downloads, dir+"/*.parquet"); err != nil {
				failed++
			}
			_ = conn.Close() // it may be broken
			quick.Conn = db.Conn
			mustLoad(t, quick, dir+"/*.parquet")
			checkEqual(t, db.Conn, db.Name, expectation(t, db.Conn, db.Name, files[:i+1]))
			checkClean(t, db.Conn, db.Name)
			if t.Failed() {
				t.Fatalf("cut %v at %s", cut, step)
			}
		}
		if failed < 6 {
			t.Errorf("cut %v: only %d of 8 loads failed", cut, failed)
		}
	}
}

// TestClockJumps loads while the clock jumps back and forth by years at every
// look: nothing is decided by it.
func TestClockJumps(t *testing.T) {
	db := newFew(t)
	dir := t.TempDir()
	files := mixed(4, 60)
	exports(t, db.Conn, dir, files...)
	jumps := []int{2031, 1999, 2024, 2100, 1970}
	var mu sync.Mutex
	looks := 0
	cfg := config.Config{Conn: db.Conn, BatchFiles: 1, Workers: 2, Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		looks++
		return time.Date(jumps[looks%len(jumps)], 6, 1, 0, 0, 0, 0, time.UTC)
	}}
	for range 2 {
		if sum := mustLoad(t, cfg, dir+"/*.parquet"); !sum.Complete() {
			t.Errorf("%+v", sum)
		}
		checkEqual(t, db.Conn, db.Name, expectation(t, db.Conn, db.Name, files))
		checkClean(t, db.Conn, db.Name)
	}
	if _, err := New(cfg).Status(t.Context()); err != nil {
		t.Error(err)
	}
}
