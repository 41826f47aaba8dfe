package coverage_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/coverage"
	"clickql/internal/cube"
	"clickql/internal/ddl"
	"clickql/internal/query"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

func TestCoverage(t *testing.T) {
	w := newWorld(t)
	for name, test := range map[string]func(*testing.T, world){
		"every question has an aggregate": everyQuestionHasAnAggregate,
		"people have an aggregate":        peopleHaveAnAggregate,
		"fewest tables":                   fewestTables,
		"several filters":                 severalFilters,
		"totals of all projects":          totalsOfAllProjects,
		"lists":                           listsReadTheirDays,
		"answers agree with raw":          answersAgreeWithRaw,
	} {
		t.Run(name, func(t *testing.T) { test(t, w) })
	}
}

// world is a database with downloads of some projects, one far larger than the
// others, in which every dimension's values repeat as they do at home.
type world struct {
	db    *chtest.DB
	snap  *catalog.Snapshot
	about coverage.Asked
}

func newWorld(t *testing.T) world {
	t.Helper()
	db := chtest.NewWithSchema(t)
	err := db.Conn.Exec(t.Context(), `INSERT INTO pypi (date, country_code, project, type, installer, python_minor, system, version, ci, filename, libc,
			platform, arch, abi, cpu, distro, implementation, installer_version)
		WITH cityHash64(number) AS h, (h % 997) / 997 AS u, toUInt8(u * u * u * u * 8) AS few, toUInt8(u * u * 4) AS low
		SELECT toDate('2024-03-03') + h % 40, ['US', 'DE', '', 'JP', 'FR', 'BR', 'IN', 'GB'][1 + few],
			if(intDiv(h, 64) % 5 < 3, 'big', 'p' || toString(intDiv(h, 320) % 30)), ['bdist_wheel', 'sdist', '', 'bdist_egg'][1 + (low + few) % 4],
			['pip', 'uv', '', 'bandersnatch'][1 + intDiv(h, 512) % 9 % 4] AS installer, ['3.12', '3.11', '', '3.9'][1 + intDiv(h, 4096) % 5 % 4],
			['Linux', 'Darwin', '', 'Windows'][1 + intDiv(h, 32768) % 6 % 4], toString(1 + intDiv(h, 262144) % 3) || '.0',
			1 + intDiv(h, 1048576) % 3 - 1, 'f', [('glibc', '2.31'), ('', ''), ('musl', '1.2'), ('glibc', '2.36')][1 + (low + intDiv(h, 4194304) % 2) % 4],
			['win', 'any', 'manylinux_2_17', ''][1 + low % 4], ['x86_64', 'any', 'arm64', ''][1 + low % 4], ['cp312', 'none', 'abi3', ''][1 + low % 4],
			['x86_64', 'arm64', ''][1 + few % 3], ['Ubuntu 24.04', 'Debian GNU/Linux 12', ''][1 + few % 3], ['CPython', 'PyPy', ''][1 + few % 3],
			trim(concat(installer, ' ', ['24.0', '25.1'][1 + few % 2]))
		FROM numbers(200000)`)
	if err != nil {
		t.Fatal(err)
	}
	snap := known(t, db)
	return world{db, snap, coverage.Asked{Project: "big", Days: coverage.Days(snap.Days, 20), Values: map[cube.Dimension]string{
		cube.Version: "2.0", cube.Country: "US", cube.Python: "3.12", cube.System: "Linux",
		cube.Installer: "pip", cube.FileType: "sdist", cube.CI: "true", cube.Libc: "glibc 2.31",
		cube.Platform: "any", cube.Arch: "any", cube.ABI: "none", cube.CPU: "arm64", cube.Distro: "Ubuntu 24.04", cube.Implementation: "CPython", cube.InstallerVersion: "pip 24.0",
	}}}
}

// known is what the catalog knows of a database as it is.
func known(t *testing.T, db *chtest.DB) *catalog.Snapshot {
	t.Helper()
	cat, err := catalog.Open(t.Context(), db.Conn, catalog.Options{Database: db.Name})
	if err == nil {
		err = cat.Ready()
	}
	if err != nil {
		t.Fatal(err)
	}
	return cat.Snapshot()
}

// everyQuestionHasAnAggregate: our aggregates answer all 82, and the raw
// table is chosen for none but of one version, whose rows lie together in it;
// ClickPy's alone answer 38.
func everyQuestionHasAnAggregate(t *testing.T, w world) {
	questions := coverage.OfProject()
	if len(questions) != 82 {
		t.Fatalf("%d questions, want 82", len(questions))
	}
	for _, a := range coverage.Answers(w.snap, w.about, slices.Concat(questions, coverage.OfAll(), coverage.OfLater(false), coverage.OfLater(true), coverage.OfLists())) {
		if a.Table == "" || a.NeedsRaw && !a.Question.Global || a.Raw && !a.NeedsRaw && !slices.Contains(a.Question.Filters, cube.Version) {
			t.Errorf("%s (global: %t): answered by %q, raw needed: %t", a.Question, a.Question.Global, a.Table, a.NeedsRaw)
		}
	}
	theirs := clickPyOnly(w.snap)
	if n := coverage.Covered(coverage.Answers(theirs, w.about, questions)); n != 38 {
		t.Errorf("ClickPy's tables answer %d questions, want 38", n)
	}
	if n := coverage.Covered(coverage.Answers(w.snap, w.about, questions)); n != 82 {
		t.Errorf("all tables answer %d questions, want 82", n)
	}
}

// peopleHaveAnAggregate: what people download takes a table that keeps installer and
// CI apart, and no scan of the raw table, over time and by what such tables have.
func peopleHaveAnAggregate(t *testing.T, w world) {
	for _, of := range []cube.Slice{{}, {Projects: []string{w.about.Project}}} {
		s := of.On(w.about.Days).People()
		for _, r := range []cube.Request{
			cube.TotalOf(s), cube.SeriesOf(s, cube.Daily), cube.SplitOf(s, cube.Python, 10, nil), cube.SplitOf(s, cube.System, 10, nil),
			cube.SplitOf(s, cube.FileType, 10, nil), cube.SplitOf(s, cube.Libc, 10, nil), cube.SplitOf(s, cube.Installer, 10, nil),
		} {
			p := query.NewPlan(w.snap, []cube.Request{r}, query.Options{})
			if len(p.Queries) != 1 || p.Queries[0].Table == w.db.Name+".pypi" {
				t.Errorf("%+v is planned as %+v", r, p.Queries)
			}
		}
	}
}

// clickPyOnly is the snapshot of a database with ClickPy's tables alone.
func clickPyOnly(snap *catalog.Snapshot) *catalog.Snapshot {
	return coverage.Only(snap, func(t *catalog.Table) bool {
		return t.Raw || slices.ContainsFunc(ddl.ClickPy(), func(c ddl.Table) bool { return c.Name == t.Name })
	})
}

// fewestTables: without any one of the tables that we add for a project, some
// question needs the raw table, or a longer one.
func fewestTables(t *testing.T, w world) {
	questions := slices.Concat(coverage.OfProject(), coverage.OfLater(false), coverage.OfFilters(2))
	// What ranks projects has what is asked about one, and reads all of them for it.
	byProject := coverage.Only(w.snap, func(t *catalog.Table) bool { return !t.Dims[cube.Project] || t.Key[0] != "date" })
	added, all := 0, coverage.Covered(coverage.Answers(byProject, w.about, questions))
	for _, table := range ddl.Derived() {
		if !slices.Contains(table.Key(), "project") || table.Key()[0] == "date" || slices.ContainsFunc(ddl.ClickPy(), func(c ddl.Table) bool { return c.Name == table.Name }) {
			continue
		}
		added++
		without := coverage.Only(byProject, func(t *catalog.Table) bool { return t.Name != table.Name })
		if n := coverage.Covered(coverage.Answers(without, w.about, questions)); n >= all && !continued(table) {
			t.Errorf("without %s all %d questions are answered still", table.Name, n)
		}
	}
	if added != 7 {
		t.Errorf("%d tables are added for questions about a project, want 7", added)
	}
}

// continued reports that the key of another table goes on where the table's ends:
// the shorter one is there for what it spares at home, as COVERAGE.md has it.
func continued(table ddl.Table) bool {
	return slices.ContainsFunc(ddl.Derived(), func(o ddl.Table) bool {
		return len(o.Key()) > len(table.Key()) && slices.Equal(o.Key()[:len(table.Key())], table.Key())
	})
}

// severalFilters: with two filters every split but those that take the version and
// the country together with CI or the C library has an aggregate; what is left is
// answered by the raw table.
func severalFilters(t *testing.T, w world) {
	for n, want := range map[int][2]int{2: {190, 196}, 3: {278, 336}} {
		answers := coverage.Answers(w.snap, w.about, coverage.OfFilters(n))
		if got := coverage.Covered(answers); got != want[0] || len(answers) != want[1] {
			t.Errorf("aggregates answer %d of %d questions with %d filters, want %d of %d", got, len(answers), n, want[0], want[1])
		}
	}
	for _, a := range coverage.Answers(w.snap, w.about, coverage.OfFilters(2)) {
		q := a.Question
		if uses := append(slices.Clone(q.Filters), q.Split); a.NeedsRaw && (!slices.Contains(uses, cube.Version) || !slices.Contains(uses, cube.Country)) {
			t.Errorf("%s needs the raw table", q)
		}
		if got, want := ran(t, w.db, a), byHand(t, w, q); !maps.Equal(got, want) {
			t.Errorf("%s, from %s: got %v, want %v", q, a.Table, got, want)
		}
	}
}

// totalsOfAllProjects: a split or a series of everything, without a filter,
// is answered from a table that keeps nothing but the day and what is asked for.
func totalsOfAllProjects(t *testing.T, w world) {
	for _, a := range coverage.Answers(w.snap, w.about, coverage.OfAll()) {
		if len(a.Question.Filters) > 0 || a.Question.WithoutMirrors {
			continue
		}
		if table := w.snap.Table(a.Table); len(table.Dims) != 1 || table.Dims[cube.Project] {
			t.Errorf("%s of everything is answered by %s", a.Question, a.Table)
		}
	}
}

// listsReadTheirDays: what ranks projects is answered by a table of days that begins
// with the day and what is filtered on.
func listsReadTheirDays(t *testing.T, w world) {
	for _, a := range coverage.Answers(w.snap, w.about, coverage.OfLists()) {
		begins := []string{"date"}
		for _, d := range a.Question.Filters {
			begins = append(begins, d.Column())
		}
		table := w.snap.Table(a.Table)
		if len(table.Dims) == 1 { // here as short whatever it begins with
			continue
		}
		if key := table.Key; !slices.Equal(key[:len(begins)], begins) || key[len(key)-1] != "project" {
			t.Errorf("%s is answered by %s, by %v", a.Question, a.Table, key)
		}
	}
}

// answersAgreeWithRaw runs what is planned for each question and compares
// with a query of the raw table, written by hand.
func answersAgreeWithRaw(t *testing.T, w world) {
	for _, a := range coverage.Answers(w.snap, w.about, slices.Concat(coverage.OfProject(), coverage.OfAll(), coverage.OfLater(false), coverage.OfLater(true), coverage.OfLists())) {
		got, want := ran(t, w.db, a), byHand(t, w, a.Question)
		if !maps.Equal(got, want) {
			t.Errorf("%s (global: %t), from %s: got %v, want %v", a.Question, a.Question.Global, a.Table, got, want)
		}
		if len(want) == 0 {
			t.Errorf("%s (global: %t): there is nothing to compare", a.Question, a.Question.Global)
		}
	}
}

// ran runs an answer's query: downloads by value or day, of which there are some.
func ran(t *testing.T, db *chtest.DB, a coverage.Answer) map[string]int64 {
	t.Helper()
	values := map[string]any{}
	for _, p := range a.Query.Params {
		values[p.Name] = p.Value
	}
	ctx, err := chconn.WithParameters(t.Context(), values)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.Conn.Query(ctx, a.Query.SQL)
	if err != nil {
		t.Fatalf("%s: %v", a.Query.SQL, err)
	}
	defer rows.Close()
	d := a.Query.NewDecoder()
	for rows.Next() {
		if err := rows.Scan(d.Dest()...); err != nil {
			t.Fatal(err)
		}
		d.Take()
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for _, r := range d.Results() {
		for _, g := range r.Groups {
			out[g.Value] = g.Total
		}
		for i, day := range r.Days {
			if r.Totals[i] > 0 {
				out[day.String()] = r.Totals[i]
			}
		}
	}
	return out
}

// byHand is the same of the raw table.
func byHand(t *testing.T, w world, q coverage.Question) map[string]int64 {
	t.Helper()
	text := func(d cube.Dimension) string {
		switch d {
		case cube.CI:
			return "toString(ci)"
		case cube.Libc:
			return "trim(libc.lib || ' ' || libc.version)"
		}
		return "toString(" + d.Column() + ")"
	}
	value := map[cube.Interval]string{cube.Daily: "toString(date)", cube.Monthly: "toString(toStartOfMonth(date))"}[q.Every]
	if q.Split != "" {
		value = text(q.Split)
	}
	where := []string{fmt.Sprintf("date BETWEEN '%s' AND '%s'", w.about.Days.From, w.about.Days.To)}
	if !q.Global {
		where = append(where, "project = '"+w.about.Project+"'")
	}
	for _, d := range q.Filters {
		where = append(where, text(d)+" = '"+w.about.Values[d]+"'")
	}
	if q.WithoutMirrors {
		where = append(where, "installer != 'bandersnatch'")
	}
	if q.People {
		where = append(where, "ci != 'true'")
	}
	return pairs(t, w.db, "SELECT "+value+", toInt64(count()) FROM pypi WHERE "+strings.Join(where, " AND ")+" GROUP BY 1")
}

// pairs reads names with numbers.
func pairs(t *testing.T, db *chtest.DB, sql string) map[string]int64 {
	t.Helper()
	rows, err := db.Conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer rows.Close()
	out := map[string]int64{}
	for rows.Next() {
		var name string
		var n int64
		if err := rows.Scan(&name, &n); err != nil {
			t.Fatal(err)
		}
		out[name] = n
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
