package chconn_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"clickql/internal/chconn"
	"clickql/internal/chtest"
)

func TestQueriesOverBothProtocols(t *testing.T) {
	db := chtest.New(t)
	for name, dsn := range protocols(t, db.Name) {
		t.Run(name, func(t *testing.T) {
			conn := open(t, chconn.Config{DSN: dsn, Settings: map[string]any{"max_execution_time": 33}})
			if err := conn.Ping(t.Context()); err != nil {
				t.Fatal(err)
			}
			var database, limit string
			if err := conn.QueryRow(t.Context(), "SELECT currentDatabase(), toString(getSetting('max_execution_time'))").Scan(&database, &limit); err != nil {
				t.Fatal(err)
			}
			if database != db.Name || limit != "33" {
				t.Errorf("database %s, max_execution_time %s; want %s, 33", database, limit, db.Name)
			}
			rows, err := conn.Query(t.Context(), "SELECT number AS n FROM numbers(3)")
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for rows.Next() {
				n++
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil || n != 3 {
				t.Errorf("Query gave %d rows, %v", n, err)
			}
			var version string
			if err := conn.QueryRow(t.Context(), "SELECT version()").Scan(&version); err != nil || version < "24" {
				t.Errorf("version() gave %s, %v", version, err)
			}
			if s := conn.Stats(); s.MaxOpenConns != 16 {
				t.Errorf("the pool has %d connections, want 16", s.MaxOpenConns)
			}
		})
	}
}

func TestBatch(t *testing.T) {
	db := chtest.New(t)
	if err := db.Conn.Exec(t.Context(), "CREATE TABLE "+db.Name+".t (n UInt64) ENGINE = Memory"); err != nil {
		t.Fatal(err)
	}
	b, err := db.Conn.PrepareBatch(t.Context(), "INSERT INTO "+db.Name+".t")
	if err != nil {
		t.Fatal(err)
	}
	for n := range uint64(10) {
		if err := b.Append(n); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Send(); err != nil {
		t.Fatal(err)
	}
	var sum uint64
	if err := db.Conn.QueryRow(t.Context(), "SELECT sum(n) FROM "+db.Name+".t").Scan(&sum); err != nil || sum != 45 {
		t.Errorf("sum %d, %v; want 45", sum, err)
	}
}

// TestFrozenSettings reads as an account that may change no setting, under a
// deadline and with settings that would be refused.
func TestFrozenSettings(t *testing.T) {
	db := chtest.New(t)
	if err := db.Conn.Exec(t.Context(), "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	for name, dsn := range readers(t, db.Name) {
		t.Run(name, func(t *testing.T) {
			conn := open(t, chconn.Config{DSN: dsn, Settings: map[string]any{"max_rows_to_group_by": 12345}})
			ctx := within(t, time.Minute)
			var readonly, sent uint64
			err := conn.QueryRow(ctx, "SELECT toUInt64(getSetting('readonly')), toUInt64(getSetting('max_rows_to_group_by'))").Scan(&readonly, &sent)
			if err != nil {
				t.Fatal(err)
			}
			if (readonly == 1) == (sent == 12345) {
				t.Errorf("readonly=%d and max_rows_to_group_by=%d: settings are sent exactly where they may be changed", readonly, sent)
			}
		})
	}
}

// TestDeadlineStopsTheQuery: the deadline is hidden from the driver, but holds.
func TestDeadlineStopsTheQuery(t *testing.T) {
	db := chtest.New(t)
	for name, dsn := range protocols(t, db.Name) {
		t.Run(name, func(t *testing.T) {
			conn := open(t, chconn.Config{DSN: dsn})
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			var n uint64
			err := conn.QueryRow(ctx, "SELECT max(sleepEachRow(0.1)) FROM numbers(600) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0").Scan(&n)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("got %v, want that the deadline was exceeded", err)
			}
			if c := chconn.Classify(err); c != chconn.Timeout {
				t.Errorf("the class is %v, want %v", c, chconn.Timeout)
			}
		})
	}
}

func TestCancelledBeforeItBegan(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := chconn.Open(ctx, chconn.Config{DSN: "clickhouse://host"}); !errors.Is(err, context.Canceled) {
		t.Errorf("Open gave %v", err)
	}
}

// TestLazy opens a server that is down, which only a query finds out, and says
// which it is without the password.
func TestLazy(t *testing.T) {
	for _, scheme := range []string{"clickhouse", "http"} {
		conn := open(t, chconn.Config{DSN: scheme + "://user:hunter2@127.0.0.1:1/x", Settings: map[string]any{"max_threads": 1}})
		err := conn.Ping(within(t, time.Minute))
		if c := chconn.Classify(err); c != chconn.Unavailable {
			t.Errorf("%s: %v is of class %v, want %v", scheme, err, c, chconn.Unavailable)
		}
		if err != nil && (!strings.Contains(err.Error(), "127.0.0.1:1") || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%s: the error must name the host and not the password: %v", scheme, err)
		}
		if s := conn.Stats(); s.Open != 0 {
			t.Errorf("%s: %d connections are open", scheme, s.Open)
		}
	}
}

// TestFailover lists a host that is down before the engine.
func TestFailover(t *testing.T) {
	db := chtest.New(t)
	info := chtest.Engine(t).Info()
	for _, c := range []struct{ scheme, addr string }{{"clickhouse", info.Native}, {"http", info.HTTP}} {
		conn := open(t, chconn.Config{DSN: dsn(c.scheme, "127.0.0.1:1,"+c.addr, info.User, info.Password, db.Name)})
		if err := conn.Ping(t.Context()); err != nil {
			t.Errorf("%s: %v", c.scheme, err)
		}
		conn = open(t, chconn.Config{DSN: dsn(c.scheme, c.addr+",127.0.0.1:1", info.User, info.Password, db.Name) + "?connection_open_strategy=round_robin"})
		for range 3 {
			if err := conn.Ping(t.Context()); err != nil {
				t.Errorf("%s, in turn: %v", c.scheme, err)
			}
		}
	}
}

// TestUnselected connects where the database is not there yet.
func TestUnselected(t *testing.T) {
	conn := open(t, chconn.Config{DSN: unknownDatabase(chtest.Engine(t).Info()), Unselected: true})
	if err := conn.Ping(t.Context()); err != nil {
		t.Errorf("unselected: %v", err)
	}
	if conn.Database() != "not_there" {
		t.Errorf("the database is %s", conn.Database())
	}
}

// TestLogIsQuiet: what fails is the caller's to report, not the driver's.
func TestLogIsQuiet(t *testing.T) {
	db := chtest.New(t)
	for level, want := range map[slog.Level]bool{slog.LevelDebug: true, slog.LevelInfo: false} {
		var out strings.Builder
		log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level}))
		conn := open(t, chconn.Config{DSN: db.DSN, Log: log})
		if err := conn.Exec(t.Context(), "SELECT nonsense"); err == nil {
			t.Fatal("nonsense was taken")
		}
		if got := out.Len() > 0; got != want {
			t.Errorf("at level %v the driver logged: %v (%s)", level, got, out.String())
		}
		if strings.Contains(out.String(), chtest.Engine(t).Info().Password) {
			t.Errorf("the log shows the password: %s", out.String())
		}
	}
}
