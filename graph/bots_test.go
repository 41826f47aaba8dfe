package graph

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"clickql/internal/catalog"
	"clickql/internal/chtest"
	"clickql/internal/ddl"
	"clickql/internal/fetch"
	"clickql/internal/sample"
)

// The sample that machines are put into: its last two thirds are in the present
// shape of exports, which is loaded.
var botsSample = sample.Options{Rows: 500_000, Days: 225, Projects: 30, Seed: 1, Until: sample.Defaults().Until}

// sampled is a database with a sample, and a handler that answers from it as it is
// at the first question.
func sampled(t *testing.T) *chtest.DB {
	t.Helper()
	db := chtest.NewWithSchema(t)
	o := botsSample
	o.Dir = t.TempDir()
	if _, err := sample.Write(t.Context(), db.Conn, o, nil); err != nil {
		t.Fatal(err)
	}
	var names, expressions []string
	for _, c := range ddl.Landing().Columns {
		names, expressions = append(names, c.Name), append(expressions, c.SQL+" AS `_"+c.Name+"`")
	}
	for _, sql := range []string{
		fmt.Sprintf("INSERT INTO pypi (%s) SELECT %s FROM file('%s', 'Parquet') WHERE %s", strings.Join(names, ", "), strings.Join(expressions, ", "),
			filepath.Join(o.Dir, sample.DownloadsDir, "1*.parquet"), ddl.Landing().Accepted()),
		"INSERT INTO projects (name, version, upload_time, filename) SELECT name, version, upload_time, filename FROM file('" + filepath.Join(o.Dir, sample.ProjectsDir, "*.parquet") + "', 'Parquet')",
	} {
		if err := db.Conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// answer asks the database as it is now.
func answer(t *testing.T, db *chtest.DB, query string, into any) {
	t.Helper()
	cat, err := catalog.Open(t.Context(), db.Conn, catalog.Options{Database: db.Name})
	if err != nil {
		t.Fatal(err)
	}
	got := post(t, NewHandler(HandlerConfig{Loader: fetch.New(fetch.Config{Conn: db.Conn, Catalog: cat})}), query, nil, nil)
	if len(got.Errors) > 0 {
		t.Fatalf("%.1000s", got.body)
	}
	b, err := json.Marshal(got.Data)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The largest projects of the sample, and the days at its end that are looked at.
const (
	botsProjects = 20
	botsDays     = 90
)

// spikesOf are the days out of line of the largest projects, as PROJECT DAY.
func spikesOf(t *testing.T, db *chtest.DB) map[string]bool {
	t.Helper()
	var got struct {
		TopProjects struct {
			Nodes []struct {
				Project struct {
					Name      string
					Downloads struct {
						Series struct{ Spikes []struct{ Date string } }
					}
				}
			}
		}
	}
	answer(t, db, fmt.Sprintf(`{ topProjects(first: %d) { nodes { project { name downloads(range: {last: %d}) { series { spikes { date } } } } } } }`, botsProjects, botsDays), &got)
	found := map[string]bool{}
	for _, n := range got.TopProjects.Nodes {
		for _, s := range n.Project.Downloads.Series.Spikes {
			found[n.Project.Name+" "+s.Date] = true
		}
	}
	return found
}

// machineDays puts machines into the database that fetch a project so many times as
// much again as its day has, on a day in 30, another one for each salt; it tells
// which, as PROJECT DAY.
func machineDays(t *testing.T, db *chtest.DB, times, salt int) (days []string) {
	t.Helper()
	some := fmt.Sprintf(`WITH (SELECT groupArray(project) FROM (SELECT project FROM pypi GROUP BY project ORDER BY count() DESC, project LIMIT %d)) AS largest,
		(SELECT max(date) FROM pypi) AS last
		SELECT %%s FROM pypi WHERE pypi.installer != 'machine' AND has(largest, project) AND date > last - %d AND cityHash64(project, date) %%%% 30 = %d`, botsProjects, botsDays, salt)
	days = column(t, db, fmt.Sprintf(some, "DISTINCT concat(project, ' ', toString(date))"))
	for range times {
		if err := db.Conn.Exec(t.Context(), "INSERT INTO pypi "+fmt.Sprintf(some, "* REPLACE ('machine' AS installer)")); err != nil {
			t.Fatal(err)
		}
	}
	return days
}

// Machines that fetch one project a few times more on some days are found, and few
// other days are; a day on which all of PyPI rises is nobody's. What machines add that
// fetch every file is about what the floor tells.
func TestMachinesAreFound(t *testing.T) {
	db := sampled(t)
	before := spikesOf(t, db)
	t.Logf("without machines %d of %d days are out of line", len(before), botsProjects*botsDays)
	if most := botsProjects * botsDays / 100; len(before) > most {
		t.Errorf("%d days are out of line without machines, at most %d may be: %v", len(before), most, before)
	}
	twice, fourfold := machineDays(t, db, 1, 0), machineDays(t, db, 3, 1)
	found := spikesOf(t, db)
	hits := map[string]int{}
	for kind, days := range map[string][]string{"twice": twice, "fourfold": fourfold} {
		for _, day := range days {
			if found[day] {
				hits[kind]++
			}
		}
	}
	precision := float64(hits["twice"]+hits["fourfold"]) / float64(max(1, len(found)))
	recallTwice, recallFourfold := float64(hits["twice"])/float64(len(twice)), float64(hits["fourfold"])/float64(len(fourfold))
	t.Logf("precision %.3f of %d days; recall of %d days twice as high %.3f, of %d four times as high %.3f", precision, len(found), len(twice), recallTwice, len(fourfold), recallFourfold)
	if len(twice) < 30 || len(fourfold) < 30 || precision < .9 || recallTwice < .5 || recallFourfold < .9 {
		t.Errorf("precision %.3f, recall %.3f and %.3f", precision, recallTwice, recallFourfold)
	}
	if err := db.Conn.Exec(t.Context(), "INSERT INTO pypi SELECT * FROM pypi WHERE date = (SELECT max(date) FROM pypi) - 40 AND cityHash64(rowNumberInAllBlocks(), filename) % 2 = 0"); err != nil {
		t.Fatal(err)
	}
	more := 0
	for day := range spikesOf(t, db) {
		if !found[day] {
			more++
		}
	}
	t.Logf("a day on which all of PyPI has half as many again brings %d days out of line", more)
	if more > 1 {
		t.Errorf("a day on which all of PyPI rose is out of line for %d projects", more)
	}
	floorsAreFound(t, db)
}

// column is the one column of a query.
func column(t *testing.T, db *chtest.DB, query string) (list []string) {
	t.Helper()
	rows, err := db.Conn.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		list = append(list, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// floorsAreFound holds the floor against what machines add that fetch every file.
func floorsAreFound(t *testing.T, db *chtest.DB) {
	t.Helper()
	const each = 2 // fetches of each file a day
	// Each file that is there on a day, as often as it is fetched.
	if err := db.Conn.Exec(t.Context(), fmt.Sprintf(`
INSERT INTO pypi (date, project, version, type, installer, filename)
WITH (SELECT max(date) FROM pypi) AS last
SELECT arrayJoin(arrayMap(i -> last - i, range(%d))) AS date, lower(replaceRegexpAll(name, '[-_.]+', '-')) AS project, version, if(endsWith(filename, '.whl'), 'bdist_wheel', 'sdist') AS type,
	'crawler' AS installer, filename
FROM projects ARRAY JOIN range(%d) AS again
WHERE toDate(upload_time) <= date AND project IN (SELECT project FROM pypi GROUP BY project ORDER BY count() DESC, project LIMIT %d)`, botsDays, each, botsProjects)); err != nil {
		t.Fatal(err)
	}
	truth := map[string]float64{}
	for _, line := range column(t, db, "SELECT concat(project, ' ', toString(count())) FROM pypi WHERE installer = 'crawler' GROUP BY project") {
		name, n, _ := strings.Cut(line, " ")
		truth[name], _ = strconv.ParseFloat(n, 64)
	}
	type floor struct{ Estimate, Low, High float64 }
	var got struct {
		TopProjects struct {
			Nodes []struct {
				Project struct {
					Name  string
					Floor *floor
				}
			}
		}
	}
	answer(t, db, fmt.Sprintf(`{ topProjects(first: %d) { nodes { project { name floor(range: {last: %d}) { estimate low high } } } } }`, botsProjects, botsDays), &got)
	var estimated, right, all, told, within float64
	for _, n := range got.TopProjects.Nodes {
		f, real := n.Project.Floor, truth[n.Project.Name]
		if f == nil || real == 0 {
			continue
		}
		told++
		estimated, right, all = estimated+f.Estimate, right+math.Min(f.Estimate, real), all+real
		if f.Low <= real && real <= f.High {
			within++
		}
		t.Logf("%s: %.0f of machines, estimated %.0f (%.0f to %.0f)", n.Project.Name, real, f.Estimate, f.Low, f.High)
	}
	t.Logf("%.0f projects: precision %.2f, recall %.2f, %.0f within the interval", told, right/estimated, right/all, within)
	if told < 10 || right/estimated < .8 || right/all < .8 {
		t.Errorf("%.0f projects: precision %.2f, recall %.2f", told, right/estimated, right/all)
	}
}
