package keycount_test

import (
	"math"
	"os"
	"testing"

	"clickql/internal/catalog"
	"clickql/internal/catalog/keycount"
	"clickql/internal/chtest"
	"clickql/internal/cube"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// skewed are 300,000 downloads of about 2,000 projects, the most popular of which
// has a hundred thousand, over 400 days.
const skewed = `INSERT INTO pypi (date, country_code, project, type, installer, python_minor, system, version, ci)
SELECT toDate('2023-01-01') + cityHash64(number, 1) % 400, char(65 + toUInt8(26 * pow(cityHash64(number, 2) % 1000 / 1000, 2))),
'p' || toString(toUInt32(2000 * pow(cityHash64(number, 3) % 100000 / 100000, 3))), 'sdist', ['pip', 'uv', 'poetry'][1 + cityHash64(number, 4) % 3],
'3.' || toString(8 + cityHash64(number, 5) % 5), 'Linux', toString(cityHash64(number, 6) % 20), CAST(cityHash64(number, 7) % 3 AS Int8)
FROM numbers(300000)`

// TestEstimate estimates the size of aggregates from whole tables and from
// samples, and holds it against counting.
func TestEstimate(t *testing.T) {
	db, cat := opened(t,
		"CREATE TABLE daily (project String, date Date, count Int64) ENGINE = SummingMergeTree ORDER BY (project, date)",
		"CREATE MATERIALIZED VIEW daily_mv TO daily AS SELECT project, date, count() AS count FROM pypi GROUP BY project, date",
		"INSERT INTO daily SELECT project, date, count() FROM pypi GROUP BY project, date")
	keys := map[string]catalog.Key{
		"project, date, country_code":                     {Dims: []cube.Dimension{cube.Project, cube.Country}, Grain: cube.GrainDay},
		"project, date, ci":                               {Dims: []cube.Dimension{cube.Project, cube.CI}, Grain: cube.GrainDay},
		"project, toStartOfMonth(date), installer":        {Dims: []cube.Dimension{cube.Project, cube.Installer}, Grain: cube.GrainMonth},
		"project, version, python_minor":                  {Dims: []cube.Dimension{cube.Project, cube.Version, cube.Python}, Grain: cube.GrainNone},
		"project, date":                                   {Dims: []cube.Dimension{cube.Project}, Grain: cube.GrainDay},
		"date, country_code":                              {Dims: []cube.Dimension{cube.Country}, Grain: cube.GrainDay},
		"toStartOfMonth(date), python_minor, installer":   {Dims: []cube.Dimension{cube.Python, cube.Installer}, Grain: cube.GrainMonth},
		"project, date, version, country_code, installer": {Dims: []cube.Dimension{cube.Project, cube.Version, cube.Country, cube.Installer}, Grain: cube.GrainDay},
	}
	var names []string
	var list []catalog.Key
	for name, k := range keys {
		names, list = append(names, name), append(list, k)
	}
	truth := make([]float64, len(list))
	for i, name := range names {
		var n uint64
		if err := db.Conn.QueryRow(t.Context(), "SELECT uniqExact("+name+") FROM pypi").Scan(&n); err != nil {
			t.Fatal(err)
		}
		truth[i] = float64(n)
	}
	for _, budget := range []uint64{1_000_000, 30_000} {
		got, err := keycount.Estimate(t.Context(), db.Conn, cat.Snapshot(), list, budget)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range got {
			off := c.Rows/truth[i] - 1
			t.Logf("budget %d: %s: %.0f ± %.1f %% (at least: %v), off by %.1f %%", budget, names[i], c.Rows, 100*c.Error, c.AtLeast, 100*off)
			allowed := 0.03 + 4*c.Error
			switch {
			case budget == 1_000_000 && (c.AtLeast || math.Abs(off) > 0.03):
				t.Errorf("%s counted whole is off by %.1f %%", names[i], 100*off)
			case c.AtLeast && (off > allowed || off < -0.6), !c.AtLeast && math.Abs(off) > allowed:
				t.Errorf("%s in a sample is off by %.1f %%", names[i], 100*off)
			case c.Error > 0.3:
				t.Errorf("%s: an error of %.0f %%", names[i], 100*c.Error)
			}
		}
	}
}

// TestEstimateWithoutBudget looks at some rows all the same.
func TestEstimateWithoutBudget(t *testing.T) {
	db, cat := opened(t)
	daily, err := keycount.Estimate(t.Context(), db.Conn, cat.Snapshot(), []catalog.Key{{Grain: cube.GrainDay}}, 0)
	if err != nil || math.Abs(daily[0].Rows/400-1) > 0.03 {
		t.Errorf("%+v, %v", daily, err)
	}
}

// opened is the catalog of a database of the skewed downloads, after further
// statements.
func opened(t *testing.T, statements ...string) (*chtest.DB, *catalog.Catalog) {
	t.Helper()
	db := chtest.New(t)
	for _, sql := range append([]string{rawTable, skewed}, statements...) {
		if err := db.Conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s\n%v", sql, err)
		}
	}
	cat, err := catalog.Open(t.Context(), db.Conn, catalog.Options{Database: db.Name})
	if err == nil {
		err = cat.Ready()
	}
	if err != nil {
		t.Fatal(err)
	}
	return db, cat
}

const rawTable = `CREATE TABLE pypi (date Date, country_code LowCardinality(String), project String, type LowCardinality(String),
installer LowCardinality(String), python_minor LowCardinality(String), system LowCardinality(String), version String,
ci Enum8('false' = 0, 'true' = 1, 'unknown' = 2), filename String, libc Tuple(lib LowCardinality(String), version LowCardinality(String)))
ENGINE = MergeTree PARTITION BY toYYYYMM(date) ORDER BY (project, date, version)`
