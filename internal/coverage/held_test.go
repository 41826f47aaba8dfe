package coverage_test

import (
	"testing"

	"clickql/internal/catalog"
	"clickql/internal/chtest"
	"clickql/internal/coverage"
	"clickql/internal/cube"
)

// TestValuesAreFound: each value that a split shows is found by a filter on it, with as
// many downloads, however its column holds it and whatever the table is sorted by.
func TestValuesAreFound(t *testing.T) {
	db := chtest.NewWithSchema(t)
	err := db.Conn.Exec(t.Context(), `INSERT INTO pypi (date, project, version, ci, libc)
		SELECT toDate('2024-03-04') + number % 3, 'p' || toString(number % 7), '1', number % 3,
			[('glibc', '2.31'), ('glibc 2.31', ''), ('', 'glibc 2.31'), (' glibc', '2.31'), ('glibc', '2.31 '), ('a b', 'c'), ('a', 'b c'), ('a', ' b'),
			('musl', ''), ('', '1.2'), ('', ''), (' ', ' '), ('ä ö', 'ü'), ('it''s', '\\')][1 + number % 14]
		FROM numbers(10000)`)
	if err != nil {
		t.Fatal(err)
	}
	snap := known(t, db)
	for _, d := range []cube.Dimension{cube.CI, cube.Libc} {
		shown := pairs(t, db, "SELECT "+d.Value()+" AS v, toInt64(count()) FROM pypi GROUP BY v")
		if len(shown) < 3 {
			t.Fatalf("%s has the values %v alone", d, shown)
		}
		for _, none := range []string{"no such value", "true false", "'", `\`} {
			shown[none] = 0
		}
		for value, want := range shown {
			about := coverage.Asked{Days: snap.Days, Values: map[cube.Dimension]string{d: value}}
			for _, only := range []*catalog.Snapshot{snap, coverage.Only(snap, func(t *catalog.Table) bool { return t.Raw })} {
				for _, q := range []coverage.Question{{Global: true, Split: cube.Project, Filters: []cube.Dimension{d}}, {Global: true, Every: cube.Daily, Filters: []cube.Dimension{d}}} {
					got := int64(0)
					a := coverage.Answers(only, about, []coverage.Question{q})[0]
					for _, n := range ran(t, db, a) {
						got += n
					}
					if got != want {
						t.Errorf("%s %q: %s of %s counts %d, want %d", d, value, q, a.Table, got, want)
					}
				}
			}
		}
	}
}
