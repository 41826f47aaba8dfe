package catalog_test

import (
	"testing"

	"clickql/internal/catalog"
)

// Rows that no download can be of, from the future or of 1970, end no range: whether
// everything is compared or a sample, whatever the tables.
func TestRowsOfImpossibleDays(t *testing.T) {
	for _, whole := range []uint64{0, 10} {
		w := newWorld(t)
		w.perDay()
		w.aggregate("totals", "project String, count Int64", "SummingMergeTree", "project", "SELECT project, count() AS count FROM pypi GROUP BY project")
		w.aggregate("months", "project String, month Date, count Int64", "SummingMergeTree(count)", "project, month", "SELECT project, toStartOfMonth(date) AS month, count() AS count FROM pypi GROUP BY ALL")
		w.load(3000, "2026-01-01")
		w.exec("INSERT INTO pypi (date, project) VALUES ('2091-01-15', 'a'), ('1970-01-01', 'a'), ('1970-01-02', 'b')")
		s := w.ready(w.open(catalog.Options{WholeRows: whole}))
		for _, name := range []string{"per_day", "totals", "months", "pypi"} {
			w.covers(s, name, hundred)
			if !w.table(s, name).Stray {
				t.Errorf("%s is not marked", name)
			}
		}
		if s.Days != days(t, hundred) || len(s.Missing) > 1 || s.Strays == 0 || whole == 0 && (s.Strays != 3 || len(s.Daily) != 100) {
			t.Errorf("days %v, %d missing, %d strays, %d days with totals", s.Days, len(s.Missing), s.Strays, len(s.Daily))
		}
	}
}
