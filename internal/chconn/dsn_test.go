package chconn_test

import (
	"strings"
	"testing"

	"clickql/internal/chconn"
)

func TestAddrAndDatabase(t *testing.T) {
	for _, c := range []struct {
		dsn, database, wantAddr, wantDatabase string
	}{
		{"clickhouse://user:pw@host:9000/pypi", "", "host:9000", "pypi"},
		{"clickhouse://host", "", "host:9000", "pypi"},
		{"clickhouse://host?secure=true", "", "host:9440", "pypi"},
		{"clickhouse://u:p@a,b:9001,c/other", "", "a:9000,b:9001,c:9000", "other"},
		{"clickhouse://u:p@a/other", "mine", "a:9000", "mine"},
		{"clickhouse://[::1]/x", "", "[::1]:9000", "x"},
		{"clickhouse://[::1]:9001/x", "", "[::1]:9001", "x"},
		{"http://host/pypi", "", "host:8123", "pypi"},
		{"https://host/pypi", "", "host:8443", "pypi"},
		{"https://host:443/pypi?secure=true&skip_verify=true", "", "host:443", "pypi"},
		{"https://a,b/pypi?dial_timeout=1s", "", "a:8443,b:8443", "pypi"},
		{"clickhouse://u:p%40%2F%3A%23@a/x", "", "a:9000", "x"},
	} {
		conn := open(t, chconn.Config{DSN: c.dsn, Database: c.database})
		if conn.Addr() != c.wantAddr || conn.Database() != c.wantDatabase {
			t.Errorf("%s: %s, database %s; want %s, database %s", c.dsn, conn.Addr(), conn.Database(), c.wantAddr, c.wantDatabase)
		}
	}
}

// TestWrongDSN looks at every way to write a DSN wrong: the message must help
// and must not show the password.
func TestWrongDSN(t *testing.T) {
	for _, dsn := range []string{
		"",
		"host:9000",
		"user:hunter2@host:9000/pypi",
		"mysql://user:hunter2@host:9000/pypi",
		"clickhouse://",
		"clickhouse:///pypi",
		"clickhouse://user:hunter2@/pypi",
		"clickhouse://user:hunter2@:9000/pypi",
		"clickhouse://user:hunter2@a,,b/pypi",
		"clickhouse://user:hunter2#x@host/pypi",
		"clickhouse://user:hunter2/x@host/pypi",
		"clickhouse://user:hunter2%zz@host/pypi",
		"clickhouse://user:hunter2@host:port/pypi",
		"clickhouse://user:hunter2@host/pypi?dial_timeout=soon",
		"clickhouse://user@host/pypi?password=hunter2&read_timeout=soon",
		"http://user:hunter2@host/pypi?secure=true",
	} {
		_, err := chconn.Open(t.Context(), chconn.Config{DSN: dsn})
		if err == nil {
			t.Errorf("%q was taken", dsn)
			continue
		}
		if msg := err.Error(); strings.Contains(msg, "hunter2") {
			t.Errorf("%q: the message shows the password: %s", dsn, msg)
		} else if !strings.HasPrefix(msg, "read the ClickHouse DSN: ") || !strings.Contains(msg, "clickhouse://user:password@host:9000/pypi") {
			t.Errorf("%q: the message does not say what to write: %s", dsn, msg)
		}
	}
}
