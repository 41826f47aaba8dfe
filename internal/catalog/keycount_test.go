package catalog_test

import (
	"math"
	"testing"

	"clickql/internal/catalog"
)

// skewed are 300,000 downloads of about 2,000 projects, the most popular of which
// has a hundred thousand, over 400 days.
const skewed = `INSERT INTO pypi (date, country_code, project, type, installer, python_minor, system, version, ci)
SELECT toDate('2023-01-01') + cityHash64(number, 1) % 400, char(65 + toUInt8(26 * pow(cityHash64(number, 2) % 1000 / 1000, 2))),
'p' || toString(toUInt32(2000 * pow(cityHash64(number, 3) % 100000 / 100000, 3))), 'sdist', ['pip', 'uv', 'poetry'][1 + cityHash64(number, 4) % 3],
'3.' || toString(8 + cityHash64(number, 5) % 5), 'Linux', toString(cityHash64(number, 6) % 20), CAST(cityHash64(number, 7) % 3 AS Int8)
FROM numbers(300000)`

// TestCountKeys estimates the size of aggregates from whole tables and from
// samples, and holds it against counting.
func TestCountKeys(t *testing.T) {
	w := newWorld(t)
	w.exec(skewed,
		"CREATE TABLE daily (project String, date Date, count Int64) ENGINE = SummingMergeTree ORDER BY (project, date)",
		"CREATE MATERIALIZED VIEW daily_mv TO daily AS SELECT project, date, count() AS count FROM pypi GROUP BY project, date",
		"INSERT INTO daily SELECT project, date, count() FROM pypi GROUP BY project, date")
	cat := w.open(catalog.Options{})
	keys := map[string]catalog.Key{
		"project, date, country_code":                     {Dims: []catalog.Dimension{catalog.Project, catalog.Country}, Grain: catalog.GrainDay},
		"project, date, ci":                               {Dims: []catalog.Dimension{catalog.Project, catalog.CI}, Grain: catalog.GrainDay},
		"project, toStartOfMonth(date), installer":        {Dims: []catalog.Dimension{catalog.Project, catalog.Installer}, Grain: catalog.GrainMonth},
		"project, version, python_minor":                  {Dims: []catalog.Dimension{catalog.Project, catalog.Version, catalog.Python}, Grain: catalog.GrainNone},
		"project, date":                                   {Dims: []catalog.Dimension{catalog.Project}, Grain: catalog.GrainDay},
		"date, country_code":                              {Dims: []catalog.Dimension{catalog.Country}, Grain: catalog.GrainDay},
		"toStartOfMonth(date), python_minor, installer":   {Dims: []catalog.Dimension{catalog.Python, catalog.Installer}, Grain: catalog.GrainMonth},
		"project, date, version, country_code, installer": {Dims: []catalog.Dimension{catalog.Project, catalog.Version, catalog.Country, catalog.Installer}, Grain: catalog.GrainDay},
	}
	var names []string
	var list []catalog.Key
	for name, k := range keys {
		names, list = append(names, name), append(list, k)
	}
	truth := make([]float64, len(list))
	for i, name := range names {
		var n uint64
		if err := w.Conn.QueryRow(t.Context(), "SELECT uniqExact("+name+") FROM pypi").Scan(&n); err != nil {
			t.Fatal(err)
		}
		truth[i] = float64(n)
	}
	for _, budget := range []uint64{1_000_000, 30_000} {
		got, err := catalog.CountKeys(t.Context(), w.Conn, cat.Snapshot(), list, budget)
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

func TestProposed(t *testing.T) {
	w := newWorld(t)
	w.exec(skewed)
	snap := w.open(catalog.Options{}).Snapshot()
	p := snap.Proposed("x", []string{"project", "date", "ci"}, 1000, 5000)
	if p.Grain != catalog.GrainDay || p.TimeColumn != "date" || !p.Dims[catalog.CI] || p.KeySpace <= 0 || p.Covers != snap.Days {
		t.Errorf("%+v", p)
	}
	var rows, days int
	for _, part := range p.Partitions {
		rows, days = rows+int(part.Rows), days+part.Days.Days()
	}
	if len(p.Partitions) != 2 || days != snap.Days.Days() || rows < 990 || rows > 1000 {
		t.Errorf("%+v", p.Partitions)
	}
	if with := snap.With(p); with.Table("x") != p || snap.Table("x") != nil {
		t.Error("With changes the snapshot, or does nothing")
	}
	daily, err := catalog.CountKeys(t.Context(), w.Conn, snap, []catalog.Key{{Grain: catalog.GrainDay}}, 0)
	if err != nil || math.Abs(daily[0].Rows/400-1) > 0.03 {
		t.Errorf("%+v, %v", daily, err)
	}
}

func TestReaders(t *testing.T) {
	w := newWorld(t)
	w.perDay()
	got, err := catalog.Readers(t.Context(), w.Conn, w.Name)
	if err != nil || len(got) != 1 || len(got[w.Name+".pypi"]) != 1 {
		t.Errorf("%v, %v", got, err)
	}
}
