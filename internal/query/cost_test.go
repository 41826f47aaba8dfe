package query

import (
	"testing"

	"clickql/internal/catalog"
	"clickql/internal/cube"
)

// TestRowsOfATableOfMonths: a project's months lie apart in a table whose key
// begins with the month. A small table is read whole then; a large one a granule
// for each month.
func TestRowsOfATableOfMonths(t *testing.T) {
	r := cube.TotalOf(project("boto3").On(days("2023-09-01", "2024-07-31")))
	for rows, want := range map[uint64][2]float64{35_000: {25_000, 35_000}, 50_000_000: {11 * catalog.DefaultGranule, 30 * catalog.DefaultGranule}} {
		snap := snapshot()
		months := snap.Table("pypi_downloads_per_month")
		months.Rows, months.Parts = rows, 1
		k := costingOf(snap)
		b := k.single(r)
		got := k.estimate(months, k.narrowing(b.slice()), b.need(), b).rows
		if got < want[0] || got > want[1] {
			t.Errorf("of %d rows it would read %.0f, want %.0f to %.0f", rows, got, want[0], want[1])
		}
	}
}

// TestGranulesAreTheTables: a table with more marks costs fewer rows of each part.
func TestGranulesAreTheTables(t *testing.T) {
	r := cube.TotalOf(project("boto3").On(days("2024-05-01", "2024-07-29")))
	read := map[float64]float64{}
	for _, granule := range []float64{0, catalog.DefaultGranule, catalog.DefaultGranule / 8} {
		snap := snapshot()
		daily := snap.Table("pypi_downloads_per_day")
		daily.Rows, daily.Parts, daily.Granule = 50_000_000, 4, granule
		k := costingOf(snap)
		b := k.single(r)
		read[granule] = k.estimate(daily, k.narrowing(b.slice()), b.need(), b).rows
	}
	if whole := read[catalog.DefaultGranule]; read[0] != whole || read[catalog.DefaultGranule/8] < whole/9 || read[catalog.DefaultGranule/8] > whole/6 {
		t.Errorf("by the rows of a granule it would read %v", read)
	}
}

// TestRawIsACandidate: a project of few downloads is read from the raw table,
// however many other columns an aggregate has left out.
func TestRawIsACandidate(t *testing.T) {
	snap := snapshot()
	snap.Projects = catalog.NewIndex([]catalog.Entry{{Name: "large", Total: 19_000_000}, {Name: "small", Total: 40}})
	wide := snap.Table("pypi_downloads_per_day_by_version_by_country")
	wide.Parts, snap.Table("pypi").Parts = 9, 1
	for name, want := range map[string]string{"small": "pypi.pypi", "large": "pypi.pypi_downloads_per_day_by_version_by_country"} {
		p := NewPlan(snap, []cube.Request{cube.SplitOf(project(name), cube.Country, 3, nil)}, Options{})
		if len(p.Queries) != 1 || p.Queries[0].Table != want {
			t.Errorf("%s: %s", name, describePlan(p))
		}
	}
}
