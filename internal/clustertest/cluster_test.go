//go:build cluster || shards

package clustertest

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/ddl"
	"clickql/internal/gateway"
)

// cluster is the cluster of the environment, with a database of the test's own on
// every host.
type cluster struct {
	t        testing.TB
	dsn      *url.URL
	name     string
	database string
	hosts    []string
	conns    []*chconn.Conn // of each host
	shards   int
}

// onCluster makes a database with the schema on all hosts; with some tables only,
// where any are named.
func onCluster(t testing.TB, only ...string) *cluster {
	t.Helper()
	u, err := url.Parse(os.Getenv("CLUSTER"))
	if err != nil || u.Host == "" {
		t.Fatalf("CLUSTER must be a DSN that names every host: %q", os.Getenv("CLUSTER"))
	}
	c := &cluster{t: t, dsn: u, name: cmp.Or(os.Getenv("CLUSTER_NAME"), "all"), hosts: strings.Split(u.Host, ","),
		database: "test_" + strings.ToLower(rand.Text()[:12])}
	for i := range c.hosts {
		c.conns = append(c.conns, c.open(c.hosts[i], ""))
	}
	if revive != nil {
		revive(c)
	}
	c.shards = int(c.number(0, "SELECT toInt64(max(shard_num)) FROM system.clusters WHERE cluster = "+chconn.Literal(c.name)))
	o := ddl.Options{Database: c.database, Cluster: c.name}
	if len(only) == 0 || c.shards > 1 {
		if _, err := ddl.Apply(t.Context(), c.conns[0], o); err != nil {
			t.Fatal(err)
		}
	}
	if c.shards > 1 {
		c.keep(only)
	} else {
		for _, st := range ddl.Statements(o) {
			if st.Kind == "database" || slices.Contains(only, strings.TrimSuffix(st.Name(c.database), "_mv")) {
				c.exec(0, st.SQL)
			}
		}
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		for _, database := range []string{c.database, ddl.ShardDatabase(c.database)} {
			if err := c.conns[0].Exec(ctx, "DROP DATABASE IF EXISTS "+database+" ON CLUSTER "+chconn.Ident(c.name)+" SYNC"); err != nil {
				t.Errorf("drop the database: %v", err)
			}
		}
	})
	return c
}

// keep drops all aggregates but some, where any are named.
func (c *cluster) keep(only []string) {
	c.t.Helper()
	for _, table := range ddl.Derived() {
		if len(only) == 0 || slices.Contains(only, table.Name) {
			continue
		}
		for _, name := range []string{ddl.ShardDatabase(c.database) + "." + table.View(), ddl.ShardDatabase(c.database) + "." + table.Name, c.database + "." + table.Name} {
			c.exec(0, "DROP TABLE IF EXISTS "+name+" ON CLUSTER "+chconn.Ident(c.name)+" SYNC")
		}
	}
}

// rows is the database that holds the rows of a host's shard.
func (c *cluster) rows() string {
	if c.shards > 1 {
		return ddl.ShardDatabase(c.database)
	}
	return c.database
}

// shardOf is the place of a host's shard, from 0.
func (c *cluster) shardOf(host int) int { return host * c.shards / len(c.hosts) }

// dsnOf names some hosts.
func (c *cluster) dsnOf(hosts, options string) string {
	u := *c.dsn
	u.Host, u.Path, u.RawQuery = hosts, "/"+c.database, options
	return u.String()
}

// open connects to some hosts.
func (c *cluster) open(hosts, options string) *chconn.Conn {
	c.t.Helper()
	conn, err := chconn.Open(c.t.Context(), chconn.Config{DSN: c.dsnOf(hosts, options), Unselected: true})
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// revive starts hosts that have ended; nil where nothing controls them.
var revive func(*cluster)

// answers waits until every host answers after a load was ended by one that did not. A
// server that has ended by itself is started again by nobody where none is controlled,
// and no test that follows could tell anything: it is named.
func (c *cluster) answers(after error) {
	c.t.Helper()
	if revive != nil {
		revive(c)
		return
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for host, address := range c.hosts {
		for err := c.conns[host].Ping(ctx); err != nil; err = c.conns[host].Ping(ctx) {
			select {
			case <-tick.C:
			case <-ctx.Done():
				c.t.Fatalf("host %d (%s) has not answered for a minute: its process has ended or hangs; its log says why, and it is to be started again before the tests are. A load said: %v. It says: %v", host+1, address, after, err)
			}
		}
	}
}

// exec runs statements on a host; DB stands for the database.
func (c *cluster) exec(host int, statements ...string) {
	c.t.Helper()
	for _, sql := range statements {
		if err := c.conns[host].Exec(c.t.Context(), strings.ReplaceAll(sql, "DB.", c.database+".")); err != nil {
			c.t.Fatalf("host %d: %s: %v", host+1, sql, err)
		}
	}
}

// number reads one number from a host.
func (c *cluster) number(host int, sql string) (n int64) {
	c.t.Helper()
	if err := c.conns[host].QueryRow(c.t.Context(), strings.ReplaceAll(sql, "DB.", c.database+".")).Scan(&n); err != nil {
		c.t.Fatalf("host %d: %s: %v", host+1, sql, err)
	}
	return n
}

// tables are all replicated tables of the database.
func (c *cluster) tables(host int) (names []string) {
	c.t.Helper()
	rows, err := c.conns[host].Query(c.t.Context(), "SELECT table FROM system.replicas WHERE database = '"+c.rows()+"' ORDER BY table")
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			c.t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

// everyTable runs a statement for each table on a host, whose name comes behind it.
func (c *cluster) everyTable(host int, sql string, end ...string) {
	c.t.Helper()
	for _, name := range c.tables(host) {
		c.exec(host, sql+" "+c.rows()+"."+name+strings.Join(end, ""))
	}
}

// caughtUp waits until a host has all that others have.
func (c *cluster) caughtUp(host int) {
	c.t.Helper()
	for _, name := range c.tables(host) {
		c.sync(host, c.rows()+"."+name)
	}
}

// sync waits until a host has all of a table. What failed often, while the replica that
// has it was away, the server puts aside for up to five minutes: started anew it tries
// at once.
func (c *cluster) sync(host int, table string) {
	c.t.Helper()
	soon := clickhouse.Context(c.t.Context(), clickhouse.WithSettings(clickhouse.Settings{"receive_timeout": 30}))
	err := c.conns[host].Exec(soon, "SYSTEM SYNC REPLICA "+table)
	if chconn.Classify(err) == chconn.Timeout {
		c.exec(host, "SYSTEM RESTART REPLICA "+table, "SYSTEM SYNC REPLICA "+table)
		return
	}
	if err != nil {
		c.t.Fatalf("host %d: catch up with %s: %v", host+1, table, err)
	}
}

// load inserts downloads of 40 projects on 100 days.
func (c *cluster) load(host, rows int) {
	c.t.Helper()
	c.exec(host, fmt.Sprintf(`INSERT INTO DB.pypi (date, country_code, project, type, installer, python_minor, system, version, ci, filename)
SELECT toDate('2024-02-01') + n %% 100, ['US', 'DE', '', 'FR'][n %% 4 + 1], 'p' || toString(n %% 40),
	'bdist_wheel', 'pip', ['3.11', '3.12'][n %% 2 + 1], 'Linux', ['1.0', '1.1', '2.0'][n %% 3 + 1], 'false', 'f.whl'
FROM (SELECT toUInt64(number) AS n FROM numbers(%d)) SETTINGS insert_deduplicate = 0, distributed_foreground_insert = 1`, rows))
}

// serve starts a gateway on some hosts, and gives its address.
func (c *cluster) serve(hosts, options string) string {
	c.t.Helper()
	source, err := gateway.OpenServer(c.t.Context(), chconn.Config{DSN: c.dsnOf(hosts, options)})
	if err != nil {
		c.t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	g := gateway.New(gateway.Config{Conn: source, Database: source.Database(), Catalog: catalog.Options{PollEvery: 100 * time.Millisecond},
		Log: slog.New(slog.NewTextHandler(c.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err := g.Start(ctx); err != nil {
		c.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- g.Serve(ctx, ln) }()
	c.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			c.t.Errorf("serve: %v", err)
		}
		_ = g.Stop()
		_ = source.Close()
	})
	if err := g.Err(); err != nil {
		c.t.Fatalf("the gateway cannot answer: %v", err)
	}
	return "http://" + ln.Addr().String()
}

// answer is what the tests ask for of a project.
type answer struct {
	Data struct {
		Project *struct {
			Downloads struct {
				Total  int64
				Series struct{ Totals []int64 }
				By     []struct{ Total int64 }
			}
		}
		Rest struct{ Total int64 }
	}
	Errors []struct {
		Message    string
		Extensions struct{ Code string }
	}
}

// sum adds numbers up.
func sum(ns []int64) (total int64) {
	for _, n := range ns {
		total += n
	}
	return total
}

// ask asks for parts of an answer that have to agree: they are of three tables.
func ask(ctx context.Context, at, project string, days int) (a answer, err error) {
	return post(ctx, at, fmt.Sprintf(`{ project(name: %q) { downloads(range: {from: "2024-02-01", to: "2024-05-%02d"}) {
		total series(interval: DAY) { totals } by(dimension: COUNTRY, first: 10) { total } } } }`, project, days))
}

// agrees is why an answer's parts do not agree; empty where they do.
func agrees(a answer) string {
	if len(a.Errors) > 0 {
		return "refused: " + a.Errors[0].Extensions.Code + ": " + a.Errors[0].Message
	}
	d := a.Data.Project.Downloads
	var by int64
	for _, g := range d.By {
		by += g.Total
	}
	if series := sum(d.Series.Totals); d.Total != series || d.Total != by {
		return fmt.Sprintf("mixed: total %d, days %d, countries %d", d.Total, series, by)
	}
	return ""
}

// post sends a query.
func post(ctx context.Context, at, query string) (a answer, err error) {
	body, err := json.Marshal(map[string]any{"query": query})
	if err != nil {
		return a, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at+"/graphql", strings.NewReader(string(body)))
	if err != nil {
		return a, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return a, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err == nil {
		err = json.Unmarshal(text, &a)
	}
	return a, err
}

func TestMain(m *testing.M) {
	if os.Getenv(loaderVariable) != "" {
		os.Exit(runLoader())
	}
	os.Exit(chtest.Main(m))
}
