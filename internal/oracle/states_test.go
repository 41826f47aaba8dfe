package oracle_test

import (
	"strings"
	"testing"

	"clickql/internal/chtest"
)

// A database without a download answers everything, with nothing.
func TestEmptyDatabase(t *testing.T) {
	d := &database{DB: chtest.NewWithSchema(t), t: t}
	got := answerOf(t, d.open(), `{
		dataset { totalDownloads projectCount firstDay lastDay }
		project(name: "numpy") { name } projects(names: ["numpy"]) { name }
		all: downloads { total change previous { total } by(dimension: COUNTRY, others: true) { value } series { dates totals } }
		days: downloads(range: {from: "2024-01-01", to: "2024-01-02"}, filter: {mirrors: false}) { total series { totals } previous { total } }
		last: downloads(range: {last: 3, unit: MONTH}) { total series { totals } }
		topProjects { nodes { total } pageInfo { hasNextPage } } }`)
	want := `{"dataset":{"totalDownloads":0,"projectCount":0,"firstDay":null,"lastDay":null},"project":null,"projects":[null],` +
		`"all":{"total":0,"change":null,"previous":null,"by":[],"series":{"dates":[],"totals":[]}},` +
		`"days":{"total":0,"series":{"totals":[0,0]},"previous":{"total":0}},` +
		`"last":{"total":0,"series":{"totals":[]}},"topProjects":{"nodes":[],"pageInfo":{"hasNextPage":false}}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Tables that go, come back and change while questions are asked never make an
// answer wrong. What cannot be answered until the catalog looks again says so.
func TestTablesChangeWhileServing(t *testing.T) {
	d := own(t)
	h := d.open()
	const document = `{ project(name: "numpy") { downloads { total by(dimension: VERSION) { value total } }
		days: downloads(range: {from: "2023-05-05", to: "2023-08-08"}) { total by(dimension: COUNTRY) { value total } } } }`
	want, refused := answerOf(t, h, document), 0
	for _, statement := range []string{
		"DROP TABLE pypi_downloads_by_version SYNC",
		"RENAME TABLE pypi_downloads_per_day_by_version TO elsewhere",
		"RENAME TABLE elsewhere TO pypi_downloads_per_day_by_version",
		"ALTER TABLE pypi ADD COLUMN city String DEFAULT 'x'",
		"ALTER TABLE pypi_downloads_per_day_by_version_by_country ADD COLUMN city String",
		"ALTER TABLE pypi_downloads_per_day_by_version_by_country RENAME COLUMN city TO town",
		"RENAME TABLE pypi_downloads_per_day TO elsewhere, pypi_downloads_per_day_by_version_by_country TO pypi_downloads_per_day, elsewhere TO pypi_downloads_per_day_by_version_by_country",
		"DROP TABLE pypi_downloads_per_day SYNC",
	} {
		d.exec(statement)
		switch got, code := tryAnswer(t, d, document); {
		case code == "UNAVAILABLE":
			refused++
		case got != want:
			t.Errorf("%s: answered %s %s, want %s", statement, got, code, want)
		}
		if err := d.catalog.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, code := tryAnswer(t, d, document); got != want {
			t.Errorf("looked after %s: answered %s %s, want %s", statement, got, code, want)
		}
	}
	if refused == 0 {
		t.Error("the tables that changed are used for nothing")
	}
}

// tryAnswer asks with empty caches; code is that of the first error.
func tryAnswer(t *testing.T, d *database, document string) (data, code string) {
	t.Helper()
	got := bodyOf(t, d.handler(d.catalog), document)
	if i := strings.Index(got, `"code":"`); i >= 0 {
		code, _, _ = strings.Cut(got[i+len(`"code":"`):], `"`)
	}
	if code != "" {
		return "", code
	}
	return dataOf(t, got), ""
}
