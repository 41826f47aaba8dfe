package ddl_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"clickql/internal/chtest"
	"clickql/internal/ddl"
)

// keys is the key of every aggregate, written down a second time and by hand.
var keys = map[string]string{
	"pypi_downloads":                                                    "project",
	"pypi_downloads_by_version":                                         "project version",
	"pypi_downloads_per_day":                                            "project date",
	"pypi_downloads_per_month":                                          "month project",
	"pypi_downloads_per_day_by_version":                                 "project version date",
	"pypi_downloads_per_day_by_installer":                               "project date installer",
	"pypi_downloads_per_day_by_version_by_country":                      "project version date country_code",
	"pypi_downloads_per_day_by_version_by_file_type":                    "project version date type",
	"pypi_downloads_per_day_by_version_by_python":                       "project version date python_minor",
	"pypi_downloads_per_day_by_version_by_python_by_country":            "project version date country_code python_minor",
	"pypi_downloads_per_day_by_version_by_system":                       "project version date system",
	"pypi_downloads_per_day_by_version_by_system_by_country":            "project version date country_code system",
	"pypi_downloads_per_day_by_version_by_installer_by_type":            "project version date installer type",
	"pypi_downloads_per_day_by_version_by_installer_by_type_by_country": "project version date country_code installer type",
	"pypi_downloads_max_min":                                            "project",

	"pypi_downloads_per_day_by_python_by_system_by_installer_by_type_by_ci_by_libc":            "project date ci libc system installer type python_minor",
	"pypi_downloads_per_day_by_python_by_system_by_installer_by_type_by_ci_by_libc_by_country": "project date ci libc system installer type python_minor country_code",
	"pypi_downloads_per_day_by_version_by_python_by_system_by_installer_by_type_by_ci_by_libc": "project date version ci libc system installer type python_minor",
	"pypi_total_per_day_by_country":                                             "date country_code",
	"pypi_total_per_day_by_python":                                              "date python_minor",
	"pypi_total_per_day_by_system":                                              "date system",
	"pypi_total_per_day_by_installer":                                           "date installer",
	"pypi_total_per_day_by_file_type":                                           "date type",
	"pypi_total_per_day_by_ci":                                                  "date ci",
	"pypi_total_per_day_by_libc":                                                "date libc",
	"pypi_total_per_day_by_country_by_installer":                                "date installer country_code",
	"pypi_total_per_day_by_python_by_system_by_installer_by_type_by_ci_by_libc": "date ci libc system installer type python_minor",

	"pypi_ranking_per_day":              "date project",
	"pypi_ranking_per_day_by_country":   "date country_code project",
	"pypi_ranking_per_day_by_python":    "date python_minor project",
	"pypi_ranking_per_day_by_system":    "date system project",
	"pypi_ranking_per_day_by_installer": "date installer project",
	"pypi_ranking_per_day_by_file_type": "date type project",
	"pypi_ranking_per_day_by_ci":        "date ci project",
	"pypi_ranking_per_day_by_libc":      "date libc project",

	"pypi_ranking_per_day_by_installer_by_ci":   "date ci installer project",
	"pypi_ranking_per_day_by_platform":          "date platform project",
	"pypi_ranking_per_day_by_arch":              "date arch project",
	"pypi_ranking_per_day_by_abi":               "date abi project",
	"pypi_ranking_per_day_by_cpu":               "date cpu project",
	"pypi_ranking_per_day_by_distro":            "date distro project",
	"pypi_ranking_per_day_by_implementation":    "date implementation project",
	"pypi_ranking_per_day_by_installer_version": "date installer_version project",

	"pypi_downloads_per_day_by_platform_by_arch_by_abi": "project date arch platform abi",
	"pypi_downloads_per_day_by_cpu_by_implementation":   "project date implementation cpu",
	"pypi_downloads_per_day_by_distro":                  "project date distro",
	"pypi_downloads_per_day_by_installer_version":       "project date installer_version",
	"pypi_total_per_day_by_platform":                    "date platform",
	"pypi_total_per_day_by_arch":                        "date arch",
	"pypi_total_per_day_by_abi":                         "date abi",
	"pypi_total_per_day_by_cpu":                         "date cpu",
	"pypi_total_per_day_by_distro":                      "date distro",
	"pypi_total_per_day_by_implementation":              "date implementation",
	"pypi_total_per_day_by_installer_version":           "date installer_version",
}

func TestDerivedTables(t *testing.T) {
	derived := ddl.Derived()
	if len(derived) != len(keys) {
		t.Errorf("%d derived tables, want %d", len(derived), len(keys))
	}
	for _, table := range derived {
		want := strings.Fields(keys[table.Name])
		if !slices.Equal(table.Key(), want) || !slices.Equal(table.OrderBy, want) {
			t.Errorf("%s: key %v, sorting key %v, want %v", table.Name, table.Key(), table.OrderBy, want)
		}
		if names := table.ColumnNames(); !slices.Equal(names[:len(want)], want) {
			t.Errorf("%s: columns %v do not begin with the key %v", table.Name, names, want)
		}
		wantPartition := ""
		if slices.Contains(want, "date") {
			wantPartition = "toYear(date)"
		}
		if table.PartitionBy != wantPartition {
			t.Errorf("%s: partition key %q, want %q", table.Name, table.PartitionBy, wantPartition)
		}
	}
}

// TestColumnsAgree: a column has one meaning and one type, wherever it is.
func TestColumnsAgree(t *testing.T) {
	raw, ok := ddl.Lookup(ddl.RawTable)
	if !ok {
		t.Fatal("there is no raw table")
	}
	for _, table := range ddl.Derived() {
		for _, c := range table.Columns {
			i := slices.Index(raw.ColumnNames(), c.Name)
			if i >= 0 && slices.Contains([]string{"ZSTD(1)", "ZSTD(6)"}, c.Codec) {
				c.Codec = raw.Columns[i].Codec // storage alone
			}
			if i >= 0 && raw.Columns[i] != c {
				t.Errorf("%s.%s is %+v, in the raw table %+v", table.Name, c.Name, c, raw.Columns[i])
			}
		}
	}
}

func TestEverythingHasAComment(t *testing.T) {
	for _, table := range ddl.Tables() {
		if table.Comment == "" {
			t.Errorf("%s has no comment", table.Name)
		}
		for _, c := range table.Columns {
			if c.Comment == "" {
				t.Errorf("%s.%s has no comment", table.Name, c.Name)
			}
		}
	}
}

func TestSelect(t *testing.T) {
	month, _ := ddl.Lookup("pypi_downloads_per_month")
	if got, want := month.SelectWhere("(SELECT 1) AS s", "date < today()"),
		"SELECT toStartOfMonth(date) AS month, project, count() AS count FROM (SELECT 1) AS s WHERE date < today() GROUP BY month, project"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	extremes, _ := ddl.Lookup("pypi_downloads_max_min")
	if got, want := extremes.Select("x.y"), "SELECT project, max(date) AS max_date, min(date) AS min_date FROM x.y GROUP BY project"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if projects, _ := ddl.Lookup("projects"); projects.Select("x") != "" {
		t.Error("projects is not computed from the raw table")
	}
	if _, ok := ddl.Lookup("not_there"); ok {
		t.Error("found a table that is not there")
	}
}

// TestOneProjectCostsAMarkOfEachPart: what loads leave and no merge has folded yet
// costs a question about one project a mark's rows of each part, and no more.
func TestOneProjectCostsAMarkOfEachPart(t *testing.T) {
	db := chtest.NewWithSchema(t)
	const loads, days, mark = 6, 20, 1024
	exec := func(sql string, args ...any) {
		if err := db.Conn.Exec(t.Context(), fmt.Sprintf(sql, args...)); err != nil {
			t.Fatal(err)
		}
	}
	exec("SYSTEM STOP MERGES pypi_downloads_per_day")
	for load := range loads {
		exec(`INSERT INTO pypi_downloads_per_day (project, date, count)
			SELECT concat('project-', leftPad(toString(intDiv(number, %d)), 4, '0')), toDate('2024-01-01') + %d + number %% %d, 1 FROM numbers(%d)`, days, load*days, days, 2000*days)
	}
	// The hundredth project's twenty rows lie within the second mark of each part.
	var database, table string
	var parts, rows, marks uint64
	err := db.Conn.QueryRow(t.Context(), "EXPLAIN ESTIMATE SELECT date, sum(count) FROM pypi_downloads_per_day WHERE project = 'project-0100' AND date >= '2024-01-01' AND date < '2025-01-01' GROUP BY date").
		Scan(&database, &table, &parts, &rows, &marks)
	if err != nil || parts != loads || rows != loads*mark {
		t.Errorf("%d rows of %d parts are read, want %d of %d: %v", rows, parts, loads*mark, loads, err)
	}
}
