package server

import (
	"errors"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clickql/internal/catalog"
	"clickql/internal/draw"
	"clickql/internal/query"
	"clickql/internal/render"
)

func address(t *testing.T, rawQuery string) *url.URL {
	t.Helper()
	u, err := url.Parse("/chart/x.svg?" + rawQuery)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestWrongParametersAreSaid(t *testing.T) {
	for _, c := range []struct {
		read  reader
		query string
		want  string // part of the message
	}{
		{readChart, "last=90", "last"},
		{readChart, "last=d", "last"},
		{readChart, "last=", "last"},
		{readChart, "last=90d&last=30d", "2 times"},
		{readChart, "from=2024-02-30", "from"},
		{readChart, "interval=hour", "day, week, month, quarter, year"},
		{readChart, "by=project", "version, country"},
		{readChart, "by=", "by"},
		{readChart, "first=0", "between 1 and"},
		{readChart, "first=11", "between 1 and"},
		{readChart, "first=ten", "whole number"},
		{readChart, "mirrors=no", "true or false"},
		{readChart, "theme=blue", "theme"},
		{readChart, "shape=pie", "shape"},
		{readChart, "width=100000", "width"},
		{readChart, "heigth=100", `"heigth" is not a parameter; there are by, ci,`},
		{readChart, "a=%zz", "name=value"},
		{readChart, "country=" + strings.Repeat("x", 201), "longer"},
		{readBadge, "period=hour", "day, week, month"},
		{readBadge, "color=%23xyz", "colour"},
		{readBadge, "style=metal", "style"},
		{readBadge, "by=country", "not a parameter"},
		{readBadge, "last=7d", "not a parameter"},
	} {
		pic, err := c.read(address(t, c.query))
		bad := new(query.Error)
		if !errors.As(err, &bad) || bad.Code != query.BadUserInput || !strings.Contains(bad.Message, c.want) {
			t.Errorf("%s: error %v, want BAD_USER_INPUT with %q", c.query, err, c.want)
			continue
		}
		svg := string(pic.say("x", notice{text: "wrong parameter", detail: bad.Message, failed: true, wrong: true}))
		if said := html.EscapeString(strings.Fields(bad.Message)[0]); !strings.Contains(svg, "<svg") || !strings.Contains(svg, said) {
			t.Errorf("%s: %q is not in the picture %s", c.query, said, svg)
		}
	}
}

func TestChartAddress(t *testing.T) {
	year, ninety := 12, 90
	from, to := catalog.Day(19000), catalog.Day(19010)
	for _, c := range []struct {
		query string
		want  chart
	}{
		{"", chart{bounds: query.Bounds{Last: &year, Unit: query.Monthly}}},
		{"last=all", chart{}},
		{"last=90d&interval=week&by=file_type&first=3&others=false", chart{
			bounds: query.Bounds{Last: &ninety, Unit: query.Daily}, interval: query.Weekly, by: catalog.FileType, first: 3,
		}},
		{"from=2022-01-08&to=2022-01-18", chart{bounds: query.Bounds{From: &from, To: &to}}},
		{"country=DE,FR&mirrors=false&theme=dark&shape=bar&width=400&height=200&last=all", chart{
			scope: scope{conditions: []query.Condition{{Dim: catalog.Country, Values: []string{"DE", "FR"}}}},
			theme: draw.Dark, shape: render.Bars, width: 400, height: 200,
		}},
	} {
		pic, err := readChart(address(t, c.query))
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		want := c.want
		want.scope.mirrors = !strings.Contains(c.query, "mirrors=false")
		want.others = !strings.Contains(c.query, "others=false")
		if want.first == 0 {
			want.first = chartFirst
		}
		if want.theme == "" {
			want.theme = draw.Auto
		}
		if want.shape == "" {
			want.shape = render.Area
		}
		if diff := cmp.Diff(want, pic, cmp.AllowUnexported(chart{}, scope{})); diff != "" {
			t.Errorf("%s:\n%s", c.query, diff)
		}
	}
}

func TestFromWithLastIsRefusedByTheRange(t *testing.T) {
	pic, err := readChart(address(t, "last=90d&from=2024-01-01"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pic.(chart).bounds.In(query.Slice{}, catalog.Range{From: 19000, To: 20000}); err == nil {
		t.Error("both are taken")
	}
}

func TestChartInterval(t *testing.T) {
	for _, c := range []struct {
		days  int
		asked query.Interval
		want  query.Interval
	}{
		{1, "", query.Daily}, {120, "", query.Daily}, {121, "", query.Weekly}, {366 * 3, "", query.Weekly},
		{366*3 + 1, "", query.Monthly}, {maxPoints, query.Daily, query.Daily}, {maxPoints + 1, query.Weekly, query.Weekly},
	} {
		got, err := chart{interval: c.asked}.every(catalog.Range{From: 10000, To: catalog.Day(10000 + c.days - 1)})
		if err != nil || got != c.want {
			t.Errorf("%d days, asked %q: %s, %v, want %s", c.days, c.asked, got, err, c.want)
		}
	}
	if _, err := (chart{interval: query.Daily}).every(catalog.Range{From: 0, To: maxPoints}); err == nil {
		t.Error("more days than a chart can show are taken")
	}
}

func TestTagsMatchWeakly(t *testing.T) {
	tag := contentTag([]byte("a"), []byte("b"))
	if tag == contentTag([]byte("ab")) || tag == contentTag([]byte("a"), []byte("c")) {
		t.Error("different parts share a tag")
	}
	strong := strings.TrimPrefix(tag, "W/")
	for header, want := range map[string]bool{tag: true, strong: true, `"x", ` + strong: true, "*": true, `"x"`: false, "": false} {
		r := ask304(t, header)
		if fresh(r, tag) != want {
			t.Errorf("If-None-Match: %s: fresh %t, want %t", header, !want, want)
		}
	}
}

func ask304(t *testing.T, ifNoneMatch string) *http.Request {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if ifNoneMatch != "" {
		r.Header.Set("If-None-Match", ifNoneMatch)
	}
	return r
}
