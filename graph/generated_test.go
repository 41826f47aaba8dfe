package graph

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"clickql/internal/catalog"
	"clickql/internal/query"
)

// question is a generated request: what stands before the selection, the slice
// that it means, and the selection on Downloads.
type question struct {
	slice oracleSlice
	only  string // a specifier of oracleSpecifiers; none where empty
	args  []string
	asked []asked
}

// asked is one field on Downloads.
type asked struct {
	field    string
	interval string
	dim      catalog.Dimension
	first    int
	others   bool
	derived  bool    // of a series, what is computed from it
	days     int     // of the moving average; 0 for none
	weeks    int     // of the change against weekdays before
	level    string  // of byRelease
	below    []asked // of each slice's downloads, or of previous
}

// document writes the fields, under the aliases f0, f1, ...
func document(list []asked) string {
	var b strings.Builder
	for i, a := range list {
		fmt.Fprintf(&b, " f%d: ", i)
		switch a.field {
		case "series":
			fmt.Fprintf(&b, "series(interval: %s) { interval dates totals points { date total }%s }", a.interval, a.documentDerived())
		case "byRelease":
			fmt.Fprintf(&b, "byRelease(level: %s, first: %d, others: %t) { level release label total share versions series(interval: MONTH) { totals }", a.level, a.first, a.others)
			if len(a.below) > 0 {
				fmt.Fprintf(&b, " downloads {%s }", document(a.below))
			}
			b.WriteString(" }")
		case "by":
			fmt.Fprintf(&b, "by(dimension: %s, first: %d, others: %t) { dimension value label total share", a.dim, a.first, a.others)
			if len(a.below) > 0 {
				fmt.Fprintf(&b, " downloads {%s }", document(a.below))
			}
			b.WriteString(" }")
		case "previous":
			fmt.Fprintf(&b, "previous {%s }", document(a.below))
		default:
			b.WriteString(a.field)
		}
	}
	return b.String()
}

// answer is what the fields must give on the slice.
func answer(d *testData, s oracleSlice, list []asked) map[string]any {
	out := map[string]any{}
	for i, a := range list {
		key := fmt.Sprintf("f%d", i)
		switch a.field {
		case "total":
			out[key] = len(s.counted())
		case "series":
			out[key] = a.addDerived(d, s, s.series(d, a.interval))
		case "byRelease":
			out[key] = answerReleases(d, s, a)
		case "by":
			out[key] = answerSplit(d, s, a)
		case "previous":
			out[key] = nil
			if before, ok := s.previous(); ok {
				out[key] = answer(d, before, a.below)
			}
		case "change":
			out[key] = nil
			if before, ok := s.previous(); ok {
				if n := len(before.counted()); n > 0 {
					out[key] = float64(len(s.counted())-n) / float64(n)
				}
			}
		}
	}
	return out
}

func answerSplit(d *testData, s oracleSlice, a asked) []any {
	list, whole := s.split(a.dim, a.first, a.others)
	out := []any{}
	for _, v := range list {
		one := map[string]any{"dimension": string(a.dim), "value": v.value, "label": v.label, "total": v.total, "share": float64(v.total) / float64(whole)}
		if len(a.below) > 0 {
			one["downloads"] = answer(d, v.slice, a.below)
		}
		out = append(out, one)
	}
	return out
}

// projectNames are the projects of the data, one that is unknown, and spellings.
var projectNames = []string{"numpy", "pandas", "requests", "flask", "zope-interface", "a", "tiny"}

// Whatever is asked, the answer equals the same question computed on the raw
// table: five hundred generated requests over the whole surface.
func TestGeneratedRequestsEqualTheRawTable(t *testing.T) {
	d := newData(t)
	h := d.handler(Limits{})
	t.Run("one project", rapid.MakeCheck(func(t *rapid.T) {
		name := rapid.SampledFrom(projectNames).Draw(t, "project")
		q := drawQuestion(t, d, 2)
		check(t, h, fmt.Sprintf(`{ project(name: "%s") { name downloads%s {%s } } }`, name, arguments(q.args...), document(q.asked)),
			map[string]any{"project": map[string]any{"name": name, "downloads": answer(d, q.of(d, name), q.asked)}})
	}))
	t.Run("several projects", rapid.MakeCheck(func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.SampledFrom(append(projectNames, "unknown")), 0, 5).Draw(t, "projects")
		q := drawQuestion(t, d, 2)
		want := []any{}
		for _, name := range names {
			if name == "unknown" {
				want = append(want, nil)
				continue
			}
			want = append(want, map[string]any{"name": name, "downloads": answer(d, q.of(d, name), q.asked)})
		}
		check(t, h, fmt.Sprintf(`{ projects(names: %s) { name downloads%s {%s } } }`, quoted(names), arguments(q.args...), document(q.asked)),
			map[string]any{"projects": want})
	}))
	t.Run("projects together", rapid.MakeCheck(func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.SampledFrom(append(projectNames, "unknown", "Zope.Interface")), 0, 5).Draw(t, "projects")
		q := drawQuestion(t, d, 2)
		normal := slices.Clone(names)
		for i, name := range normal {
			if name == "Zope.Interface" {
				normal[i] = "zope-interface"
			}
		}
		args := append([]string{"projects: " + quoted(names)}, q.args...)
		check(t, h, fmt.Sprintf(`{ downloads%s {%s } }`, arguments(args...), document(q.asked)),
			map[string]any{"downloads": answer(d, q.of(d, append([]string{}, normal...)...), q.asked)})
	}))
	t.Run("all projects", rapid.MakeCheck(func(t *rapid.T) {
		q := drawQuestion(t, d, 2)
		check(t, h, fmt.Sprintf(`{ downloads%s {%s } }`, arguments(q.args...), document(q.asked)),
			map[string]any{"downloads": answer(d, q.of(d), q.asked)})
	}))
	t.Run("ranking", rapid.MakeCheck(func(t *rapid.T) {
		q := drawQuestion(t, d, 1)
		first := rapid.SampledFrom([]int{0, 1, 2, 3, 10, 1000}).Draw(t, "first")
		list, _ := q.of(d).split(catalog.Project, math.MaxInt, false)
		nodes := []any{}
		for _, v := range list[:min(first, len(list))] {
			all := oracleOf(d).of(v.value.(string))
			nodes = append(nodes, map[string]any{"total": v.total, "project": map[string]any{"name": v.value, "downloads": answer(d, all, q.asked)}})
		}
		args := append([]string{fmt.Sprintf("first: %d", first)}, q.args...)
		check(t, h, fmt.Sprintf(`{ topProjects%s { nodes { total project { name downloads {%s } } } pageInfo { hasNextPage hasPreviousPage } } }`,
			arguments(args...), document(q.asked)),
			map[string]any{"topProjects": map[string]any{"nodes": nodes,
				"pageInfo": map[string]any{"hasNextPage": first < len(list), "hasPreviousPage": false}}})
	}))
}

// Ranges with ragged edges equal the raw table also where they are read from a
// table of months and one of days: of tables that are said to be large, in
// monthly partitions.
func TestRangesOverTwoTablesEqualTheRawTable(t *testing.T) {
	d := newData(t)
	large := *d.catalog.Snapshot()
	large.Tables = nil
	for _, table := range d.catalog.Snapshot().Tables {
		one := *table
		if one.Grain == catalog.GrainDay {
			one.Rows, one.Partitions = 1e10, nil
			for _, m := range query.Buckets(large.Days, query.Monthly) {
				days := catalog.Range{From: m, To: m.AddMonths(1) - 1}
				one.Partitions = append(one.Partitions, catalog.Partition{Days: days, Rows: 2e9, Parts: 1})
			}
		}
		large.Tables = append(large.Tables, &one)
	}
	h := NewHandler(HandlerConfig{Loader: d.loader(&large)})
	halves := post(t, h, `{ downloads(range: {from: "2023-11-25", to: "2024-02-20"}) { total } }`, nil, map[string]any{"explain": true})
	if !strings.Contains(halves.body, "UNION ALL") {
		t.Errorf("a range was not read from two tables: %s", halves.body)
	}
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuestion(t, d, 2)
		names := rapid.SampledFrom([][]string{nil, {"numpy"}, {"numpy", "pandas"}}).Draw(t, "projects")
		args := q.args
		if names != nil {
			args = append([]string{"projects: " + quoted(names)}, args...)
		}
		document := fmt.Sprintf(`{ downloads%s {%s } }`, arguments(args...), document(q.asked))
		check(t, h, document, map[string]any{"downloads": answer(d, q.of(d, names...), q.asked)})
	})
}

// The ranks of projects in any slice are their places in the list of all.
func TestRanksEqualTheRawTable(t *testing.T) {
	d := newData(t)
	h := d.handler(Limits{})
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuestion(t, d, 0)
		list, _ := q.of(d).split(catalog.Project, math.MaxInt, false)
		want := []any{}
		for _, name := range projectNames {
			at := slices.IndexFunc(list, func(v oracleValue) bool { return v.value == name })
			var rank any
			if at >= 0 {
				rank = map[string]any{"position": at + 1, "projectCount": len(list), "percentile": float64(at+1) / float64(len(list)) * 100}
			}
			want = append(want, map[string]any{"rank": rank})
		}
		check(t, h, fmt.Sprintf(`{ projects(names: %s) { rank%s { position projectCount percentile } } }`, quoted(projectNames), arguments(q.args...)),
			map[string]any{"projects": want})
	})
}

// check asks the handler and compares.
func check(t *rapid.T, h http.Handler, query string, want map[string]any) {
	got := post(t, h, query, nil, nil)
	if len(got.Errors) > 0 {
		t.Fatalf("%s\n%s", query, got.body)
	}
	if diff := cmp.Diff(plain(want), plain(got.Data), closeEnough); diff != "" {
		t.Fatalf("%s\nraw table (-) and GraphQL (+) differ:\n%s", query, diff)
	}
}

// plain is the value as JSON has it.
func plain(v any) (out any) {
	b, _ := json.Marshal(v)
	_ = json.Unmarshal(b, &out)
	return out
}

// closeEnough compares numbers to the last digits of a float.
var closeEnough = cmp.Comparer(func(a, b float64) bool {
	return a == b || math.Abs(a-b) <= 1e-12*max(math.Abs(a), math.Abs(b))
})

// plainText is JSON as Go has it.
func plainText(text string) (out any) {
	_ = json.Unmarshal([]byte(text), &out)
	return out
}
