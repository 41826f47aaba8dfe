package oracle_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"clickql/ingest"
	"clickql/ingest/config"
	"clickql/ingest/retire"
)

// What aggregates hold of days whose raw rows were dropped is answered as before;
// what only raw rows could answer is refused, with the reason, and never smaller.
func TestDroppedDaysAreAnsweredOrRefused(t *testing.T) {
	d := own(t)
	d.read("pypi")
	documents := edgeDocuments(d.data)
	for _, days := range []string{fmt.Sprintf(`from: "%s"`, d.data.First.Format(time.DateOnly)), `from: "2024-03-01", to: "2024-03-20"`} {
		documents = append(documents, fmt.Sprintf(`{ project(name: "numpy") { downloads(range: {%s}, filter: {country: {in: ["US"]}, python: {in: ["3.11"]}, system: {in: ["Linux"]}}) { total by(dimension: VERSION) { value total } } } }`, days))
	}
	before, first := map[string]string{}, d.open()
	for _, document := range documents {
		before[document] = answerOf(t, first, document)
	}
	middle := d.data.First.Add(d.data.Last.Sub(d.data.First) / 2)
	plan, err := ingest.New(config.Config{Conn: d.Conn}).Retire(t.Context(), retire.Request{Before: middle})
	if err != nil || plan.Rows == 0 {
		t.Fatalf("%v, %+v", err, plan)
	}
	h, refused := d.open(), 0
	for _, document := range documents {
		got := bodyOf(t, h, document)
		if strings.Contains(got, `"errors"`) {
			if refused++; !strings.Contains(got, "their raw rows were dropped") {
				t.Errorf("%s\nis refused: %s", document, got)
			}
			continue
		}
		if got := dataOf(t, got); got != before[document] {
			t.Errorf("%s\nbefore %s\nafter  %s", document, before[document], got)
		}
	}
	if refused == 0 || refused > len(documents)/4 {
		t.Errorf("%d of %d are refused", refused, len(documents))
	}
}
