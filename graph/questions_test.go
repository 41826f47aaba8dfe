package graph

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"clickql/internal/catalog"
)

// drawAsked generates a selection, drilling down at most depth levels.
func drawAsked(t *rapid.T, depth int) []asked {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) asked {
		fields := []string{"total", "series", "by", "change", "byRelease", "previous"}
		if depth == 0 {
			fields = fields[:5]
		}
		a := asked{field: rapid.SampledFrom(fields).Draw(t, "field")}
		switch a.field {
		case "series":
			a.interval = rapid.SampledFrom([]string{"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"}).Draw(t, "interval")
			if a.derived = rapid.IntRange(0, 2).Draw(t, "derived") == 0; a.derived && a.interval == "DAY" {
				a.days, a.weeks = rapid.IntRange(1, 30).Draw(t, "average of days"), rapid.IntRange(1, 5).Draw(t, "weeks before")
			}
		case "byRelease":
			a.level = rapid.SampledFrom([]string{"MAJOR", "MINOR"}).Draw(t, "level")
			a.first = rapid.SampledFrom([]int{0, 1, 2, 10}).Draw(t, "first")
			a.others = rapid.Bool().Draw(t, "others")
			if depth > 0 && rapid.Bool().Draw(t, "drill down") {
				a.below = drawAsked(t, depth-1)
			}
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
			s = s.narrowed(dim, func(got string) bool { return got == v })
		default:
			list := rapid.SliceOfN(value, 0, 3).Draw(t, "values")
			parts = append(parts, fmt.Sprintf("%s: {%s: %s}", filterFields[dim], op, quoted(list)))
			s = s.narrowed(dim, func(got string) bool { return slices.Contains(list, got) == (op == "in") })
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "mirrors") == 0 {
		parts = append(parts, "mirrors: false")
		s = s.narrowed(catalog.Installer, func(got string) bool {
			return !slices.Contains([]string{"bandersnatch", "z3c.pypimirror", "Artifactory", "devpi"}, got)
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
	q := question{slice: oracleOf(d)}
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
	theirs := oracleOf(d)
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
	return s.narrowed(catalog.Version, func(got string) bool { return slices.Contains(list, got) })
}

// of keeps the rows of the projects.
func (s oracleSlice) of(names ...string) oracleSlice {
	return s.narrowed(catalog.Project, func(got string) bool { return slices.Contains(names, got) })
}
