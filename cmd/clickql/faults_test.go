package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"clickql/internal/chconn"
	"clickql/internal/ddl"
	"clickql/internal/engine"
)

// longFaults in the environment has TestFaults go on for a minute, with as many
// clients as docs/OPERATE.md tells of.
const longFaults = "CLICKQL_FAULTS"

// faultSize is how much TestFaults asks.
type faultSize struct {
	subscribers int // over WebSockets, and as many event streams
	clients     int
	phase       time.Duration // the least between two faults
	answers     int64         // of all clients, the least between two faults
}

// The data: each of faultDays from faultFirst on has so many downloads of alpha and of
// beta, so that whatever is asked of any range can be told beforehand.
const (
	faultFirst, faultDays = "2023-03-01", 400
	ofAlpha, ofBeta       = 25, 15
)

// faultDay is a day by its number.
func faultDay(n int) string {
	first, _ := time.Parse(time.DateOnly, faultFirst)
	return first.AddDate(0, 0, n).Format(time.DateOnly)
}

// loadFaultDays adds days to the data.
func loadFaultDays(t *testing.T, conn *chconn.Conn, from, to int) {
	t.Helper()
	insert := fmt.Sprintf("INSERT INTO pypi (date, project) SELECT toDate('%s') + intDiv(number, %d), if(number %% %d < %d, 'alpha', 'beta') FROM numbers(%d)",
		faultDay(from), ofAlpha+ofBeta, ofAlpha+ofBeta, ofAlpha, (to-from)*(ofAlpha+ofBeta))
	if err := conn.Exec(t.Context(), insert); err != nil {
		t.Fatal(err)
	}
}

// within does something over the engine of a directory as its administrator.
func within(t *testing.T, dir string, do func(conn *chconn.Conn)) {
	t.Helper()
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
	do(conn)
}

// faultClients ask all the time, and hold every answer against what it has to be.
type faultClients struct {
	t       *testing.T
	base    string
	client  *http.Client
	charts  map[string]string // numbers that were asked before, by path
	known   []faultQuestion   // that were asked before
	answers atomic.Int64

	right, stale, fresh, refused atomic.Int64
	slowest                      atomic.Int64 // of what was asked before, in nanoseconds
}

// faultQuestion is a question with its answer.
type faultQuestion struct {
	query string
	total int64
}

// asking is a question about a range of days, and its answer.
func asking(project string, from, to int) faultQuestion {
	within := fmt.Sprintf(`downloads(range: {from: "%s", to: "%s"}) { total }`, faultDay(from), faultDay(to))
	days := int64(to - from + 1)
	switch project {
	case "alpha":
		return faultQuestion{`{ project(name: "alpha") { ` + within + ` } }`, days * ofAlpha}
	case "beta":
		return faultQuestion{`{ project(name: "beta") { ` + within + ` } }`, days * ofBeta}
	}
	return faultQuestion{"{ " + within + " }", days * (ofAlpha + ofBeta)}
}

// faultAnswer is what comes back.
type faultAnswer struct {
	Data struct {
		Downloads *struct{ Total int64 }
		Project   *struct{ Downloads *struct{ Total int64 } }
	}
	Errors     []struct{ Extensions struct{ Code string } }
	Extensions struct{ Stale *struct{ Reason string } }
}

// total is the number asked for; 0 where there is none.
func (a faultAnswer) total() int64 {
	switch {
	case a.Data.Downloads != nil:
		return a.Data.Downloads.Total
	case a.Data.Project != nil && a.Data.Project.Downloads != nil:
		return a.Data.Project.Downloads.Total
	}
	return 0
}

// get is the body of a path, which has to be answered with 200.
func (c *faultClients) get(path string) (body []byte, ok bool) {
	resp, err := c.client.Get(c.base + path)
	if err != nil {
		c.t.Errorf("%s: %v", path, err)
		return nil, false
	}
	defer func() { _ = resp.Body.Close() }()
	body, err = io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		c.t.Errorf("%s: %d, %v: %s", path, resp.StatusCode, err, body)
		return body, false
	}
	return body, true
}

// ask asks a question. Asked before, it has to be answered; otherwise it may be refused,
// as UNAVAILABLE. A number is right in either case.
func (c *faultClients) ask(q faultQuestion, before bool) {
	resp, err := c.client.Get(c.base + "/graphql?query=" + url.QueryEscape(q.query))
	if err != nil {
		c.t.Errorf("%s: %v", q.query, err)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	var a faultAnswer
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		c.t.Errorf("%s: %d, %v", q.query, resp.StatusCode, err)
		return
	}
	switch {
	case len(a.Errors) > 0 && !before && a.Errors[0].Extensions.Code == "UNAVAILABLE":
		c.refused.Add(1)
		return
	case len(a.Errors) > 0:
		c.t.Errorf("%s, asked before: %v: %+v", q.query, before, a.Errors)
		return
	case a.total() != q.total:
		c.t.Errorf("%s: %d, it is %d", q.query, a.total(), q.total)
		return
	case a.Extensions.Stale != nil:
		c.stale.Add(1)
	}
	c.right.Add(1)
	if !before {
		c.fresh.Add(1)
	}
}

// work asks one thing after another until it is told to stop.
func (c *faultClients) work(stop <-chan struct{}) {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		default:
		}
		began := time.Now()
		switch n % 4 {
		case 0:
			from := rand.IntN(faultDays)
			c.ask(asking([]string{"", "alpha", "beta"}[rand.IntN(3)], from, from+rand.IntN(faultDays-from)), false)
		case 1:
			for path, want := range c.charts { // any one
				if got, ok := c.get(path); ok && string(got) != want {
					c.t.Errorf("%s: %s\nit is %s", path, got, want)
				} else if ok {
					c.right.Add(1)
				}
				break
			}
		default:
			c.ask(c.known[rand.IntN(len(c.known))], true)
		}
		if took := time.Since(began).Nanoseconds(); n%4 != 0 {
			for was := c.slowest.Load(); took > was && !c.slowest.CompareAndSwap(was, took); was = c.slowest.Load() {
			}
		}
		c.answers.Add(1)
	}
}

// through waits until the clients have had so many answers, and a time is over.
func (c *faultClients) through(size faultSize) {
	c.t.Helper()
	wanted := c.answers.Load() + size.answers
	<-time.After(size.phase)
	until(c.t, "the clients to be answered", func() bool { return c.answers.Load() >= wanted })
}

// subscribers wait for what is new of the data.
type subscribers struct {
	t      *testing.T
	all    sync.WaitGroup
	events chan int64    // the total that each event tells
	ready  chan struct{} // one each, once it listens
	lost   atomic.Int64
	over   atomic.Bool
}

const faultSubscription = `subscription { datasetChanged { landed dataset { totalDownloads } } }`

// faultEvent is one event.
type faultEvent struct {
	Data struct {
		DatasetChanged struct {
			Landed  []string
			Dataset struct{ TotalDownloads int64 }
		}
	}
	Errors []struct{ Message string }
}

// take takes an event in.
func (s *subscribers) take(text []byte) {
	var e faultEvent
	if err := json.Unmarshal(text, &e); err != nil || len(e.Errors) > 0 {
		s.t.Errorf("an event is %s: %v", text, err)
	}
	s.events <- e.Data.DatasetChanged.Dataset.TotalDownloads
}

// ended notes that one is no longer connected.
func (s *subscribers) ended(how string, err error) {
	if !s.over.Load() && s.lost.Add(1) <= 3 {
		s.t.Errorf("%s: its connection ended: %v", how, err)
	}
}

// socket subscribes over a WebSocket, and gives what ends it.
func (s *subscribers) socket(ctx context.Context, base string) error {
	c, resp, err := websocket.Dial(ctx, base+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		s.ready <- struct{}{}
		return err
	}
	if resp.Body != nil {
		_ = resp.Body.Close()
	}
	defer func() { _ = c.CloseNow() }()
	err = c.Write(ctx, websocket.MessageText, []byte(`{"type":"connection_init"}`))
	for err == nil {
		var m struct {
			Type    string
			Payload json.RawMessage
		}
		if err = wsjson.Read(ctx, c, &m); err != nil {
			break
		}
		switch m.Type {
		case "connection_ack":
			text, _ := json.Marshal(map[string]any{"type": "subscribe", "id": "1", "payload": map[string]string{"query": faultSubscription}})
			if err = c.Write(ctx, websocket.MessageText, text); err == nil {
				err = c.Write(ctx, websocket.MessageText, []byte(`{"type":"ping"}`)) // is read after it
			}
		case "pong":
			s.ready <- struct{}{}
		case "next":
			s.take(m.Payload)
		case "ping":
			err = c.Write(ctx, websocket.MessageText, []byte(`{"type":"pong"}`))
		default:
			s.t.Errorf("WebSocket: %s %s", m.Type, m.Payload)
		}
	}
	return err
}

// stream subscribes by server-sent events, and gives what ends them; nil for their end.
func (s *subscribers) stream(ctx context.Context, base string) error {
	var dialer net.Dialer
	c, err := dialer.DialContext(ctx, "tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		s.ready <- struct{}{}
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	_, err = fmt.Fprintf(c, "GET /graphql?query=%s HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\n\r\n", url.QueryEscape(faultSubscription), c.RemoteAddr())
	lines := bufio.NewScanner(c)
	for began := false; err == nil && lines.Scan(); {
		line := lines.Text()
		if strings.HasPrefix(line, ":") && !began { // the first comment: it listens
			began = true
			s.ready <- struct{}{}
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			s.take([]byte(data))
		}
	}
	return errors.Join(err, lines.Err())
}

// begin has so many subscribe, in each of the two ways.
func (s *subscribers) begin(ctx context.Context, base string, n int) {
	const atOnce = 50
	for i := range n {
		s.all.Go(func() { s.ended("WebSocket", s.socket(ctx, base)) })
		s.all.Go(func() { s.ended("event stream", s.stream(ctx, base)) })
		if i%atOnce == atOnce-1 || i == n-1 {
			for range 2 * (i%atOnce + 1) {
				<-s.ready
			}
		}
	}
}

// TestFaults kills the engine three times while clients ask and others wait for news:
// no number is wrong, what was asked before is answered all the time, nobody's connection
// ends, and all hear of the next day, once.
func TestFaults(t *testing.T) {
	size := faultSize{subscribers: 20, clients: 8, answers: 400}
	if os.Getenv(longFaults) != "" {
		size = faultSize{subscribers: 1000, clients: 64, phase: 15 * time.Second, answers: 400}
	}
	const kills = 3
	dir := t.TempDir()
	within(t, dir, func(conn *chconn.Conn) {
		if _, err := ddl.Apply(t.Context(), conn, ddl.Options{Database: engine.Database}); err != nil {
			t.Fatal(err)
		}
		loadFaultDays(t, conn, 0, faultDays)
	})
	gateway := serveProcess(t, commandProcess(t, "serve", "--data", dir, "--addr", "127.0.0.1:0", "--max-client-connections", "4096", "--log-level", "warn"))
	base := gateway.base
	ctx, leave := context.WithCancel(t.Context())
	heard := &subscribers{t: t, events: make(chan int64, 4*size.subscribers), ready: make(chan struct{})}
	heard.begin(ctx, base, size.subscribers)

	c := &faultClients{t: t, base: base, charts: map[string]string{}, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: size.clients}}}
	for n := range 30 {
		c.known = append(c.known, asking([]string{"", "alpha", "beta"}[n%3], 2*n, faultDays-1-3*n))
		c.ask(c.known[n], false)
	}
	for _, path := range []string{"/chart/alpha.csv?last=90d", "/chart/alpha,beta.csv?last=all&interval=month"} {
		body, _ := c.get(path)
		c.charts[path] = string(body)
	}
	if c.right.Load() != int64(len(c.known)) {
		t.Fatalf("before any fault: %d of %d are right\n%s", c.right.Load(), len(c.known), gateway.stderr)
	}
	stop := make(chan struct{})
	var working sync.WaitGroup
	for range size.clients {
		working.Go(func() { c.work(stop) })
	}
	for range kills {
		c.through(size)
		dead := kill(t, dir)
		died, wanted := time.Now(), c.answers.Load()
		until(t, "the engine to run again", func() bool { now := engineOf(dir); return now != 0 && now != dead })
		until(t, "readiness", func() bool {
			resp, err := c.client.Get(base + "/readyz")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			return resp.StatusCode == http.StatusOK
		})
		t.Logf("killed: ready again after %.2f s, %d answers meanwhile", time.Since(died).Seconds(), c.answers.Load()-wanted)
	}
	c.through(size)
	close(stop)
	working.Wait()
	t.Logf("%d clients: %d answers, all right: %d of what was not asked before, %d stale; %d of what was not asked before were refused as UNAVAILABLE; what was asked before took %s at most",
		size.clients, c.right.Load(), c.fresh.Load(), c.stale.Load(), c.refused.Load(), time.Duration(c.slowest.Load()).Round(time.Millisecond))
	if n := len(heard.events); n > 0 {
		t.Errorf("%d events of data that is as it was", n)
	}
	within(t, dir, func(conn *chconn.Conn) { loadFaultDays(t, conn, faultDays, faultDays+1) })
	for range 2 * size.subscribers {
		if total := <-heard.events; total != (faultDays+1)*(ofAlpha+ofBeta) {
			t.Errorf("an event tells of %d downloads", total)
		}
	}
	if n := len(heard.events); n > 0 {
		t.Errorf("%d have heard of one day twice", n)
	}
	t.Logf("%d subscribers over WebSockets and as many event streams: %d were lost, all others heard of the next day", size.subscribers, heard.lost.Load())
	heard.over.Store(true)
	leave()
	heard.all.Wait()
	gateway.signal(t, syscall.SIGTERM)
	gateway.over(t)
}
