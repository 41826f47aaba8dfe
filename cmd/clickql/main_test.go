package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"clickql/internal/chtest"
)

// asCommand in the environment makes the test binary the command itself.
const asCommand = "CLICKQL_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	os.Exit(chtest.Main(m))
}

// clickql runs a command line in this process.
func clickql(args ...string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = run(args, &out, &err)
	return status, out.String(), err.String()
}

// commandProcess is the command line as a process of its own.
func commandProcess(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	return cmd
}

// TestInterrupted stops a command that waits for a server which accepts and
// then says nothing.
func TestInterrupted(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		var stderr bytes.Buffer
		cmd := commandProcess(t, "schema", "check", "--clickhouse", "clickhouse://user:hunter2@"+ln.Addr().String()+"/pypi?dial_timeout=10m")
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		conn, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil { // it has begun to log in
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
			t.Errorf("%v: %v, want exit status %d", sig, err, exitFailed)
		}
		if got := stderr.String(); got != "clickql: interrupted\n" {
			t.Errorf("%v: it said %q", sig, got)
		}
		_ = conn.Close()
	}
}

func TestErrorsNameTheRemedy(t *testing.T) {
	db := chtest.New(t)
	for _, c := range []struct {
		dsn  string
		want string
	}{
		{"clickhouse://user:hunter2@127.0.0.1:1/pypi", "check that ClickHouse is up and that --clickhouse names it"},
		{"http://user:hunter2@127.0.0.1:1/pypi", "check that ClickHouse is up and that --clickhouse names it"},
		{"http://user:hunter2@" + chtest.Engine(t).Info().HTTP + "/pypi", "check the user and the password in --clickhouse"},
		{db.ReadOnlyDSN, "use an account that may do this"},
	} {
		status, _, stderr := clickql("schema", "apply", "--clickhouse", c.dsn)
		if status != exitFailed || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: status %d, %q; want %d and %q", c.dsn, status, stderr, exitFailed, c.want)
		}
		if strings.Contains(stderr, "hunter2") || strings.Count(stderr, "clickql: ") != 1 {
			t.Errorf("the message shows a password, or comes twice: %q", stderr)
		}
	}
}
