package oracle_test

import "testing"

// Rows of days that no download can be of change no answer about a range, and none
// of the data's own days.
func TestRowsOfImpossibleDaysChangeNoRange(t *testing.T) {
	d := own(t)
	d.read("pypi")
	documents := append(edgeDocuments(d.data), `{ dataset { firstDay lastDay settledDay missing } }`,
		`{ project(name: "numpy") { firstDownload downloads(range: {last: 30}) { total series { dates totals } } } }`)
	before, first := map[string]string{}, d.open()
	for _, document := range documents {
		before[document] = answerOf(t, first, document)
	}
	d.exec("INSERT INTO pypi (date, project, version, country_code, installer) SELECT ['2091-01-15', '1970-01-01', '2004-12-31'][1 + number % 3], ['numpy', 'pandas'][1 + number % 2], '1.0', 'US', 'pip' FROM numbers(60)")
	after := d.open()
	for _, document := range documents {
		if got := answerOf(t, after, document); got != before[document] {
			t.Errorf("%s\nbefore %s\nafter  %s", document, before[document], got)
		}
	}
}
