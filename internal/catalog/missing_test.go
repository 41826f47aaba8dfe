package catalog_test

import (
	"fmt"
	"testing"

	"clickql/internal/catalog"
	"clickql/internal/cube"
)

// TestMissing finds the days between others on which nobody has a download,
// where everything is compared and where a sample is.
func TestMissing(t *testing.T) {
	for _, whole := range []uint64{0, 10} { // the default, and few enough to sample
		w := newWorld(t)
		w.perDay()
		w.aggregate("totals", "project String, count Int64", "SummingMergeTree", "project", "SELECT project, count() AS count FROM pypi GROUP BY project")
		w.load(3000, "2026-01-01")
		c := w.open(catalog.Options{WholeRows: whole, Settle: 1})
		if s := w.ready(c); s.Missing != nil {
			t.Fatalf("nothing is missing, yet %v", s.Missing)
		}
		for _, table := range []string{"pypi", "per_day"} {
			w.exec("ALTER TABLE " + table + " DELETE WHERE date IN ('2026-01-01', '2026-02-14', '2026-02-15', '2026-03-01', '2026-04-10') SETTINGS mutations_sync = 2")
		}
		w.exec("TRUNCATE TABLE totals", "INSERT INTO totals SELECT project, count() FROM pypi GROUP BY project")
		// A day on which one project is alone is not missing.
		w.exec("INSERT INTO pypi (date, project) VALUES ('2026-03-01', 'rare')")
		s := w.refreshed(c)
		if got := fmt.Sprint(s.Missing, s.Days); got != "[2026-02-14 2026-02-15] {2026-01-02 2026-04-09}" {
			t.Errorf("compared whole up to %d rows: missing %s", whole, got)
		}
		if n := len(s.Daily); whole == 0 && (n != 96 || s.Daily[0].Day != s.Days.From || s.Daily[n-1].Day != s.Days.To || s.Daily[0].Total != 30) || whole != 0 && s.Daily != nil {
			t.Errorf("compared whole up to %d rows: %d days with totals: %v", whole, n, s.Daily)
		}
		at := s.Missing[0]
		for want, r := range map[int]cube.Range{2: s.Days, 1: {From: at, To: at}, 0: {From: at + 2, To: at + 9}} {
			if got := s.Calendar().Missing(r); len(got) != want {
				t.Errorf("missing in %v: %v", r, got)
			}
		}
		w.exec("INSERT INTO pypi (date, project) VALUES ('2026-02-14', 'rare')")
		if s = w.refreshed(c); fmt.Sprint(s.Missing) != "[2026-02-15]" {
			t.Errorf("after one came back: %v", s.Missing)
		}
	}
}
