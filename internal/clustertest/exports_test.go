//go:build cluster || shards

package clustertest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"clickql/ingest"
	"clickql/ingest/config"
	"clickql/ingest/export"
	"clickql/ingest/ledger"
	"clickql/ingest/web"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/ddl"
)

// exports writes files of made-up downloads, of which two are equal but for their
// names, and serves them; it gives their addresses.
func exports(t *testing.T, conn *chconn.Conn, files, rows int) (dir string, addresses []string) {
	t.Helper()
	dir = t.TempDir()
	for i := range files {
		seed := max(i, 1)
		path := filepath.Join(dir, fmt.Sprintf("e%02d.parquet", i))
		sql := fmt.Sprintf(`INSERT INTO FUNCTION file(%s, 'Parquet') SELECT
			CAST(toDateTime64('2024-01-20 00:00:00', 6, 'UTC') + toIntervalSecond(h %% 2000000) AS Nullable(DateTime64(6, 'UTC'))) AS timestamp,
			CAST(['DE', 'FR', 'US', ''][1 + h %% 4] AS Nullable(String)) AS country_code, CAST('https://x' AS Nullable(String)) AS url,
			CAST(concat('project-', toString(h %% 11)) AS Nullable(String)) AS project, CAST('3.11' AS Nullable(String)) AS python,
			CAST(concat('f-', toString(h %% 20), '.whl') AS Nullable(String)) AS `+"`file.filename`"+`,
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
	return config.Config{Conn: c.open(c.hosts[host], ""), Database: c.database, BatchFiles: 2, Sources: []export.Source{web.New(web.Config{})},
		Beat: 200 * time.Millisecond, Lease: 2 * time.Second}
}

// digests tells contents of all tables apart, or of those that are named.
func digests(t *testing.T, conn *chconn.Conn, database string, only ...string) map[string]string {
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
func expected(t *testing.T, db *chtest.DB, dir string) map[string]string {
	t.Helper()
	sum, err := ingest.New(config.Config{Conn: db.Conn, Database: db.Name}).Run(t.Context(), ledger.Downloads, dir+"/*.parquet")
	if err != nil || sum.Rows == 0 || len(sum.Failed) > 0 {
		t.Fatalf("%d rows, %v, %v", sum.Rows, sum.Failed, err)
	}
	return digests(t, db.Conn, db.Name)
}

// agree compares every table of every host with what it should hold.
func (c *cluster) agree(when string, want map[string]string) {
	c.t.Helper()
	for host := range c.hosts {
		c.everyTable(host, catchUp)
		have := c.tables(host)
		for table, text := range digests(c.t, c.conns[host], c.database, have...) {
			if want[table] != text {
				c.t.Errorf("%s: host %d: table %s: %s, want %s", when, host+1, table, text, want[table])
			}
		}
	}
}
