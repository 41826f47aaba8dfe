package engine

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for an event in these tests; none takes it.
const patience = 60 * time.Second

// holdEnv makes the test binary a command that holds an engine until its
// standard input ends.
const holdEnv = "ENGINE_TEST_HOLD"

func TestMain(m *testing.M) {
	if IsChild() {
		os.Exit(RunChild())
	}
	if dir := os.Getenv(holdEnv); dir != "" {
		os.Exit(holdMain(dir))
	}
	if dir := os.Getenv(fullDiskEnv); dir != "" {
		os.Exit(fullDiskMain(dir))
	}
	os.Exit(m.Run())
}

func holdMain(dir string) int {
	e, err := Open(context.Background(), Config{Dir: dir})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := json.NewEncoder(os.Stdout).Encode(e.Info()); err != nil {
		return 1
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := e.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// command is another process that holds an engine.
type command struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	out   *bufio.Reader
	err   *bytes.Buffer
	info  Info
}

// startCommand starts a process that opens dir; its info comes with answered.
func startCommand(t *testing.T, dir string) *command {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &command{cmd: exec.Command(exe), err: new(bytes.Buffer)}
	c.cmd.Env = append(os.Environ(), holdEnv+"="+dir)
	c.cmd.Stderr = c.err
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.out = bufio.NewReader(out)
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.cmd.Process.Kill(); _ = c.cmd.Wait() })
	return c
}

// answered waits until the process holds an engine.
func (c *command) answered(t *testing.T) {
	t.Helper()
	line, err := c.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &c.info)
	}
	if err != nil {
		t.Fatalf("command did not open the engine: %v\n%s", err, c.err)
	}
}

// leave lets the process give up its hold and end.
func (c *command) leave(t *testing.T) {
	t.Helper()
	_ = c.stdin.Close()
	if err := c.cmd.Wait(); err != nil {
		t.Fatalf("command failed: %v\n%s", err, c.err)
	}
}

// kill ends the process by SIGKILL.
func (c *command) kill(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.cmd.Wait()
}

// opened opens an engine that is closed with the test.
func opened(t *testing.T, cfg Config) *Engine {
	t.Helper()
	e, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, e) })
	return e
}

func closed(t *testing.T, e *Engine) {
	t.Helper()
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

// waitFree waits until nobody holds the directory's lock: the engine has gone.
func waitFree(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Open(layout(dir).lock())
	if err != nil {
		t.Fatal(err)
	}
	free := make(chan error, 1)
	go func() { free <- syscall.Flock(int(f.Fd()), syscall.LOCK_EX) }()
	select {
	case err := <-free:
		_ = f.Close()
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(patience):
		t.Fatalf("the engine of %s is still there", dir)
	}
}

// waitDone waits until e knows that its engine has gone.
func waitDone(t *testing.T, e *Engine) {
	t.Helper()
	select {
	case <-e.Done():
	case <-time.After(patience):
		t.Fatal("Done is not closed")
	}
}

// answer is what ClickHouse says over HTTP.
type answer struct {
	text string
	code string // of the exception, empty if none
}

// ask sends SQL over HTTP as the given user, with settings as name=value pairs.
func ask(t *testing.T, addr, user, password, sql string, settings ...string) answer {
	t.Helper()
	a, err := tryAsk(addr, user, password, sql, settings...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func tryAsk(addr, user, password, sql string, settings ...string) (answer, error) {
	q := url.Values{"wait_end_of_query": {"1"}}
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		q.Set(name, value)
	}
	req, err := http.NewRequest(http.MethodPost, "http://"+addr+"/?"+q.Encode(), strings.NewReader(sql))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("X-ClickHouse-User", user)
	req.Header.Set("X-ClickHouse-Key", password)
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return answer{text: strings.TrimSpace(string(body)), code: resp.Header.Get("X-ClickHouse-Exception-Code")}, err
}

// admin runs SQL as administrator and fails the test if ClickHouse refuses.
func admin(t *testing.T, i Info, sql string) string {
	t.Helper()
	a := ask(t, i.HTTP, i.User, i.Password, sql)
	if a.code != "" {
		t.Fatalf("%s: %s", sql, a.text)
	}
	return a.text
}

// reader runs SQL as the read-only account.
func reader(t *testing.T, i Info, sql string, settings ...string) answer {
	t.Helper()
	return ask(t, i.HTTP, i.ReadOnlyUser, i.ReadOnlyPassword, sql, settings...)
}

// gone tells whether nothing listens at an address any more.
func gone(addr string) bool {
	_, err := tryAsk(addr, "", "", "SELECT 1")
	return errors.Is(err, syscall.ECONNREFUSED)
}
