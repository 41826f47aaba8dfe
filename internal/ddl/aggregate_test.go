package ddl_test

import (
	"slices"
	"strings"
	"testing"

	"clickql/internal/chtest"
	"clickql/internal/ddl"
)

func TestAggregateNames(t *testing.T) {
	for want, key := range map[string][]string{
		"pypi_downloads": {"project"},
		"pypi_downloads_per_day_by_version_by_system_by_country": {"project", "version", "date", "country_code", "system"},
		"pypi_downloads_per_day_by_ci":                           {"project", "ci", "date"},
		"pypi_total_per_month_by_country":                        {"month", "country_code"},
	} {
		if got := ddl.AggregateName(key...); got != want {
			t.Errorf("%v: %s, want %s", key, got, want)
		}
	}
	names := map[string]string{} // different keys, different names
	columns := slices.DeleteFunc(ddl.KeyColumns(), func(c string) bool { return c == "month" })
	for set := 1; set < 1<<len(columns); set++ {
		var key []string
		for i, c := range columns {
			if set&(1<<i) != 0 {
				key = append(key, c)
			}
		}
		text, name := strings.Join(key, ","), ddl.AggregateName(key...)
		if other, taken := names[name]; taken {
			t.Fatalf("%s is the name of %s and of %s", name, other, text)
		}
		names[name] = text
	}
}

func TestAggregateRefusesKeys(t *testing.T) {
	for want, key := range map[string][]string{
		"no key":         nil,
		"twice":          {"project", "project"},
		"no column":      {"project", "count"},
		"date and month": {"project", "date", "month"},
	} {
		if _, err := ddl.Aggregate("pypi_x", key...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", key, err)
		}
	}
	for _, name := range []string{"", "a b", "1a", "a`", strings.Repeat("a", 182)} {
		if _, err := ddl.Aggregate(name, "project"); err == nil {
			t.Errorf("the name %q is taken", name)
		}
	}
}

// TestAggregateCounts creates an aggregate of every column there is.
func TestAggregateCounts(t *testing.T) {
	db := chtest.NewWithSchema(t)
	agg, err := ddl.Aggregate("pypi_wide", "project", "date", "ci", "libc", "type", "filename", "country_code")
	if err != nil {
		t.Fatal(err)
	}
	o := ddl.Options{Database: db.Name}
	for _, sql := range []string{agg.Create(o, agg.Name), agg.CreateView(o),
		"INSERT INTO pypi (date, project, ci, libc) SELECT '2024-03-01', 'alpha', 'true', ('glibc', toString(number % 2)) FROM numbers(10)"} {
		if err := db.Conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	var rows uint64
	var downloads int64
	if err := db.Conn.QueryRow(t.Context(), "SELECT count(), sum(count) FROM pypi_wide").Scan(&rows, &downloads); err != nil {
		t.Fatal(err)
	}
	if rows != 2 || downloads != 10 {
		t.Errorf("%d rows of %d downloads, want 2 of 10", rows, downloads)
	}
}
