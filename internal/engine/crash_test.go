package engine

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestEngineEndsWithKilledCommands(t *testing.T) {
	dir := t.TempDir()
	starter, joiner := startCommand(t, dir), startCommand(t, dir)
	starter.answered(t)
	joiner.answered(t)
	admin(t, starter.info, "CREATE TABLE pypi.t (x Int64) ENGINE = MergeTree ORDER BY x")
	starter.kill(t)
	admin(t, joiner.info, "INSERT INTO pypi.t SELECT number FROM numbers(1000)")
	joiner.kill(t)
	waitFree(t, dir)
	if !gone(joiner.info.HTTP) {
		t.Error("the engine listens on")
	}
	i := opened(t, Config{Dir: dir}).Info()
	if got := admin(t, i, "SELECT count() FROM pypi.t"); got != "1000" {
		t.Errorf("%s rows", got)
	}
}

func TestCommandKilledWhileTheEngineStarts(t *testing.T) {
	dir := t.TempDir()
	for range 5 {
		c := startCommand(t, dir)
		awaitFile(t, layout(dir).lease())
		c.kill(t)
		waitFree(t, dir)
	}
	if got := admin(t, opened(t, Config{Dir: dir}).Info(), "SELECT 1"); got != "1" {
		t.Errorf("answers %q", got)
	}
}

func TestEngineKilled(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGSEGV, syscall.SIGABRT} {
		t.Run(sig.String(), func(t *testing.T) { testEngineKilled(t, sig) })
	}
}

func testEngineKilled(t *testing.T, sig syscall.Signal) {
	dir := t.TempDir()
	e, other := opened(t, Config{Dir: dir}), opened(t, Config{Dir: dir})
	first := e.Info()
	admin(t, first, "CREATE TABLE pypi.t (x Int64) ENGINE = MergeTree ORDER BY x")
	admin(t, first, "INSERT INTO pypi.t SELECT number FROM numbers(1000)")
	if err := syscall.Kill(first.PID, sig); err != nil {
		t.Fatal(err)
	}
	waitDone(t, e)
	waitDone(t, other)
	if _, err := os.Stat(layout(dir).info()); err != nil {
		t.Fatalf("a crash is expected to leave engine.json: %v", err)
	}
	second := opened(t, Config{Dir: dir}).Info()
	if second.PID == first.PID {
		t.Error("the dead engine was joined")
	}
	if got := admin(t, second, "SELECT count() FROM pypi.t"); got != "1000" {
		t.Errorf("%s rows", got)
	}
	closed(t, e)
	closed(t, other)
}

func TestEngineAskedToEnd(t *testing.T) {
	dir := t.TempDir()
	e := opened(t, Config{Dir: dir})
	if err := syscall.Kill(e.Info().PID, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	waitDone(t, e)
	if _, err := os.Stat(layout(dir).info()); !os.IsNotExist(err) {
		t.Errorf("SIGTERM is expected to stop gracefully, and to remove engine.json: %v", err)
	}
	opened(t, Config{Dir: dir})
}

// TestLeaseLeftByACrash has the crashed engine's address answer by a stranger,
// who must be told nothing and believed nothing.
func TestLeaseLeftByACrash(t *testing.T) {
	dir := t.TempDir()
	stranger, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stranger.Close() }()
	asked := make(chan struct{}, 1)
	go func() {
		for {
			conn, err := stranger.Accept()
			if err != nil {
				return
			}
			asked <- struct{}{}
			_ = json.NewEncoder(conn).Encode(welcome{Proof: "wrong"})
			_ = conn.Close()
		}
	}()
	if err := newLease(stranger.Addr().String()).write(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(layout(dir).info(), []byte(`{"native":"`+stranger.Addr().String()+`"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	e := opened(t, Config{Dir: dir})
	if got := admin(t, e.Info(), "SELECT 1"); got != "1" {
		t.Errorf("answers %q", got)
	}
	select {
	case <-asked:
		t.Error("the stranger was asked")
	default:
	}
}

func TestStrangersAreNoHolders(t *testing.T) {
	dir := t.TempDir()
	e := opened(t, Config{Dir: dir})
	l, err := readLease(dir)
	if err != nil {
		t.Fatal(err)
	}
	l.Token = "guessed"
	conn, err := knock(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("a wrong token gets an answer of %d bytes", n)
	}
	closed(t, e) // returns only when the engine has gone: the stranger does not keep it
}

func TestClientsThatHangUp(t *testing.T) {
	e := opened(t, Config{Dir: t.TempDir()})
	i := e.Info()
	for range 10 {
		conn, err := net.Dial("tcp", i.HTTP)
		if err != nil {
			t.Fatal(err)
		}
		request := "GET /?query=SELECT+number+FROM+numbers(100000000) HTTP/1.1\r\nHost: x\r\nX-ClickHouse-User: " + i.User + "\r\nX-ClickHouse-Key: " + i.Password + "\r\n\r\n"
		if _, err := conn.Write([]byte(request)); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}
	if got := admin(t, i, "SELECT 1"); got != "1" {
		t.Errorf("answers %q", got)
	}
}

// TestKilledInTheMiddleOfAQuery: queries that nobody wants any more do not keep
// the engine, which would otherwise be in the way of the next command.
func TestKilledInTheMiddleOfAQuery(t *testing.T) {
	dir := t.TempDir()
	c := startCommand(t, dir)
	c.answered(t)
	admin(t, c.info, "CREATE TABLE pypi.t (x Int64) ENGINE = MergeTree ORDER BY x")
	answers := make(chan error, 2)
	for _, sql := range []string{"SELECT sum(number) FROM numbers(1000000000000)", "INSERT INTO pypi.t SELECT number FROM numbers(100000000000)"} {
		go func() {
			a, err := tryAsk(c.info.HTTP, c.info.User, c.info.Password, sql)
			if err == nil && a.code == "" {
				err = errors.New("finished: " + sql)
			} else {
				err = nil
			}
			answers <- err
		}()
	}
	awaitAnswer(t, c.info, "SELECT count() FROM system.processes WHERE user != ''", "3")
	c.kill(t)
	waitFree(t, dir)
	for range 2 {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
	i := opened(t, Config{Dir: dir}).Info()
	if got := admin(t, i, "CHECK TABLE pypi.t SETTINGS check_query_single_value_result = 1"); got != "1" {
		t.Errorf("CHECK TABLE says %s", got)
	}
}

// awaitAnswer asks until the answer is as wanted.
func awaitAnswer(t *testing.T, i Info, sql, want string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for admin(t, i, sql) != want {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("%s does not become %s", sql, want)
		}
	}
}

// replaceBySymlink puts a link where a directory was.
func replaceBySymlink(path, target string) error {
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	abs, err := filepath.Abs(target)
	if err != nil {
		return err
	}
	return os.Symlink(abs, path)
}
