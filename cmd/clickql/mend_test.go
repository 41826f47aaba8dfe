package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"clickql/internal/chtest"
	"clickql/internal/oracle"
)

// patient is a database that was loaded from files, is served, and is damaged.
type patient struct {
	*chtest.DB
	t       *testing.T
	gateway *served
	files   string   // pattern
	from    string   // the table that the files were made from
	before  []string // tables that answered the usual questions at first
	seed    uint64
}

// newPatient loads two months of downloads from five files.
func newPatient(t *testing.T) *patient {
	source := chtest.NewWithSchema(t)
	p := &patient{DB: chtest.NewWithSchema(t), t: t, from: "`" + source.Name + "`.pypi", seed: rand.Uint64N(1 << 30)}
	p.exec(strings.Replace(oracle.Downloads("2023-11-20", 60, 12000, "2023-12-15"), "INSERT INTO pypi", "INSERT INTO "+p.from, 1))
	dir := t.TempDir()
	for i := range 5 {
		p.exec(fmt.Sprintf(`INSERT INTO FUNCTION file('%s/%d.parquet', 'Parquet') SELECT toDateTime64(date, 6, 'UTC') + 3600 AS timestamp, country_code, '' AS url, project,
			CAST((filename, project, version, type) AS Tuple(filename String, project String, version String, type String)) AS file,
			CAST((installer, '1') AS Tuple(name String, version String)) AS installer, concat(python_minor, if(python_minor = '', '', '.1')) AS python,
			CAST((libc, 'x') AS Tuple(libc Tuple(lib String, version String), name String)) AS distro, CAST((system, '5') AS Tuple(name String, release String)) AS system,
			multiIf(ci = 'true', true, ci = 'false', false, NULL) AS ci
			FROM %s WHERE intDiv(date - toDate('2023-11-20'), 12) = %d`, dir, i, p.from, i))
	}
	p.files = dir + "/*.parquet"
	t.Setenv("CLICKQL_CLICKHOUSE", p.DSN) // where commands find the password, and those that verify prints
	p.done("ingest", "run", p.files)
	p.gateway = serveFor(t, &app{clickhouse: p.ReadOnlyDSN, data: t.TempDir()}, serveFlags{})
	t.Logf("seed %d", p.seed)
	return p
}

// exec runs statements by hand.
func (p *patient) exec(statements ...string) {
	p.t.Helper()
	for _, sql := range statements {
		if err := p.Conn.Exec(p.t.Context(), sql); err != nil {
			p.t.Fatalf("%v\nin %s", err, sql)
		}
	}
}

// command runs a command on the database.
func (p *patient) command(args ...string) (status int, output string) {
	status, stdout, stderr := clickql(append(args, "--log-level", "error")...)
	return status, stdout + stderr
}

// done runs a command that must succeed.
func (p *patient) done(args ...string) {
	p.t.Helper()
	if status, output := p.command(args...); status != exitDone {
		p.t.Fatalf("%q: status %d\n%s", args, status, output)
	}
}

// mend does what verify says until it says nothing.
func (p *patient) mend(finds ...string) {
	p.t.Helper()
	status, output := p.command("ingest", "verify", p.files)
	for _, want := range finds {
		if status != exitFailed || !strings.Contains(output, want) {
			p.t.Fatalf("verify does not find %q: status %d\n%s", want, status, output)
		}
	}
	_, list, _ := strings.Cut(output, "to mend it, run in this order:\n")
	commands := 0
	for line := range strings.Lines(list) {
		words := shellWords(strings.TrimSpace(line))
		if len(words) == 0 || words[0] != "clickql" {
			break
		}
		commands++
		p.t.Logf("%s", line)
		if status, stdout, stderr := clickql(append(words[1:], "--log-level", "error")...); status != exitDone {
			p.t.Fatalf("%s: status %d\n%s%s", line, status, stdout, stderr)
		}
	}
	if commands == 0 {
		p.t.Fatalf("verify names no commands\n%s", output)
	}
	for _, check := range [][]string{{"ingest", "verify", p.files}, {"ingest", "verify", "--quick", p.files}, {"schema", "check"}} {
		p.done(check...)
	}
}

// ask asks the gateway.
func (p *patient) ask(document string) (r oracle.Response, err error) {
	body, err := json.Marshal(map[string]any{"query": document, "extensions": map[string]any{"explain": true}})
	if err != nil {
		return r, err
	}
	resp, err := http.Post(p.gateway.base+"/graphql", "application/json", bytes.NewReader(body))
	if err != nil {
		return r, err
	}
	defer func() { _ = resp.Body.Close() }()
	return r, json.NewDecoder(resp.Body).Decode(&r)
}

// usual are questions that pages ask, and the tables that answer them when all
// is well.
var usual = []string{
	`{ downloads { total series(interval: DAY) { totals } } }`,
	`{ downloads { series(interval: MONTH) { totals } } }`,
	`{ project(name: "numpy") { downloads(range: {from: "2023-12-03", to: "2023-12-20"}) { total series(interval: DAY) { totals } } } }`,
	`{ project(name: "numpy") { downloads { series(interval: MONTH) { totals } by(dimension: VERSION) { value total downloads { by(dimension: COUNTRY) { value total } } } } } }`,
	`{ topProjects(first: 5) { nodes { total project { name } } } }`,
	`{ project(name: "pandas") { downloads { by(dimension: INSTALLER) { value total } } } }`,
	`{ project(name: "pandas") { downloads(range: {from: "2023-12-03", to: "2023-12-20"}) { by(dimension: SYSTEM) { value total } } } }`,
	`{ project(name: "requests") { downloads { by(dimension: PYTHON) { value total } } } downloads { by(dimension: FILE_TYPE) { value total } } }`,
	`{ project(name: "late") { firstDownload lastDownload } }`,
}

// tables asks the usual questions and lists the tables that answered.
func (p *patient) tables() (list []string) {
	p.t.Helper()
	for _, document := range usual {
		r, err := p.ask(document)
		if err != nil || len(r.Errors) > 0 {
			p.t.Fatalf("%s: %v %+v", document, err, r.Errors)
		}
		for _, q := range r.Extensions.Explain.Queries {
			table := strings.TrimPrefix(q.Table, p.Name+".")
			if strings.HasPrefix(table, "pypi_total_per_day_by_") { // some of these are of one size, and which comes first depends on their parts
				table = "pypi_total_per_day_by_"
			}
			list = append(list, table)
		}
	}
	return list
}

// answers asks generated questions, whose answers must be what counting the
// files' downloads one by one gives.
func (p *patient) answers(requests int) {
	p.t.Helper()
	data := oracle.Read(p.t, p.Conn, "pypi")
	for name, value := range map[string]any{"rapid.checks": requests, "rapid.seed": p.seed, "rapid.nofailfile": true} {
		if err := flag.Set(name, fmt.Sprint(value)); err != nil {
			p.t.Fatal(err)
		}
	}
	rapid.Check(p.t, func(t *rapid.T) {
		op := data.Draw(t)
		r, err := p.ask(op.Document)
		if err != nil || len(r.Errors) > 0 {
			t.Fatalf("%s: %v %+v", op.Document, err, r.Errors)
		}
		if found := oracle.Differences(op.Want, any(r.Data), nil); len(found) > 0 {
			t.Fatalf("%s\n%s\nfrom %+v", op.Document, strings.Join(found, "\n"), r.Extensions.Explain.Queries)
		}
	})
}

// looked reports that the gateway knows of the tables as they are now: it looks at
// them now and then.
func (p *patient) looked() bool {
	p.t.Helper()
	var rows uint64
	if err := p.Conn.QueryRow(p.t.Context(), "SELECT count() FROM pypi").Scan(&rows); err != nil {
		p.t.Fatal(err)
	}
	r, err := p.ask(`{ dataset { totalDownloads } }`)
	if err != nil || len(r.Errors) > 0 {
		p.t.Fatalf("%v %+v", err, r.Errors)
	}
	return r.Data["dataset"].(map[string]any)["totalDownloads"] == float64(rows) && len(p.missing()) == 0 && slices.Equal(p.tables(), p.before)
}

// missing asks for the days that are missing.
func (p *patient) missing() []any {
	p.t.Helper()
	r, err := p.ask(`{ dataset { missing } }`)
	if err != nil || len(r.Errors) > 0 {
		p.t.Fatalf("%v %+v", err, r.Errors)
	}
	return r.Data["dataset"].(map[string]any)["missing"].([]any)
}

// same reports whether the raw table holds what the files were made from.
func (p *patient) same() {
	p.t.Helper()
	const digest = "SELECT toString((count(), sum(cityHash64(date, country_code, project, type, installer, python_minor, system, version, ci, filename, libc)))) FROM "
	var got, want string
	for sql, v := range map[string]*string{digest + "pypi": &got, digest + p.from: &want} {
		if err := p.Conn.QueryRow(p.t.Context(), sql).Scan(v); err != nil {
			p.t.Fatal(err)
		}
	}
	if got != want {
		p.t.Errorf("the raw table has rows and hash %s, the files %s", got, want)
	}
}

// TestAnswersAfterMending damages a database that is served in the ways that
// operators know, mends it by the commands that verify names, and asks: every
// answer is right, and comes from the tables that gave it before.
func TestAnswersAfterMending(t *testing.T) {
	p := newPatient(t)
	p.same()
	p.before = p.tables()
	if slices.Contains(p.before, "pypi") || !slices.Contains(p.before, "pypi_downloads_per_month") {
		t.Fatalf("answered by %q", p.before)
	}
	for _, c := range []struct {
		what   string
		finds  []string
		damage func()
	}{
		{"a day missing", []string{"2023-12-05", "pypi_downloads_per_day"}, func() {
			for _, table := range []string{"pypi", "pypi_downloads_per_day", "pypi_downloads_per_day_by_version"} {
				p.exec("DELETE FROM " + table + " WHERE date = '2023-12-05'")
			}
			until(p.t, "the gateway knows the day that is missing", func() bool { return slices.Equal(p.missing(), []any{"2023-12-05"}) })
		}},
		{"a file doubled by hand", []string{"doubled-file", "2.parquet"}, func() {
			p.exec("INSERT INTO pypi SELECT * FROM " + p.from + " WHERE intDiv(date - toDate('2023-11-20'), 12) = 2")
		}},
		{"a view created late", []string{"view-late", "pypi_downloads_by_version"}, func() {
			for _, table := range []string{"pypi_downloads_per_day", "pypi_downloads_by_version"} {
				p.exec("DROP VIEW "+table+"_mv SYNC", "DROP TABLE "+table+" SYNC")
			}
			p.done("schema", "apply")
		}},
		{"the month table short", []string{"pypi_downloads_per_month", "2023-12"}, func() {
			p.exec("DELETE FROM pypi_downloads_per_month WHERE month = '2023-12-01' AND project = 'numpy'")
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			p.t = t
			c.damage()
			p.mend(c.finds...)
			p.same()
			until(t, "the gateway has looked at the tables again", p.looked)
			p.answers(30)
		})
	}
}
