package oracle_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"clickql/internal/chtest"
)

// TestManyProjectsByACutAccount has more projects, and a project of more versions,
// than the account's results may have rows: with ClickPy's settings, of which none
// may be changed, everything is answered as without limits.
func TestManyProjectsByACutAccount(t *testing.T) {
	d := &database{DB: chtest.NewWithSchema(t), t: t}
	d.exec(
		"INSERT INTO pypi (date, project, version, filename, country_code) SELECT toDate('2026-03-01') + number % 40, 'p' || toString(number % 200399), '1', 'f', ['DE', 'US', ''][1 + number % 3] FROM numbers(250000)",
		"INSERT INTO pypi (date, project, version, filename) SELECT toDate('2026-03-01') + number % 40, 'many', '1.' || toString(number % 2500), 'f' FROM numbers(7000)",
		"INSERT INTO projects (name, version, upload_time) SELECT 'p' || toString(number), '1', '2015-10-06 01:02:03' FROM numbers(30000)",
	)
	documents := []string{
		`{ dataset { projectCount totalDownloads firstDay lastDay } }`,
		`{ many: project(name: "many") { downloads { total by(dimension: VERSION, first: 1000, others: true) { value total } } } }`,
		`{ topProjects(first: 1000) { nodes { total project { name } } pageInfo { hasNextPage } } }`,
		`{ search(text: "p1999", first: 1000) { nodes { name downloads { total } } } }`,
		`{ recentReleases(first: 1000) { nodes { version project { name } } } }`,
		`{ downloads { by(dimension: PROJECT, first: 1000, others: true) { value total downloads { total series(interval: WEEK) { totals } } } } }`,
	}
	for i := range 20 {
		documents = append(documents, fmt.Sprintf(`{ project(name: "p%d") { name downloads { total by(dimension: COUNTRY) { value total } } rank { position } } }`, i*10019))
	}
	answers := func(guest string) (all []any) {
		d.guest = guest
		h := d.open()
		for _, document := range documents {
			all = append(all, answer(t, h, document))
		}
		return all
	}
	want, got := answers(""), answers("clickpy")
	for i, document := range documents {
		if fmt.Sprint(got[i]) != fmt.Sprint(want[i]) {
			t.Errorf("%s\nis %.500v\nwant %.500v", document, got[i], want[i])
		}
	}
}

// answer is the data of an answer without an error.
func answer(t *testing.T, h http.Handler, document string) any {
	t.Helper()
	var got struct {
		Data   any
		Errors []any
	}
	body := post(t, h, map[string]any{"query": document})
	if err := json.Unmarshal([]byte(body), &got); err != nil || len(got.Errors) > 0 {
		t.Fatalf("%s\n%v %.500s", document, err, body)
	}
	return got.Data
}
