package ddl_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"clickql/internal/chtest"
	"clickql/internal/cube"
	"clickql/internal/ddl"
	"clickql/internal/ddl/check"
)

// apply runs Apply, which must succeed.
func apply(t *testing.T, db *chtest.DB) []string {
	t.Helper()
	created, err := ddl.Apply(t.Context(), db.Conn, ddl.Options{Database: db.Name})
	if err != nil {
		t.Fatal(err)
	}
	return created
}

// run executes statements in which %s stands for the database.
func run(t *testing.T, db *chtest.DB, sqls ...string) {
	t.Helper()
	for _, sql := range sqls {
		sql = strings.ReplaceAll(sql, "%s", db.Name)
		if err := db.Conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s\n%v", sql, err)
		}
	}
}

// number reads one number.
func number(t *testing.T, db *chtest.DB, sql string) (n int64) {
	t.Helper()
	sql = strings.ReplaceAll(sql, "%s", db.Name)
	if err := db.Conn.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatalf("%s\n%v", sql, err)
	}
	return n
}

// checked runs the check, which must succeed.
func checked(t *testing.T, db *chtest.DB) check.Report {
	t.Helper()
	r, err := check.Run(t.Context(), db.Conn, ddl.Options{Database: db.Name})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// clean fails the test if Check finds anything at all.
func clean(t *testing.T, db *chtest.DB) {
	t.Helper()
	r := checked(t, db)
	if len(r.Findings) > 0 || r.Differences() > 0 {
		t.Errorf("Check found\n%s", r)
	}
	if len(r.Totals) != len(ddl.Derived()) {
		t.Errorf("Check compared %d totals, want %d", len(r.Totals), len(ddl.Derived()))
	}
}

// downloads inserts rows of downloads that differ in every column.
func downloads(t *testing.T, db *chtest.DB, n int) {
	t.Helper()
	run(t, db, fmt.Sprintf(`INSERT INTO %%s.pypi (date, country_code, project, type, installer, python_minor, system, version, ci, filename, libc)
		SELECT toDate('2023-11-15') + cityHash64(number, 1) %% 100, ['', 'DE', 'US', 'FR'][1 + cityHash64(number, 2) %% 4],
			'p' || toString(cityHash64(number, 3) %% 7), ['sdist', 'bdist_wheel'][1 + cityHash64(number, 4) %% 2],
			['', 'pip', 'uv'][1 + cityHash64(number, 5) %% 3], ['', '3.11', '3.12'][1 + cityHash64(number, 6) %% 3],
			['Linux', 'Windows'][1 + cityHash64(number, 7) %% 2], ['1.0', '2.0', '10.0'][1 + cityHash64(number, 8) %% 3],
			toUInt8(cityHash64(number, 9) %% 3), 'f', ('glibc', '2.31')
		FROM numbers(%d)`, n))
}

func TestApplyTwice(t *testing.T) {
	db := chtest.New(t)
	first := apply(t, db)
	if want := len(ddl.Statements(ddl.Options{})) - 1; len(first) != want { // the database was there
		t.Errorf("created %d objects, want %d: %v", len(first), want, first)
	}
	if second := apply(t, db); len(second) > 0 {
		t.Errorf("the second run created %v", second)
	}
	clean(t, db)
}

func TestApplyCreatesTheDatabase(t *testing.T) {
	db := chtest.New(t)
	o := ddl.Options{Database: db.Name + "-new"} // a name that must be quoted
	t.Cleanup(func() {
		if err := db.Conn.Exec(context.Background(), "DROP DATABASE IF EXISTS `"+o.Database+"` SYNC"); err != nil {
			t.Error(err)
		}
	})
	created, err := ddl.Apply(t.Context(), db.Conn, o)
	if err != nil || !slices.Contains(created, "database "+o.Database) {
		t.Fatalf("created %v, %v", created, err)
	}
	r, err := check.Run(t.Context(), db.Conn, o)
	if err != nil || len(r.Findings) > 0 {
		t.Errorf("%v: %s", err, r)
	}
	if created, err = ddl.Apply(t.Context(), db.Conn, o); err != nil || len(created) > 0 {
		t.Errorf("the second run created %v, %v", created, err)
	}
}

// TestApplyConverges takes away each object in turn, from a database with
// rows, and some at once: Apply creates exactly what is missing, and no row of
// the rest is lost.
func TestApplyConverges(t *testing.T) {
	db := chtest.NewWithSchema(t)
	downloads(t, db, 1000)
	type damage struct {
		sql  string
		want []string
	}
	var all []damage
	for _, table := range ddl.Derived() {
		all = append(all,
			damage{"DROP TABLE %s." + table.Name + " SYNC", []string{"table %s." + table.Name}},
			damage{"DROP VIEW %s." + table.View() + " SYNC", []string{"view %s." + table.View()}})
	}
	for _, d := range ddl.Dictionaries() {
		all = append(all, damage{"DROP DICTIONARY %s." + d.Name, []string{"dictionary %s." + d.Name}})
	}
	all = append(all,
		damage{"DROP TABLE %s.projects SYNC SETTINGS check_table_dependencies = 0", []string{"table %s.projects"}},
		damage{"DROP TABLE %s.countries SYNC SETTINGS check_table_dependencies = 0", []string{"table %s.countries", "rows %s.countries"}},
		damage{"TRUNCATE TABLE %s.countries", []string{"rows %s.countries"}},
		damage{"ALTER TABLE %s.countries DELETE WHERE code IN ('DE', 'FR') SETTINGS mutations_sync = 2", []string{"rows %s.countries"}},
	)
	for _, d := range all {
		run(t, db, d.sql)
		want := strings.Split(strings.ReplaceAll(strings.Join(d.want, "\n"), "%s", db.Name), "\n")
		if got := apply(t, db); !slices.Equal(got, want) {
			t.Errorf("%s: created %v, want %v", d.sql, got, want)
		}
		if got := apply(t, db); len(got) > 0 {
			t.Errorf("%s: the second run created %v", d.sql, got)
		}
		if n := number(t, db, "SELECT toInt64(count() - uniqExact(code)) FROM %s.countries"); n != 0 {
			t.Fatalf("%s: %d countries are there twice", d.sql, n)
		}
	}
	if n := number(t, db, "SELECT toInt64(count()) FROM %s.pypi"); n != 1000 {
		t.Errorf("%d rows of 1000 are left in the raw table", n)
	}
	if r := checked(t, db); r.Differences() != len(ddl.Derived()) { // all were dropped, and have no history
		t.Errorf("Check found %d differences, want the %d empty aggregates:\n%s", r.Differences(), len(ddl.Derived()), r)
	}
}

// TestApplyOnAnUnknownCluster changes nothing and says what is known.
func TestApplyOnAnUnknownCluster(t *testing.T) {
	db := chtest.New(t)
	created, err := ddl.Apply(t.Context(), db.Conn, ddl.Options{Database: db.Name, Cluster: "nowhere"})
	if err == nil || !strings.Contains(err.Error(), "knows no such cluster") || len(created) > 0 {
		t.Errorf("created %v, %v", created, err)
	}
}

// TestApplyKeepsWhatIsThere: whatever somebody put in place of one of our
// objects stays.
func TestApplyKeepsWhatIsThere(t *testing.T) {
	db := chtest.New(t)
	run(t, db, "CREATE TABLE %s.pypi_downloads (project String, count Int64, mine String) ENGINE = MergeTree ORDER BY project",
		"INSERT INTO %s.pypi_downloads VALUES ('x', 1, 'kept')")
	apply(t, db)
	if n := number(t, db, "SELECT toInt64(count()) FROM %s.pypi_downloads WHERE mine = 'kept'"); n != 1 {
		t.Error("the row that was there is gone")
	}
}

// TestViewsCount inserts downloads in several blocks and compares every
// aggregate with the raw table, row by row, before and after merges.
func TestViewsCount(t *testing.T) {
	db := chtest.NewWithSchema(t)
	for range 3 {
		downloads(t, db, 5000)
	}
	for _, merged := range []bool{false, true} {
		for _, table := range ddl.Derived() {
			if merged {
				run(t, db, "OPTIMIZE TABLE %s."+table.Name+" FINAL")
			}
			key := strings.Join(table.Key(), ", ")
			stored := "SELECT " + key + ", sum(count) AS count FROM %s." + table.Name + " GROUP BY " + key
			if table.Kind == ddl.Extremes {
				stored = "SELECT project, max(max_date) AS max_date, min(min_date) AS min_date FROM %s." + table.Name + " GROUP BY project"
			}
			want := strings.Replace(table.Select("%s.pypi"), "count()", "toInt64(count())", 1)
			n := number(t, db, "SELECT toInt64(count()) FROM (("+want+" EXCEPT "+stored+") UNION ALL ("+stored+" EXCEPT "+want+"))")
			if n != 0 {
				t.Errorf("%s, merged %v: %d rows differ from the raw table", table.Name, merged, n)
			}
			if rows := number(t, db, "SELECT toInt64(count()) FROM ("+stored+")"); rows == 0 {
				t.Errorf("%s is empty", table.Name)
			}
		}
	}
	clean(t, db)
}

// TestApplyToLess has a raw table without the columns that came later: aggregates
// by these wait, and what lands is stored without them.
func TestApplyToLess(t *testing.T) {
	db := chtest.New(t)
	o := ddl.Options{Database: db.Name}
	for _, sql := range []string{
		`CREATE TABLE pypi (date Date, country_code LowCardinality(String), project String, type LowCardinality(String), installer LowCardinality(String),
			python_minor LowCardinality(String), system LowCardinality(String), version String, ci Enum8('false' = 0, 'true' = 1, 'unknown' = 2), filename String,
			libc Tuple(lib LowCardinality(String), version LowCardinality(String))) ENGINE = MergeTree ORDER BY (project, date)`,
	} {
		if err := db.Conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	created, err := ddl.Apply(t.Context(), db.Conn, o)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"pypi_downloads_per_day": true, "pypi_total_per_day_by_libc": true, "pypi_total_per_day_by_cpu": false, "pypi_downloads_per_day_by_platform_by_arch_by_abi": false} {
		if got := slices.Contains(created, "table "+db.Name+"."+name); got != want {
			t.Errorf("%s is created: %v", name, got)
		}
	}
	have, err := ddl.Read(t.Context(), db.Conn, o)
	if err != nil {
		t.Fatal(err)
	}
	if got := have.Waiting(); len(got) != len(cube.Later) || !slices.Contains(got, cube.InstallerVersion.Column()) {
		t.Errorf("waited for: %v", got)
	}
	var rows, total uint64
	err = db.Conn.Exec(t.Context(), "INSERT INTO pypi_landing (timestamp, project) VALUES ('2024-01-02 03:04:05', 'numpy')")
	if err == nil {
		err = db.Conn.QueryRow(t.Context(), "SELECT (SELECT count() FROM pypi), (SELECT toUInt64(sum(count)) FROM pypi_downloads)").Scan(&rows, &total)
	}
	if err != nil || rows != 1 || total != 1 {
		t.Errorf("%d rows, %d counted, %v", rows, total, err)
	}
}
