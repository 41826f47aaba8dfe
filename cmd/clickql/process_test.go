package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/coder/websocket"

	"clickql/internal/engine"
)

// serving is `clickql serve` as a process of its own.
type serving struct {
	*exec.Cmd
	base           string
	stdout, stderr *console
}

// serveProcess starts a command that is to serve, and returns when it answers.
func serveProcess(t *testing.T, cmd *exec.Cmd) *serving {
	t.Helper()
	s := &serving{Cmd: cmd, stdout: newConsole(), stderr: newConsole()}
	cmd.Stdout, cmd.Stderr = s.stdout, s.stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var err error
	if s.base, err = s.stdout.await(t.Context(), `ClickQL (?:answers|listens) at (http://[0-9.:]+)`); err != nil {
		t.Fatalf("%v\n%s", err, s.stderr)
	}
	return s
}

// signal sends it a signal.
func (s *serving) signal(t *testing.T, sig os.Signal) {
	t.Helper()
	if err := s.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// over waits until it has ended, which has to be without an error.
func (s *serving) over(t *testing.T) {
	t.Helper()
	if err := s.Wait(); err != nil {
		t.Errorf("%v\n%s", err, s.stderr)
	}
}

// once asks for a path over a connection of its own.
func once(base, path string) (status int, body string, err error) {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(base + path)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// pathOf is the address of a question.
func pathOf(query string) string { return "/graphql?query=" + url.QueryEscape(query) }

// heldEngine is a data directory whose engine runs beyond any process that a test
// starts, and the engine's process.
func heldEngine(t *testing.T) (dir string, pid int) {
	t.Helper()
	dir = dataDir(t)
	e, err := engine.Open(t.Context(), engine.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return dir, e.Info().PID
}

// SIGTERM: first the process is not ready and answers all the same, then it takes no more
// connections, what it was asked before is answered, and those who wait for news are told
// that it goes.
func TestTerminated(t *testing.T) {
	const waiting = 100
	dir, pid := heldEngine(t)
	s := serveProcess(t, commandProcess(t, "serve", "--data", dir, "--addr", "127.0.0.1:0", "--grace", "1s"))
	heard := &subscribers{t: t, events: make(chan int64, 1), ready: make(chan struct{})}
	sockets := make(chan error, waiting)
	streams := make(chan error, waiting)
	for range waiting {
		go func() { sockets <- heard.socket(t.Context(), s.base) }()
		go func() { streams <- heard.stream(t.Context(), s.base) }()
		<-heard.ready
		<-heard.ready
	}

	s.signal(t, syscall.SIGTERM)
	until(t, "not to be ready", func() bool {
		status, body, err := once(s.base, "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		return status == http.StatusServiceUnavailable && strings.Contains(body, "about to stop")
	})
	if status, body, err := once(s.base, pathOf("{downloads{total}}")); status != http.StatusOK || !strings.Contains(body, `"total":1000`) {
		t.Errorf("within the grace: %d %s %v", status, body, err)
	}
	// A question that the engine has in hand when the listener closes.
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	type answer struct {
		status int
		body   string
		err    error
	}
	held := make(chan answer, 1)
	go func() {
		status, body, err := once(s.base, pathOf("{downloads(range:{last:3}){total}}"))
		held <- answer{status, body, err}
	}()
	until(t, "no more connections to be taken", func() bool {
		c, err := net.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
		if err != nil {
			return true
		}
		_ = c.Close()
		return false
	})
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if got := <-held; got.err != nil || got.status != http.StatusOK || !strings.Contains(got.body, `"total":300`) {
		t.Errorf("in flight: %d %s %v", got.status, got.body, got.err)
	}
	for range waiting {
		if err := <-sockets; websocket.CloseStatus(err) != websocket.StatusGoingAway {
			t.Errorf("a WebSocket ends with %v", err)
		}
		if err := <-streams; err != nil {
			t.Errorf("an event stream ends with %v", err)
		}
	}
	s.over(t)
}

// SIGHUP: documents that are no longer trusted are refused, also where their answers are
// in memory; others go on, over the connections that there are.
func TestHungUp(t *testing.T) {
	dir, _ := heldEngine(t)
	documents := t.TempDir()
	const kept, dropped = "query Kept { downloads { total } }", "query Dropped { dataset { totalDownloads } }"
	for name, text := range map[string]string{"kept.graphql": kept, "dropped.graphql": dropped, "named.json": `{"it": "query A { downloads { total } }"}`} {
		if err := os.WriteFile(filepath.Join(documents, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := serveProcess(t, commandProcess(t, "serve", "--data", dir, "--addr", "127.0.0.1:0", "--trusted-documents", documents))
	c, err := net.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	replies := bufio.NewReader(c)
	tag := ""
	ask := func(path string) string {
		t.Helper()
		if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nIf-None-Match: %s\r\n\r\n", path, c.RemoteAddr(), tag); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(replies, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if resp.Header.Get("ETag") != "" {
			tag = resp.Header.Get("ETag")
		}
		return fmt.Sprint(resp.StatusCode, " ", string(body))
	}
	named := "/graphql?extensions=" + url.QueryEscape(`{"documentId":"it"}`)
	for _, path := range []string{named, pathOf(kept), pathOf(dropped)} {
		if got := ask(path); !strings.HasPrefix(got, "200 ") || !strings.Contains(got, "1000") {
			t.Fatalf("%s: %s", path, got)
		}
	}
	if got := ask(pathOf(dropped)); !strings.HasPrefix(got, "304 ") { // as it is remembered
		t.Fatalf("%s", got)
	}
	if err := os.Remove(filepath.Join(documents, "dropped.graphql")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(documents, "named.json"), []byte(`{"it": "query B { downloads(range: {last: 1}) { total } }"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s.signal(t, syscall.SIGHUP)
	if _, err := s.stderr.await(t.Context(), "(the trusted documents were read again)"); err != nil {
		t.Fatal(err)
	}
	if got := ask(pathOf(dropped)); !strings.Contains(got, "DOCUMENT_NOT_TRUSTED") {
		t.Errorf("no longer trusted: %s", got)
	}
	if got := ask(named); !strings.Contains(got, `"total":100`) || strings.Contains(got, `"total":1000`) {
		t.Errorf("another document of the name: %s", got)
	}
	if got := ask(pathOf(kept)); !strings.Contains(got, `"total":1000`) {
		t.Errorf("still trusted: %s", got)
	}
	s.signal(t, syscall.SIGTERM)
	s.over(t)
}

// visitors ask over new connections all the time, until they are told to stop.
type visitors struct {
	all            sync.WaitGroup
	stop           chan struct{}
	answered, lost atomic.Int64
	reset          atomic.Int64 // see TestReplacedOnASharedAddress
}

// visit has some begin.
func visit(t *testing.T, base string, n int) *visitors {
	v := &visitors{stop: make(chan struct{})}
	for range n {
		v.all.Go(func() {
			for {
				select {
				case <-v.stop:
					return
				default:
				}
				status, body, err := once(base, pathOf("{downloads{total}}"))
				if errors.Is(err, syscall.ECONNRESET) {
					v.reset.Add(1)
					continue
				}
				if err != nil || status != http.StatusOK || !strings.Contains(body, `"total":1000`) {
					if v.lost.Add(1) <= 3 {
						t.Errorf("%d %s %v", status, body, err)
					}
					continue
				}
				v.answered.Add(1)
			}
		})
	}
	return v
}

// more waits until so many more have been answered.
func (v *visitors) more(t *testing.T, n int64) {
	t.Helper()
	wanted := v.answered.Load() + n
	until(t, "visitors to be answered", func() bool { return v.answered.Load() >= wanted })
}

// The next version of the gateway takes an address over from the one before, both
// sharing it, and nobody whom it has let in notices. Whom the kernel has let in, and the
// process not yet, is sent away with its socket, and comes again: at most one a moment.
func TestReplacedOnASharedAddress(t *testing.T) {
	dir, _ := heldEngine(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	start := func() *serving {
		t.Helper()
		return serveProcess(t, commandProcess(t, "serve", "--data", dir, "--addr", addr, "--reuse-port", "--grace", "200ms"))
	}
	now := start()
	v := visit(t, now.base, 4)
	v.more(t, 50)
	for range 3 {
		next := start()
		v.more(t, 20)
		now.signal(t, syscall.SIGTERM)
		now.over(t)
		now = next
		v.more(t, 20)
	}
	close(v.stop)
	v.all.Wait()
	t.Logf("%d answered, %d sent away", v.answered.Load(), v.reset.Load())
	if v.reset.Load() > 4*3 {
		t.Errorf("%d were sent away by three processes that stopped", v.reset.Load())
	}
	now.signal(t, syscall.SIGTERM)
	now.over(t)
}

// A socket that is handed over stays open from one process to the next: who comes in
// between waits, and is answered.
func TestSocketIsHandedOver(t *testing.T) {
	dir, _ := heldEngine(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	socket, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.Close() }()
	start := func() *serving {
		t.Helper()
		cmd := commandProcess(t, "serve", "--data", dir, "--addr", "127.0.0.1:1", "--grace", "0s")
		// As systemd does it: only the process that is meant takes the socket.
		cmd.Path, cmd.Args = "/bin/sh", append([]string{"sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"`}, cmd.Args...)
		cmd.ExtraFiles = []*os.File{socket}
		return serveProcess(t, cmd)
	}
	first := start()
	if first.base != "http://"+ln.Addr().String() {
		t.Errorf("it answers at %s, the socket is %s", first.base, ln.Addr())
	}
	v := visit(t, first.base, 4)
	v.more(t, 50)
	first.signal(t, syscall.SIGTERM)
	first.over(t)
	second := start() // nobody has answered meanwhile
	v.more(t, 50)
	close(v.stop)
	v.all.Wait()
	t.Logf("%d answered", v.answered.Load())
	if n := v.reset.Load(); n > 0 {
		t.Errorf("%d were sent away", n)
	}
	second.signal(t, syscall.SIGTERM)
	second.over(t)
}
