package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"clickql/graph"
	"clickql/internal/chconn"
	"clickql/internal/ddl"
	"clickql/internal/engine"
	"clickql/internal/fetch"
	"clickql/internal/sample"
)

// console is what a command writes, which a test waits for.
type console struct {
	mu    sync.Mutex
	text  bytes.Buffer
	wrote chan struct{} // closed and replaced with each write
}

func newConsole() *console { return &console{wrote: make(chan struct{})} }

func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.wrote)
	c.wrote = make(chan struct{})
	return c.text.Write(p)
}

func (c *console) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

// await waits until the pattern has been written and gives its first group.
func (c *console) await(ctx context.Context, pattern string) (string, error) {
	re := regexp.MustCompile(pattern)
	for {
		c.mu.Lock()
		m, wrote := re.FindSubmatch(c.text.Bytes()), c.wrote
		c.mu.Unlock()
		if m != nil {
			return string(m[1]), nil
		}
		select {
		case <-wrote:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// served is a gateway under test.
type served struct {
	base           string
	stdout, stderr *console
	stop           context.CancelFunc
	ended          chan error
}

// serveFor runs serve until the test ends or stops it.
func serveFor(t *testing.T, a *app, f serveFlags) *served {
	t.Helper()
	s := &served{stdout: newConsole(), stderr: newConsole(), ended: make(chan error, 1)}
	a.stdout, a.stderr = s.stdout, s.stderr
	a.log = slog.New(slog.NewTextHandler(s.stderr, nil))
	f.serving.addr, f.queryTimeout, f.drain, f.cache = "127.0.0.1:0", fetch.DefaultQueryTimeout, time.Minute, 1<<20
	f.limits, f.maxBody = graph.DefaultLimits(), 1<<20
	if a.data == "" && f.asked == "" {
		f.asked = askedOff
	}
	ctx, stop := context.WithCancel(t.Context())
	s.stop = stop
	go func() {
		s.ended <- a.serve(ctx, f)
		close(s.ended)
	}()
	t.Cleanup(func() { // before the directories that it writes to are removed
		stop()
		for range s.ended {
		}
	})

	waiting, cancel := context.WithCancel(t.Context())
	defer cancel()
	failed := make(chan error, 1)
	go func() {
		select {
		case err := <-s.ended:
			failed <- err
			cancel()
		case <-waiting.Done():
		}
	}()
	base, err := s.stdout.await(waiting, `ClickQL (?:answers|listens) at (http://[0-9.:]+)`)
	if err != nil {
		t.Fatalf("serve ended with %v\n%s", <-failed, s.stderr)
	}
	s.base = base
	return s
}

// end stops the gateway and waits for it.
func (s *served) end(t *testing.T) {
	t.Helper()
	s.stop()
	if err := <-s.ended; err != nil {
		t.Errorf("serve: %v\n%s", err, s.stderr)
	}
}

// total asks for all downloads; code is the error's, if there is one.
func (s *served) total(t *testing.T) (total int64, code string) {
	t.Helper()
	resp, err := http.Post(s.base+"/graphql", "application/json", strings.NewReader(`{"query":"{ downloads { total } }"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var body struct {
		Data   struct{ Downloads struct{ Total int64 } }
		Errors []struct{ Extensions struct{ Code string } }
	}
	if err := json.Unmarshal(text, &body); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if len(body.Errors) > 0 {
		code = body.Errors[0].Extensions.Code
	}
	return body.Data.Downloads.Total, code
}

// status is the status of a path.
func (s *served) status(t *testing.T, path string) int {
	t.Helper()
	resp, err := http.Get(s.base + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	return resp.StatusCode
}

// until asks again and again whether something has become true.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	bound := time.After(time.Minute)
	for !holds() {
		select {
		case <-tick.C:
		case <-bound:
			t.Fatalf("waited for a minute: %s", what)
		}
	}
}

// dataDir is a data directory whose database holds 1,000 downloads.
func dataDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	e, err := engine.Open(t.Context(), engine.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	conn, err := chconn.Open(t.Context(), chconn.Config{DSN: e.DSN()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := ddl.Apply(t.Context(), conn, ddl.Options{Database: engine.Database}); err != nil {
		t.Fatal(err)
	}
	if err := conn.Exec(t.Context(), "INSERT INTO pypi (date, project) SELECT toDate('2024-03-01') + number % 10, 'alpha' FROM numbers(1000)"); err != nil {
		t.Fatal(err)
	}
	return dir
}

// engineOf is the process of the engine of a data directory; 0 where none says that it
// answers.
func engineOf(dir string) (pid int) {
	var info engine.Info
	if text, err := os.ReadFile(filepath.Join(dir, "engine.json")); err != nil || json.Unmarshal(text, &info) != nil {
		return 0
	}
	return info.PID
}

// kill ends the engine of a data directory as a crash would, and gives the process that
// it was.
func kill(t *testing.T, dir string) (pid int) {
	t.Helper()
	pid = engineOf(dir)
	if err := syscall.Kill(pid, syscall.SIGKILL); pid == 0 || err != nil {
		t.Fatalf("kill the engine, process %d: %v", pid, err)
	}
	return pid
}

func TestServeOutlivesItsEngine(t *testing.T) {
	dir := dataDir(t)
	s := serveFor(t, &app{data: dir}, serveFlags{})
	if total, code := s.total(t); total != 1000 || code != "" {
		t.Fatalf("total %d, code %q", total, code)
	}
	days := 0
	for round := range 2 {
		kill(t, dir)
		until(t, "the engine to be noticed as dead and started again", func() bool {
			return strings.Count(s.stderr.String(), "runs again") > round && s.status(t, "/readyz") == http.StatusOK
		})
		// Not what was kept in memory: another question.
		until(t, "an answer from the new engine", func() bool {
			days++
			resp, err := http.Get(fmt.Sprintf("%s/chart/alpha.csv?last=%dd", s.base, days))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			return resp.StatusCode == http.StatusOK
		})
		if total, code := s.total(t); total != 1000 || code != "" {
			t.Errorf("afterwards: total %d, code %q", total, code)
		}
	}
	s.end(t)
	if _, err := os.Stat(filepath.Join(dir, "engine.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the engine still runs: %v\n%s", err, s.stderr)
	}
}

func TestServeWaitsForItsServer(t *testing.T) {
	dir := dataDir(t)
	e, err := engine.Open(t.Context(), engine.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	dsn := e.ReadOnlyDSN()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	s := serveFor(t, &app{clickhouse: dsn}, serveFlags{})
	if got := s.status(t, "/readyz"); got != http.StatusServiceUnavailable {
		t.Errorf("readyz without a server: %d", got)
	}
	if _, code := s.total(t); code != "UNAVAILABLE" {
		t.Errorf("without a server: code %q", code)
	}
	if got := s.status(t, "/healthz"); got != http.StatusOK {
		t.Errorf("healthz: %d", got)
	}
	s.end(t)
}

func TestDemoFillsOnceAndGoesOnWhereItStopped(t *testing.T) {
	o := sample.Defaults()
	o.Rows, o.Days, o.Projects = 20_000, 20, 30
	dir := t.TempDir()
	first := serveFor(t, &app{data: dir}, serveFlags{demo: true, sample: o})
	total, code := first.total(t)
	if code != "" || total < o.Rows*9/10 || total > o.Rows {
		t.Fatalf("total %d of %d rows, code %q\n%s", total, o.Rows, code, first.stderr)
	}
	if out := first.stdout.String(); strings.Count(out, "curl -s "+first.base+"/graphql") != 3 {
		t.Errorf("not three queries to paste: %s", out)
	}
	first.end(t)

	second := serveFor(t, &app{data: dir}, serveFlags{demo: true, sample: o})
	if again, _ := second.total(t); again != total || strings.Contains(second.stderr.String(), "loading") {
		t.Errorf("the second start gives %d, not %d\n%s", again, total, second.stderr)
	}
	second.end(t)

	// Killed right before it was known to be complete.
	if err := os.Remove(filepath.Join(dir, "sample", "loaded-into-pypi")); err != nil {
		t.Fatal(err)
	}
	third := serveFor(t, &app{data: dir}, serveFlags{demo: true, sample: o})
	if again, _ := third.total(t); again != total || strings.Contains(third.stderr.String(), "writing sample") {
		t.Errorf("resumed: %d, not %d\n%s", again, total, third.stderr)
	}
	third.end(t)
}

func TestDemoLeavesOtherDataAlone(t *testing.T) {
	s := serveFor(t, &app{data: dataDir(t)}, serveFlags{demo: true, sample: sample.Defaults()})
	if total, _ := s.total(t); total != 1000 || !strings.Contains(s.stderr.String(), "adds nothing") {
		t.Errorf("total %d\n%s", total, s.stderr)
	}
	s.end(t)
}

func TestServeRefusesWrongUsage(t *testing.T) {
	ok := serveFlags{queryTimeout: time.Second, drain: time.Second, limits: graph.DefaultLimits(), maxBody: 1}
	for name, change := range map[string]func(*app, *serveFlags){
		"--demo":          func(a *app, f *serveFlags) { f.demo, a.clickhouse = true, "clickhouse://host/pypi" },
		"--play-url":      func(_ *app, f *serveFlags) { f.playURL = "play" },
		"--query-timeout": func(_ *app, f *serveFlags) { f.queryTimeout = 0 },
	} {
		a, f := &app{}, ok
		change(a, &f)
		err := f.check(a)
		if wrong := new(usageError); !errors.As(err, wrong) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestServeNamesAWrongPassword: at once, where the operator looks, and without
// announcing what does not work.
func TestServeNamesAWrongPassword(t *testing.T) {
	e, err := engine.Open(t.Context(), engine.Config{Dir: dataDir(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	s := serveFor(t, &app{clickhouse: "clickhouse://" + e.Info().ReadOnlyUser + ":wrong@" + e.Info().Native + "/pypi"}, serveFlags{})
	for _, want := range []string{"cannot answer yet", "Authentication failed", "check the user and the password in --clickhouse"} {
		if _, err := s.stdout.await(t.Context(), "("+want+")"); err != nil {
			t.Errorf("no %q: %s", want, s.stdout)
		}
	}
	if strings.Contains(s.stdout.String(), "/playground") {
		t.Errorf("announced: %s", s.stdout)
	}
	resp, err := http.Get(s.base + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if text, err := io.ReadAll(resp.Body); err != nil || !strings.Contains(string(text), `"clickhouse":"ClickHouse refuses the account`) {
		t.Errorf("readyz: %s, %v", text, err)
	}
	s.end(t)
}
