package graph

import (
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// manyElements is how long the lists of the benchmark are.
const manyElements = 5000

// insertMany makes one project with that many days and versions.
const insertMany = `
INSERT INTO pypi (date, country_code, project, type, installer, python_minor, system, version, ci, filename, libc)
SELECT toDate('2024-02-01') + number % 60, 'US', 'numpy', 'sdist', 'pip', '3.12', 'Linux', concat('1.', toString(number % 5000)), 'true', 'f', ('', '')
FROM numbers(10000)`

// encoded is a field's value as encoding/json reads and writes it in structs.
type (
	encodedPoint struct {
		Date  string `json:"date"`
		Total int64  `json:"total"`
	}
	encodedSlice struct {
		Dimension string  `json:"dimension"`
		Value     *string `json:"value"`
		Label     string  `json:"label"`
		Total     int64   `json:"total"`
		Share     float64 `json:"share"`
	}
	encodedAnswer struct {
		Data struct {
			Project struct {
				Downloads struct {
					Series *struct {
						Dates  []string       `json:"dates,omitempty"`
						Totals []int64        `json:"totals,omitempty"`
						Points []encodedPoint `json:"points,omitempty"`
					} `json:"series,omitempty"`
					By []encodedSlice `json:"by,omitempty"`
				} `json:"downloads"`
			} `json:"project"`
		} `json:"data"`
	}
)

// Lists are written at the speed of encoding/json: whole operations, answered
// from memory, against json.Marshal of the same answer, in turns.
func BenchmarkLists(b *testing.B) {
	d := newData(b, insertMany)
	h := d.handler(Limits{First: manyElements})
	const days = `(range: {from: "2010-07-25", to: "2024-04-01"})` // 5,000 days
	for _, c := range []struct{ name, selection, args string }{
		{"dates and totals", `series { dates totals }`, days},
		{"points", `series { points { date total } }`, days},
		{"slices", `by(dimension: VERSION, first: 5000) { dimension value label total share }`, ""},
	} {
		b.Run(c.name, func(b *testing.B) {
			body, _ := json.Marshal(map[string]string{"query": `{ project(name: "numpy") { downloads` + c.args + ` { ` + c.selection + ` } } }`})
			ask := func() []byte {
				req := httptest.NewRequestWithContext(b.Context(), "POST", "/graphql", strings.NewReader(string(body)))
				req.Header.Set("Content-Type", "application/json")
				rec := httptest.NewRecorder()
				h.ServeHTTP(rec, req)
				return rec.Body.Bytes()
			}
			answer := ask()
			var plain encodedAnswer
			if err := json.Unmarshal(answer, &plain); err != nil {
				b.Fatal(err)
			}
			if again, _ := json.Marshal(plain); len(again) != len(answer) {
				b.Fatalf("%d bytes, encoding/json writes %d: %.200s\n%.200s", len(answer), len(again), answer, again)
			}
			var ours, theirs []time.Duration
			b.ResetTimer()
			for b.Loop() {
				t0 := time.Now()
				ask()
				t1 := time.Now()
				_, _ = json.Marshal(plain)
				ours, theirs = append(ours, t1.Sub(t0)), append(theirs, time.Since(t1))
			}
			slices.Sort(ours)
			slices.Sort(theirs)
			n := len(ours) / 10 // of the quickest: the machine may have other work
			b.ReportMetric(float64(ours[n])/float64(theirs[n]), "x-json")
			b.ReportMetric(float64(ours[n].Microseconds()), "µs/answer")
			b.ReportMetric(float64(theirs[n].Microseconds()), "µs/json")
		})
	}
}
