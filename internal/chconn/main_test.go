package chconn_test

import (
	"context"
	"net/url"
	"os"
	"testing"
	"time"

	"clickql/internal/chconn"
	"clickql/internal/chtest"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// open opens the engine with a configuration of the test's own.
func open(t *testing.T, cfg chconn.Config) *chconn.Conn {
	t.Helper()
	conn, err := chconn.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return conn
}

// dsn writes a DSN for one of the engine's accounts.
func dsn(scheme, addr, user, password, database string) string {
	return (&url.URL{Scheme: scheme, User: url.UserPassword(user, password), Host: addr, Path: "/" + database}).String()
}

// protocols gives a DSN for each protocol, for the administrator.
func protocols(t *testing.T, database string) map[string]string {
	info := chtest.Engine(t).Info()
	return map[string]string{
		"native": dsn("clickhouse", info.Native, info.User, info.Password, database),
		"http":   dsn("http", info.HTTP, info.User, info.Password, database),
	}
}

// readers gives a DSN for each protocol, for the account that may only read.
func readers(t *testing.T, database string) map[string]string {
	info := chtest.Engine(t).Info()
	return map[string]string{
		"native": dsn("clickhouse", info.Native, info.ReadOnlyUser, info.ReadOnlyPassword, database),
		"http":   dsn("http", info.HTTP, info.ReadOnlyUser, info.ReadOnlyPassword, database),
	}
}

// within bounds a call that must not hang.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
