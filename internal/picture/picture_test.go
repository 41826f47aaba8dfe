package picture

import (
	"errors"
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"

	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/draw"
	"clickql/internal/fault"
	"clickql/internal/render"
)

// TestWrongParametersAreSaid: each mistake has an error that names it.
func TestWrongParametersAreSaid(t *testing.T) {
	chart := func(query string) error { _, err := ReadChart("x", query); return err }
	several := func(query string) error { _, err := ReadChart("x,y", query); return err }
	all := func(query string) error { _, err := ReadChart("", query); return err }
	badge := func(query string) error { _, err := ReadBadge("x", query); return err }
	for _, c := range []struct {
		read  func(string) error
		query string
		want  string // part of the message
	}{
		{chart, "last=90", "last"},
		{chart, "last=d", "last"},
		{chart, "last=", "last"},
		{chart, "last=0d", "last"},
		{chart, "last=90d&last=30d", "several times"},
		{chart, "fileType=sdist&file_type=sdist", "fileType is given several times"},
		{chart, "last=90d&from=2024-01-01", "not both"},
		{chart, "from=2024-02-30", "from"},
		{chart, "interval=hour", "day, week, month, quarter, year"},
		{chart, "by=nothing", "version, country"},
		{chart, "by=project", "splits all of PyPI"},
		{chart, "by=", "by"},
		{chart, "first=0", "between 1 and"},
		{chart, "first=11", "between 1 and 10"},
		{chart, "first=ten", "whole number"},
		{chart, "mirrors=no", "true, false"},
		{chart, "theme=blue", "theme"},
		{chart, "shape=pie", "shape"},
		{chart, "shape=share", "parts of a whole"},
		{chart, "shape=donut", "parts of a whole"},
		{chart, "shape=map&by=python", "shape=map is by country"},
		{several, "by=python", "told apart already"},
		{several, "releases=true", "one project"},
		{all, "releases=true", "one project"},
		{chart, "by=python&shape=share&transform=indexed", "transform=indexed"},
		{chart, "by=python&shape=donut&scale=log", "scale=log"},
		{chart, "transform=average&interval=year", "not over years"},
		{chart, "width=100000", "width"},
		{chart, "width=50", "width"},
		{chart, "width=150&shape=bar", "sparkline"},
		{chart, "dpr=9", "dpr"},
		{chart, "background=nocolour", "colour"},
		{chart, "heigth=100", `"heigth" is not a parameter; is height meant?`},
		{chart, "coutry=DE", "is country meant?"},
		{chart, "colour=red", "not a parameter; there are last, from"},
		{chart, "a=%zz", "name=value"},
		{chart, "country=" + strings.Repeat("x", 301), "longer"},
		{chart, "country=Atlantis", "no country"},
		{chart, "version=>=x", "PEP 440"},
		{badge, "period=hour", "day, week, month"},
		{badge, "color=%23xyz", "colour"},
		{badge, "style=metal", "style"},
		{badge, "logo=no-such-logo", "logo"},
		{badge, "by=country", "not a parameter"},
		{badge, "last=7d", "not a parameter"},
	} {
		err := c.read(c.query)
		bad := new(fault.Error)
		if !errors.As(err, &bad) || bad.Code != fault.BadUserInput || !strings.Contains(bad.Message, c.want) {
			t.Errorf("%s: error %v, want BAD_USER_INPUT with %q", c.query, err, c.want)
		}
	}
	if _, err := ReadChart(strings.Repeat("a,b,c,d,e,f,", 1)+"g,h,i,j,k", ""); err == nil || !strings.Contains(err.Error(), "at most 10") {
		t.Errorf("eleven projects: %v", err)
	}
}

// TestStrangersArePassed: what caches and trackers add says nothing.
func TestStrangersArePassed(t *testing.T) {
	for _, query := range []string{"v=1", "_=17", "cacheSeconds=3600", "utm_source=x&utm_medium=y", "fbclid=1", "key=k"} {
		if _, err := ReadChart("x", query); err != nil {
			t.Errorf("%s: %v", query, err)
		}
	}
	if a, b := Canonical("v=1&file_type=sdist&last=90d", OfChart), Canonical("last=90d&fileType=sdist&utm_x=2", OfChart); a != b {
		t.Errorf("%s and %s", a, b)
	}
}

// TestEveryParameterIsRead: what the table documents is read, and what is read is
// documented.
func TestEveryParameterIsRead(t *testing.T) {
	for use, read := range map[Use]func(*reader){
		OfChart: func(r *reader) {
			c := Chart{Bounds: r.bounds(defaultLast), Filter: r.filter()}
			for _, name := range []string{"interval", "by", "transform"} {
				r.choice(name, "")
			}
			r.boolean("others", true)
			r.boolean("releases", true)
			r.boolean("spikes", true)
			c.looks(r)
			r.first("")
		},
	} {
		r := newReader("background=red", use)
		read(r)
		for _, p := range Parameters {
			if p.Of&use != 0 && !r.read[p.Name] {
				t.Errorf("%s is documented and never read", p.Name)
			}
		}
		for name := range r.read {
			if find(name, use) == nil {
				t.Errorf("%s is read and not documented", name)
			}
		}
	}
	seen := map[string]bool{}
	for _, p := range Parameters {
		if p.Doc == "" || p.Form == "" && len(p.Choices) == 0 {
			t.Errorf("%s is not documented", p.Name)
		}
		for use := OfChart; use <= OfRankings; use <<= 1 {
			if p.Of&use != 0 {
				key := plain(p.Name) + string(rune('0'+use))
				if seen[key] {
					t.Errorf("%s is there twice", p.Name)
				}
				seen[key] = true
			}
		}
	}
}

// TestChartAddress: what an address means.
func TestChartAddress(t *testing.T) {
	for _, c := range []struct {
		names, query string
		is           func(Chart) bool
	}{
		{"Zope.Interface", "", func(c Chart) bool {
			return c.Names[0] == "zope-interface" && *c.Bounds.Last == 12 && c.Bounds.Unit == cube.Monthly && c.Shape == render.Area && c.First == 5 && c.Others
		}},
		{"", "last=all", func(c Chart) bool { return c.Names == nil && c.Bounds == (cube.Bounds{}) }},
		{"x", "last=4q&by=fileType&first=3&others=FALSE", func(c Chart) bool {
			return *c.Bounds.Last == 4 && c.Bounds.Unit == cube.Quarterly && c.By == cube.FileType && c.First == 3 && !c.Others
		}},
		{"x", "from=2022-01-08", func(c Chart) bool { return c.Bounds.From.String() == "2022-01-08" && c.Bounds.Last == nil }},
		{"a,b,A", "", func(c Chart) bool { return len(c.Names) == 2 && c.Shape == render.Lines }},
		{"", "by=project", func(c Chart) bool { return c.Shape == render.Ranking && c.First == 10 }},
		{"", "by=project&shape=bar", func(c Chart) bool { return c.Shape == render.Ranking }},
		{"", "by=project&shape=bar&interval=month", func(c Chart) bool { return c.Shape == render.Bars }},
		{"x", "shape=map", func(c Chart) bool { return c.By == cube.Country }},
		{"x", "width=120&height=30", func(c Chart) bool { return c.Shape == render.Sparkline }},
		{"x", "country=de,%20Fr&theme=DARK&Interval=Week", func(c Chart) bool {
			return c.Filter.conditions[0].Values[0] == "DE" && c.Filter.conditions[0].Values[1] == "FR" && c.Theme == draw.Dark && c.Interval == cube.Weekly
		}},
		{"x", "country=germany", func(c Chart) bool { return c.Filter.conditions[0].Values[0] == "DE" }},
		{"x", "country=!US,CN", func(c Chart) bool {
			f := c.Filter.conditions[0]
			return f.Not && strings.Join(f.Values, " ") == "US CN"
		}},
		{"x", "version=>=3", func(c Chart) bool { return c.Filter.specifier == ">=3" && len(c.Filter.conditions) == 0 }},
		{"x", "version=!=3.0", func(c Chart) bool { return c.Filter.specifier == "!=3.0" }},
		{"x", "version=!3.0", func(c Chart) bool { return c.Filter.conditions[0].Not }},
		{"x", "scale=log&transform=cumulative&background=transparent&dpr=2&title=Hi", func(c Chart) bool {
			return c.Log && c.Transform == Cumulative && c.Background == render.Transparent && c.Density == 2 && c.Title == "Hi"
		}},
	} {
		got, err := ReadChart(c.names, c.query)
		if err != nil || !c.is(got) {
			t.Errorf("/chart/%s?%s: %+v, %v", c.names, c.query, got, err)
		}
	}
}

// TestSubtitleSaysTheFilter: in words.
func TestSubtitleSaysTheFilter(t *testing.T) {
	for query, want := range map[string]string{
		"python=3.12&country=de": "in Germany, Python 3.12", "mirrors=false": "without mirrors", "version=>=3": "version >=3",
		"system=Linux,Windows": "on Linux or Windows", "ci=true": "in CI", "country=!us": "not in United States", "human=true": "without mirrors and CI",
	} {
		c, err := ReadChart("x", query)
		if got := strings.Join(c.Filter.says(), ", "); err != nil || got != want {
			t.Errorf("%s: %q, want %q (%v)", query, got, want, err)
		}
	}
}

// TestAverage: the mean of whole windows, and nothing where one is not loaded.
func TestAverage(t *testing.T) {
	got := average([]int64{1, 2, 3, 4, 50, 6}, []bool{true, true, true, true, false, true}, 2, 3)
	if got[0] != 2 || got[1] != 3 || !math.IsNaN(got[2]) || !math.IsNaN(got[3]) {
		t.Errorf("%v", got)
	}
	if early := average([]int64{1, 2, 3}, []bool{true, true, true}, 0, 3); !math.IsNaN(early[1]) || early[2] != 2 {
		t.Errorf("%v", early)
	}
}

// TestTransforms: an index begins at 100 in the first complete interval; a sum
// behind a missing day is incomplete.
func TestTransforms(t *testing.T) {
	n := &Numbers{Interval: cube.Daily, Days: cube.Range{From: 10, To: 13}, Dates: []cube.Day{10, 11, 12, 13}, Missing: []cube.Day{12},
		Complete: []bool{false, true, false, true}, Absent: []bool{false, false, true, false}}
	l := &Line{Totals: []int64{7, 20, 0, 30}}
	n.index(l)
	if l.Values[0] != 35 || l.Values[1] != 100 || !math.IsNaN(l.Values[2]) || l.Values[3] != 150 {
		t.Errorf("indexed: %v", l.Values)
	}
	n.cumulate(l)
	n.sumsComplete()
	if l.Values[1] != 27 || !math.IsNaN(l.Values[2]) || l.Values[3] != 57 || !n.Complete[1] || n.Complete[3] {
		t.Errorf("cumulative: %v %v", l.Values, n.Complete)
	}
}

// TestAxisOfDaysThatAreNotSettled: a day that is not settled has no total, whatever
// there is of it, and makes its week incomplete.
func TestAxisOfDaysThatAreNotSettled(t *testing.T) {
	monday := cube.Weekly.Start(20000)
	snap := &catalog.Snapshot{Days: cube.Range{From: monday, To: monday + 15}, Missing: []cube.Day{monday + 3, monday + 14, monday + 15}}
	n := &Numbers{Days: snap.Days, Lines: []Line{{Totals: make([]int64, 16)}}}
	for i := range n.Lines[0].Totals {
		n.Lines[0].Totals[i] = 5
	}
	n.axis(snap, cube.Daily)
	n.plain(&n.Lines[0])
	for i, r := range n.Rows() {
		if settled := i != 3 && i < 14; r.Complete != settled || (r.Total != nil) != settled {
			t.Errorf("%s: complete %t, total %v", r.Date, r.Complete, r.Total)
		}
	}
	n.axis(snap, cube.Weekly)
	if got := fmt.Sprint(n.Complete, n.Absent); got != "[false true false] [false false true]" {
		t.Errorf("by weeks, complete and absent: %s", got)
	}
}

// TestPagesKnowEveryShape: the form of the site and the embeds list the shapes in their
// own language.
func TestPagesKnowEveryShape(t *testing.T) {
	const file = "../server/web/src/embed/options.ts"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, list := range regexp.MustCompile(`export const (?:drawn|pictured) = \[(.*)\]`).FindAllStringSubmatch(string(text), -1) {
		for _, word := range regexp.MustCompile(`"([a-z]+)"`).FindAllStringSubmatch(list[1], -1) {
			known[word[1]] = true
		}
	}
	for _, shape := range render.Shapes {
		if !known[string(shape)] {
			t.Errorf("%s lacks the shape %s", file, shape)
		}
		delete(known, string(shape))
	}
	for extra := range known {
		t.Errorf("%s has the shape %s, which nothing draws", file, extra)
	}
}
