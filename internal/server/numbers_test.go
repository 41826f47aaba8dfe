package server

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"clickql/internal/chtest"
)

// downloaded are downloads of one kind on one day.
type downloaded struct {
	day time.Time
	// by is the value of each of dims.
	by map[string]string
	n  int64
}

// dims are what charts are split and filtered by here, with the columns.
var dims = [][2]string{{"project", "project"}, {"country", "country_code"}, {"python", "python_minor"}, {"system", "system"}, {"installer", "installer"}, {"fileType", "type"}}

// kinds inserts random downloads of 70 days and reads back what there is, one by one.
func kinds(t *testing.T, db *chtest.DB) (all []downloaded) {
	t.Helper()
	const insert = `INSERT INTO pypi (date, project, country_code, python_minor, system, installer, type, version)
SELECT toDate('2024-01-01') + number % 70, ['alpha', 'beta', 'gamma'][1 + cityHash64(number, 1) % 3], ['', 'DE', 'FR', 'US'][1 + cityHash64(number, 2) % 4],
       ['', '3.9', '3.12', '3.13'][1 + cityHash64(number, 3) % 4], ['', 'Linux', 'Darwin'][1 + cityHash64(number, 4) % 3],
       ['pip', 'uv', 'bandersnatch'][1 + cityHash64(number, 5) % 3], ['sdist', 'bdist_wheel'][1 + cityHash64(number, 6) % 2], '1.0'
FROM numbers(7000)`
	if err := db.Conn.Exec(t.Context(), insert); err != nil {
		t.Fatal(err)
	}
	rows, err := db.Conn.Query(t.Context(), "SELECT date, project, country_code, python_minor, system, installer, type, toInt64(count()) FROM pypi GROUP BY ALL")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		d := downloaded{by: map[string]string{}}
		v := make([]string, len(dims))
		if err := rows.Scan(&d.day, &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &d.n); err != nil {
			t.Fatal(err)
		}
		d.day = time.Date(d.day.Year(), d.day.Month(), d.day.Day(), 0, 0, 0, 0, time.UTC)
		for i, dim := range dims {
			d.by[dim[0]] = v[i]
		}
		all = append(all, d)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// begins is the first day of the interval that a day is in.
func begins(day time.Time, interval string) time.Time {
	switch interval {
	case "week":
		return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	case "month":
		return day.AddDate(0, 0, 1-day.Day())
	}
	return day
}

// chartAsked is a question for a chart's numbers.
type chartAsked struct {
	project, interval, split string
	first                    int
	others                   bool
	from, to                 time.Time
	filter                   map[string][]string // values
	not                      map[string]bool
}

// ask draws one.
func (chartAsked) ask(r *rand.Rand) (a chartAsked) {
	a.project = []string{"", "alpha", "beta"}[r.IntN(3)]
	a.interval = []string{"day", "week", "month"}[r.IntN(3)]
	a.from = time.Date(2024, 1, 1+r.IntN(30), 0, 0, 0, 0, time.UTC)
	a.to = a.from.AddDate(0, 0, 3+r.IntN(35))
	if r.IntN(3) > 0 {
		a.split = dims[r.IntN(len(dims))][0]
		a.first, a.others = 1+r.IntN(4), r.IntN(2) == 0
		if a.split == "project" && a.project != "" {
			a.split = ""
		}
	}
	a.filter, a.not = map[string][]string{}, map[string]bool{}
	for _, d := range dims[1:] {
		if r.IntN(4) > 0 || d[0] == a.split {
			continue
		}
		values := map[string][]string{"country": {"DE", "FR", "US"}, "python": {"3.9", "3.12", "3.13"}, "system": {"Linux", "Darwin"}, "installer": {"pip", "uv"}, "fileType": {"sdist", "bdist_wheel"}}[d[0]]
		r.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
		a.filter[d[0]], a.not[d[0]] = values[:1+r.IntN(len(values)-1)], r.IntN(3) == 0
	}
	return a
}

// path is the question's address.
func (a chartAsked) path() string {
	q := url.Values{"from": {a.from.Format(time.DateOnly)}, "to": {a.to.Format(time.DateOnly)}, "interval": {a.interval}}
	if a.split != "" {
		q.Set("by", a.split)
		q.Set("first", fmt.Sprint(a.first))
		q.Set("others", fmt.Sprint(a.others))
	}
	for name, values := range a.filter {
		text := strings.Join(values, ",")
		if a.not[name] {
			text = "!" + text
		}
		q.Set(name, text)
	}
	name := ""
	if a.project != "" {
		name = "/" + a.project
	}
	return "/chart" + name + ".json?" + q.Encode()
}

// counted are the rows that the answer must have: line, day, total.
func (a chartAsked) counted(all []downloaded) []string {
	whole, lines := map[string]int64{}, map[string]map[time.Time]int64{}
	for _, d := range all {
		in := !d.day.Before(a.from) && !d.day.After(a.to) && (a.project == "" || d.by["project"] == a.project)
		for name, values := range a.filter {
			in = in && slices.Contains(values, d.by[name]) != a.not[name]
		}
		if !in {
			continue
		}
		value := d.by[a.split]
		if lines[value] == nil {
			lines[value] = map[time.Time]int64{}
		}
		lines[value][begins(d.day, a.interval)] += d.n
		whole[value] += d.n
	}
	var values []string
	for v := range whole {
		values = append(values, v)
	}
	slices.SortFunc(values, func(x, y string) int { return cmp.Or(cmp.Compare(whole[y], whole[x]), cmp.Compare(x, y)) })
	left := map[time.Time]int64{}
	if a.split != "" && len(values) > a.first {
		for _, v := range values[a.first:] {
			for day, n := range lines[v] {
				left[day] += n
			}
		}
		values = values[:a.first]
	}
	var out []string
	line := func(name string, totals map[time.Time]int64) {
		for day := begins(a.from, a.interval); !day.After(a.to); day = begins(day.AddDate(0, 0, map[string]int{"day": 1, "week": 7, "month": 31}[a.interval]), a.interval) {
			out = append(out, fmt.Sprint(name, " ", day.Format(time.DateOnly), " ", totals[day]))
		}
	}
	for _, v := range values {
		name := cmp.Or(v, "Unknown")
		if a.split == "" {
			name = "all"
		}
		line(name, lines[v])
	}
	if len(left) > 0 && a.others {
		line("Other", left)
	}
	return out
}

// TestChartsCountRight: the numbers of generated charts are what counting the raw
// rows one by one gives.
func TestChartsCountRight(t *testing.T) {
	db := chtest.NewWithSchema(t)
	all := kinds(t, db)
	g := serveDB(t, db.ReadOnlyDSN, db.Name)
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	asked := 0
	for range 150 {
		a := chartAsked{}.ask(r)
		want := a.counted(all)
		if len(want) == 0 {
			continue // nothing was downloaded: the next question
		}
		asked++
		got := ask(t, "GET", g.base+a.path(), "")
		var rows []struct {
			Date                  string
			Project, Value, Label *string
			Total                 *int64
		}
		if err := json.Unmarshal([]byte(got.body), &rows); err != nil || got.status != http.StatusOK {
			t.Fatalf("%s: %d %s (%v)", a.path(), got.status, got.body, err)
		}
		var is []string
		for _, row := range rows {
			name := "all"
			switch {
			case a.split == "project" && row.Project != nil:
				name = *row.Project
			case a.split != "" && row.Value != nil:
				name = *row.Value
			case a.split != "":
				name = *row.Label
			}
			total := int64(-1)
			if row.Total != nil {
				total = *row.Total
			}
			is = append(is, fmt.Sprint(name, " ", row.Date, " ", total))
		}
		if !slices.Equal(is, want) {
			t.Errorf("seed %d: %s:\n%s\nwant\n%s", seed, a.path(), strings.Join(is, "\n"), strings.Join(want, "\n"))
			return
		}
	}
	if asked < 100 {
		t.Errorf("only %d questions had an answer", asked)
	}
}
