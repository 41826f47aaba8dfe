package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"

	"clickql/internal/advise"
	"clickql/internal/asked"
	"clickql/internal/chtest"
	"clickql/internal/ddl"
)

// busy are 500,000 downloads of twenty projects over 200 days, half of them of
// one.
const busy = `INSERT INTO pypi (date, country_code, project, type, installer, python_minor, system, version)
SELECT toDate('2023-10-01') + cityHash64(number, 1) % 200, char(65 + cityHash64(number, 2) % 20), 'p' || toString(toUInt32(20 * pow(cityHash64(number, 3) % 1000 / 1000, 4))),
'sdist', ['pip', 'uv', 'poetry', 'bandersnatch'][1 + cityHash64(number, 4) % 4], '3.' || toString(8 + cityHash64(number, 5) % 5), 'Linux', toString(cityHash64(number, 6) % 30)
FROM numbers(500000)`

// asks are questions of which most need the installer.
var asks = []string{
	`{ project(name: \"p0\") { downloads { by(dimension: INSTALLER, first: 5) { label total } } } }`,
	`{ project(name: \"p0\") { downloads(range: {last: 90}) { by(dimension: INSTALLER, first: 5) { label total } } } }`,
	`{ project(name: \"p0\") { downloads(range: {last: 120}, filter: {mirrors: false}) { total series(interval: WEEK) { totals } } } }`,
	`{ project(name: \"p1\") { downloads(range: {last: 60}, filter: {installer: {eq: \"uv\"}}) { total } } }`,
	`{ project(name: \"p1\") { downloads { by(dimension: VERSION, first: 5) { label total } } } }`,
	`{ emergingProjects(first: 2) { total } }`,
}

// askAll asks every question once.
func (s *served) askAll(t *testing.T, questions []string) {
	t.Helper()
	for _, q := range questions {
		resp, err := http.Post(s.base+"/graphql", "application/json", strings.NewReader(`{"query":"`+q+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || strings.Contains(string(text), `"errors"`) {
			t.Fatalf("%s: %s, %v", q, text, err)
		}
	}
}

// askedOf serves a database, asks, and gives the log's path and content.
func askedOf(t *testing.T, db *chtest.DB) (path string, log asked.File) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "asked.jsonl")
	s := serveFor(t, &app{clickhouse: db.ReadOnlyDSN, data: t.TempDir()}, serveFlags{asked: path})
	s.askAll(t, asks)
	s.end(t)
	log, err := asked.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, log
}

// rowsRead adds up the log.
func rowsRead(log asked.File) (rows uint64) {
	for _, r := range log.Records {
		rows += r.Rows
	}
	return rows
}

// adviseOn runs advise.
func adviseOn(t *testing.T, db *chtest.DB, path string, args ...string) (r advise.Report) {
	t.Helper()
	status, out, stderr := clickql(append([]string{"advise", "--json", "--clickhouse", db.ReadOnlyDSN, "--asked-log", path}, args...)...)
	if status != exitDone {
		t.Fatalf("status %d: %s", status, stderr)
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return r
}

// TestAdviceHolds takes the aggregates with the installer away, asks, creates
// what is proposed, and asks again.
func TestAdviceHolds(t *testing.T) {
	db := chtest.NewWithSchema(t)
	exec := func(sql string) {
		t.Helper()
		if err := db.Conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	var names []string
	rows, err := db.Conn.Query(t.Context(), "SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE '%by_installer%' AND NOT name LIKE '%_mv'")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	for _, name := range names {
		exec("DROP TABLE " + name + "_mv SYNC")
		exec("DROP TABLE " + name + " SYNC")
	}
	exec(busy)
	path, before := askedOf(t, db)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"p0", "p1", "uv", "bandersnatch", "127.0.0.1"} {
		if strings.Contains(string(text), `"`+word) {
			t.Errorf("the log tells of %s: %s", word, text)
		}
	}

	report := adviseOn(t, db, path, "--limit", "2", "--sample-rows", "100000")
	if report.RowsRead != rowsRead(before) {
		t.Errorf("%d rows read, logged %d", report.RowsRead, rowsRead(before))
	}
	var promised float64
	for _, p := range report.Proposals {
		promised += float64(p.RowsSaved)
		created(t, db, p)
	}
	wanted := slices.IndexFunc(report.Proposals, func(p advise.Proposal) bool { return p.Name == "pypi_downloads_per_day_by_installer" })
	if wanted < 0 || !slices.Equal(report.Proposals[wanted].Key, []string{"project", "date", "installer"}) {
		t.Fatalf("what is missing is not proposed: %+v", report.Proposals)
	}
	newPath, after := askedOf(t, db)
	saved := float64(rowsRead(before)) - float64(rowsRead(after))
	t.Logf("%d rows read before, %d after: %.0f saved, %.0f promised", rowsRead(before), rowsRead(after), saved, promised)
	if saved < promised/2 || saved > promised*2 || saved < float64(rowsRead(before))/3 {
		t.Errorf("saved %.0f of %d rows, %.0f were promised", saved, rowsRead(before), promised)
	}

	// The old log, with the table there, asks for it no more.
	for _, again := range adviseOn(t, db, path, "--limit", "3").Proposals {
		if slices.ContainsFunc(report.Proposals, func(p advise.Proposal) bool { return p.Name == again.Name }) {
			t.Errorf("proposed again: %+v", again)
		}
	}
	// By the new log it is used, and others are not.
	unused := map[string]bool{}
	for _, u := range adviseOn(t, db, newPath).Unused {
		unused[strings.TrimPrefix(u.Table, db.Name+".")] = true
	}
	if unused[report.Proposals[wanted].Name] || !unused["pypi_downloads_per_day_by_version_by_file_type"] {
		t.Errorf("unused: %v", unused)
	}
}

// created creates and fills a proposal, and checks its estimated size.
func created(t *testing.T, db *chtest.DB, p advise.Proposal) {
	t.Helper()
	columns := strings.Join(p.Key, ", ")
	want := "clickql ingest backfill " + p.Name
	if _, known := ddl.Lookup(p.Name); !known {
		want += " --key " + strings.ReplaceAll(columns, " ", "")
	}
	want += ` --clickhouse "${CLICKQL_CLICKHOUSE:?}"` // the flag that was given, whose password is not shown
	if p.Command != want {
		t.Errorf("command %q", p.Command)
	}
	fill := fmt.Sprintf("INSERT INTO %s (%s, count) SELECT %s, count() FROM pypi GROUP BY %s", p.Name, columns, columns, columns)
	for _, sql := range append(p.DDL, fill) {
		if err := db.Conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	var rows, bytes uint64
	err := db.Conn.QueryRow(t.Context(), "SELECT total_rows, total_bytes FROM system.tables WHERE database = currentDatabase() AND name = {name:String}",
		clickhouse.Named("name", p.Name)).Scan(&rows, &bytes)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d rows, %d bytes; estimated %d ± %.0f %%, %d", p.Name, rows, bytes, p.Rows, 100*p.RowsError, p.Bytes)
	if ratio := float64(p.Rows) / float64(rows); ratio < 0.6 || ratio > 1.6 {
		t.Errorf("%s has %d rows, %d were estimated", p.Name, rows, p.Rows)
	}
	if ratio := float64(p.Bytes) / float64(bytes); p.Bytes > 10_000 && (ratio < 0.3 || ratio > 3) {
		t.Errorf("%s takes %d bytes, %d were estimated", p.Name, bytes, p.Bytes)
	}
}
