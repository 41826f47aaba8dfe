package catalog_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/cube"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// rawColumns are those of the raw table in the tests.
const rawColumns = `date Date, country_code LowCardinality(String), project String, type LowCardinality(String),
installer LowCardinality(String), python_minor LowCardinality(String), system LowCardinality(String), version String,
ci Enum8('false' = 0, 'true' = 1, 'unknown' = 2), filename String, libc Tuple(lib LowCardinality(String), version LowCardinality(String))`

// downloads is a SELECT of n downloads of 5 projects over the 100 days from the
// day given.
func downloads(n int, from string) string {
	return fmt.Sprintf(`SELECT toDate('%s') + number %% 100 AS date, ['DE','US',''][1 + number %% 3] AS country_code,
['a','b','c','d','e'][1 + intHash32(number) %% 5] AS project, ['sdist','bdist_wheel'][1 + number %% 2] AS type,
'pip' AS installer, '3.12' AS python_minor, 'Linux' AS system, toString(number %% 4) AS version
FROM numbers(%d)`, from, n)
}

const downloadsColumns = "(date, country_code, project, type, installer, python_minor, system, version)"

// world is a database under test.
type world struct {
	*chtest.DB
	t testing.TB
}

// newWorld makes a database with an empty raw table.
func newWorld(t testing.TB) *world {
	w := &world{chtest.New(t), t}
	w.exec("CREATE TABLE pypi (" + rawColumns + ") ENGINE = MergeTree PARTITION BY toYYYYMM(date) ORDER BY (project, date, version)")
	return w
}

func (w *world) exec(statements ...string) {
	w.t.Helper()
	for _, s := range statements {
		if err := w.Conn.Exec(w.t.Context(), s); err != nil {
			w.t.Fatalf("%s\n%v", s, err)
		}
	}
}

// load inserts n downloads from the day given on.
func (w *world) load(n int, from string) {
	w.t.Helper()
	w.exec("INSERT INTO pypi " + downloadsColumns + " " + downloads(n, from))
}

// aggregate makes a table with its view: columns `name Type`, the sorting key,
// and the view's SELECT.
func (w *world) aggregate(name, columns, engine, key, query string) {
	w.t.Helper()
	w.exec("CREATE TABLE "+name+" ("+columns+") ENGINE = "+engine+" ORDER BY ("+key+") SETTINGS min_bytes_for_wide_part = 0",
		"CREATE MATERIALIZED VIEW "+name+"_mv TO "+name+" AS "+query)
}

// perDay makes the table of projects' days.
func (w *world) perDay() {
	w.t.Helper()
	w.aggregate("per_day", "project String, date Date, count Int64", "SummingMergeTree(count)", "project, date",
		"SELECT project, date, count() AS count FROM pypi GROUP BY project, date")
}

// open reads the database as an account that may only read.
func (w *world) open(opts catalog.Options) *catalog.Catalog {
	w.t.Helper()
	return w.openAs(w.ReadOnlyDSN, opts)
}

func (w *world) openAs(dsn string, opts catalog.Options) *catalog.Catalog {
	w.t.Helper()
	return w.openOver(w.connect(dsn), opts)
}

// connect connects an account.
func (w *world) connect(dsn string) *chconn.Conn {
	w.t.Helper()
	conn, err := chconn.Open(w.t.Context(), chconn.Config{DSN: dsn})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// openOver reads the database over a connection.
func (w *world) openOver(conn catalog.Conn, opts catalog.Options) *catalog.Catalog {
	w.t.Helper()
	if opts.Database == "" {
		opts.Database = w.Name
	}
	c, err := catalog.Open(w.t.Context(), conn, opts)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// snapshot opens the database and gives its snapshot, which must be ready.
func (w *world) snapshot() *catalog.Snapshot {
	w.t.Helper()
	return w.ready(w.open(catalog.Options{}))
}

func (w *world) ready(c *catalog.Catalog) *catalog.Snapshot {
	w.t.Helper()
	if err := c.Ready(); err != nil {
		w.t.Fatal(err)
	}
	return c.Snapshot()
}

// refreshed forces a new snapshot.
func (w *world) refreshed(c *catalog.Catalog) *catalog.Snapshot {
	w.t.Helper()
	if err := c.Refresh(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return c.Snapshot()
}

// table is the snapshot's table, which must be there.
func (w *world) table(s *catalog.Snapshot, name string) *catalog.Table {
	w.t.Helper()
	if t := s.Table(name); t != nil {
		return t
	}
	w.t.Fatalf("no table %s in the snapshot; ignored: %v", name, s.Ignored)
	return nil
}

// days reads a range written `from to`.
func days(t testing.TB, text string) cube.Range {
	t.Helper()
	from, to, _ := strings.Cut(text, " ")
	f, err := cube.ParseDay(from)
	if err != nil {
		t.Fatal(err)
	}
	l, err := cube.ParseDay(to)
	if err != nil {
		t.Fatal(err)
	}
	return cube.Range{From: f, To: l}
}

// dims lists the columns of the dimensions set.
func dims(m map[cube.Dimension]bool) string {
	var out []string
	for d, is := range m {
		if is {
			out = append(out, d.Column())
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// covers checks what a table covers.
func (w *world) covers(s *catalog.Snapshot, name, want string) {
	w.t.Helper()
	t := w.table(s, name)
	if want == "" {
		if !t.Covers.Empty() || t.Incomplete == "" {
			w.t.Errorf("%s covers %s to %s (%q), want nothing and a reason", name, t.Covers.From, t.Covers.To, t.Incomplete)
		}
		return
	}
	if r := days(w.t, want); t.Covers != r {
		w.t.Errorf("%s covers %s to %s (%s), want %s", name, t.Covers.From, t.Covers.To, t.Incomplete, want)
	}
}

// ignored is the reason for which a table is left out.
func (w *world) ignored(s *catalog.Snapshot, name string) string {
	w.t.Helper()
	for _, i := range s.Ignored {
		if i.Table == w.Name+"."+name {
			return i.Reason
		}
	}
	w.t.Errorf("%s is not among the ignored %v", name, s.Ignored)
	return ""
}

// until waits for a snapshot that satisfies ok.
func (w *world) until(c *catalog.Catalog, what string, ok func(*catalog.Snapshot) bool) *catalog.Snapshot {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	for {
		changed := c.Changed()
		if s := c.Snapshot(); ok(s) {
			return s
		}
		select {
		case <-changed:
		case <-ctx.Done():
			w.t.Fatalf("no snapshot with %s; the last: %+v", what, c.Snapshot())
		}
	}
}

// chtestNew is a database without any table.
func chtestNew(t testing.TB) *chtest.DB { return chtest.New(t) }
