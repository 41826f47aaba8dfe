package graph

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"clickql/internal/catalog"
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
	below    []asked // of each slice's downloads, or of previous
}

// document writes the fields, under the aliases f0, f1, ...
func document(list []asked) string {
	var b strings.Builder
	for i, a := range list {
		fmt.Fprintf(&b, " f%d: ", i)
		switch a.field {
		case "series":
			fmt.Fprintf(&b, "series(interval: %s) { interval dates totals points { date total } }", a.interval)
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
			out[key] = s.series(d, a.interval)
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

// drawAsked generates a selection, drilling down at most depth levels.
func drawAsked(t *rapid.T, depth int) []asked {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) asked {
		fields := []string{"total", "series", "by", "change", "previous"}
		if depth == 0 {
			fields = fields[:4]
		}
		a := asked{field: rapid.SampledFrom(fields).Draw(t, "field")}
		switch a.field {
		case "series":
			a.interval = rapid.SampledFrom([]string{"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"}).Draw(t, "interval")
		case "by":
			a.dim = rapid.SampledFrom(catalog.Dimensions).Draw(t, "dimension")
			a.first = rapid.SampledFrom([]int{0, 1, 2, 3, 10, 1000}).Draw(t, "first")
			a.others = rapid.Bool().Draw(t, "others")
			if depth > 0 && rapid.Bool().Draw(t, "drill down") {
				a.below = drawAsked(t, depth-1)
			}
		case "previous":
			a.below = drawAsked(t, depth-1)
		}
		return a
	}), 1, 3).Draw(t, "fields")
}

// drawRange generates the argument range, and applies it to the slice.
func drawRange(t *rapid.T, d *testData, s oracleSlice) (string, oracleSlice) {
	s.allTime, s.from, s.to = false, d.first, d.last
	day := func(what string) time.Time {
		return time.Date(2023, 10, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 240).Draw(t, what))
	}
	switch rapid.SampledFrom([]string{"all", "from", "to", "both", "month", "last"}).Draw(t, "range") {
	case "from":
		s.from = day("from")
		return fmt.Sprintf(`range: {from: "%s"}`, s.from.Format(time.DateOnly)), s
	case "to":
		s.to = day("to")
		return fmt.Sprintf(`range: {to: "%s"}`, s.to.Format(time.DateOnly)), s
	case "both":
		s.from = day("from")
		s.to = s.from.AddDate(0, 0, rapid.IntRange(0, 120).Draw(t, "days"))
	case "month":
		s.from = bucketStart(day("from"), "MONTH")
		s.to = s.from.AddDate(0, rapid.IntRange(1, 3).Draw(t, "months"), -1)
	case "last":
		n, unit := rapid.IntRange(1, 15).Draw(t, "last"), rapid.SampledFrom([]string{"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"}).Draw(t, "unit")
		behind := d.last.AddDate(0, 0, 1)
		switch unit {
		case "DAY":
			s.from = behind.AddDate(0, 0, -n)
		case "WEEK":
			s.from = behind.AddDate(0, 0, -7*n)
		case "MONTH":
			s.from = behind.AddDate(0, -n, 0)
		case "QUARTER":
			s.from = behind.AddDate(0, -3*n, 0)
		case "YEAR":
			s.from = behind.AddDate(-n, 0, 0)
		}
		return fmt.Sprintf(`range: {last: %d, unit: %s}`, n, unit), s
	default:
		s.allTime = true
		return "", s
	}
	return fmt.Sprintf(`range: {from: "%s", to: "%s"}`, s.from.Format(time.DateOnly), s.to.Format(time.DateOnly)), s
}

// filterFields names the fields of DownloadsFilter, by dimension.
var filterFields = map[catalog.Dimension]string{
	catalog.Version: "version", catalog.Country: "country", catalog.Python: "python", catalog.System: "system",
	catalog.Installer: "installer", catalog.FileType: "fileType", catalog.CI: "ci", catalog.Libc: "libc",
}

// drawFilter generates the argument filter, and applies it to the slice but for
// the specifier.
func drawFilter(t *rapid.T, d *testData, s oracleSlice) (arg, only string, _ oracleSlice) {
	var parts []string
	dims := rapid.SliceOfNDistinct(rapid.SampledFrom(catalog.Dimensions[1:]), 0, 3, rapid.ID).Draw(t, "filtered")
	for _, dim := range dims {
		value := rapid.Custom(func(t *rapid.T) string {
			if rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
				return rapid.SampledFrom([]string{"no such value", "'; DROP TABLE pypi; --", "☃", `back\slash`, "%"}).Draw(t, "unknown value")
			}
			return d.rows[rapid.IntRange(0, len(d.rows)-1).Draw(t, "row")].values[dim]
		})
		operators := []string{"eq", "in", "notIn"}
		if dim == catalog.Version {
			operators = append(operators, "specifier")
		}
		switch op := rapid.SampledFrom(operators).Draw(t, "operator"); op {
		case "specifier":
			only = rapid.SampledFrom(slices.Sorted(maps.Keys(oracleSpecifiers))).Draw(t, "specifier")
			parts = append(parts, fmt.Sprintf("version: {specifier: %s}", quoted(only)))
		case "eq":
			v := value.Draw(t, "value")
			parts = append(parts, fmt.Sprintf("%s: {eq: %s}", filterFields[dim], quoted(v)))
			s = s.narrowed(func(r row) bool { return r.values[dim] == v })
		default:
			list := rapid.SliceOfN(value, 0, 3).Draw(t, "values")
			parts = append(parts, fmt.Sprintf("%s: {%s: %s}", filterFields[dim], op, quoted(list)))
			s = s.narrowed(func(r row) bool { return slices.Contains(list, r.values[dim]) == (op == "in") })
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "mirrors") == 0 {
		parts = append(parts, "mirrors: false")
		s = s.narrowed(func(r row) bool {
			return !slices.Contains([]string{"bandersnatch", "z3c.pypimirror", "Artifactory", "devpi"}, r.values[catalog.Installer])
		})
	}
	if len(parts) == 0 && rapid.Bool().Draw(t, "no filter") {
		return "", "", s
	}
	return "filter: {" + strings.Join(parts, ", ") + "}", only, s
}

// quoted writes a value as GraphQL, whose strings and lists are JSON's.
func quoted(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// drawQuestion generates the arguments and the selection.
func drawQuestion(t *rapid.T, d *testData, depth int) question {
	q := question{slice: oracleSlice{rows: d.rows}}
	var days, filter string
	days, q.slice = drawRange(t, d, q.slice)
	filter, q.only, q.slice = drawFilter(t, d, q.slice)
	for _, arg := range []string{days, filter} {
		if arg != "" {
			q.args = append(q.args, arg)
		}
	}
	q.asked = drawAsked(t, depth)
	return q
}

// list writes arguments with their parentheses.
func arguments(args ...string) string {
	if len(args) == 0 {
		return ""
	}
	return "(" + strings.Join(args, ", ") + ")"
}

// oracleSpecifiers are the versions of the data that each specifier holds for,
// by hand: as long as there is one in the first list, and else.
var oracleSpecifiers = map[string][2][]string{
	" >= 1.1 ":  {{"1.1", "1.10", "2.0"}, {"2.0rc1", "2.1.dev3"}},
	">=2.0,<3":  {{"2.0"}, {"2.1.dev3"}},
	">2":        {{}, {"2.1.dev3"}},
	"==1.*":     {{"1.0", "1.1", "1.10"}, {}},
	"~=1.1":     {{"1.1", "1.10"}, {}},
	"!=1.0":     {{"1.1", "1.10", "2.0"}, {"2.0rc1", "2.1.dev3"}},
	"<2.0":      {{"1.0", "1.1", "1.10"}, {}},
	">=2.0rc1":  {{"2.0rc1", "2.0", "2.1.dev3"}, {}},
	"===2.0RC1": {{"2.0rc1"}, {}},
	">=9":       {{}, {}},
	",":         {{"1.0", "1.1", "1.10", "2.0"}, {"2.0rc1", "2.1.dev3"}},
}

// of is the slice of the projects, all where names is nil.
func (q question) of(d *testData, names ...string) oracleSlice {
	theirs := oracleSlice{rows: d.rows, allTime: true}
	s := q.slice
	if names != nil {
		theirs, s = theirs.of(names...), s.of(names...)
	}
	if q.only == "" {
		return s
	}
	lists := oracleSpecifiers[q.only]
	list := lists[1]
	if slices.ContainsFunc(theirs.rows, func(r row) bool { return slices.Contains(lists[0], r.values[catalog.Version]) }) {
		list = lists[0]
	}
	return s.narrowed(func(r row) bool { return slices.Contains(list, r.values[catalog.Version]) })
}

// of keeps the rows of the projects.
func (s oracleSlice) of(names ...string) oracleSlice {
	return s.narrowed(func(r row) bool { return slices.Contains(names, r.values[catalog.Project]) })
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
			all := oracleSlice{rows: d.rows, allTime: true}.of(v.value.(string))
			nodes = append(nodes, map[string]any{"total": v.total, "project": map[string]any{"name": v.value, "downloads": answer(d, all, q.asked)}})
		}
		args := append([]string{fmt.Sprintf("first: %d", first)}, q.args...)
		check(t, h, fmt.Sprintf(`{ topProjects%s { nodes { total project { name downloads {%s } } } pageInfo { hasNextPage hasPreviousPage } } }`,
			arguments(args...), document(q.asked)),
			map[string]any{"topProjects": map[string]any{"nodes": nodes,
				"pageInfo": map[string]any{"hasNextPage": first < len(list), "hasPreviousPage": false}}})
	}))
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
