package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"clickql/internal/cube"
	"clickql/internal/oracle"
)

// insertTrends makes downloads of forty projects, each beginning on a day of its
// own and coming in months of its own, over a year that begins and ends within a
// month.
const insertTrends = `
INSERT INTO pypi (date, project, version, installer)
SELECT toDate('2023-01-17') + day AS date, concat('p', toString(p)) AS project, '1.0' AS version, 'pip' AS installer
FROM (SELECT cityHash64(number, 'project') % 40 AS p, cityHash64(number, 'day') % 400 AS day FROM numbers(9000))
WHERE day >= p * p % 400 AND (date < '2023-02-01' OR cityHash64(p, toStartOfMonth(date)) % 5 != 0)`

// insertUploads makes uploads of most of them, by several names, and of one that
// was never downloaded. The newest is on 31 March, a month's length before which
// there is none.
const insertUploads = `
INSERT INTO projects (name, version, upload_time)
SELECT concat(['p', 'P'][number % 2 + 1], toString(number % 35)) AS name, '1.0',
	toDateTime64('2024-03-31 12:00:00', 3, 'UTC') - toIntervalHour(cityHash64(number) % 9000 * (number % 35 != 7))
FROM numbers(80)
UNION ALL SELECT 'nobody-wants-me', '1.0', toDateTime64('2000-01-01 00:00:00', 3, 'UTC')
UNION ALL SELECT 'p36', '1.0', toDateTime64('2024-02-29 12:00:00', 3, 'UTC')
UNION ALL SELECT 'p37', '1.0', toDateTime64('2024-02-29 11:59:59.999', 3, 'UTC')`

// Emerging, stale and hot projects equal what the rows say, with the index of
// projects and without.
func TestTrendsEqualTheRawTable(t *testing.T) {
	d := newData(t, insertTrends, insertUploads)
	if d.First.Day() == 1 || d.Last.AddDate(0, 0, 1).Day() == 1 {
		t.Fatalf("the data begins and ends with a month: %s to %s", d.First, d.Last)
	}
	for name, h := range d.withAndWithoutIndex() {
		for _, months := range []int{1, 2, 3, 7, 30, 1200} {
			for _, first := range []int{0, 2, 1000} {
				ranking := fmt.Sprintf("(months: %d, first: %d) { total project { name downloads { total } } }", months, first)
				least := min(12*months, 100)
				got := post(t, h, fmt.Sprintf(`{ emergingProjects%s staleProjects%s
					hotProjects(months: %d, first: %d, minDownloads: %d) { growth project { name downloads { total } } series { interval dates totals } } }`,
					ranking, ranking, months, first, least), nil, nil)
				want := map[string]any{
					"emergingProjects": d.ranked(d.emerging(months), first),
					"staleProjects":    d.ranked(d.stale(months), first),
					"hotProjects":      d.hot(months, first, least),
				}
				if diff := gocmp.Diff(plain(want), plain(got.Data), closeEnough); diff != "" || len(got.Errors) > 0 {
					t.Errorf("%s, %d months, first %d: %v (-rows +GraphQL):\n%s", name, months, first, got.Errors, diff)
				}
			}
		}
	}
	for what, n := range map[string]int{"emerging": len(d.emerging(3)), "stale": len(d.stale(2)), "hot": len(d.hot(7, 1000, 84))} {
		if n < 3 {
			t.Errorf("only %d projects are %s", n, what)
		}
	}
}

// monthsBefore is the same day so many months before, the month's last where it
// has no such day.
func monthsBefore(at time.Time, months int) time.Time {
	first := time.Date(at.Year(), at.Month()-time.Month(months), 1, at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), time.UTC)
	return first.AddDate(0, 0, min(at.Day(), first.AddDate(0, 1, -1).Day())-1)
}

// emerging are the projects without a download before the day so many months
// before the newest settled one, or before the first day from then on that seven
// settled ones precede.
func (d *testData) emerging(months int) (names []string) {
	since := monthsBefore(d.SettledDay(), months)
	for preceded := false; !preceded && !since.After(d.Last); {
		preceded = true
		for i := 1; i <= 7; i++ {
			preceded = preceded && d.Settled(since.AddDate(0, 0, -i))
		}
		if !preceded {
			since = since.AddDate(0, 0, 1)
		}
	}
	for project, days := range d.downloadDays() {
		if !slices.MinFunc(days, time.Time.Compare).Before(since) {
			names = append(names, project)
		}
	}
	return names
}

// downloadDays is the day of each download by project.
func (d *testData) downloadDays() map[string][]time.Time {
	days := map[string][]time.Time{}
	for _, r := range d.Rows {
		project := r.Of(cube.Project)
		days[project] = append(days[project], r.Day)
	}
	return days
}

// stale are the downloaded projects whose newest file is older than the newest
// of all by more than so many months.
func (d *testData) stale(months int) (names []string) {
	newest := map[string]time.Time{}
	var last time.Time
	for _, f := range d.files {
		if f.at.After(newest[f.name]) {
			newest[f.name] = f.at
		}
		if f.at.After(last) {
			last = f.at
		}
	}
	downloaded := d.downloadDays()
	for name, at := range newest {
		if downloaded[name] != nil && at.Before(monthsBefore(last.UTC(), months)) {
			names = append(names, name)
		}
	}
	return names
}

// hot are the projects by their largest rise between calendar months that are
// settled wholly, none of which begins before the data.
func (d *testData) hot(months, first, least int) []any {
	start := time.Date(d.Last.Year(), d.Last.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, 1-months, 0)
	for start.Before(d.First) {
		start = start.AddDate(0, 1, 0)
		if earliest := time.Date(d.First.Year(), d.First.Month(), 1, 0, 0, 0, 0, time.UTC); start.Before(earliest) {
			start = earliest
		}
	}
	type riser struct {
		name   string
		growth float64
		series map[string]any
		total  int
	}
	var risers []riser
	for name, days := range d.downloadDays() {
		all := (oracle.Slice{Rows: d.Rows, From: start, To: d.Last}).Of(name)
		r := riser{name: name, series: all.LoadedSeries(d.Data, "MONTH"), total: len(days)}
		complete := r.series["complete"].([]any)
		delete(r.series, "points")
		delete(r.series, "complete")
		delete(r.series, "missing")
		totals := r.series["totals"].([]any)
		for i := range totals[:max(0, len(totals)-1)] {
			if before, after := totals[i].(int), totals[i+1].(int); before > 0 && complete[i] == true && complete[i+1] == true {
				r.growth = max(r.growth, float64(after-before)/float64(before))
			}
		}
		if len(all.Counted()) >= least && r.growth > 0 {
			risers = append(risers, r)
		}
	}
	slices.SortFunc(risers, func(a, b riser) int { return cmp.Or(cmp.Compare(b.growth, a.growth), strings.Compare(a.name, b.name)) })
	out := []any{}
	for _, r := range risers[:min(first, len(risers))] {
		out = append(out, map[string]any{"growth": r.growth, "series": r.series,
			"project": map[string]any{"name": r.name, "downloads": map[string]any{"total": r.total}}})
	}
	return out
}
