// Package chtest gives tests a real ClickHouse: one embedded engine for each
// test binary, and a throwaway database for each test. Only tests import it.
//
//	func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }
//
//	func TestSomething(t *testing.T) {
//		db := chtest.NewWithSchema(t)
//		...
//	}
package chtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"clickql/internal/chconn"
	"clickql/internal/ddl"
	"clickql/internal/engine"
)

// Cluster is a cluster of two shards, the databases of NewShards.
const Cluster = "pair"

// shards are the databases of Cluster's shards.
var shards = [2]string{"shard_1", "shard_2"}

// shared is the test binary's engine. It is package state because a TestMain
// and its tests have no other way to share anything.
var shared struct {
	sync.Mutex
	engine *engine.Engine
	conn   *chconn.Conn
	filled map[string]string // names of Filled's databases, by what fills them
}

// Main runs a package's tests and returns the exit status, which a TestMain may
// leave to the testing package. The engine starts with the first test that asks for it,
// and its data, in a temporary directory, goes with it, also when the test
// binary is killed.
func Main(m *testing.M) int {
	if engine.IsChild() {
		os.Exit(engine.RunChild())
	}
	code := m.Run()
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, "chtest: stop engine:", err)
		return max(code, 1)
	}
	return code
}

func stop() error {
	shared.Lock()
	defer shared.Unlock()
	if shared.engine == nil {
		return nil
	}
	_ = shared.conn.Close()
	dir := shared.engine.Dir()
	if err := shared.engine.Close(); err != nil {
		return err
	}
	shared.engine, shared.conn, shared.filled = nil, nil, nil
	return os.RemoveAll(dir)
}

// Engine returns the test binary's engine, started with the first call.
func Engine(t testing.TB) *engine.Engine {
	t.Helper()
	e, _ := open(t)
	return e
}

func open(t testing.TB) (*engine.Engine, *chconn.Conn) {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.engine != nil {
		return shared.engine, shared.conn
	}
	dir, err := os.MkdirTemp("", "clickql-test-")
	if err != nil {
		t.Fatalf("chtest: make data directory: %v", err)
	}
	e, err := engine.Open(context.Background(), engine.Config{Dir: dir, Temporary: true, Clusters: map[string][]string{Cluster: shards[:]}, Guests: guests})
	if err != nil {
		_ = os.RemoveAll(dir)
		t.Fatalf("chtest: %v", err)
	}
	conn, err := chconn.Open(context.Background(), chconn.Config{DSN: e.DSN(), MaxConns: 8})
	if err != nil {
		_ = e.Close()
		t.Fatalf("chtest: connect: %v", err)
	}
	shared.engine, shared.conn = e, conn
	return e, conn
}

// DB is a database of one test's own.
type DB struct {
	// Conn is connected to the database, as administrator.
	Conn *chconn.Conn
	// Name is the database's name. It needs no quoting, but for NewNamed.
	Name string
	// DSN and ReadOnlyDSN name the database, as administrator and as the
	// read-only account that serving uses.
	DSN, ReadOnlyDSN string
}

// New makes an empty Atomic database, which is dropped when the test ends.
func New(t testing.TB) *DB {
	t.Helper()
	return NewNamed(t, "test_"+strings.ToLower(rand.Text()[:12]))
}

// NewShards makes the databases of Cluster's shards. Only one test at a time can
// have them.
func NewShards(t testing.TB) [2]*DB {
	t.Helper()
	return [2]*DB{NewNamed(t, shards[0]), NewNamed(t, shards[1])}
}

// NewNamed is New for a database of any name.
func NewNamed(t testing.TB, name string) *DB {
	t.Helper()
	e, admin := open(t)
	quoted := chconn.Ident(name)
	if err := admin.Exec(t.Context(), "CREATE DATABASE "+quoted+" ENGINE = Atomic"); err != nil {
		t.Fatalf("chtest: create database: %v", err)
	}
	db := named(t, e, name)
	conn, err := chconn.Open(t.Context(), chconn.Config{DSN: db.DSN})
	if err != nil {
		t.Fatalf("chtest: connect: %v", err)
	}
	db.Conn = conn
	t.Cleanup(func() {
		_ = conn.Close()
		// The test may have killed the engine: then there is nothing to drop.
		select {
		case <-e.Done():
			return
		default:
		}
		if err := admin.Exec(context.Background(), "DROP DATABASE IF EXISTS "+quoted+" SYNC"); err != nil {
			t.Errorf("chtest: drop database: %v", err)
		}
	})
	return db
}

// NewWithSchema makes a database with ClickQL's tables, empty.
func NewWithSchema(t testing.TB) *DB {
	t.Helper()
	db := New(t)
	if _, err := ddl.Apply(t.Context(), db.Conn, ddl.Options{Database: db.Name}); err != nil {
		t.Fatalf("chtest: apply schema: %v", err)
	}
	return db
}

// Filled is a database with ClickQL's tables and what the statements put into them. It
// is made once for all tests of the binary that name the same statements, since each of
// them feeds every view, and stays until the engine stops: Conn is of the account that
// only reads, and what a test changes by DSN others would see.
func Filled(t testing.TB, statements ...string) *DB {
	t.Helper()
	e, admin := open(t)
	db := named(t, e, fill(t, e, admin, statements))
	conn, err := chconn.Open(t.Context(), chconn.Config{DSN: db.ReadOnlyDSN})
	if err != nil {
		t.Fatalf("chtest: connect: %v", err)
	}
	db.Conn = conn
	t.Cleanup(func() { _ = conn.Close() })
	return db
}

// fill makes a database of Filled's, or says which one it is.
func fill(t testing.TB, e *engine.Engine, admin *chconn.Conn, statements []string) string {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	key := strings.Join(statements, ";")
	if name, ok := shared.filled[key]; ok {
		return name
	}
	name := fmt.Sprintf("filled_%d", len(shared.filled))
	if err := admin.Exec(t.Context(), "CREATE DATABASE "+name+" ENGINE = Atomic"); err != nil {
		t.Fatalf("chtest: create database: %v", err)
	}
	conn, err := chconn.Open(t.Context(), chconn.Config{DSN: withDatabase(t, e.DSN(), name)})
	if err != nil {
		t.Fatalf("chtest: connect: %v", err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := ddl.Apply(t.Context(), conn, ddl.Options{Database: name}); err != nil {
		t.Fatalf("chtest: apply schema: %v", err)
	}
	for _, sql := range statements {
		if err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("chtest: fill database: %v\nin %s", err, sql)
		}
	}
	if shared.filled == nil {
		shared.filled = map[string]string{}
	}
	shared.filled[key] = name
	return name
}

// named is a database of the engine, without a connection.
func named(t testing.TB, e *engine.Engine, name string) *DB {
	t.Helper()
	return &DB{Name: name, DSN: withDatabase(t, e.DSN(), name), ReadOnlyDSN: withDatabase(t, e.ReadOnlyDSN(), name)}
}

func withDatabase(t testing.TB, dsn, name string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatalf("chtest: parse DSN: %v", err)
	}
	u.Path = "/" + name
	return u.String()
}
