package oracle_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"clickql/internal/cube"
	"clickql/internal/oracle"
)

// insertOld makes, of the downloads that there are, those of a project with fourteen old
// versions, of which the older have fewer, and of one with six.
const insertOld = `INSERT INTO pypi SELECT * EXCEPT (u) REPLACE (if(u % 9 = 0, 'few', 'old') AS project, concat('0.', toString(if(u % 9 = 0, intDiv(u, 9) % 6, toUInt64(sqrt(u % 196))))) AS version)
FROM (SELECT *, cityHash64(rowNumberInAllBlocks(), filename, country_code, cpu) AS u FROM pypi WHERE project IN ('numpy', 'pandas'))`

// insertOldFiles makes their files, one to five of each version, on days of their own;
// and those of two versions that came later, of which one was never downloaded.
const insertOldFiles = `INSERT INTO projects (name, version, upload_time)
SELECT ['Old', 'few'][1 + few], concat('0.', toString(v)), toDateTime('2020-09-01 23:59:59') + toIntervalDay(60 * v + f)
FROM (SELECT number % 14 AS v, intDiv(number, 14) % 5 AS f, number >= 70 AS few FROM numbers(140)) WHERE f <= v % 5 AND (NOT few OR v < 6)
UNION ALL SELECT 'old', '1.0', toDateTime('2023-06-01 12:00:00') UNION ALL SELECT 'old', '1.1', toDateTime('2030-01-01 00:00:00')`

// oldUploads are the versions of the first, by hand.
func oldUploads(versions int) (list []oracle.Upload) {
	for v := range versions {
		list = append(list, oracle.Upload{Version: fmt.Sprintf("0.%d", v), Came: time.Date(2020, 9, 1+60*v, 23, 59, 59, 0, time.UTC), Files: 1 + v%5})
	}
	return list
}

// What machines add that fetch every file is, of whatever days and filter, what the
// single downloads of each version come to.
func TestFloor(t *testing.T) {
	d := own(t)
	d.exec(insertOld, insertOldFiles)
	d.read("pypi")
	if versions, _ := d.data.All().Of("old").Split(cube.Version, 99, false); len(versions) != 14 {
		t.Fatalf("%d versions have downloads", len(versions))
	}
	uploads := map[string][]oracle.Upload{"few": oldUploads(6), "old": append(oldUploads(14),
		oracle.Upload{Version: "1.0", Came: time.Date(2023, 6, 1, 12, 0, 0, 0, time.UTC), Files: 1},
		oracle.Upload{Version: "1.1", Came: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), Files: 1})}
	h := d.open()
	seed := drawn(t, 200)
	asked, told := &tally{}, 0
	t.Cleanup(func() { t.Logf("%s=%d: %s, %d floors", seedEnv, seed, asked, told) })
	rapid.Check(t, func(t *rapid.T) {
		q := d.data.DrawQuestion(t)
		for strings.Contains(q.Arguments(), "specifier") { // which are of other versions
			q = d.data.DrawQuestion(t)
		}
		want := map[string]any{}
		for name, of := range uploads {
			want[name] = map[string]any{"floor": q.Of(d.data, []string{name}).Floor(d.data, of)}
		}
		if want["old"].(map[string]any)["floor"] != nil {
			told++
		}
		document := ""
		for _, name := range []string{"few", "old"} {
			document += fmt.Sprintf(" %s: project(name: %[1]q) { floor%s { estimate low high perFile deadVersions } }", name, q.Arguments())
		}
		asked.one(t, h, d, oracle.Operation{Document: "{" + document + " }", Want: want})
	})
	if told == 0 {
		t.Error("of nothing a floor was told")
	}
}
