package chconn_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"clickql/internal/chconn"
	"clickql/internal/chtest"
)

// TestSpentQuota: an account of 60 statements an hour tells so; when they are
// spent, nothing more is sent, and it is said until when.
func TestSpentQuota(t *testing.T) {
	db := chtest.New(t)
	conn := open(t, chconn.Config{DSN: db.GuestDSN(t, "hourly")})
	if err := db.Conn.Exec(t.Context(), "CREATE TABLE t (n UInt8) ENGINE = MergeTree ORDER BY n"); err != nil {
		t.Fatal(err)
	}
	const statement = "SELECT count() FROM t" // one without a table is not counted
	if err := conn.QueryRow(t.Context(), statement).Scan(new(uint64)); err != nil {
		t.Fatal(err)
	}
	if got, want := conn.Allowance(), (chconn.Allowance{Queries: 60, Interval: time.Hour}); got != want {
		t.Errorf("the allowance is %v, want %v", got, want)
	}
	var spent *chconn.QuotaError
	sent := 0
	for sent < 100 && spent == nil {
		sent++
		errors.As(conn.QueryRow(t.Context(), statement).Scan(new(uint64)), &spent)
	}
	if spent == nil || sent > 60 {
		t.Fatalf("after %d statements: %v", sent, spent)
	}
	if left := time.Until(spent.Until); left <= 0 || left > time.Hour {
		t.Errorf("the quota is spent for another %s", left)
	}
	if chconn.Classify(spent) != chconn.Overloaded {
		t.Errorf("a spent quota is %s", chconn.Classify(spent))
	}
	used := func() (n uint64) {
		if err := chtest.Admin(t).QueryRow(t.Context(), "SELECT sum(queries) FROM system.quotas_usage WHERE quota_name = 'hourly'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := used()
	for range 20 {
		if _, err := conn.Query(t.Context(), statement); !errors.As(err, &spent) {
			t.Errorf("a spent quota: %v", err)
		}
	}
	if err := conn.Ping(t.Context()); err != nil {
		t.Errorf("a server whose quota is spent is there: %v", err)
	}
	if now := used(); now != before {
		t.Errorf("the server counted %d statements after the refusal", now-before)
	}
}

// TestSpentQuotaOfAKey: a quota that is keyed by client grants each key its own, over
// whichever connection, and what is refused to one is sent for the others.
func TestSpentQuotaOfAKey(t *testing.T) {
	db := chtest.New(t)
	if err := db.Conn.Exec(t.Context(), "CREATE TABLE t (n UInt8) ENGINE = MergeTree ORDER BY n"); err != nil {
		t.Fatal(err)
	}
	for name, dsn := range map[string]string{"native": db.GuestDSN(t, "keyed"), "http": dsn("http", chtest.Engine(t).Info().HTTP, "keyed", "", db.Name)} {
		t.Run(name, func(t *testing.T) {
			one, other := open(t, chconn.Config{DSN: dsn}), open(t, chconn.Config{DSN: dsn})
			of := func(key string) context.Context { return chconn.WithQuotaKey(t.Context(), key+name+db.Name) }
			ask := func(ctx context.Context, conn *chconn.Conn) error {
				return conn.QueryRow(ctx, "SELECT count() FROM t").Scan(new(uint64))
			}
			for n := range 60 {
				if err := ask(of("first"), []*chconn.Conn{one, other}[n%2]); err != nil {
					t.Fatalf("statement %d: %v", n+1, err)
				}
			}
			for _, conn := range []*chconn.Conn{one, other, one} {
				var spent *chconn.QuotaError
				if err := ask(of("first"), conn); !errors.As(err, &spent) || spent.Key != "first"+name+db.Name || time.Until(spent.Until) <= 0 {
					t.Errorf("one statement more: %v", err)
				}
				if err := errors.Join(ask(of("second"), conn), ask(t.Context(), conn)); err != nil {
					t.Errorf("another key, and none: %v", err)
				}
			}
		})
	}
}
