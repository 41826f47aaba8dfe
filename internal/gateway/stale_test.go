package gateway

import (
	"bytes"
	"encoding/json"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"clickql/internal/chconn"
	"clickql/internal/ddl"
	"clickql/internal/engine"
	"clickql/internal/fetch"
)

// faulty is a gateway over an engine of its own, which a test stops and ends.
type faulty struct {
	*Gateway
	admin *chconn.Conn
	pid   int
	base  string
}

// overEngine begins a gateway that gives answers from before for an hour.
func overEngine(t *testing.T, staleFor time.Duration) *faulty {
	t.Helper()
	e, err := engine.Open(t.Context(), engine.Config{Dir: t.TempDir(), Temporary: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() }) // it may have been killed
	admin, err := chconn.Open(t.Context(), chconn.Config{DSN: e.DSN()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close() })
	if _, err := ddl.Apply(t.Context(), admin, ddl.Options{Database: engine.Database}); err != nil {
		t.Fatal(err)
	}
	f := &faulty{admin: admin, pid: e.Info().PID}
	f.fill(t, 1000)
	conn, err := chconn.Open(t.Context(), chconn.Config{DSN: e.ReadOnlyDSN()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	f.Gateway = New(Config{Conn: conn, Database: engine.Database, Loader: fetch.Config{StaleFor: staleFor}})
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(f.Handler())
	f.base = server.URL
	t.Cleanup(func() {
		f.signal(t, syscall.SIGCONT) // whoever waits for it is answered
		server.Close()
		if err := f.Stop(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// fill adds downloads.
func (f *faulty) fill(t *testing.T, n int) {
	t.Helper()
	if err := f.admin.Exec(t.Context(), "INSERT INTO pypi (date, project) SELECT toDate('2024-03-01') + number % 10, 'alpha' FROM numbers("+strconv.Itoa(n)+")"); err != nil {
		t.Fatal(err)
	}
}

// signal sends the engine a signal; one that has ended takes none.
func (f *faulty) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(f.pid, s); err != nil && err != syscall.ESRCH {
		t.Error(err)
	}
}

// got is an answer.
type got struct {
	*http.Response
	body string
}

// get asks by GET.
func (f *faulty) get(t *testing.T, path string) got {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got{resp, string(text)}
}

// staleOf is what a response tells of its age; nil where it is of now.
func (g got) staleOf(t *testing.T) (data string, stale *fetch.Stale) {
	t.Helper()
	var r struct {
		Data       json.RawMessage
		Errors     []any
		Extensions struct{ Stale *fetch.Stale }
	}
	if err := json.Unmarshal([]byte(g.body), &r); err != nil || len(r.Errors) > 0 {
		t.Fatalf("%v: %s", err, g.body)
	}
	return string(r.Data), r.Extensions.Stale
}

const (
	asked      = "/graphql?query=%7Bdownloads(range:%7Blast:5%7D)%7Btotal%7D%7D"
	askedOther = "/graphql?query=%7Bdownloads(range:%7Blast:5%7D)%7Btotal%20__typename%7D%7D" // the same of the database
	unasked    = "/graphql?query=%7Bdownloads(range:%7Blast:4%7D)%7Bby(dimension:COUNTRY)%7Btotal%7D%7D%7D"
)

// While ClickHouse hangs, and when it has gone, what was answered before is the answer,
// marked in each form, whatever of the data has changed since; afterwards it is the
// database's again.
func TestAnswersFromBefore(t *testing.T) {
	f := overEngine(t, time.Hour)
	before, stale := f.get(t, asked).staleOf(t)
	if stale != nil {
		t.Fatalf("%+v", stale)
	}
	pictures := map[string]got{}
	for _, path := range []string{"/badge/alpha.svg", "/chart/alpha.svg?last=all", "/chart/alpha.png?last=all", "/chart/alpha.csv?last=all"} {
		pictures[path] = f.get(t, path)
	}

	f.signal(t, syscall.SIGSTOP)
	hung := f.get(t, unhurried(t, f)) // a question that was asked, on data that has changed since
	if data, stale := hung.staleOf(t); stale == nil || data != before || stale.Reason == "" || stale.AsOf.After(time.Now()) {
		t.Errorf("hung: %s", hung.body)
	}
	if hung.Header.Get("Age") == "" || hung.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("hung: %v", hung.Header)
	}
	if data, stale := f.get(t, askedOther).staleOf(t); stale == nil || !strings.Contains(data, `"__typename"`) {
		t.Errorf("the same of the database in another form: %s", data)
	}
	for path, was := range pictures {
		now := f.get(t, path)
		if now.StatusCode != http.StatusOK || now.Header.Get("Age") == "" || now.Header.Get("Content-Type") != was.Header.Get("Content-Type") {
			t.Errorf("%s: %d %v", path, now.StatusCode, now.Header)
		}
		switch {
		case strings.Contains(path, ".svg") && (!strings.Contains(now.body, "data-stale=") || strings.Contains(was.body, "data-stale=")):
			t.Errorf("%s has no mark: %s", path, now.body)
		case strings.Contains(path, ".png"):
			if _, err := png.Decode(bytes.NewReader([]byte(now.body))); err != nil || now.body == was.body {
				t.Errorf("%s has no mark: %v", path, err)
			}
		case strings.Contains(path, ".csv") && now.body != was.body:
			t.Errorf("%s: %s", path, now.body)
		}
	}
	if now := f.get(t, "/readyz"); now.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("ready: %s", now.body)
	}

	f.signal(t, syscall.SIGCONT)
	f.await(t, nil)
	if data, stale := f.get(t, asked).staleOf(t); stale != nil || data != before {
		t.Errorf("afterwards: %s, %+v", data, stale)
	}

	f.signal(t, syscall.SIGKILL)
	f.await(t, func(e *chconn.AwayError) bool { return e != nil && e.Gone })
	if data, stale := f.get(t, asked).staleOf(t); stale == nil || data != before {
		t.Errorf("gone: %s", data)
	}
	if now := f.get(t, unasked); !strings.Contains(now.body, `"UNAVAILABLE"`) {
		t.Errorf("what nobody has asked: %s", now.body)
	}
}

// unhurried is the question that was asked: the clients before it have seen the
// engine answer.
func unhurried(t *testing.T, f *faulty) string {
	t.Helper()
	f.await(t, func(e *chconn.AwayError) bool { return e != nil })
	return asked
}

// await waits until ClickHouse is as it should be; nil for one that answers.
func (f *faulty) await(t *testing.T, holds func(*chconn.AwayError) bool) {
	t.Helper()
	if holds == nil {
		holds = func(e *chconn.AwayError) bool { return e == nil && f.Err() == nil }
	}
	pulse := f.cfg.Loader.Pulse
	for {
		changed, news := pulse.Changed(), f.known.Changed()
		if holds(pulse.Err()) {
			return
		}
		select {
		case <-changed:
		case <-news:
		case <-t.Context().Done():
			t.Fatal("waited in vain")
		}
	}
}

// What is under way when ClickHouse begins to hang gives way to an answer from before
// as well, also where the data is newer since; what was never asked waits.
func TestWhatIsUnderWayGivesWay(t *testing.T) {
	f := overEngine(t, time.Hour)
	before, _ := f.get(t, asked).staleOf(t)
	version := f.known.Snapshot().Version
	f.fill(t, 7)
	for f.known.Snapshot().Version == version {
		<-f.known.Changed()
	}
	f.signal(t, syscall.SIGSTOP)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if data, stale := f.get(t, asked).staleOf(t); stale == nil || data != before {
				t.Errorf("%s, %+v", data, stale)
			}
		})
	}
	all.Wait()
	waits := make(chan got, 1)
	go func() { waits <- f.get(t, strings.Replace(unasked, "4", "3", 1)) }()
	f.signal(t, syscall.SIGCONT)
	if now := <-waits; strings.Contains(now.body, `"stale"`) && !strings.Contains(now.body, "UNAVAILABLE") {
		t.Errorf("what was never asked: %s", now.body)
	}
	f.await(t, nil)
	if data, stale := f.get(t, asked).staleOf(t); stale != nil || data == before {
		t.Errorf("the newer data afterwards: %s, %+v", data, stale)
	}
}

// Without the time for them no answers from before are given.
func TestNothingOldIsGiven(t *testing.T) {
	f := overEngine(t, 0)
	f.get(t, asked).staleOf(t)
	f.signal(t, syscall.SIGKILL)
	f.await(t, func(e *chconn.AwayError) bool { return e != nil && e.Gone })
	for f.Err() == nil {
		<-f.known.Changed()
	}
	if now := f.get(t, asked); !strings.Contains(now.body, `"UNAVAILABLE"`) {
		t.Errorf("%s", now.body)
	}
}
