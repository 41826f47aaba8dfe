package chschema_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"clickql/internal/chconn"
	"clickql/internal/chschema"
	"clickql/internal/chtest"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// exec runs statements in which $ stands for the database.
func exec(t *testing.T, db *chtest.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if err := db.Conn.Exec(t.Context(), strings.ReplaceAll(s, "$", chconn.Ident(db.Name))); err != nil {
			t.Fatalf("%s\n%v", s, err)
		}
	}
}

// read reads the database as an account that may only read.
func read(t *testing.T, db *chtest.DB) (chschema.DB, chschema.Schema) {
	t.Helper()
	conn, err := chconn.Open(t.Context(), chconn.Config{DSN: db.ReadOnlyDSN})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	q := chschema.DB{Conn: conn}
	s, err := chschema.Read(t.Context(), q, db.Name)
	if err != nil {
		t.Fatal(err)
	}
	return q, s
}

// TestTargets reads the targets of views as a server itself writes their headers.
func TestTargets(t *testing.T) {
	db := chtest.New(t)
	exec(t, db, "CREATE TABLE $.raw (a String, b Enum8('x, (y' = 1, ') TO z' = 2), `TO` String) ENGINE = MergeTree ORDER BY a",
		"CREATE TABLE $.`t.o (``x` (a String, n UInt64) ENGINE = SummingMergeTree ORDER BY a",
		"CREATE MATERIALIZED VIEW $.plain TO $.`t.o (``x` AS SELECT a, count() AS n FROM $.raw GROUP BY a",
		"CREATE MATERIALIZED VIEW $.`to` TO $.`t.o (``x` (a String, n UInt64) AS SELECT a, count() AS n FROM $.raw GROUP BY a COMMENT 'goes, (TO x'",
		"CREATE MATERIALIZED VIEW $.secure TO $.`t.o (``x` DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT a, count() AS n FROM $.raw GROUP BY a",
		"CREATE MATERIALIZED VIEW $.fresh REFRESH EVERY 100 YEAR APPEND TO $.`t.o (``x` AS SELECT a, count() AS n FROM $.raw GROUP BY a",
		"CREATE MATERIALIZED VIEW $.after REFRESH AFTER 100 YEAR DEPENDS ON $.fresh APPEND TO $.`t.o (``x` AS SELECT a, count() AS n FROM $.raw GROUP BY a",
		"CREATE MATERIALIZED VIEW $.`own, (``one` ENGINE = SummingMergeTree ORDER BY a AS SELECT a, `TO`, b, count() AS n FROM $.raw GROUP BY ALL")
	_, s := read(t, db)
	for _, view := range []string{"plain", "to", "secure", "fresh", "after"} {
		v := s[chschema.Name{Database: db.Name, Table: view}]
		if got, inner := s.Target(v); inner || got != (chschema.Name{Database: db.Name, Table: "t.o (`x"}) {
			t.Errorf("%s goes to %v (inner: %v)\n%s", view, got, inner, v.Definition)
		}
	}
	v := s[chschema.Name{Database: db.Name, Table: "own, (`one"}]
	got, inner := s.Target(v)
	if at, err := s.Stored(v); err != nil || !inner || at.Name != got || at.Engine.Merging() != chschema.SumsRows {
		t.Errorf("%v is kept in %v (inner: %v), %+v, %v", v.Name, got, inner, at, err)
	}
	delete(s, got)
	if again, inner := s.Target(v); again != got || !inner {
		t.Errorf("without its table in sight it is kept in %v", again)
	}
}

// TestRead reads tables, columns, keys and the views that an insert fires.
func TestRead(t *testing.T) {
	db := chtest.New(t)
	exec(t, db, "CREATE TABLE $.raw (d Date, a LowCardinality(String), up String ALIAS upper(a)) ENGINE = MergeTree PARTITION BY toYYYYMM(d) PRIMARY KEY d ORDER BY (d, a)",
		"CREATE TABLE $.sums (a String, n Int64, m Int64) ENGINE = SummingMergeTree(n) ORDER BY a",
		"CREATE MATERIALIZED VIEW $.v TO $.sums AS SELECT a, count() AS n FROM $.raw GROUP BY a",
		"CREATE TABLE $.over AS $.raw ENGINE = Distributed('"+chtest.Cluster+"', '"+db.Name+"', 'raw')",
		"INSERT INTO $.raw VALUES ('2026-01-01', 'x'), ('2026-01-02', 'y')")
	q, s := read(t, db)
	raw := s[chschema.Name{Database: db.Name, Table: "raw"}]
	if got := fmt.Sprint(raw.SortingKey, "|", raw.PrimaryKey, "|", raw.PartitionKey, "|", raw.Engine.Base(), raw.Rows, raw.Types()["a"], raw.Columns[2].Default); got != "d, a|d|toYYYYMM(d)|MergeTree2LowCardinality(String)ALIAS" {
		t.Errorf("raw is %s", got)
	}
	if views := []chschema.Name{{Database: db.Name, Table: "v"}}; !slices.Equal(raw.Views, views) {
		t.Errorf("an insert fires %v", raw.Views)
	}
	if readers := s.Readers(); len(readers) != 1 || !slices.Equal(readers[db.Name+".raw"], []string{db.Name + ".v"}) {
		t.Errorf("read by views are %v", readers)
	}
	if at, err := s.Stored(s[chschema.Name{Database: db.Name, Table: "over"}]); err != nil || at != raw {
		t.Errorf("the Distributed table stands for %v, %v", at, err)
	}
	sums := s[chschema.Name{Database: db.Name, Table: "sums"}]
	if sums.NotSummed("n") != "" || !strings.Contains(sums.NotSummed("m"), "sums n and not m") || !strings.Contains(sums.NotSummed("a"), "not a 64-bit") {
		t.Errorf("n: %q, m: %q, a: %q", sums.NotSummed("n"), sums.NotSummed("m"), sums.NotSummed("a"))
	}
	for name, want := range map[string]bool{db.Name: true, db.Name + "_not": false} {
		if exists, err := chschema.Exists(t.Context(), q, name); err != nil || exists != want {
			t.Errorf("%s exists: %v, %v", name, exists, err)
		}
	}
}

// TestParts tells what came from what only merged.
func TestParts(t *testing.T) {
	db := chtest.New(t)
	exec(t, db, "CREATE TABLE $.raw (d Date, a String) ENGINE = MergeTree PARTITION BY toYYYYMM(d) ORDER BY a",
		"INSERT INTO $.raw VALUES ('2026-01-01', 'x')", "INSERT INTO $.raw VALUES ('2026-01-31', 'y')")
	q, s := read(t, db)
	raw := s[chschema.Name{Database: db.Name, Table: "raw"}]
	parts := func() chschema.Parts {
		t.Helper()
		p, err := chschema.ReadParts(t.Context(), q, []*chschema.Table{raw})
		if err != nil || p == nil {
			t.Fatalf("parts %v, %v", p, err)
		}
		return p
	}
	before := parts()
	if rows, _, n := before.Size(raw.Name); rows != 2 || n != 2 || before.LastBlock(raw) != 2 || before[raw.Name]["202601"].Last-before[raw.Name]["202601"].First != 30 {
		t.Errorf("%d rows in %d parts, last block %d: %+v", rows, n, before.LastBlock(raw), before[raw.Name]["202601"])
	}
	exec(t, db, "OPTIMIZE TABLE $.raw FINAL")
	merged := parts()
	if !merged.Same(before, []*chschema.Table{raw}) {
		t.Error("a merge is taken for a change")
	}
	exec(t, db, "INSERT INTO $.raw VALUES ('2026-02-02', 'z'), ('2026-02-03', 'z')")
	grown := parts()
	names, rows, ok := grown.Added(merged, raw.Name)
	if touched := grown.Changed(merged, raw); !ok || rows != 2 || len(names) != 1 || len(touched) != 1 || touched[0].Last-touched[0].First != 1 {
		t.Errorf("added %v of %d rows (%v), touched %+v", names, rows, ok, touched)
	}
	last, uuid, err := chschema.ReadLastBlock(t.Context(), q, raw.Name)
	if err != nil || last != grown.LastBlock(raw) || uuid != raw.UUID {
		t.Errorf("last block %d, not %d; %s, not %s; %v", last, grown.LastBlock(raw), uuid, raw.UUID, err)
	}
	exec(t, db, "ALTER TABLE $.raw DELETE WHERE a = 'x' SETTINGS mutations_sync = 2")
	if _, _, ok := parts().Added(grown, raw.Name); ok {
		t.Error("a mutation is taken for an insert")
	}
}
