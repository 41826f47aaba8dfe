package oracle_test

import (
	"strings"
	"testing"

	"clickql/internal/chtest"
)

// foreign is a database that somebody else made.
type foreign struct {
	*database
	from  string // database.table with all downloads
	raw   string
	types map[string]string
	has   []string // the raw table's columns
}

// newForeign makes a database with an empty raw table.
func newForeign(t testing.TB, db *chtest.DB, from, raw string, types map[string]string, without ...string) *foreign {
	f := &foreign{database: &database{DB: db, t: t}, from: from, raw: raw, types: types}
	for _, c := range columns {
		if !strings.Contains(" "+strings.Join(without, " ")+" ", " "+c+" ") {
			f.has = append(f.has, c)
		}
	}
	f.exec("CREATE TABLE " + raw + " (" + typed(types, f.has) + ") ENGINE = MergeTree PARTITION BY toYYYYMM(date) ORDER BY (project, date)")
	return f
}

// load inserts the downloads for which the condition holds.
func (f *foreign) load(condition string) {
	f.t.Helper()
	list := strings.Join(f.has, ", ")
	f.exec("INSERT INTO " + f.raw + " (" + list + ") SELECT " + list + " FROM " + f.from + " WHERE " + condition)
}

// aggregate is a table of counts with its view. The view groups by the columns.
type aggregate struct {
	name    string
	columns string // separated by blanks
	key     string // the sorting key; the columns where empty
	where   string // the view's condition
}

// make creates aggregates.
func (f *foreign) make(list ...aggregate) {
	f.t.Helper()
	for _, a := range list {
		names := strings.Fields(a.columns)
		key := strings.Join(strings.Fields(a.key), ", ")
		if key == "" {
			key = strings.Join(names, ", ")
		}
		selected := strings.Replace(strings.Join(names, ", "), "month", "toStartOfMonth(date) AS month", 1)
		where := ""
		if a.where != "" {
			where = " WHERE " + a.where
		}
		view := "`" + strings.Trim(a.name, "`") + "_mv`"
		f.exec("CREATE TABLE "+a.name+" ("+typed(f.types, names)+", count Int64) ENGINE = SummingMergeTree(count) ORDER BY ("+key+")",
			"CREATE MATERIALIZED VIEW "+view+" TO "+a.name+" AS SELECT "+selected+", count() AS count FROM "+f.raw+where+" GROUP BY "+strings.Join(names, ", "))
	}
}

// usual are tables that every deployment has; questions that a trap would answer
// wrongly are answered by them at a higher price.
func (f *foreign) usual() {
	f.t.Helper()
	f.make(
		aggregate{name: "pypi_downloads", columns: "project"},
		aggregate{name: "by_version", columns: "project version"},
		aggregate{name: "per_day", columns: "project date"},
		aggregate{name: "per_day_by_version", columns: "project version date"},
		aggregate{name: "per_day_by_country", columns: "project version date country_code"},
		aggregate{name: "per_day_by_system", columns: "project version date system"},
	)
	f.exec("CREATE TABLE spans (project "+f.types["project"]+", min_date SimpleAggregateFunction(min, Date), max_date SimpleAggregateFunction(max, Date)) ENGINE = AggregatingMergeTree ORDER BY project",
		"CREATE MATERIALIZED VIEW spans_mv TO spans AS SELECT project, min(date) AS min_date, max(date) AS max_date FROM "+f.raw+" GROUP BY project")
}

// metadata makes the table of uploaded files.
func (f *foreign) metadata() {
	f.t.Helper()
	f.exec("CREATE TABLE projects (name String, version String, upload_time DateTime64(3)) ENGINE = MergeTree ORDER BY name",
		"INSERT INTO projects VALUES ('NumPy', '1.10', '2015-10-06 01:02:03')")
}

// settle merges every table's parts into one, so that what merges fold is folded.
func (f *foreign) settle(tables ...string) {
	f.t.Helper()
	for _, name := range tables {
		f.exec("OPTIMIZE TABLE " + name + " FINAL")
	}
}
