package engine

import (
	"bufio"
	"encoding/json"
	"errors"
	"net"
	"os"
	"runtime"
	"testing"
	"time"
)

// TestLastHolderWaitsForTheEnd: the connection of who left last ends with the process
// and not before, whatever the collector finds.
func TestLastHolderWaitsForTheEnd(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := newLease(ln.Addr().String())
	h := newHolders(ln, l)
	go h.serve()
	conn, err := knock(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	h.decide(verdict{Info: &Info{}})
	in := json.NewDecoder(bufio.NewReader(conn))
	if _, err := readVerdict(conn, in, l.Proof); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte(goodbye + "\n")); err != nil {
		t.Fatal(err)
	}
	var f farewell
	if err := in.Decode(&f); err != nil || !f.Last {
		t.Fatal(f, err)
	}
	for range 5 {
		runtime.GC()
		if err := conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if err := in.Decode(&f); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("the connection has ended before the process: %v", err)
		}
		in = json.NewDecoder(bufio.NewReader(conn)) // a decoder keeps its error
	}
	runtime.KeepAlive(h)
}
