package graph

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"clickql/internal/cube"
	"clickql/internal/oracle"
)

// insertMoving makes, of the downloads that there are, those of a project whose users
// move on: from 1.0 to 1.1 and 1.10, and in the end to 2.0, each release taking its
// time. Somebody had 2.0rc1 all along. Old Pythons move slower.
const insertMoving = `
INSERT INTO pypi SELECT * EXCEPT (day, u, pace) REPLACE ('moving' AS project, multiIf(
	day >= 90 AND u < (day - 90) * pace, '2.0', day >= 60 AND u < (day - 55) * pace, '1.10', day >= 30 AND u < (day - 30) * pace, '1.1', u = 99, '2.0rc1', '1.0') AS version)
FROM (SELECT *, toInt64(date - toDate('2023-11-20')) AS day, toInt64(cityHash64(rowNumberInAllBlocks(), filename, country_code, cpu) % 100) AS u,
	if(python_minor = '2.7', 1, 5) AS pace FROM pypi)`

// insertMovingFiles makes its files; of the first 1.10 only some were withdrawn, of
// the second 2.0rc1 and 2.1.dev3 all.
const insertMovingFiles = `
INSERT INTO projects (name, version, upload_time, yanked) VALUES
	('Moving', '1.0', '2023-11-01 00:00:00', 0), ('moving', '1.1', '2023-12-20 23:59:59', 0), ('moving', '1.10', '2024-01-19 08:00:00', 1),
	('moving', '1.10', '2024-01-20 08:00:00', 0), ('moving', '2.0rc1', '2024-02-01 00:00:00', 0), ('moving', '2.0', '2024-02-18 12:00:00', 0),
	('moving', '2.1.dev3', '2024-02-18 13:00:00', 1), ('moving', '1.1', '2024-02-20 00:00:00', 0)`

// upload is a release: the day of its first file, and what it is.
type upload struct{ version, at, kind string }

// movingUploads are the releases, newest first.
var movingUploads = []upload{
	{"2.1.dev3", "2024-02-18", "YANKED"}, {"2.0", "2024-02-18", "FINAL"}, {"2.0rc1", "2024-02-01", "PRE_RELEASE"},
	{"1.10", "2024-01-19", "FINAL"}, {"1.1", "2023-12-20", "FINAL"}, {"1.0", "2023-11-01", "FINAL"},
}

// inOrder are the versions by PEP 440, each with its minor release.
var inOrder = [][2]string{{"1.0", "1.0"}, {"1.1", "1.1"}, {"1.10", "1.10"}, {"2.0rc1", "2.0"}, {"2.0", "2.0"}, {"2.1.dev3", "2.1"}}

// newMovingData is the data of a database whose metadata tells what was withdrawn.
func newMovingData(t *testing.T) *testData {
	return newData(t, insertDownloads, insertMoving, "ALTER TABLE projects ADD COLUMN yanked Bool", insertMovingFiles)
}

// countImpact is what releaseImpact gives, download by download.
func countImpact(d *testData, s oracle.Slice, uploads []upload, kind string, after, first int) []any {
	from, to := s.From, s.To
	if s.AllTime {
		from, to = d.First, d.Last
	}
	on := map[string]map[time.Time]int{}
	for _, r := range s.Rows {
		if on[r.Of(cube.Version)] == nil {
			on[r.Of(cube.Version)] = map[time.Time]int{}
		}
		on[r.Of(cube.Version)][r.Day]++
	}
	out := []any{}
	for _, r := range uploads {
		came, _ := time.Parse(time.DateOnly, r.at)
		if came.Before(from) || came.After(to) || r.kind != kind || len(out) == first {
			continue
		}
		at := slices.IndexFunc(inOrder, func(v [2]string) bool { return v[0] == r.version })
		one := map[string]any{"release": map[string]any{"version": r.version, "preRelease": strings.ContainsAny(r.version, "rd"), "yanked": kind == "YANKED"},
			"kind": kind, "daysToHalf": nil, "daysToHalfOrNewer": nil, "peak": 0.0}
		for day := came; !day.After(to); day = day.AddDate(0, 0, 1) {
			own, newer, all := 0, 0, 0
			for i, v := range inOrder {
				n := on[v[0]][day]
				all += n
				if i == at {
					own = n
				}
				if i >= at {
					newer += n
				}
			}
			if all == 0 || !d.Settled(day) {
				continue
			}
			since := int(day.Sub(came).Hours() / 24)
			if one["daysToHalf"] == nil && float64(own)/float64(all) >= 0.5 {
				one["daysToHalf"] = since
			}
			if one["daysToHalfOrNewer"] == nil && float64(newer)/float64(all) >= 0.5 {
				one["daysToHalfOrNewer"] = since
			}
			one["peak"] = max(one["peak"].(float64), float64(own)/float64(all))
		}
		end := to
		if after > 0 && came.AddDate(0, 0, after).Before(to) {
			end = came.AddDate(0, 0, after)
		}
		for !d.Settled(end) && !end.Before(from) {
			end = end.AddDate(0, 0, -1)
		}
		one["stragglers"] = countStragglers(d, on, at, from, end)
		out = append(out, one)
	}
	return out
}

// countStragglers counts the week up to a day.
func countStragglers(d *testData, on map[string]map[time.Time]int, at int, from, end time.Time) []any {
	all, minors, counts := 0, []string{}, map[string]int{}
	for i := range 7 {
		day := end.AddDate(0, 0, -i)
		if day.Before(from) || !d.Settled(day) {
			continue
		}
		for j, v := range inOrder {
			all += on[v[0]][day]
			if j < at && on[v[0]][day] > 0 {
				if counts[v[1]] == 0 {
					minors = append(minors, v[1])
				}
				counts[v[1]] += on[v[0]][day]
			}
		}
	}
	sort.Slice(minors, func(i, j int) bool {
		if x, y := counts[minors[i]], counts[minors[j]]; x != y {
			return x > y
		}
		return minors[i] < minors[j]
	})
	out := []any{}
	for _, minor := range minors {
		out = append(out, map[string]any{"release": minor, "total": counts[minor], "share": float64(counts[minor]) / float64(all)})
	}
	return out
}

// Days to half, peaks and stragglers are what the downloads come to, counted one by
// one, of whatever range and filter.
func TestReleaseImpactEqualsTheDownloads(t *testing.T) {
	d := newMovingData(t)
	h := d.handler(Limits{})
	halves := 0
	rapid.Check(t, func(t *rapid.T) {
		q := d.DrawQuestion(t)
		kind := rapid.SampledFrom([]string{"FINAL", "FINAL", "PRE_RELEASE", "YANKED"}).Draw(t, "kind")
		after, first := rapid.IntRange(0, 60).Draw(t, "after"), rapid.SampledFrom([]int{10, 1, 2}).Draw(t, "first")
		args := append([]string{"kind: " + kind, fmt.Sprint("first: ", first)}, q.Args...)
		given := ""
		if after > 0 {
			given = fmt.Sprintf("(after: %d)", after)
		}
		want := countImpact(d, q.Of(d.Data, []string{"moving"}), movingUploads, kind, after, first)
		for _, one := range want {
			if one.(map[string]any)["daysToHalfOrNewer"] != nil {
				halves++
			}
		}
		check(t, h, `{ project(name: "Moving") { releaseImpact(`+strings.Join(args, ", ")+`) {
			release { version preRelease yanked } kind daysToHalf daysToHalfOrNewer peak stragglers`+given+` { release total share } } } }`,
			map[string]any{"project": map[string]any{"releaseImpact": want}})
	})
	if halves == 0 {
		t.Error("no release ever came to half")
	}
}

// What dropping would leave behind, and the releases around which that moved, are
// what the downloads come to, of a project, and of several together.
func TestDroppingIsMovedByReleases(t *testing.T) {
	d := newMovingData(t)
	h := d.handler(Limits{})
	came := map[string]time.Time{}
	for _, r := range movingUploads {
		if r.kind == "FINAL" {
			came[r.version], _ = time.Parse(time.DateOnly, r.at)
		}
	}
	moved := 0
	rapid.Check(t, func(t *rapid.T) {
		q, args := d.DrawQuestion(t), oracle.DrawDropping(t, true)
		names := rapid.SampledFrom([][]string{{"moving"}, {"moving", "numpy"}, {"flask", "moving", "pandas", "tiny"}}).Draw(t, "projects")
		s := q.Of(d.Data, names)
		want := map[string]any{"total": nil, "values": nil, "shares": nil}
		counted := d.Dropping(s, args)
		for name := range want {
			want[name] = counted[name]
		}
		list := d.MovedBy(s, args, came)
		want["movedBy"] = list[:min(2, len(list))]
		moved += len(list)
		check(t, h, `{ portfolio(projects: `+quoted(names)+`) { downloads`+q.Arguments()+` { dropping`+args.Arguments()+` {
			total values { value total share } shares movedBy(first: 2) { date releases { version } before after change } } } } }`,
			map[string]any{"portfolio": map[string]any{"downloads": map[string]any{"dropping": want}}})
	})
	if moved == 0 {
		t.Error("no release moved anything")
	}
}

// What cannot be answered says what to ask instead, at its place.
func TestDroppingsMistakes(t *testing.T) {
	d := newData(t)
	h := d.handler(Limits{Points: 50})
	for field, says := range map[string]string{
		`dropping(support: MAJOR) { total }`:                                                                  "named",
		`dropping(support: PYTHON) { movedBy { change } }`:                                                    "named",
		`dropping(support: GLIBC, glibc: "new") { total }`:                                                    "2.28",
		`dropping(support: GLIBC, interval: DAY) { shares }`:                                                  "longer interval",
		`dropping(support: PYTHON, interval: MONTH) { movedBy(first: -1) { date } }`:                          "first",
		`dropping(support: PYTHON, interval: MONTH) { movedBy(first: 1000000) { date } }`:                     "first",
		`by(dimension: PROJECT, others: true, first: 1) { downloads { dropping(support: MAJOR) { total } } }`: "named",
	} {
		got := post(t, h, `{ downloads { asOf `+field+` } }`, nil, nil)
		if len(got.Errors) != 1 || !strings.Contains(got.Errors[0].Message, says) {
			t.Errorf("%s: %s", field, got.body)
		}
	}
	for _, field := range []string{`releaseImpact { peak }`, `releaseImpact(first: -1) { peak }`} {
		got := post(t, h, `{ project(name: "numpy") { name `+field+` } }`, nil, nil)
		if len(got.Errors) != 1 || got.Data["project"] == nil {
			t.Errorf("%s: %s", field, got.body)
		}
	}
}
