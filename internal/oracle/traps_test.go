package oracle_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"clickql/internal/catalog"
	"clickql/internal/chtest"
	"clickql/internal/cube"
)

// traps are databases in which some table does not hold what its name and its
// columns say. Each is made by SQL, and read by the account that may only read.
var traps = []struct {
	name string
	make func(t testing.TB, from string) *database
}{
	{"a sorting key that lacks a column", keyLacksColumn},
	{"months of half a year", halfAYear},
	{"aggregates created late", createdLate},
	{"views that leave out", leavesOut},
	{"a raw table without ci, filename, libc", narrowRaw},
	{"columns that came later", cameLater},
	{"an unknown dimension", unknownDimension},
	{"plain strings", plainStrings},
	{"no metadata", noMetadata},
	{"other names", otherNames},
	{"two shards", twoShards},
	{"half filled", halfFilled},
	{"doubled", doubled},
	{"the raw table gone", rawGone},
	{"the raw table empty", rawEmpty},
	{"large tables", largeTables},
	{"days that are not settled", unsettledDays},
	{"names as they were sent", asSent},
}

// standard is a foreign database with the usual tables and metadata, empty.
func standard(t testing.TB, from string) *foreign {
	f := newForeign(t, chtest.New(t), from, "pypi", clickPyTypes)
	f.usual()
	f.metadata()
	return f
}

// filled loads everything in two parts and reads it.
func (f *foreign) filled(days ...string) *database {
	f.load("cityHash64(filename, date) % 2 = 0")
	f.load("cityHash64(filename, date) % 2 = 1")
	f.read(f.raw, days...)
	return f.database
}

// keyLacksColumn is ClickPy's table by installer and type whose key leaves out
// type, and others of the sort, merged: one row holds the downloads of all types.
func keyLacksColumn(t testing.TB, from string) *database {
	f := standard(t, from)
	f.make(
		aggregate{name: "per_day_by_installer_by_type", columns: "project version date installer type", key: "project version date installer"},
		aggregate{name: "by_type", columns: "project type", key: "project"},
		aggregate{name: "per_day_by_python", columns: "project date python_minor", key: "project date"},
		aggregate{name: "global_by_ci", columns: "date ci", key: "date"},
		aggregate{name: "by_libc", columns: "project libc", key: "project"},
	)
	d := f.filled()
	f.settle("per_day_by_installer_by_type", "by_type", "per_day_by_python", "global_by_ci", "by_libc")
	return d
}

// halfAYear has tables of months whose views take six months only, the first of
// them not whole.
func halfAYear(t testing.TB, from string) *database {
	f := standard(t, from)
	f.make(
		aggregate{name: "per_month", columns: "month project", where: "date > toDate('2023-09-01')"},
		aggregate{name: "per_month_by_country", columns: "month country_code", where: "date >= toStartOfMonth(toDate('2024-03-17') - toIntervalMonth(6))"},
		aggregate{name: "per_month_by_type", columns: "month project type", where: "date >= '2023-09-15' AND date < '2024-02-10'"},
	)
	return f.filled("2023-09-01", "2023-10-01", "2023-09-15", "2024-02-01", "2024-02-10")
}

// createdLate has aggregates that began to count when there was data, and were
// not filled from it.
func createdLate(t testing.TB, from string) *database {
	f := standard(t, from)
	f.load("date < '2023-09-10' OR date < '2023-09-20' AND country_code != 'US'")
	f.make(
		aggregate{name: "per_month", columns: "month project"},
		aggregate{name: "late_per_day", columns: "date project"},
		aggregate{name: "late_by_type", columns: "project date type"},
		aggregate{name: "late_total_by_type", columns: "project type"},
		aggregate{name: "late_global_by_python", columns: "date python_minor"},
		aggregate{name: "late_global", columns: "python_minor"},
		aggregate{name: "late_by_ci_libc", columns: "date ci libc"},
	)
	f.load("NOT (date < '2023-09-10' OR date < '2023-09-20' AND country_code != 'US')")
	f.read(f.raw, "2023-09-10", "2023-09-20", "2023-10-01")
	return f.database
}

// leavesOut has views with a WHERE. One is made up for by hand, so that its
// totals are right and its types are not.
func leavesOut(t testing.TB, from string) *database {
	f := standard(t, from)
	f.make(
		aggregate{name: "per_day_without_mirrors", columns: "project date installer", where: "installer NOT IN ('bandersnatch', 'devpi', 'z3c.pypimirror', 'Artifactory')"},
		aggregate{name: "by_country", columns: "project country_code", where: "country_code != ''"},
		aggregate{name: "global_by_python", columns: "date python_minor", where: "python_minor LIKE '3.%'"},
		aggregate{name: "big_projects", columns: "project", where: "project IN ('numpy', 'pandas')"},
		aggregate{name: "per_day_by_type", columns: "project date type", where: "type != 'bdist_egg'"},
		aggregate{name: "by_type", columns: "project type", where: "type != 'bdist_egg'"},
		aggregate{name: "global_by_ci", columns: "ci date", where: "ci != 'unknown'"},
	)
	d := f.filled()
	f.exec("INSERT INTO per_day_by_type SELECT project, date, 'sdist', count() FROM pypi WHERE type = 'bdist_egg' GROUP BY ALL",
		"INSERT INTO by_type SELECT project, 'sdist', count() FROM pypi WHERE type = 'bdist_egg' GROUP BY ALL",
		"INSERT INTO global_by_ci SELECT 'true', date, count() FROM pypi WHERE ci = 'unknown' GROUP BY ALL")
	return d
}

// narrowRaw is a raw table as it was before there were ci and libc.
func narrowRaw(t testing.TB, from string) *database {
	f := newForeign(t, chtest.New(t), from, "pypi", clickPyTypes, "ci", "filename", "libc")
	f.usual()
	f.metadata()
	f.make(aggregate{name: "per_day_by_type", columns: "project date type"})
	f.load("cityHash64(version, date) % 2 = 0")
	f.load("cityHash64(version, date) % 2 = 1")
	f.read("pypi")
	return f.database
}

// cameLater has a raw table whose newer columns were added in the middle of a
// day, and aggregates by them: one made before, one filled from rows that say
// nothing, and one that says something else than the raw table.
func cameLater(t testing.TB, from string) *database {
	f := standard(t, from)
	f.make(aggregate{name: "per_day_by_type", columns: "project date type"})
	f.load("date < '2023-09-10' OR date = '2023-09-10' AND cityHash64(filename) % 2 = 0")
	for _, d := range cube.Later {
		f.exec("ALTER TABLE pypi ADD COLUMN " + d.Column() + " LowCardinality(String)")
		f.has = append(f.has, d.Column())
	}
	f.types = laterTypes()
	f.make(
		aggregate{name: "per_day_by_platform", columns: "project date platform"},
		aggregate{name: "per_month_by_arch", columns: "month project arch"},
		aggregate{name: "global_by_cpu", columns: "date cpu"},
		aggregate{name: "by_distro", columns: "project distro"},
		aggregate{name: "per_day_by_abi", columns: "project date abi"},
	)
	f.exec("INSERT INTO per_day_by_platform SELECT project, date, platform, count() FROM pypi GROUP BY ALL",
		"INSERT INTO per_month_by_arch SELECT toStartOfMonth(date), project, arch, count() FROM pypi GROUP BY ALL",
		"INSERT INTO global_by_cpu SELECT date, cpu, count() FROM pypi GROUP BY ALL",
		"INSERT INTO by_distro SELECT project, distro, count() FROM pypi GROUP BY ALL",
		"INSERT INTO per_day_by_abi SELECT project, date, abi, count() FROM pypi GROUP BY ALL")
	f.load("NOT (date < '2023-09-10' OR date = '2023-09-10' AND cityHash64(filename) % 2 = 0)")
	f.exec("ALTER TABLE per_day_by_abi DELETE WHERE date = '2023-12-24' SETTINGS mutations_sync = 2",
		"INSERT INTO per_day_by_abi SELECT project, date, '', count() FROM pypi WHERE date = '2023-12-24' GROUP BY ALL")
	f.read("pypi", "2023-09-10", "2023-09-11", "2023-10-01", "2023-12-24")
	f.data.Forget(cube.Later, time.Date(2023, 9, 10, 0, 0, 0, 0, time.UTC))
	f.refuses = true
	return f.database
}

// laterTypes are clickPyTypes with the columns that came later.
func laterTypes() map[string]string {
	types := maps.Clone(clickPyTypes)
	for _, d := range cube.Later {
		types[d.Column()] = "LowCardinality(String)"
	}
	return types
}

// unknownDimension has an aggregate by a column that nobody can ask for.
func unknownDimension(t testing.TB, from string) *database {
	f := standard(t, from)
	f.exec("ALTER TABLE pypi ADD COLUMN city String MATERIALIZED concat(country_code, '-', toString(cityHash64(filename, date, system) % 5))")
	f.make(
		aggregate{name: "per_city", columns: "project date city"},
		aggregate{name: "per_city_by_type", columns: "project city date type"},
		aggregate{name: "global_by_city", columns: "date city country_code"},
	)
	d := f.filled()
	f.settle("per_city")
	return d
}

// plainStrings has String where ClickPy has LowCardinality and the other way
// round, and ci as text.
func plainStrings(t testing.TB, from string) *database {
	f := newForeign(t, chtest.New(t), from, "pypi", plainTypes)
	f.usual()
	f.make(
		aggregate{name: "per_day_by_ci", columns: "project date ci"},
		aggregate{name: "by_libc", columns: "project libc"},
		aggregate{name: "per_month_by_type", columns: "month type project"},
	)
	return f.filled()
}

// noMetadata has downloads and nothing else.
func noMetadata(t testing.TB, from string) *database {
	f := newForeign(t, chtest.New(t), from, "pypi", clickPyTypes)
	f.usual()
	return f.filled()
}

// otherNames has a database and a raw table of other names, which need quoting.
func otherNames(t testing.TB, from string) *database {
	f := newForeign(t, chtest.NewNamed(t, "py-pi `26"), from, "`file downloads`", clickPyTypes)
	f.usual()
	f.metadata()
	f.make(aggregate{name: "`select`", columns: "project date type"})
	f.options = catalog.Options{RawTable: "file downloads"}
	return f.filled()
}

// twoShards has every table behind a Distributed one, the rows of each project in
// both shards.
func twoShards(t testing.TB, from string) *database {
	f := &foreign{database: &database{DB: chtest.New(t), t: t}, from: from, raw: "pypi", types: clickPyTypes, has: columns}
	for _, shard := range chtest.NewShards(t) {
		s := newForeign(t, shard, from, "pypi", clickPyTypes)
		s.usual()
		s.make(
			aggregate{name: "per_month", columns: "month project"},
			aggregate{name: "by_type", columns: "project type", key: "project"},
			aggregate{name: "global_by_ci", columns: "date ci"},
		)
	}
	for _, name := range []string{"pypi", "pypi_downloads", "by_version", "per_day", "per_day_by_version", "per_day_by_country", "per_day_by_system",
		"spans", "per_month", "by_type", "global_by_ci"} {
		f.exec("CREATE TABLE " + name + " AS shard_1." + name + " ENGINE = Distributed('" + chtest.Cluster + "', '', '" + name + "', rand())")
	}
	f.exec("INSERT INTO pypi SETTINGS distributed_foreground_insert = 1 SELECT "+strings.Join(columns, ", ")+" FROM "+from,
		"OPTIMIZE TABLE shard_1.by_type FINAL", "OPTIMIZE TABLE shard_2.by_type FINAL")
	f.read("pypi")
	return f.database
}

// halfFilled has our own tables, some of them without a year or a month of it.
func halfFilled(t testing.TB, _ string) *database {
	d := own(t)
	d.exec("ALTER TABLE pypi_downloads_per_day DROP PARTITION 2023",
		"ALTER TABLE pypi_downloads_per_day_by_version_by_country DROP PARTITION 2023",
		"ALTER TABLE pypi_downloads_per_day_by_version_by_python DELETE WHERE date < '2023-06-01' SETTINGS mutations_sync = 2",
		"ALTER TABLE pypi_downloads_per_day_by_version_by_system DELETE WHERE date >= '2023-08-10' AND date < '2023-08-20' SETTINGS mutations_sync = 2",
		"ALTER TABLE pypi_downloads_per_month DELETE WHERE month < '2023-06-01' SETTINGS mutations_sync = 2",
		"ALTER TABLE pypi_downloads_by_version DELETE WHERE version = '2.0' SETTINGS mutations_sync = 2",
		"ALTER TABLE pypi_downloads_max_min DELETE WHERE project = 'tiny' SETTINGS mutations_sync = 2")
	d.read("pypi", "2024-01-01", "2023-06-01", "2023-08-10", "2023-08-20")
	return d
}

// doubled has our own tables, some of them with rows twice.
func doubled(t testing.TB, _ string) *database {
	d := own(t)
	for table, which := range map[string]string{
		"pypi_downloads": "project = 'numpy'", "pypi_downloads_by_version": "1", "pypi_downloads_per_month": "month = '2023-07-01'",
		"pypi_downloads_per_day_by_version_by_country": "date = '2023-07-07' AND country_code = 'DE'",
		"pypi_downloads_per_day_by_version_by_python":  "date >= '2024-01-01'", "pypi_downloads_per_day": "project = 'tiny'",
	} {
		d.exec("INSERT INTO " + table + " SELECT * FROM " + table + " WHERE " + which)
	}
	d.read("pypi", "2023-07-07", "2023-07-01", "2024-01-01")
	return d
}

// rawGone has lost its raw table; aggregates that agree with one another are
// all that is left.
func rawGone(t testing.TB, from string) *database {
	f := standard(t, from)
	d := f.filled()
	f.exec("DROP TABLE pypi SETTINGS check_table_dependencies = 0, check_referential_table_dependencies = 0")
	d.refuses = true
	return d
}

// rawEmpty has our own tables, but for the raw one's rows.
func rawEmpty(t testing.TB, _ string) *database {
	d := own(t)
	d.read("pypi")
	d.exec("TRUNCATE TABLE pypi")
	d.refuses = true
	return d
}

// unsettledDays has our own tables without some days, and with a part of the newest;
// of one more day the ledger has a file that could not be loaded.
func unsettledDays(t testing.TB, from string) *database {
	d := &database{DB: chtest.NewWithSchema(t), t: t}
	d.exec("INSERT INTO pypi SELECT * FROM "+from+" WHERE date NOT IN ('2023-03-01', '2023-03-02', '2023-12-31', '2024-01-15', '2024-01-16', '2024-01-17')"+
		" AND (date < (SELECT max(date) FROM "+from+") OR cityHash64(filename, country_code, installer) % 5 = 0)",
		"CREATE TABLE clickql_ledger_batches (batch String, kind String, state UInt8, files UInt64, first_day Date, last_day Date, at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY batch",
		"CREATE TABLE clickql_ledger_files (kind String, name String, batch String, outcome String, at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY name",
		"INSERT INTO clickql_ledger_files (kind, name, outcome, at) VALUES ('downloads', 'gs://b/1691452800-000000000000.parquet', 'failed', now64(3))")
	d.read("pypi", "2023-03-01", "2023-12-31", "2024-01-15", "2023-08-08")
	open, _ := time.Parse(time.DateOnly, "2023-08-08")
	d.data.Unsettled = []time.Time{open, d.data.Last}
	return d
}

// largeTables has our own tables, those of days said to be large and in monthly
// partitions: ranges with ragged edges are then read from two tables.
func largeTables(t testing.TB, _ string) *database {
	d := own(t)
	d.read("pypi")
	d.expects = "UNION ALL"
	d.disguise = func(snap catalog.Snapshot) *catalog.Snapshot {
		tables := snap.Tables
		snap.Tables = nil
		for _, known := range tables {
			table := *known
			if table.Grain == cube.GrainDay {
				table.Rows, table.Partitions = 1e10, nil
				for m := snap.Days.From.StartOfMonth(); m <= snap.Days.To; m = m.AddMonths(1) {
					days := cube.Range{From: m, To: m.AddMonths(1) - 1}
					table.Partitions = append(table.Partitions, catalog.Partition{Days: days, Rows: 2e9, Parts: 1})
				}
			}
			snap.Tables = append(snap.Tables, &table)
		}
		return &snap
	}
	return d
}

// asSent has projects' names as authors write them, with white space around them,
// and with a byte that is no UTF-8.
func asSent(t testing.TB, from string) *database {
	f := standard(t, from)
	list := strings.Join(f.has, ", ")
	f.exec("CREATE TABLE _clean ENGINE = Memory AS SELECT "+strings.Replace(list, "project", "if(project = 'tiny', 'tiny\uFFFD', project) AS project", 1)+" FROM "+from,
		`INSERT INTO pypi (`+list+`) SELECT `+list+` FROM (SELECT * REPLACE (multiIf(
				project = 'tiny', concat('Tiny', unhex('ff')),
				cityHash64(date, version) % 3 = 0, concat(upper(substring(project, 1, 1)), replaceAll(substring(project, 2), '-', '._-')),
				cityHash64(date, version) % 3 = 1, concat(' ', replaceAll(project, '-', '_'), '\t'), project) AS project) FROM `+from+`)`)
	f.read("_clean")
	f.exec("DROP TABLE _clean")
	f.expects = "written_"
	return f.database
}
