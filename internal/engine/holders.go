package engine

import (
	"bufio"
	"crypto/subtle"
	"encoding/json"
	"net"
	"strings"
	"sync"
	"time"
)

// firstHolderWithin bounds how long an engine waits for the holder that started
// it, whose connection is in the listener's queue before the process exists.
const firstHolderWithin = 30 * time.Second

// failWithin bounds how long a holder that does not read can keep a failed engine
// from ending.
const failWithin = time.Second

// holders counts, in the engine's process, who needs it. The count falling to
// zero decides to stop, and from that instant nobody is taken in any more: the decision
// and the refusal are one critical section.
type holders struct {
	ln    net.Listener
	lease lease

	mu       sync.Mutex
	holding  map[net.Conn]bool // who holds, and whether they were welcomed
	last     net.Conn          // the one whose leaving decided to stop: its end is the process's
	stopping bool
	stop     chan struct{}

	decided chan struct{}
	verdict verdict
}

func newHolders(ln net.Listener, l lease) *holders {
	return &holders{ln: ln, lease: l, holding: make(map[net.Conn]bool), stop: make(chan struct{}), decided: make(chan struct{})}
}

// serve takes holders in until the engine decides to stop.
func (h *holders) serve() {
	first := time.AfterFunc(firstHolderWithin, func() {
		if h.enter(nil) {
			h.leave(nil)
		}
	})
	defer first.Stop()
	for {
		conn, err := h.ln.Accept()
		if err != nil {
			return
		}
		go h.attend(conn)
	}
}

// decide tells all holders, present and future, how the start went. Called once.
func (h *holders) decide(v verdict) {
	h.verdict = v
	close(h.decided)
}

func (h *holders) enter(conn net.Conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopping {
		return false
	}
	h.holding[conn] = false
	return true
}

// leave reports whether the holder was the last one.
func (h *holders) leave(conn net.Conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.holding, conn)
	if len(h.holding) > 0 || h.stopping {
		return false
	}
	h.last = conn // a connection that nothing names any more is closed by the collector
	h.close()
	return true
}

// abandon decides to stop although there are holders.
func (h *holders) abandon() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.stopping {
		h.close()
	}
}

// welcomed says that a holder may be told more.
func (h *holders) welcomed(conn net.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.holding[conn] = true
}

// fail tells all holders why the engine ends at once.
func (h *holders) fail(reason string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for conn, welcome := range h.holding {
		if welcome && conn.SetWriteDeadline(time.Now().Add(failWithin)) == nil {
			_ = json.NewEncoder(conn).Encode(farewell{Error: reason})
		}
	}
}

// close decides to stop. The caller has the mutex.
func (h *holders) close() {
	h.stopping = true
	_ = h.ln.Close()
	close(h.stop)
}

// attend serves one connection. It stays open when its holder was the last one
// to leave: the process's end closes it, and tells the holder that the engine has gone.
func (h *holders) attend(conn net.Conn) {
	in := bufio.NewScanner(conn)
	if !h.admits(conn, in) || !h.enter(conn) {
		_ = conn.Close()
		return
	}
	out := json.NewEncoder(conn)
	left := make(chan struct{})
	var once sync.Once
	depart := func(polite bool) {
		once.Do(func() {
			close(left)
			last := h.leave(conn)
			if polite {
				_ = out.Encode(farewell{Last: last})
			}
			if !last {
				_ = conn.Close()
			}
		})
	}
	if out.Encode(welcome{Proof: h.lease.Proof}) != nil {
		depart(false)
		return
	}
	h.welcomed(conn)
	told := make(chan struct{})
	go func() {
		defer close(told)
		select {
		case <-h.decided:
			_ = out.Encode(h.verdict)
		case <-left:
		}
	}()
	if in.Scan() && in.Text() == goodbye {
		<-told
		depart(true)
		return
	}
	depart(false)
}

// admits checks the token, in a time that a stranger cannot stretch.
func (h *holders) admits(conn net.Conn, in *bufio.Scanner) bool {
	if conn.SetReadDeadline(time.Now().Add(helloWithin)) != nil || !in.Scan() {
		return false
	}
	if subtle.ConstantTimeCompare([]byte(strings.TrimSpace(in.Text())), []byte(h.lease.Token)) != 1 {
		return false
	}
	return conn.SetReadDeadline(time.Time{}) == nil
}
