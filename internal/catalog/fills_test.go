package catalog_test

import (
	"fmt"
	"testing"

	"clickql/internal/catalog"
	"clickql/internal/cube"
)

// wide inserts a hundred downloads a day over so many days, with the columns that
// came later where filled.
func (w *world) wide(from string, days int, filled bool) {
	w.t.Helper()
	names, values := "", ""
	if filled {
		names = ", platform, cpu, installer_version"
		values = ", if(number % 2, 'any', ''), ['x86_64', ''][1 + number % 3 % 2], 'pip 24.0'"
	}
	w.exec(fmt.Sprintf("INSERT INTO pypi (date, project, type, installer, filename%s) SELECT toDate('%s') + intDiv(number, 100), toString(number %% 7), "+
		"['sdist', 'bdist_wheel'][1 + number %% 2], 'pip', ['a-1.tar.gz', 'a-1-py3-none-any.whl'][1 + number %% 2]%s FROM numbers(%d)", names, from, values, 100*days))
}

// TestColumnsCameLater has columns that the first days' rows, and half of a day's,
// say nothing in.
func TestColumnsCameLater(t *testing.T) {
	for name, opts := range map[string]catalog.Options{"compared whole": {}, "sampled": {WholeRows: 10}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.perDay()
			w.wide("2026-01-01", 50, false)
			for _, d := range []cube.Dimension{cube.Platform, cube.CPU, cube.InstallerVersion, cube.Distro} {
				w.exec("ALTER TABLE pypi ADD COLUMN " + d.Column() + " LowCardinality(String)")
			}
			w.aggregate("by_cpu", "project String, date Date, cpu String, count Int64", "SummingMergeTree", "project, date, cpu", "SELECT project, date, cpu, count() AS count FROM pypi GROUP BY ALL")
			w.aggregate("by_platform", "project String, date Date, platform String, count Int64", "SummingMergeTree", "project, date, platform",
				"SELECT project, date, platform, count() AS count FROM pypi GROUP BY ALL")
			w.exec("INSERT INTO by_cpu SELECT project, date, cpu, count() FROM pypi GROUP BY ALL", "INSERT INTO by_platform SELECT project, date, platform, count() FROM pypi GROUP BY ALL")
			w.wide("2026-02-19", 50, true)
			w.wide("2026-02-19", 1, false)
			c := w.open(opts)
			s := w.ready(c)
			after := days(t, "2026-02-20 2026-04-09")
			for table, d := range map[string]cube.Dimension{"pypi": cube.CPU, "by_cpu": cube.CPU, "by_platform": cube.Platform} {
				if got := w.table(s, table).Fills[d]; got != after || w.table(s, table).Covers != s.Days {
					t.Errorf("%s of %s tells of %v, want %v", d, table, got, after)
				}
			}
			if got := w.table(s, "pypi").Fills[cube.Distro]; got != after { // it is written together with the others
				t.Errorf("the distribution tells of %v, want %v", got, after)
			}
			// Filled in the raw table alone, the aggregate is not what it was made of.
			w.exec("ALTER TABLE pypi UPDATE platform = 'any' WHERE type = 'bdist_wheel' SETTINGS mutations_sync = 2")
			if err := c.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			s = w.ready(c)
			if fills, some := w.table(s, "pypi").Fills[cube.Platform]; some {
				t.Errorf("filled, the platform tells of %v only", fills)
			}
			if got := w.table(s, "by_platform").Fills[cube.Platform]; got != after {
				t.Errorf("the aggregate tells of %v, want %v", got, after)
			}
		})
	}
}

// TestColumnsWithoutWitness has columns of which nothing but their own values tells
// since when they are filled.
func TestColumnsWithoutWitness(t *testing.T) {
	w := &world{chtestNew(t), t}
	w.exec("CREATE TABLE pypi (date Date, project String, cpu String, arch String, abi UInt8) ENGINE = MergeTree ORDER BY (project, date)",
		"INSERT INTO pypi (date, project) SELECT toDate('2026-01-01') + number % 50, 'a' FROM numbers(500)",
		"INSERT INTO pypi (date, project, cpu) SELECT toDate('2026-02-20') + number % 50, 'a', if(intDiv(number, 50) % 2, 'x86_64', '') FROM numbers(500)")
	raw := w.table(w.snapshot(), "pypi")
	if got, want := raw.Fills[cube.CPU], days(t, "2026-02-20 2026-04-10"); got != want {
		t.Errorf("the processor tells of %v, want %v", got, want)
	}
	if got := raw.Fills[cube.Arch]; !got.Empty() || !raw.Dims[cube.Arch] || raw.Tells(cube.Arch, days(t, "2026-04-01 2026-04-02")) {
		t.Errorf("an empty column tells of %v", got)
	}
	if raw.Unusable[cube.ABI] == "" {
		t.Error("a number is used as an ABI tag")
	}
}

// TestFilesWithoutNames: where names came later than rows, what they would tell is not
// known of the days before.
func TestFilesWithoutNames(t *testing.T) {
	w := &world{chtestNew(t), t}
	w.exec("CREATE TABLE pypi (" + rawColumns + ", platform String) ENGINE = MergeTree ORDER BY (project, date)")
	w.exec("INSERT INTO pypi (date, project, type) SELECT toDate('2026-01-01') + number % 50, 'a', 'bdist_wheel' FROM numbers(500)",
		"INSERT INTO pypi (date, project, type, filename, platform) SELECT toDate('2026-02-20') + number % 50, 'a', 'bdist_wheel', 'a-1-py3-none-any.whl', 'any' FROM numbers(500)")
	if got, want := w.table(w.snapshot(), "pypi").Fills[cube.Platform], days(t, "2026-02-20 2026-04-10"); got != want {
		t.Errorf("the platform tells of %v, want %v", got, want)
	}
}

// TestColumnsFilledFromTheStart: what is empty since nothing was reported, and
// names that are no wheel's, are no holes.
func TestColumnsFilledFromTheStart(t *testing.T) {
	w := &world{chtestNew(t), t}
	w.exec("CREATE TABLE pypi (" + rawColumns + ", platform String, cpu String, installer_version String) ENGINE = MergeTree ORDER BY (project, date)")
	w.exec("INSERT INTO pypi (date, project, type, filename) SELECT toDate('2026-01-01') + number % 50, 'a', 'bdist_wheel', 'nonsense.whl' FROM numbers(500)")
	w.wide("2026-01-01", 50, true)
	if got := w.table(w.snapshot(), "pypi").Fills; len(got) > 0 {
		t.Errorf("columns tell of some days only: %v", got)
	}
}
