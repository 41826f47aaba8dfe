//go:build cluster || shards

package clustertest

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clickql/ingest"
	"clickql/ingest/config"
	"clickql/ingest/export"
	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/ingest/web"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/ddl"
)

// exports writes files of made-up downloads, of which two are equal but for their
// names, and serves them; it gives their addresses.
func exports(t testing.TB, conn *chconn.Conn, files, rows int) (dir string, addresses []string) {
	t.Helper()
	dir = t.TempDir()
	for i := range files {
		seed := max(i, 1)
		path := filepath.Join(dir, fmt.Sprintf("e%02d.parquet", i))
		sql := fmt.Sprintf(`INSERT INTO FUNCTION file(%s, 'Parquet') SELECT
			CAST(toDateTime64('2024-01-20 00:00:00', 6, 'UTC') + toIntervalSecond(h %% 2000000) AS Nullable(DateTime64(6, 'UTC'))) AS timestamp,
			CAST(['DE', 'FR', 'US', ''][1 + h %% 4] AS Nullable(String)) AS country_code, CAST('https://x' AS Nullable(String)) AS url,
			CAST(concat('project-', toString(h %% 11)) AS Nullable(String)) AS project, CAST('3.11' AS Nullable(String)) AS python,
			CAST(concat('f-1.', toString(h %% 20), ['.tar.gz', '-py3-none-any.whl', '-cp312-cp312-manylinux_2_17_x86_64.whl'][1 + h %% 3]) AS Nullable(String)) AS `+"`file.filename`"+`,
			CAST(concat('project-', toString(h %% 11)) AS Nullable(String)) AS `+"`file.project`"+`,
			CAST(concat('1.', toString(h %% 5)) AS Nullable(String)) AS `+"`file.version`"+`, CAST('sdist' AS Nullable(String)) AS `+"`file.type`"+`,
			CAST(['pip', 'uv'][1 + h %% 2] AS Nullable(String)) AS `+"`installer.name`"+`, CAST('Linux' AS Nullable(String)) AS `+"`system.name`"+`,
			CAST('glibc' AS Nullable(String)) AS `+"`distro.libc.lib`"+`, CAST('2.31' AS Nullable(String)) AS `+"`distro.libc.version`"+`
			FROM (SELECT cityHash64(number, %d) AS h FROM numbers(%d)) SETTINGS engine_file_truncate_on_insert = 1`, chconn.Literal(path), seed, rows)
		if err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(server.Close)
	for i := range files {
		addresses = append(addresses, fmt.Sprintf("%s/e%02d.parquet", server.URL, i))
	}
	return dir, addresses
}

// loading is a configuration that loads into a host.
func (c *cluster) loading(host int) config.Config {
	c.t.Helper()
	return quickly(c.open(c.hosts[host], ""), c.database)
}

// loadingAll is a configuration that loads into the cluster, whichever of its hosts
// are there.
func (c *cluster) loadingAll() config.Config {
	c.t.Helper()
	return quickly(c.open(c.dsn.Host, patience), c.database)
}

// loadFiles loads files into the cluster.
func (c *cluster) loadFiles(files ...string) config.Summary {
	c.t.Helper()
	sum, err := ingest.New(c.loadingAll()).Run(c.t.Context(), ledger.Downloads, files...)
	if err != nil || len(sum.Failed) > 0 {
		c.t.Fatalf("%+v, %v", sum.Failed, err)
	}
	return sum
}

// patience is the option of a DSN that bounds how long a host may take to let somebody
// in.
const patience = "dial_timeout=4s"

// quickly is a configuration of small batches that judges soon who lives.
func quickly(conn *chconn.Conn, database string) config.Config {
	return config.Config{Conn: conn, Database: database, BatchFiles: 2, Sources: []export.Source{web.New(web.Config{})},
		Beat: 200 * time.Millisecond, Lease: 2 * time.Second}
}

// errCrash ends a load at a statement.
var errCrash = errors.New("the loader is dead")

// ended runs a command until it comes to its end, and tells how often it was ended before,
// at most so many times: each at the statement of a number that is drawn anew. before is
// told of the statements. Where a server went away under it, it is run again when all
// answer.
func (c *cluster) ended(most int, draw func() int, before func(sql string), do func(*ingest.Ingest) error) (killed int) {
	c.t.Helper()
	for {
		cfg := c.loadingAll()
		cfg.Holder = ledger.Self("test", time.Now())
		cfg.Holder.PID = 1 << 30 // ended, as far as others can tell
		var n atomic.Int64
		end := int64(draw())
		cfg.Before = func(sql string) error {
			before(sql)
			if killed < most && n.Add(1) >= end {
				return errCrash
			}
			return nil
		}
		switch err := do(ingest.New(cfg)); {
		case errors.Is(err, errCrash):
			killed++
		case chconn.Classify(err) == chconn.Unavailable:
			c.answers(err)
		case err != nil:
			c.t.Fatal(err)
		default:
			return killed
		}
	}
}

// digests tells contents of all tables apart, or of those that are named.
func digests(t testing.TB, conn *chconn.Conn, database string, only ...string) map[string]string {
	t.Helper()
	all := map[string]string{}
	read := func(table, sql string) {
		var text string
		if err := conn.QueryRow(t.Context(), sql).Scan(&text); err != nil {
			t.Fatalf("%s: %v", table, err)
		}
		all[table] = text
	}
	read("pypi", "SELECT toString((count(), sum(cityHash64(*)))) FROM "+chconn.Ident(database)+".pypi")
	for _, table := range ddl.Derived() {
		if len(only) > 0 && !slices.Contains(only, table.Name) {
			continue
		}
		values, keys := "sum(count)", strings.Join(table.Key(), ", ")
		if table.Kind == ddl.Extremes {
			values = "min(min_date), max(max_date)"
		}
		read(table.Name, "SELECT toString((count(), sum(h))) FROM (SELECT cityHash64("+keys+", "+values+") AS h FROM "+chconn.Ident(database)+"."+table.Name+" GROUP BY "+keys+")")
	}
	return all
}

// expected loads files into one server by itself.
func expected(t testing.TB, db *chtest.DB, files ...string) map[string]string {
	t.Helper()
	sum, err := ingest.New(config.Config{Conn: db.Conn, Database: db.Name}).Run(t.Context(), ledger.Downloads, files...)
	if err != nil || sum.Rows == 0 || len(sum.Failed) > 0 {
		t.Fatalf("%d rows, %v, %v", sum.Rows, sum.Failed, err)
	}
	return digests(t, db.Conn, db.Name)
}

// agreeOn compares every table of a host.
func (c *cluster) agreeOn(when string, host int, want map[string]string) {
	c.t.Helper()
	c.caughtUp(host)
	for table, text := range digests(c.t, c.conns[host], c.rows(), c.tables(host)...) {
		if want[table] != text {
			c.t.Errorf("%s: host %d: table %s: %s, want %s", when, host+1, table, text, want[table])
		}
	}
}

// agreeAll compares every table of every host with the files that its shard's ledger
// holds, and where there are shards what is in front of them with all files: each
// must be in one. Replicas have the same files so, and the same tables.
func (c *cluster) agreeAll(when, dir string, all []string) {
	c.t.Helper()
	held := map[string]int{}
	for shard := range c.shards {
		host := shard * len(c.hosts) / c.shards
		c.caughtUp(host)
		var files []string
		for _, name := range c.loaded(host) {
			held[name]++
			files = append(files, filepath.Join(dir, filepath.Base(name)))
		}
		want := expected(c.t, chtest.NewWithSchema(c.t), files...)
		for other := range c.hosts {
			if c.shardOf(other) == shard {
				c.agreeOn(when, other, want)
			}
		}
	}
	for _, name := range all {
		if held[name] != 1 {
			c.t.Errorf("%s: %s is in %d shards", when, name, held[name])
		}
	}
	want := expected(c.t, chtest.NewWithSchema(c.t), dir+"/*.parquet")
	for host, conn := range c.conns {
		for table, text := range digests(c.t, conn, c.database, c.tables(host)...) {
			if want[table] != text {
				c.t.Errorf("%s: host %d: all of table %s: %s, want %s", when, host+1, table, text, want[table])
			}
		}
	}
}

// loaded lists what the ledger of a host's shard holds as loaded.
func (c *cluster) loaded(host int) (names []string) {
	c.t.Helper()
	l := ledger.Of(session.New(c.conns[host], c.rows(), nil))
	names, err := l.S.Texts(c.t.Context(), session.SQL("SELECT name FROM "+l.InForce("kind = 'downloads'")))
	if err != nil {
		c.t.Fatal(err)
	}
	return names
}
