package chtest_test

import (
	"os"
	"testing"

	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/ddl"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

func TestDatabasesAreApart(t *testing.T) {
	a, b := chtest.New(t), chtest.New(t)
	for _, db := range []*chtest.DB{a, b} {
		if err := db.Conn.Exec(t.Context(), "CREATE TABLE t (x Int64) ENGINE = MergeTree ORDER BY x"); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Conn.Exec(t.Context(), "INSERT INTO t VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	for db, want := range map[*chtest.DB]uint64{a: 1, b: 0} {
		if got := count(t, db.ReadOnlyDSN, "t"); got != want {
			t.Errorf("%d rows in %s, want %d", got, db.Name, want)
		}
	}
}

func TestSchema(t *testing.T) {
	db := chtest.NewWithSchema(t)
	for _, table := range append(ddl.Derived(), ddl.Tables()[0]) {
		if got := count(t, db.ReadOnlyDSN, table.Name); got != 0 {
			t.Errorf("%d rows in %s, want none", got, table.Name)
		}
	}
}

func TestDatabaseIsDropped(t *testing.T) {
	var name string
	t.Run("inner", func(t *testing.T) { name = chtest.New(t).Name })
	var left uint64
	db := chtest.New(t)
	if err := db.Conn.QueryRow(t.Context(), "SELECT count() FROM system.databases WHERE name = '"+name+"'").Scan(&left); err != nil {
		t.Fatal(err)
	}
	if left != 0 {
		t.Errorf("database %s is left after its test", name)
	}
}

func count(t *testing.T, dsn, table string) (n uint64) {
	t.Helper()
	conn, err := chconn.Open(t.Context(), chconn.Config{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.QueryRow(t.Context(), "SELECT count() FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
