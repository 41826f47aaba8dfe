package chconn_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
	chproto "github.com/ClickHouse/clickhouse-go/v2/lib/proto"

	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/engine"
)

// TestClassifyOfTheEngine makes each failure on a real engine, over both
// protocols, as the administrator.
func TestClassifyOfTheEngine(t *testing.T) {
	db := chtest.New(t)
	if err := db.Conn.Exec(t.Context(), "CREATE TABLE no_room (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS min_free_disk_bytes_to_perform_insert = 1000000000000000"); err != nil {
		t.Fatal(err)
	}
	for name, dsn := range protocols(t, db.Name) {
		conn := open(t, chconn.Config{DSN: dsn})
		for _, c := range []struct {
			query string
			want  chconn.Class
		}{
			{"SELEKT 1", chconn.Syntax},
			{"SELECT {p:Int64}", chconn.Syntax},
			{"SELECT * FROM not_there", chconn.UnknownTable},
			{"SELECT * FROM not_there.t", chconn.UnknownTable},
			{"SELECT not_there FROM numbers(1)", chconn.UnknownColumn},
			{"SELECT notThere(1)", chconn.UnknownColumn},
			{"SELECT count() FROM numbers(1000) SETTINGS max_rows_to_read = 10", chconn.TooMuch},
			{"SELECT sum(number) FROM numbers(1000000) SETTINGS max_bytes_to_read = 10", chconn.TooMuch},
			{"SELECT number FROM numbers(1000) SETTINGS max_result_rows = 10", chconn.TooMuch},
			{"SELECT max(sleepEachRow(0.01)) FROM numbers(1000) SETTINGS max_execution_time = 0.1, max_block_size = 1", chconn.Timeout},
			{"SELECT groupArray(number) FROM numbers(10000000) SETTINGS max_memory_usage = 5000000", chconn.Memory},
			{"CREATE TABLE t (a Int8) ENGINE = Memory SETTINGS readonly = 1", chconn.Denied},
			{"SELECT throwIf(1)", chconn.Other},
			{"INSERT INTO no_room SELECT 1", chconn.DiskFull},
		} {
			err := drain(t.Context(), conn, c.query)
			if got := chconn.Classify(err); got != c.want {
				t.Errorf("%s: %s: %v is of class %v, want %v", name, c.query, err, got, c.want)
			}
			if _, ok := chconn.Code(err); !ok {
				t.Errorf("%s: %s: %v has no code", name, c.query, err)
			}
		}
	}
}

// TestClassifyOfFiles: a file's error is not the network's, though its errno is
// of the same kind.
func TestClassifyOfFiles(t *testing.T) {
	_, err := os.ReadFile(filepath.Join(t.TempDir(), "not there"))
	if got := chconn.Classify(fmt.Errorf("read it: %w", err)); got != chconn.Other {
		t.Errorf("%v is of class %v", err, got)
	}
}

// TestClassifyOfTheReader makes what an account that may only read is refused.
func TestClassifyOfTheReader(t *testing.T) {
	db := chtest.New(t)
	for name, dsn := range readers(t, db.Name) {
		conn := open(t, chconn.Config{DSN: dsn})
		for _, query := range []string{"CREATE TABLE t (a Int8) ENGINE = Memory", "SET max_memory_usage = 1000000000000"} {
			if err := conn.Exec(t.Context(), query); chconn.Classify(err) != chconn.Denied {
				t.Errorf("%s: %s: %v is of class %v, want %v", name, query, err, chconn.Classify(err), chconn.Denied)
			}
		}
	}
}

// TestClassifyOfAFailedLogin has an engine of its own for each native login
// that fails: the embedded build aborts on one, after it has said why.
func TestClassifyOfAFailedLogin(t *testing.T) {
	shared := chtest.Engine(t).Info()
	for _, c := range []struct {
		dsn  string
		want chconn.Class
	}{
		{dsn("http", shared.HTTP, shared.User, "wrong", shared.Database), chconn.Denied},
		{dsn("http", shared.HTTP, "nobody", "", shared.Database), chconn.Denied},
		{dsn("http", shared.HTTP, shared.User, shared.Password, "not_there"), chconn.UnknownTable},
		{dsn("clickhouse", ownEngine(t).Native, shared.User, "wrong", shared.Database), chconn.Denied},
		{dsn("clickhouse", ownEngine(t).Native, "nobody", "", shared.Database), chconn.Denied},
		{unknownDatabase(ownEngine(t)), chconn.UnknownTable},
	} {
		err := open(t, chconn.Config{DSN: c.dsn}).Ping(t.Context())
		if got := chconn.Classify(err); got != c.want {
			t.Errorf("%v is of class %v, want %v", err, got, c.want)
		}
		if err != nil && (strings.Contains(err.Error(), shared.Password) || strings.Contains(err.Error(), "wrong@")) {
			t.Errorf("the error shows a password: %v", err)
		}
	}
}

// unknownDatabase is the DSN of a database that is not there.
func unknownDatabase(info engine.Info) string {
	return dsn("clickhouse", info.Native, info.User, info.Password, "not_there")
}

// ownEngine starts an engine that the test may kill.
func ownEngine(t *testing.T) engine.Info {
	t.Helper()
	e, err := engine.Open(t.Context(), engine.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() }) // it may be dead, which is the point
	return e.Info()
}

// TestClassifyOfADeadEngine kills the engine in mid query, and asks again.
func TestClassifyOfADeadEngine(t *testing.T) {
	info := ownEngine(t)
	conns := map[string]*chconn.Conn{
		"native": open(t, chconn.Config{DSN: dsn("clickhouse", info.Native, info.User, info.Password, info.Database)}),
		"http":   open(t, chconn.Config{DSN: dsn("http", info.HTTP, info.User, info.Password, info.Database)}),
	}
	type result struct {
		name string
		err  error
	}
	ended := make(chan result)
	for name, conn := range conns {
		if err := conn.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		rows, err := conn.Query(t.Context(), "SELECT number, sleepEachRow(0.01) FROM numbers(100000) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0")
		if err != nil {
			t.Fatal(err)
		}
		if !rows.Next() { // from here on it is in mid query
			t.Fatalf("%s: no row: %v", name, rows.Err())
		}
		go func() {
			defer rows.Close()
			for rows.Next() {
			}
			ended <- result{name, rows.Err()}
		}()
	}
	if err := syscall.Kill(info.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for range conns {
		r := <-ended
		if got := chconn.Classify(r.err); got != chconn.Unavailable {
			t.Errorf("%s: killed in mid query: %v is of class %v, want %v", r.name, r.err, got, chconn.Unavailable)
		}
	}
	for name, conn := range conns {
		if err := conn.Ping(t.Context()); chconn.Classify(err) != chconn.Unavailable {
			t.Errorf("%s: dead: %v is of class %v, want %v", name, err, chconn.Classify(err), chconn.Unavailable)
		}
	}
}

// TestClassifyOfKilledQuery ends a query from another connection.
func TestClassifyOfKilledQuery(t *testing.T) {
	db := chtest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- drain(ctx, db.Conn, "SELECT max(sleepEachRow(0.05)) FROM numbers(10000) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0")
	}()
	for {
		if err := db.Conn.Exec(t.Context(), "KILL QUERY WHERE current_database = '"+db.Name+"' AND query LIKE '%sleepEachRow(0.05)%' AND query NOT LIKE 'KILL%' SYNC"); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-done:
			if got := chconn.Classify(err); got != chconn.Cancelled {
				t.Errorf("killed: %v is of class %v, want %v", err, got, chconn.Cancelled)
			}
			cancel()
			return
		default:
		}
	}
}

// TestClassifyOfACancelledContext gives up a query here.
func TestClassifyOfACancelledContext(t *testing.T) {
	db := chtest.New(t)
	for name, dsn := range protocols(t, db.Name) {
		conn := open(t, chconn.Config{DSN: dsn})
		ctx, cancel := context.WithCancel(t.Context())
		started := make(chan struct{})
		done := make(chan error)
		go func() {
			close(started)
			done <- drain(ctx, conn, "SELECT max(sleepEachRow(0.05)) FROM numbers(10000) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0")
		}()
		<-started
		cancel()
		if err := <-done; chconn.Classify(err) != chconn.Cancelled {
			t.Errorf("%s: %v is of class %v, want %v", name, err, chconn.Classify(err), chconn.Cancelled)
		}
	}
}

// TestClassifyOfAFullPool waits for a connection that does not come free.
func TestClassifyOfAFullPool(t *testing.T) {
	db := chtest.New(t)
	conn := open(t, chconn.Config{DSN: db.DSN + "?dial_timeout=1s", MaxConns: 1})
	ctx, cancel := context.WithCancel(t.Context())
	rows, err := conn.Query(ctx, "SELECT number, sleepEachRow(0.01) FROM numbers(100000) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		cancel()
		_ = rows.Close() // it was given up
	}()
	if err := conn.Ping(t.Context()); chconn.Classify(err) != chconn.Overloaded {
		t.Errorf("%v is of class %v, want %v", err, chconn.Classify(err), chconn.Overloaded)
	}
}

// TestClassifyOfErrors is for what a real engine gives only by chance.
func TestClassifyOfErrors(t *testing.T) {
	for _, c := range []struct {
		err  error
		want chconn.Class
	}{
		{nil, chconn.None},
		{errors.New("something"), chconn.Other},
		{fmt.Errorf("read: %w", io.EOF), chconn.Unavailable},
		{fmt.Errorf("read: %w", io.ErrUnexpectedEOF), chconn.Unavailable},
		{fmt.Errorf("read: %w", net.ErrClosed), chconn.Unavailable},
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, chconn.Unavailable},
		{&chproto.Exception{Code: 236, Message: "The server is shutting down due to a fatal error"}, chconn.Unavailable},
		{&chproto.Exception{Code: 236, Message: "Shutdown is called for table"}, chconn.Unavailable},
		{&chproto.Exception{Code: 236, Message: "Cancelled merging parts"}, chconn.Other},
		{&net.DNSError{Name: "host", IsNotFound: true}, chconn.Unavailable},
		{fmt.Errorf("x: %w", context.Canceled), chconn.Cancelled},
		{fmt.Errorf("x: %w", context.DeadlineExceeded), chconn.Timeout},
		{&clickhouse.Exception{Code: 75, Message: "Cannot write to file: errno: 28, strerror: No space left on device"}, chconn.DiskFull},
		{&clickhouse.Exception{Code: 75, Message: "Cannot write to file: errno: 5, strerror: Input/output error"}, chconn.Other},
		{fmt.Errorf("x: %w", &clickhouse.Exception{Code: 202}), chconn.Overloaded},
		{fmt.Errorf("x: %w", &clickhouse.Exception{Code: 201}), chconn.Overloaded},
		{fmt.Errorf("x: %w", &clickhouse.Exception{Code: 497}), chconn.Denied},
		{errors.Join(context.Canceled, &clickhouse.Exception{Code: 241}), chconn.Memory},
	} {
		if got := chconn.Classify(c.err); got != c.want {
			t.Errorf("%v is of class %v, want %v", c.err, got, c.want)
		}
	}
}

// drain runs a query to its end.
func drain(ctx context.Context, conn *chconn.Conn, query string) error {
	rows, err := conn.Query(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

// What the driver has no error for of its own is told by its words, and a table whose
// columns are others than those that were asked for is no fault of the question.
func TestClassesOfOddFailures(t *testing.T) {
	for _, c := range []struct {
		err  error
		want chconn.Class
	}{
		{errors.New("[handshake] unexpected packet [21] from server"), chconn.Unavailable},
		{fmt.Errorf("open: %w", errors.New("handshake: failed to read packet from 127.0.0.1:9000 (conn_id=1, auth_db=pypi): x")), chconn.Unavailable},
		{errors.New("a project named [handshake] unexpected"), chconn.Other},
		{&chproto.Exception{Code: 53, Message: "Type mismatch"}, chconn.WrongType},
		{&chproto.Exception{Code: 43, Message: "Illegal type String of argument"}, chconn.WrongType},
		{fmt.Errorf("scan: %w", &column.ColumnConverterError{Op: "ScanRow", From: "String", To: "*int64"}), chconn.WrongType},
	} {
		if got := chconn.Classify(c.err); got != c.want {
			t.Errorf("%v is of class %v, want %v", c.err, got, c.want)
		}
	}
}
