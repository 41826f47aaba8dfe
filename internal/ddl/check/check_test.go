package check_test

import (
	"encoding/json"
	"strings"
	"testing"

	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/ddl"
	"clickql/internal/ddl/check"
)

// TestCheckFinds makes one damage after another, each in a database of its
// own, and looks for the finding that names it.
func TestCheckFinds(t *testing.T) {
	const byType = "pypi_downloads_per_day_by_version_by_installer_by_type"
	for name, c := range map[string]struct {
		damage  []string
		object  string // without the database
		problem check.Problem
		remedy  string // a part of it
		detail  string // a part of it
		others  int    // differences beside this one
	}{
		"nothing":            {damage: nil, others: -1},
		"missing raw table":  {damage: []string{"DROP TABLE %s.pypi SYNC SETTINGS check_table_dependencies = 0"}, object: "pypi", problem: check.Missing, remedy: "clickql schema apply"},
		"missing aggregate":  {damage: []string{"DROP TABLE %s.pypi_downloads SYNC"}, object: "pypi_downloads", problem: check.Missing, remedy: "Run: clickql ingest backfill pypi_downloads"},
		"missing metadata":   {damage: []string{"DROP TABLE %s.projects SYNC SETTINGS check_table_dependencies = 0"}, object: "projects", problem: check.Missing, remedy: "clickql schema apply", others: 1},
		"missing view":       {damage: []string{"DROP VIEW %s.pypi_downloads_per_day_mv SYNC"}, object: "pypi_downloads_per_day_mv", problem: check.Missing, remedy: "Run: clickql ingest backfill pypi_downloads_per_day"},
		"missing dictionary": {damage: []string{"DROP DICTIONARY %s.countries_dict"}, object: "countries_dict", problem: check.Missing, remedy: "clickql schema apply"},
		"missing country":    {damage: []string{"ALTER TABLE %s.countries DELETE WHERE code = 'DE' SETTINGS mutations_sync = 2"}, object: "countries", problem: check.Missing, remedy: "clickql schema apply"},
		"dictionary that cannot be read": {damage: []string{"DROP DICTIONARY %s.countries_dict",
			"CREATE DICTIONARY %s.countries_dict (code String, name String) PRIMARY KEY code SOURCE(CLICKHOUSE(TABLE 'countries' DB '%s' USER 'nobody')) LIFETIME(0) LAYOUT(COMPLEX_KEY_HASHED())"},
			object: "countries_dict", problem: check.Unusable, remedy: "the user default"},
		"rows doubled in an aggregate": {damage: []string{"INSERT INTO %s.pypi_downloads_per_day SELECT * FROM %s.pypi_downloads_per_day"},
			object: "pypi_downloads_per_day", problem: check.WrongTotal, remedy: "If the raw table is right, run: clickql ingest backfill", detail: "2000 downloads and the raw table has 1000"},
		"rows lost from an aggregate": {damage: []string{"ALTER TABLE %s.pypi_downloads_by_version DELETE WHERE version = '1.0' SETTINGS mutations_sync = 2"},
			object: "pypi_downloads_by_version", problem: check.WrongTotal, remedy: "clickql ingest verify"},
		"empty aggregate": {damage: []string{"TRUNCATE TABLE %s.pypi_downloads_per_month"},
			object: "pypi_downloads_per_month", problem: check.WrongTotal, remedy: "Run: clickql ingest backfill pypi_downloads_per_month"},
		"rows that only the raw table lost": {damage: []string{"ALTER TABLE %s.pypi DELETE WHERE project = 'p1' SETTINGS mutations_sync = 2"},
			object: "pypi_downloads", problem: check.WrongTotal, remedy: "fill nothing from the raw table before", others: len(ddl.Derived()) - 1},
		"a day's rows on another day": {damage: []string{"ALTER TABLE %s.pypi_total_per_day_by_ci DELETE WHERE date = '2023-12-24' SETTINGS mutations_sync = 2",
			"INSERT INTO %s.pypi_total_per_day_by_ci SELECT '2023-12-25', ci, count() FROM %s.pypi WHERE date = '2023-12-24' GROUP BY ci"},
			object: "pypi_total_per_day_by_ci", problem: check.WrongTotal, remedy: "clickql ingest verify", detail: "as the raw table has, but: on 2023-12-25"},
		"a project's days moved": {damage: []string{"ALTER TABLE %s.pypi_downloads_max_min UPDATE max_date = '2023-11-20' WHERE project = 'p3' SETTINGS mutations_sync = 2"},
			object: "pypi_downloads_max_min", problem: check.WrongTotal, detail: "its first and last days differ"},
		"wrong last day": {damage: []string{"INSERT INTO %s.pypi_downloads_max_min VALUES ('p1', '2030-01-01', '2023-12-01')"},
			object: "pypi_downloads_max_min", problem: check.WrongTotal, detail: "2030-01-01"},
		"no first day": {damage: []string{"TRUNCATE TABLE %s.pypi_downloads_max_min"},
			object: "pypi_downloads_max_min", problem: check.WrongTotal, remedy: "Run: clickql ingest backfill pypi_downloads_max_min"},
		"sorting key without type": {damage: []string{
			"DROP TABLE %s." + byType + " SYNC",
			"CREATE TABLE %s." + byType + " (project String, version String, date Date, installer LowCardinality(String), type LowCardinality(String), count Int64) ENGINE = SummingMergeTree(count) PARTITION BY toYear(date) ORDER BY (project, version, date, installer)",
			"INSERT INTO %s." + byType + " SELECT project, version, date, installer, type, count() FROM %s.pypi GROUP BY ALL"},
			object: byType, problem: check.WrongKey, remedy: "Run: clickql ingest backfill " + byType, detail: "leaves out type"},
		"engine that does not sum": {damage: []string{
			"DROP TABLE %s.pypi_downloads SYNC",
			"CREATE TABLE %s.pypi_downloads (project String, count Int64) ENGINE = MergeTree ORDER BY project",
			"INSERT INTO %s.pypi_downloads SELECT project, count() FROM %s.pypi GROUP BY project"},
			object: "pypi_downloads", problem: check.WrongEngine, detail: "is MergeTree and should be SummingMergeTree"},
		"column of another type": {damage: []string{"ALTER TABLE %s.projects MODIFY COLUMN size String"},
			object: "projects.size", problem: check.WrongType, remedy: "MODIFY COLUMN size Int64", detail: "is String and should be Int64"},
		"ci with other values": {damage: []string{"ALTER TABLE %s.pypi MODIFY COLUMN ci Enum8('false' = 0, 'true' = 1, 'unknown' = 2, 'maybe' = 3)"},
			object: "pypi.ci", problem: check.WrongType},
		"missing column": {damage: []string{"ALTER TABLE %s.pypi DROP COLUMN filename"},
			object: "pypi.filename", problem: check.Missing, remedy: "Run: clickql schema upgrade"},
		"view of a part": {damage: []string{
			"ALTER TABLE %s.pypi_downloads_per_month_mv MODIFY QUERY SELECT toStartOfMonth(date) AS month, project, count() AS count FROM %s.pypi WHERE date > '2023-12-01' GROUP BY month, project"},
			object: "pypi_downloads_per_month_mv", problem: check.WrongSelect, detail: "WHERE date >"},
		"view of something else": {damage: []string{
			"ALTER TABLE %s.pypi_downloads_mv MODIFY QUERY SELECT project, uniq(version) AS count FROM %s.pypi GROUP BY project"},
			object: "pypi_downloads_mv", problem: check.WrongSelect, detail: "uniq(version)"},
		"view to another table": {damage: []string{
			"CREATE TABLE %s.elsewhere AS %s.pypi_downloads",
			"DROP VIEW %s.pypi_downloads_mv SYNC",
			"CREATE MATERIALIZED VIEW %s.pypi_downloads_mv TO %s.elsewhere AS SELECT project, count() AS count FROM %s.pypi GROUP BY project"},
			object: "pypi_downloads_mv", problem: check.WrongTarget, detail: "elsewhere and should fill"},
		"view with a table of its own": {damage: []string{
			"DROP VIEW %s.pypi_downloads_mv SYNC",
			"CREATE MATERIALIZED VIEW %s.pypi_downloads_mv ENGINE = SummingMergeTree ORDER BY project AS SELECT project, count() AS count FROM %s.pypi GROUP BY project"},
			object: "pypi_downloads_mv", problem: check.WrongTarget, detail: "a table of its own"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := chtest.NewWithSchema(t)
			downloads(t, db, 1000)
			run(t, db, c.damage...)
			r := checked(t, db)
			if r.Differences() != 1+c.others {
				t.Errorf("%d differences, want %d\n%s", r.Differences(), 1+c.others, r)
			}
			if c.damage == nil {
				return
			}
			for _, f := range r.Findings {
				if f.Object == db.Name+"."+c.object && f.Problem == c.problem && !f.Note &&
					strings.Contains(f.Remedy, c.remedy) && strings.Contains(f.Detail, c.detail) {
					return
				}
			}
			t.Errorf("no finding %q about %s with %q and the remedy %q in\n%s", c.problem, c.object, c.detail, c.remedy, r)
		})
	}
}

// TestCheckAcceptsWhatMeansTheSame: a foreign database may store things
// otherwise and write its views otherwise; that is noted and no difference.
func TestCheckAcceptsWhatMeansTheSame(t *testing.T) {
	db := chtest.New(t)
	run(t, db,
		`CREATE TABLE %s.pypi_downloads_per_day_by_version_by_country (date Date, project String, version String, country_code String, count Int64)
			ENGINE = SummingMergeTree ORDER BY (project, date, version, country_code)`,
		"CREATE TABLE %s.pypi_downloads (project String, count Int64) ENGINE = SummingMergeTree ORDER BY (project)")
	if _, err := ddl.Apply(t.Context(), db.Conn, ddl.Options{Database: db.Name}); err != nil {
		t.Fatal(err)
	}
	run(t, db,
		"ALTER TABLE %s.projects MODIFY COLUMN upload_time DateTime64(6)",
		"DROP VIEW %s.pypi_downloads_max_min_mv SYNC",
		`CREATE MATERIALIZED VIEW %s.pypi_downloads_max_min_mv TO %s.pypi_downloads_max_min
			(project String, max_date SimpleAggregateFunction(max, Date), min_date SimpleAggregateFunction(min, Date)) AS
			SELECT maxSimpleState(date) as max_date, minSimpleState(date) as min_date, project FROM %s.pypi GROUP BY project`)
	downloads(t, db, 100)
	r := checked(t, db)
	if r.Differences() != 0 {
		t.Errorf("%d differences in\n%s", r.Differences(), r)
	}
	notes := map[string]bool{}
	for _, f := range r.Findings {
		notes[strings.TrimPrefix(f.Object, db.Name+".")] = f.Note
	}
	for _, object := range []string{"pypi_downloads_per_day_by_version_by_country", "pypi_downloads_per_day_by_version_by_country.country_code", "projects.upload_time"} {
		if !notes[object] {
			t.Errorf("no note about %s in\n%s", object, r)
		}
	}
	if _, noted := notes["pypi_downloads"]; noted {
		t.Errorf("a key in parentheses is no difference:\n%s", r)
	}
}

func TestCheckOfNothing(t *testing.T) {
	db := chtest.New(t)
	r, err := check.Run(t.Context(), db.Conn, ddl.Options{Database: "not_there"})
	if err != nil {
		t.Fatal(err)
	}
	if r.Differences() != 1 || r.Findings[0].Object != "not_there" || r.Findings[0].Problem != check.Missing {
		t.Errorf("got\n%s", r)
	}
	if r = checked(t, db); r.Differences() < 30 {
		t.Errorf("an empty database has only %d differences", r.Differences())
	}
}

func TestReportForms(t *testing.T) {
	db := chtest.NewWithSchema(t)
	downloads(t, db, 10)
	run(t, db, "DROP VIEW %s.pypi_downloads_mv SYNC", "TRUNCATE TABLE %s.pypi_downloads_per_day")
	r := checked(t, db)
	text := r.String()
	for _, want := range []string{
		"differs: " + db.Name + ".pypi_downloads_mv: the view is missing. Run: clickql ingest backfill pypi_downloads",
		"differs: " + db.Name + ".pypi_downloads_per_day: the table has 0 downloads and the raw table has 10. Run: clickql ingest backfill pypi_downloads_per_day",
		"total: " + db.Name + ".pypi_downloads_per_day: 0: the raw table has 10",
		"total: " + db.Name + ".pypi_downloads: 10: agrees with the raw table",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no line %q in\n%s", want, text)
		}
	}
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back check.Report
	if err := json.Unmarshal(raw, &back); err != nil || back.String() != text {
		t.Errorf("the JSON does not hold the report: %v\n%s", err, raw)
	}
}

// TestCheckAsReader: whoever may only read may check too.
func TestCheckAsReader(t *testing.T) {
	db := chtest.NewWithSchema(t)
	downloads(t, db, 10)
	conn, err := chconn.Open(t.Context(), chconn.Config{DSN: db.ReadOnlyDSN})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	reader := *db
	reader.Conn = conn
	if r := checked(t, &reader); len(r.Findings) > 0 || len(r.Totals) != len(ddl.Derived()) {
		t.Errorf("%d totals, and\n%s", len(r.Totals), r)
	}
}
