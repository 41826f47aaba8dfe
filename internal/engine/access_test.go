package engine

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// served returns an engine with pypi.t of 1000 rows, and the same in another
// database.
func served(t *testing.T, limits Limits) *Engine {
	t.Helper()
	e := opened(t, Config{Dir: t.TempDir(), Limits: limits})
	admin(t, e.Info(), "CREATE DATABASE other")
	for _, db := range []string{"pypi", "other"} {
		admin(t, e.Info(), "CREATE TABLE "+db+".t (x Int64) ENGINE = MergeTree ORDER BY x")
		admin(t, e.Info(), "INSERT INTO "+db+".t SELECT number FROM numbers(1000)")
	}
	return e
}

func TestReaderReads(t *testing.T) {
	i := served(t, Limits{}).Info()
	admin(t, i, "CREATE DICTIONARY pypi.d (x Int64, y Int64) PRIMARY KEY x SOURCE(CLICKHOUSE(QUERY 'SELECT x, x AS y FROM pypi.t')) LAYOUT(FLAT()) LIFETIME(0)")
	for sql, want := range map[string]string{
		"SELECT sum(x) FROM pypi.t":                                                   "499500",
		"SELECT sum(x) FROM other.t":                                                  "499500",
		"SELECT dictGet('pypi.d', 'y', 7)":                                            "7",
		"SELECT y FROM pypi.d WHERE x = 7":                                            "7",
		"SELECT engine FROM system.tables WHERE database = 'pypi' AND name = 't'":     "MergeTree",
		"SELECT type FROM system.columns WHERE database = 'pypi' AND table = 't'":     "Int64",
		"SELECT sum(rows) FROM system.parts WHERE database = 'pypi' AND active":       "1000",
		"SELECT count() FROM system.parts_columns WHERE database = 'pypi' AND active": "1",
		"SELECT engine FROM system.databases WHERE name = 'pypi'":                     "Atomic",
		"SELECT count() FROM system.dictionaries":                                     "1",
		"EXISTS pypi.t":                            "1",
		"SELECT count() FROM numbers(10)":          "10",
		"SELECT count() > 0 FROM system.functions": "1",
	} {
		if got := reader(t, i, sql); got.text != want {
			t.Errorf("%s: %+v, want %s", sql, got, want)
		}
	}
}

// TestReaderIsDenied lists what the account for serving must not do, by the
// codes of ClickHouse: 164 READONLY, 497 ACCESS_DENIED. What looks for a file by its
// path is refused before that where package guard works.
func TestReaderIsDenied(t *testing.T) {
	i := served(t, Limits{}).Info()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"INSERT INTO pypi.t VALUES (1)",
		"CREATE TABLE pypi.u (x Int64) ENGINE = Memory",
		"CREATE TEMPORARY TABLE u (x Int64)",
		"CREATE DATABASE d",
		"CREATE FUNCTION f AS x -> x",
		"DROP TABLE pypi.t",
		"TRUNCATE TABLE pypi.t",
		"ALTER TABLE pypi.t DELETE WHERE 1",
		"OPTIMIZE TABLE pypi.t",
		"RENAME TABLE pypi.t TO pypi.u",
		"SYSTEM RELOAD USERS",
		"SYSTEM STOP LISTEN HTTP",
		"KILL QUERY WHERE 1",
		"GRANT ALL ON *.* TO " + i.ReadOnlyUser,
		"CREATE USER u",
		"BACKUP DATABASE pypi TO File('/tmp/x.zip')",
		"SELECT * FROM file('" + secret + "', 'LineAsString')",
		"DESCRIBE file('" + secret + "', 'CSV')",
		"INSERT INTO FUNCTION file('" + secret + "', 'LineAsString', 'l String') VALUES ('x')",
		"SELECT * FROM url('http://127.0.0.1:1/x', 'LineAsString')",
		"DESCRIBE url('http://127.0.0.1:1/x.csv')",
		"SELECT * FROM s3('http://127.0.0.1:1/bucket/x', 'LineAsString')",
		"SELECT * FROM gcs('http://127.0.0.1:1/bucket/x', 'LineAsString')",
		"SELECT * FROM remote('127.0.0.1:1', 'pypi', 't')",
		"SELECT * FROM remote('" + i.Native + "', 'pypi', 't', '" + i.ReadOnlyUser + "', '" + i.ReadOnlyPassword + "')",
		"SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
		"SELECT * FROM postgresql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
		"SELECT * FROM sqlite('/tmp/x', 't')",
		"SELECT * FROM loop(file('" + secret + "', 'LineAsString'))",
		"SELECT * FROM view(SELECT * FROM file('" + secret + "', 'LineAsString'))",
		"SELECT * FROM icebergLocal('/tmp/x')",
		"SELECT * FROM deltaLakeLocal('/tmp/x')",
		"SELECT * FROM redis('127.0.0.1:1', 'k', 'k String, v String')",
		"SELECT * FROM mongodb('127.0.0.1:1', 'a', 'b', 'c', 'd', 'x String')",
		"SELECT * FROM azureBlobStorage('http://127.0.0.1:1/a', 'c', 'b', 'a', 'k')",
		"SELECT * FROM executable('x', 'TSV', 'a String')",
		"SELECT * FROM hdfs('hdfs://127.0.0.1:1/x', 'TSV', 'a String')",
		"SELECT * FROM system.users",
		"SELECT * FROM system.processes",
		"SELECT * FROM system.server_settings",
		"SET readonly = 0",
	} {
		if got := reader(t, i, sql); got.code != "164" && got.code != "497" && !strings.Contains(got.text, "getcwd failed: Permission denied") {
			t.Errorf("%s: %+v", sql, got)
		}
	}
	// What an administrator does with files must keep working.
	admin(t, i, "CREATE TABLE pypi.from_file ENGINE = Memory AS SELECT * FROM file('"+secret+"', 'LineAsString')")
	// This one is refused without an error: it skips every table.
	reader(t, i, "SYSTEM STOP MERGES")
	admin(t, i, "INSERT INTO pypi.t VALUES (0)")
	admin(t, i, "OPTIMIZE TABLE pypi.t FINAL")
	if got := admin(t, i, "SELECT count() FROM system.parts WHERE database = 'pypi' AND table = 't' AND active"); got != "1" {
		t.Errorf("%s parts after a merge: merges are stopped", got)
	}
	if raw, err := os.ReadFile(secret); err != nil || string(raw) != "secret\n" {
		t.Errorf("the file is %q now, %v", raw, err)
	}
	if got := admin(t, i, "SELECT sum(x) FROM pypi.t"); got != "499500" {
		t.Errorf("the table's sum is %s now", got)
	}
}

func TestReaderMayOnlyLowerItsLimits(t *testing.T) {
	i := served(t, Limits{MaxExecutionTime: 20 * time.Second, MaxRowsToRead: 5000, MaxResultRows: 2000, MaxMemoryUsage: 1 << 30}).Info()
	for _, setting := range []string{"max_execution_time=19", "max_rows_to_read=4999", "max_result_rows=1999", "max_memory_usage=1000000000",
		"max_threads=1", "max_execution_time=20", "max_rows_to_read=5000"} {
		if got := reader(t, i, "SELECT 1", setting); got.text != "1" {
			t.Errorf("%s: %+v", setting, got)
		}
	}
	for _, setting := range []string{
		"max_execution_time=21", "max_execution_time=0", "max_rows_to_read=5001", "max_rows_to_read=0", "max_result_rows=2001",
		"max_result_rows=0", "max_memory_usage=2000000000", "max_memory_usage=0", "readonly=0", "readonly=1",
		"read_overflow_mode=break", "result_overflow_mode=break", "timeout_overflow_mode=break",
		"max_execution_time_leaf=0", "max_rows_to_read_leaf=0", "max_sessions_for_user=5", "allow_ddl=1",
	} {
		got := reader(t, i, "SELECT 1", setting)
		name, value, _ := strings.Cut(setting, "=")
		if harmless := map[string]bool{"max_execution_time_leaf": true, "max_rows_to_read_leaf": true, "max_sessions_for_user": true, "allow_ddl": true}; harmless[name] {
			if got.text != "1" && got.code == "" {
				t.Errorf("%s: %+v", setting, got)
			}
			continue
		}
		if got.code != "452" && got.code != "164" {
			t.Errorf("%s: %+v", setting, got)
		}
		if got := reader(t, i, "SELECT 1 SETTINGS "+name+" = '"+value+"'"); got.code == "" {
			t.Errorf("%s in the query: %+v", setting, got)
		}
	}
}

func TestReaderLimitsHold(t *testing.T) {
	i := served(t, Limits{MaxExecutionTime: time.Minute, MaxRowsToRead: 900, MaxResultRows: 10, MaxMemoryUsage: 64 << 20}).Info()
	admin(t, i, "CREATE TABLE pypi.small (x Int64) ENGINE = MergeTree ORDER BY x")
	admin(t, i, "INSERT INTO pypi.small SELECT number FROM numbers(11)")
	for sql, code := range map[string]string{
		"SELECT count(), sum(x) FROM pypi.t": "158",
		"SELECT * FROM pypi.t WHERE x < 100": "158",
		"SELECT x FROM pypi.small":           "396",
		"SELECT length(groupArray(toString(a))) FROM (SELECT arrayJoin(range(9000000)) AS a)": "241",
	} {
		if got := reader(t, i, sql); got.code != code {
			t.Errorf("%s: %+v, want code %s", sql, got, code)
		}
	}
}

func TestReaderTimeLimitHolds(t *testing.T) {
	i := served(t, Limits{MaxExecutionTime: time.Second}).Info()
	if got := reader(t, i, "SELECT sum(sleepEachRow(0.2)) FROM numbers(11)"); got.code != "159" {
		t.Errorf("a query of two seconds: %+v", got)
	}
}

func TestReaderOverTheNativeProtocol(t *testing.T) {
	e := served(t, Limits{MaxRowsToRead: 5000})
	opts, err := clickhouse.ParseDSN(e.ReadOnlyDSN())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := clickhouse.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	var n uint64
	with := func(name string, value any) context.Context {
		return clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{name: value}))
	}
	if err := conn.QueryRow(with("max_rows_to_read", 2000), "SELECT count(x) FROM t WHERE x < {limit:Int64}", clickhouse.Named("limit", "10")).Scan(&n); err != nil || n != 10 {
		t.Errorf("n = %d, %v", n, err)
	}
	for code, ctx := range map[int32]context.Context{158: with("max_rows_to_read", 10), 452: with("max_rows_to_read", 0)} {
		var refusal *clickhouse.Exception
		if err := conn.QueryRow(ctx, "SELECT sum(x + 1) FROM t").Scan(&n); !errors.As(err, &refusal) || refusal.Code != code {
			t.Errorf("error %v, want code %d", err, code)
		}
	}
}

func TestNobodyIsDefault(t *testing.T) {
	i := opened(t, Config{Dir: t.TempDir()}).Info()
	for _, settings := range [][]string{nil, {"max_sessions_for_user=100"}, {"session_id=1"}} {
		if got := ask(t, i.HTTP, "default", "", "SELECT currentUser()", settings...); got.code == "" {
			t.Errorf("over HTTP with %v: %+v", settings, got)
		}
	}
	for _, settings := range []clickhouse.Settings{nil, {"max_sessions_for_user": 100}} {
		conn, err := clickhouse.Open(&clickhouse.Options{Addr: []string{i.Native}, Auth: clickhouse.Auth{Username: "default"}, Settings: settings})
		if err != nil {
			t.Fatal(err)
		}
		var user string
		if err := conn.QueryRow(t.Context(), "SELECT currentUser()").Scan(&user); err == nil {
			t.Errorf("over the native protocol with %v: %q", settings, user)
		}
		_ = conn.Close()
	}
	if got := admin(t, i, "SELECT 1"); got != "1" {
		t.Errorf("then it answers %q", got)
	}
	for _, user := range []string{i.User, i.ReadOnlyUser} {
		for _, password := range []string{"", "wrong"} {
			if got := ask(t, i.HTTP, user, password, "SELECT 1"); got.code != "516" {
				t.Errorf("%s with password %q: %+v", user, password, got)
			}
		}
	}
}

// TestNativeRefusals: what a client does wrong before it is let in must not
// end the engine, for all the others.
func TestNativeRefusals(t *testing.T) {
	e := opened(t, Config{Dir: t.TempDir()})
	i := e.Info()
	for name, auth := range map[string]clickhouse.Auth{
		"wrong password":   {Username: i.User, Password: "wrong"},
		"unknown user":     {Username: "nobody"},
		"unknown database": {Username: i.User, Password: i.Password, Database: "nowhere"},
	} {
		conn, err := clickhouse.Open(&clickhouse.Options{Addr: []string{i.Native}, Auth: auth})
		if err != nil {
			t.Fatal(err)
		}
		var refusal *clickhouse.Exception
		if err := conn.Ping(t.Context()); !errors.As(err, &refusal) {
			t.Errorf("%s: %v", name, err)
		}
		_ = conn.Close()
	}
	for name, bytes := range map[string]string{"nothing": "", "half a hello": "\x00\x01x", "garbage": strings.Repeat("\x16\x03\x01", 50), "HTTP": "GET / HTTP/1.1\r\n\r\n"} {
		conn, err := net.Dial("tcp", i.Native)
		if err != nil {
			t.Fatalf("before %s: %v", name, err)
		}
		if _, err := conn.Write([]byte(bytes)); err != nil {
			t.Fatal(err)
		}
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, conn)
		_ = conn.Close()
	}
	if got := admin(t, i, "SELECT 1"); got != "1" {
		t.Errorf("then it answers %q", got)
	}
}
