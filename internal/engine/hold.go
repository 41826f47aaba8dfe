package engine

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// lease is DIR/lease.json: where the serving process takes holders, and the two
// secrets by which both sides know each other. Fresh for every start, so that a
// lease left by a crash is worthless to whoever has its port by now.
type lease struct {
	Addr  string `json:"addr"`
	Token string `json:"token"`
	Proof string `json:"proof"`
}

func newLease(addr string) lease {
	return lease{Addr: addr, Token: rand.Text(), Proof: rand.Text()}
}

func readLease(dir string) (lease, error) {
	var l lease
	raw, err := os.ReadFile(layout(dir).lease())
	if err != nil {
		return l, err
	}
	return l, json.Unmarshal(raw, &l)
}

func (l lease) write(dir string) error {
	raw, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return writePrivate(layout(dir).lease(), raw)
}

// The messages on a lease's connection. A holder sends one line with the token; the
// engine answers with welcome, and, once it serves or has failed, with
// verdict. A holder that leaves may send a line of goodbye and gets farewell; one that
// dies leaves by the end of its connection.
type (
	welcome struct {
		Proof string `json:"proof"`
	}
	verdict struct {
		Info  *Info  `json:"info,omitempty"`
		Error string `json:"error,omitempty"`
	}
	farewell struct {
		// Last says that the engine stops now; its end is the connection's end.
		Last bool `json:"last"`
		// Error is why the engine ends although it has holders. Before there was a
		// verdict it reads as one.
		Error string `json:"error,omitempty"`
	}
)

const goodbye = "goodbye"

// helloWithin bounds the wait for a welcome from an address out of a file: it
// may be a stranger's by now.
const helloWithin = 10 * time.Second

// hold is one holder's end of its connection to the engine.
type hold struct {
	conn     net.Conn
	gone     chan struct{}
	farewell chan farewell
	cause    error // why the engine ended by itself, where it could say; for after gone
}

// knock connects and shows the token. The engine counts the holder when it
// reads that, so a starter may knock before its engine runs.
func knock(ctx context.Context, l lease) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", l.Addr)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoEngine, err)
	}
	if _, err := conn.Write([]byte(l.Token + "\n")); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("%w: %w", errNoEngine, err)
	}
	return conn, nil
}

// join becomes a holder of a running or starting engine. errNoEngine: there is
// none, or it has decided to stop.
func join(ctx context.Context, cfg Config) (*hold, Info, error) {
	l, err := readLease(cfg.Dir)
	if err != nil {
		return nil, Info{}, fmt.Errorf("%w: %w", errNoEngine, err)
	}
	conn, err := knock(ctx, l)
	if err != nil {
		return nil, Info{}, err
	}
	if err := conn.SetReadDeadline(time.Now().Add(helloWithin)); err != nil {
		_ = conn.Close()
		return nil, Info{}, err
	}
	h, info, err := await(ctx, conn, l.Proof)
	if err != nil {
		return nil, Info{}, fmt.Errorf("join engine in %s: %w", cfg.Dir, err)
	}
	cfg.Log.Debug("engine joined", "dir", cfg.Dir, "pid", info.PID)
	return h, info, nil
}

// await reads the engine's welcome and verdict.
func await(ctx context.Context, conn net.Conn, proof string) (*hold, Info, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	in := json.NewDecoder(bufio.NewReader(conn))
	v, err := readVerdict(conn, in, proof)
	if ctx.Err() != nil {
		err = ctx.Err()
	} else if err == nil && v.Error != "" {
		err = errors.New(v.Error)
	}
	if err != nil {
		_ = conn.Close()
		return nil, Info{}, err
	}
	h := &hold{conn: conn, gone: make(chan struct{}), farewell: make(chan farewell, 1)}
	go h.watch(in)
	return h, *v.Info, nil
}

func readVerdict(conn net.Conn, in *json.Decoder, proof string) (verdict, error) {
	var w welcome
	if err := in.Decode(&w); err != nil || w.Proof != proof {
		return verdict{}, errNoEngine
	}
	if err := conn.SetReadDeadline(time.Time{}); err != nil {
		return verdict{}, err
	}
	var v verdict
	if err := in.Decode(&v); err != nil || (v.Info == nil && v.Error == "") {
		return verdict{}, errNoEngine
	}
	return v, nil
}

// watch reads until the connection ends, which is when the engine has gone.
func (h *hold) watch(in *json.Decoder) {
	defer close(h.gone)
	defer func() { _ = h.conn.Close() }()
	for {
		var f farewell
		if in.Decode(&f) != nil {
			return
		}
		if f.Error != "" {
			h.cause = &EndedError{f.Error}
			continue
		}
		h.farewell <- f
	}
}

// release says goodbye, and waits for the engine's end if this was the last
// hold, as the process's end is what frees the directory.
func (h *hold) release() (last bool, err error) {
	stuck := time.AfterFunc(giveUpAfter, func() { _ = h.conn.Close() })
	if _, err := h.conn.Write([]byte(goodbye + "\n")); err == nil {
		select {
		case f := <-h.farewell:
			last = f.Last
		case <-h.gone:
		}
	}
	if last {
		<-h.gone
	}
	inTime := stuck.Stop()
	_ = h.conn.Close()
	<-h.gone
	switch {
	case !inTime:
		return last, fmt.Errorf("stop engine: it is still there after %v; end its process", giveUpAfter)
	case h.cause != nil:
		return last, h.cause
	}
	return last, nil
}
