package oracle_test

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clickql/graph"
	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/gateway"
	"clickql/internal/oracle"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// insertDownloads makes downloads over fourteen months that begin and end within
// a month, and one project that came late.
var insertDownloads = oracle.Downloads("2023-01-19", 424, 20000, "2023-11-15")

// database is one that questions are asked of.
type database struct {
	*chtest.DB
	t       testing.TB
	options catalog.Options
	data    *oracle.Data
	// guest is the account that reads; empty for our own.
	guest string
	// refuses reports that some questions cannot be answered, and which that is
	// is not to be said beforehand.
	refuses bool
	// disguise changes what the catalog knows, where not nil; expects is what the
	// query for a ragged range then must hold.
	disguise func(catalog.Snapshot) *catalog.Snapshot
	expects  string
	log      lastLine
	// Of the last open.
	catalog *catalog.Catalog
	reader  *chconn.Conn
}

// disguised is a catalog of one snapshot.
type disguised struct{ snap *catalog.Snapshot }

func (d disguised) Snapshot() *catalog.Snapshot { return d.snap }
func (d disguised) Ready() error                { return nil }
func (d disguised) Changed() <-chan struct{}    { return nil }
func (d disguised) Unchanged(context.Context, *catalog.Table) (bool, error) {
	return true, nil
}

// lastLine keeps the last line of a log.
type lastLine struct{ text atomic.Value }

func (l *lastLine) Write(line []byte) (int, error) {
	l.text.Store(string(line))
	return len(line), nil
}

// exec runs statements as administrator.
func (d *database) exec(statements ...string) {
	d.t.Helper()
	for _, s := range statements {
		if err := d.Conn.Exec(d.t.Context(), s); err != nil {
			d.t.Fatalf("%s\n%v", s, err)
		}
	}
}

// read makes the raw table's rows of now those that answers are held against.
func (d *database) read(table string, days ...string) {
	d.t.Helper()
	d.data = oracle.Read(d.t, d.Conn, table)
	for _, text := range days {
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			d.t.Fatal(err)
		}
		d.data.Days = append(d.data.Days, day)
	}
}

// open is the gateway's handler over the database, by an account that may only
// read.
func (d *database) open() http.Handler {
	d.t.Helper()
	dsn := d.ReadOnlyDSN
	if d.guest != "" {
		dsn = d.GuestDSN(d.t, d.guest)
	}
	conn, err := chconn.Open(d.t.Context(), chconn.Config{DSN: dsn})
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = conn.Close() })
	d.options.Database = d.Name
	c, err := catalog.Open(d.t.Context(), conn, d.options)
	if err != nil {
		d.t.Fatal(err)
	}
	if err := c.Ready(); err != nil {
		d.t.Fatal(err)
	}
	for _, table := range c.Snapshot().Tables {
		d.t.Logf("%s covers %s to %s %s", table.Name, table.Covers.From, table.Covers.To, table.Incomplete)
	}
	for _, i := range c.Snapshot().Ignored {
		d.t.Logf("%s is ignored: %s", i.Table, i.Reason)
	}
	d.catalog, d.reader = c, conn
	var known gateway.Known = c
	if d.disguise != nil {
		known = disguised{d.disguise(*c.Snapshot())}
	}
	return d.handler(known)
}

// handler answers from what the catalog knows, with empty caches.
func (d *database) handler(known gateway.Known) http.Handler {
	d.t.Helper()
	g := gateway.New(gateway.Config{Conn: d.reader, Known: known, Log: slog.New(slog.NewTextHandler(&d.log, nil)),
		// What is drawn may be larger than what a stranger may ask for.
		GraphQL: graph.HandlerConfig{Limits: graph.Limits{Held: 1 << 30, Loads: 1 << 30, Resolved: 1 << 30, Response: 1 << 30}}})
	if err := g.Start(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		if err := g.Stop(); err != nil {
			d.t.Error(err)
		}
	})
	return g.GraphQL()
}

// own is a database with our own tables and the downloads.
func own(t testing.TB) *database {
	d := &database{DB: chtest.NewWithSchema(t), t: t}
	d.exec(insertDownloads, "INSERT INTO projects (name, version, upload_time) VALUES ('NumPy', '1.10', '2015-10-06 01:02:03')")
	return d
}

// columns are the raw table's in the order of their names in ClickPy.
var columns = []string{"date", "country_code", "project", "type", "installer", "python_minor", "system", "version", "ci", "filename", "libc"}

// clickPyTypes are the types of columns in ClickPy's tables.
var clickPyTypes = map[string]string{
	"date": "Date", "month": "Date", "country_code": "LowCardinality(String)", "project": "String", "type": "LowCardinality(String)",
	"installer": "LowCardinality(String)", "python_minor": "LowCardinality(String)", "system": "LowCardinality(String)", "version": "String",
	"ci": "Enum8('false' = 0, 'true' = 1, 'unknown' = 2)", "filename": "String",
	"libc": "Tuple(lib LowCardinality(String), version LowCardinality(String))", "city": "String",
}

// plainTypes are the same where nobody cared.
var plainTypes = map[string]string{
	"date": "Date", "month": "Date", "country_code": "String", "project": "LowCardinality(String)", "type": "String", "installer": "String",
	"python_minor": "String", "system": "String", "version": "LowCardinality(String)", "ci": "String", "filename": "String",
	"libc": "Tuple(lib String, version String)",
}

// typed writes columns with their types.
func typed(types map[string]string, names []string) string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = name + " " + types[name]
	}
	return strings.Join(out, ", ")
}
