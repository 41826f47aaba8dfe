package ingest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/export"
	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/ingest/tables"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
)

// writeMonths writes an export of one download in each of some months.
func writeMonths(t *testing.T, conn *chconn.Conn, path string, months int) {
	t.Helper()
	columns := []string{"CAST(toDateTime64('2008-01-15 12:00:00', 6, 'UTC') + toIntervalMonth(number) AS Nullable(DateTime64(6, 'UTC'))) AS timestamp"}
	for _, l := range export.DownloadsFeed("").Leaves[1:] {
		if !l.Optional {
			columns = append(columns, nullable("'x'")+" AS `"+l.Path+"`")
		}
	}
	must(t, conn, fmt.Sprintf("INSERT INTO FUNCTION file(%s, 'Parquet') SELECT %s FROM numbers(%d)", chconn.Literal(path), strings.Join(columns, ", "), months))
}

// TestManyPartitions loads a file whose rows lie in more partitions than the
// server lets one insert have by itself.
func TestManyPartitions(t *testing.T) {
	db := chtest.New(t)
	must(t, db.Conn, "CREATE TABLE pypi (date Date, project String) ENGINE = MergeTree PARTITION BY toYYYYMM(date) ORDER BY project")
	dir := t.TempDir()
	writeMonths(t, db.Conn, dir+"/long.parquet", 101)
	mustLoad(t, config.Config{Conn: db.Conn}, dir+"/*.parquet")
	if got := scalar[string](t, db.Conn, "SELECT toString((count(), uniq(_partition_id))) FROM pypi"); got != "(101,101)" {
		t.Errorf("rows and partitions: %s", got)
	}
}

// TestNothingStored loads a file without rows and one of which every row is
// rejected, beside views whose SELECT gives a row even of none.
func TestNothingStored(t *testing.T) {
	db := newFew(t)
	for table, where := range map[string]string{"total": "", "total_of_nobody": " WHERE project = 'nobody'"} {
		must(t, db.Conn, "CREATE TABLE "+table+" (count Int64) ENGINE = SummingMergeTree ORDER BY tuple()")
		must(t, db.Conn, "CREATE MATERIALIZED VIEW "+table+"_mv TO "+table+" AS SELECT count() AS count FROM pypi"+where)
	}
	dir := t.TempDir()
	files := []exportFile{{"none.parquet", false, 1, 0}, {"some.parquet", false, 2, 50}}
	exports(t, db.Conn, dir, files...)
	must(t, db.Conn, "INSERT INTO FUNCTION file("+chconn.Literal(dir+"/rejected.parquet")+", 'Parquet') SELECT * REPLACE (CAST(NULL AS Nullable(String)) AS project) FROM file("+
		chconn.Literal(dir+"/some.parquet")+", 'Parquet')")
	if sum := mustLoad(t, config.Config{Conn: db.Conn, BatchFiles: 1}, dir+"/*.parquet"); sum.Files != 3 || !sum.Complete() {
		t.Errorf("%+v", sum)
	}
	source := expectation(t, db.Conn, db.Name, files)
	checkEqual(t, db.Conn, db.Name, source)
	if got, want := scalar[int64](t, db.Conn, "SELECT sum(count) FROM total"), scalar[uint64](t, db.Conn, "SELECT count() FROM "+source); uint64(got) != want {
		t.Errorf("the table of the total holds %d of %d rows", got, want)
	}
}

// TestTablesChange changes tables while a batch is being prepared for them: it
// is not published, since it would miss a new view, or could never be moved into
// a table of another structure. The next load is as the tables are then.
func TestTablesChange(t *testing.T) {
	for _, change := range []string{
		"CREATE MATERIALIZED VIEW total_mv TO total AS SELECT project, count() AS count FROM pypi GROUP BY project",
		"ALTER TABLE pypi ADD COLUMN more String",
	} {
		db := newFew(t)
		must(t, db.Conn, "CREATE TABLE total (project String, count Int64) ENGINE = SummingMergeTree ORDER BY project")
		dir := t.TempDir()
		files := mixed(2, 50)
		exports(t, db.Conn, dir, files...)
		cfg := config.Config{Conn: db.Conn}
		changing := cfg
		changing.Before = atSteps(func(s Step) error {
			if s == StepRawStaged {
				must(t, db.Conn, change)
			}
			return nil
		})
		if _, err := New(changing).Run(t.Context(), ledger.Downloads, dir+"/*.parquet"); err == nil || !strings.Contains(err.Error(), "were changed while it was being prepared") {
			t.Errorf("%s: %v", change, err)
		}
		mustLoad(t, cfg, dir+"/*.parquet")
		if strings.HasPrefix(change, "ALTER") {
			must(t, db.Conn, "ALTER TABLE pypi DROP COLUMN more")
		} else if got, want := scalar[int64](t, db.Conn, "SELECT sum(count) FROM total"), scalar[uint64](t, db.Conn, "SELECT count() FROM pypi"); uint64(got) != want {
			t.Errorf("the new view's table counts %d of %d rows", got, want)
		}
		checkEqual(t, db.Conn, db.Name, expectation(t, db.Conn, db.Name, files))
	}
}

// TestOddFileNames loads files of odd names together, some of them named again in
// other ways.
func TestOddFileNames(t *testing.T) {
	db := newFew(t)
	dir := t.TempDir()
	names := []string{"sp ace", "per%41cent", "quo'te", `dou"ble`, "ünïcode", "plus+", "a,b", "c,d", "[x]", "am&p;=", "hash#", "1..3", "col:on", "col::on", `back\slash`, "tick`",
		"(paren)", "$dollar", "new\nline", "tab\t", "pi|pe", "{1,2}"}
	for i, n := range names {
		writeMonths(t, db.Conn, dir+"/plain", 1+i%3)
		if err := os.Rename(dir+"/plain", filepath.Join(dir, n+".parquet")); err != nil {
			t.Fatal(err)
		}
	}
	sum := mustLoad(t, config.Config{Conn: db.Conn}, dir+"/*.parquet", dir+"/./a,b.parquet", dir+"//sp ace.parquet", dir+"/../"+filepath.Base(dir)+"/quo'te.parquet")
	if sum.Listed != len(names) || len(sum.Failed) != 1 || sum.Failed[0].Object.Name != dir+"/{1,2}.parquet" || sum.Rows != 42 {
		t.Errorf("%+v", sum)
	}
	if n := scalar[uint64](t, db.Conn, "SELECT count() FROM pypi"); n != 42 {
		t.Errorf("%d rows", n)
	}
}

// TestOddDatabase carries on a load of a database of an odd name, whose private
// databases are named by it.
func TestOddDatabase(t *testing.T) {
	db := chtest.NewNamed(t, "a`b\\c'd.e f-ä%_00000001_0001")
	applyFew(t, db.Conn, db.Name)
	dir := t.TempDir()
	files := mixed(2, 50)
	exports(t, db.Conn, dir, files...)
	stop := errors.New("stop here")
	crash := config.Config{Conn: db.Conn, Database: db.Name, Beat: 20 * time.Millisecond, Lease: 200 * time.Millisecond, Before: atSteps(func(s Step) error {
		if s == StepMoved {
			return stop
		}
		return nil
	})}
	if _, err := New(crash).Run(t.Context(), ledger.Downloads, dir+"/*.parquet"); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	crash.Before = nil
	mustLoad(t, crash, dir+"/*.parquet")
	if got, want := scalar[string](t, db.Conn, "SELECT toString((count(), (SELECT sum(count) FROM pypi_downloads_per_day))) FROM pypi"), "(97,97)"; got != want {
		t.Errorf("rows and sum of the days %s, want %s", got, want)
	}
}

// TestOtherTypes computes a table from the rows where the table that covers it
// keeps a column in another type, which holds fewer values.
func TestOtherTypes(t *testing.T) {
	db := chtest.New(t)
	for _, sql := range []string{
		"CREATE TABLE pypi (date Date, project String, country_code Nullable(String) DEFAULT nullIf('', ''), version LowCardinality(Nullable(String)) DEFAULT NULL) ENGINE = MergeTree ORDER BY project",
		"CREATE TABLE wide (project String, date Date, country_code String, count Int64) ENGINE = SummingMergeTree ORDER BY (project, date, country_code)",
		"CREATE MATERIALIZED VIEW wide_mv TO wide AS SELECT project, date, country_code, count() AS count FROM pypi GROUP BY project, date, country_code",
		"CREATE TABLE narrow (project String, country_code Nullable(String), count Int64) ENGINE = SummingMergeTree ORDER BY (project, country_code) SETTINGS allow_nullable_key = 1",
		"CREATE MATERIALIZED VIEW narrow_mv TO narrow AS SELECT project, country_code, count() AS count FROM pypi GROUP BY project, country_code",
	} {
		must(t, db.Conn, sql)
	}
	d, err := tables.Read(t.Context(), session.New(db.Conn, db.Name, nil), "pypi")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range tables.PlanFills(d) {
		if len(f.From) > 0 {
			t.Errorf("%s is computed from %v, whose country is never null", f.Target, f.From)
		}
	}
}

// TestOddTables loads into tables and views of an operator's own making: a raw
// table with another key, partitions, a projection and an index, views with a join,
// a dictionary, a condition and a target in another database, and views over views.
func TestOddTables(t *testing.T) {
	db, other := chtest.New(t), chtest.New(t)
	in := session.Name(other.Name, "big")
	for _, sql := range []string{
		`CREATE TABLE pypi (project LowCardinality(String), date Date, country_code LowCardinality(Nullable(String)), month UInt32 MATERIALIZED toYYYYMM(date),
			INDEX i country_code TYPE bloom_filter, PROJECTION p (SELECT date, count() GROUP BY date)) ENGINE = MergeTree PARTITION BY (toYYYYMM(date), length(project) % 2) ORDER BY (date, project)`,
		"CREATE TABLE names (code String, title String) ENGINE = MergeTree ORDER BY code",
		"INSERT INTO names VALUES ('DE', 'Germany'), ('FR', 'France')",
		"CREATE DICTIONARY titles (code String, title String) PRIMARY KEY code SOURCE(CLICKHOUSE(DB '" + db.Name + "' TABLE 'names')) LIFETIME(0) LAYOUT(COMPLEX_KEY_HASHED())",
		"CREATE TABLE joined (title String, n UInt64) ENGINE = SummingMergeTree ORDER BY title",
		"CREATE MATERIALIZED VIEW joined_mv TO joined AS SELECT title, count() AS n FROM pypi AS p INNER JOIN names AS n ON p.country_code = n.code GROUP BY title",
		"CREATE TABLE looked (title String, n SimpleAggregateFunction(sum, UInt64), u AggregateFunction(uniqExact, String)) ENGINE = AggregatingMergeTree ORDER BY title",
		"CREATE MATERIALIZED VIEW looked_mv TO looked AS SELECT dictGet('" + db.Name + ".titles', 'title', ifNull(country_code, '')) AS title, count() AS n, uniqExactState(CAST(project AS String)) AS u FROM pypi GROUP BY title",
		"CREATE TABLE " + in + " (project String, n UInt64) ENGINE = SummingMergeTree PARTITION BY cityHash64(project) % 3 ORDER BY project",
		"CREATE MATERIALIZED VIEW big_mv TO " + in + " AS SELECT project, count() AS n FROM pypi WHERE date >= '2024-01-01' GROUP BY project",
		"CREATE TABLE bigger (size UInt64, n UInt64) ENGINE = SummingMergeTree ORDER BY size",
		"CREATE MATERIALIZED VIEW bigger_mv TO bigger AS SELECT length(project) AS size, sum(n) AS n FROM " + in + " GROUP BY size",
		"CREATE TABLE biggest (n UInt64) ENGINE = SummingMergeTree ORDER BY tuple()",
		"CREATE MATERIALIZED VIEW biggest_mv TO biggest AS SELECT sum(n) AS n FROM bigger",
	} {
		must(t, db.Conn, sql)
	}
	dir := t.TempDir()
	exports(t, db.Conn, dir, mixed(4, 60)...)
	mustLoad(t, config.Config{Conn: db.Conn, BatchFiles: 2, Workers: 2}, dir+"/*.parquet")
	if n := scalar[uint64](t, db.Conn, "SELECT count() FROM pypi"); n != scalar[uint64](t, db.Conn, "SELECT sum(stored) FROM clickql_ledger_batches WHERE state = 5") || n == 0 {
		t.Errorf("%d rows", n)
	}
	for got, want := range map[string]string{
		"SELECT title AS k, sum(n) AS v FROM joined GROUP BY k":                                      "SELECT title AS k, count() AS v FROM pypi AS p INNER JOIN names AS n ON p.country_code = n.code GROUP BY k",
		"SELECT title AS k, (sum(n), uniqExactMerge(u)) AS v FROM looked GROUP BY k":                 "SELECT dictGet('titles', 'title', ifNull(country_code, '')) AS k, (count(), uniqExact(project)) AS v FROM pypi GROUP BY k",
		"SELECT project AS k, sum(n) AS v FROM " + in + " GROUP BY k":                                "SELECT CAST(project AS String) AS k, count() AS v FROM pypi WHERE date >= '2024-01-01' GROUP BY k",
		"SELECT size AS k, sum(n) AS v FROM bigger GROUP BY k":                                       "SELECT length(project) AS k, count() AS v FROM pypi WHERE date >= '2024-01-01' GROUP BY k",
		"SELECT 1 AS k, sum(n) AS v FROM biggest":                                                    "SELECT 1 AS k, count() AS v FROM pypi WHERE date >= '2024-01-01'",
		"SELECT date AS k, count() AS v FROM pypi GROUP BY k SETTINGS force_optimize_projection = 1": "SELECT date AS k, count() AS v FROM pypi GROUP BY k SETTINGS optimize_use_projections = 0",
	} {
		all := func(q string) string {
			return scalar[string](t, db.Conn, "SELECT toString(groupArray((k, v))) FROM (SELECT * FROM ("+q+") ORDER BY k)")
		}
		if g, w := all(got), all(want); g != w || len(w) < 6 {
			t.Errorf("%s\n got %s\nwant %s", got, g, w)
		}
	}
}
