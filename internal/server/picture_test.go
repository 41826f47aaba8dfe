package server

import (
	"encoding/csv"
	"encoding/json"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestPicturesOfSeveral: projects side by side, all of PyPI, rankings, maps and
// donuts, as SVG and as PNG, with and without an ending.
func TestPicturesOfSeveral(t *testing.T) {
	g, _ := sampled(t)
	for path, want := range map[string][]string{
		"/chart/alpha,beta.svg?last=all":                                 {"alpha, beta", ">alpha<", ">beta<"},
		"/chart/alpha,gamma.svg?last=all":                                {"unknown: gamma", "alpha"},
		"/chart.svg?last=all":                                            {"All of PyPI", "1.23k"},
		"/chart.svg?by=project&last=all":                                 {"Most downloaded projects", "alpha", "98 %", "1.2k"},
		"/chart/alpha?last=all":                                          {"<svg", "alpha"},
		"/chart/alpha.SVG?last=all":                                      {"<svg", "alpha"},
		"/chart/alpha.svg?shape=map&last=all":                            {"downloads, by country"},
		"/chart/alpha.svg?by=country&shape=donut&last=all":               {"Germany", "75 %", "France", "25 %"},
		"/chart/alpha.svg?country=de&python=3.12&by=version&last=all":    {"in Germany, Python 3.12", "by version"},
		"/chart/alpha.svg?version=>=1&last=all":                          {"version &gt;=1"},
		"/chart/alpha.svg?system=linux&mirrors=false&last=all":           {"on Linux, without mirrors"},
		"/chart/alpha.svg?transform=cumulative&last=all&title=So+far":    {"So far", "since 1 Mar 2024"},
		"/chart/alpha,beta.svg?transform=indexed&last=all&scale=log&v=2": {"= 100"},
		"/badge/alpha.svg?show=rank&period=total":                        {"#1 of 2"},
		"/badge/alpha.svg?show=python&period=total":                      {"3.12"},
		"/badge/beta.svg?style=social&logo=pypi":                         {"<path", "downloads/month"},
		"/badge/alpha.svg?show=trend&period=week":                        {"±0 %"},
		"/badge/alpha.svg?show=trend&period=month":                       {"incomplete"},
	} {
		got := ask(t, "GET", g.base+path, "")
		if got.status != http.StatusOK {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
		for _, text := range want {
			if !strings.Contains(got.body, text) {
				t.Errorf("%s: %q is not in it: %.1500s", path, text, got.body)
			}
		}
	}
	for path, width := range map[string]int{"/chart/alpha.png?last=all&width=300&height=150&dpr=2": 600, "/chart.png?by=project&last=all": 800, "/chart/alpha.png?heigth=1": 800} {
		got := ask(t, "GET", g.base+path, "")
		img, err := png.Decode(strings.NewReader(got.body))
		if err != nil || img.Bounds().Dx() != width || got.header.Get("Content-Type") != "image/png" {
			t.Errorf("%s: %d, %v", path, got.status, err)
		}
	}
}

// TestValuesNeverSeen: a filter that nothing ever matched is said, and not drawn
// as a zero.
func TestValuesNeverSeen(t *testing.T) {
	g, _ := sampled(t)
	for path, want := range map[string]string{
		"/chart/alpha.svg?country=NZ":           "there are DE, FR",
		"/chart/alpha.svg?country=xx":           "no country",
		"/chart/alpha.svg?country=DE,NZ":        "there are DE, FR",
		"/chart/alpha.svg?python=2.7":           "there are 3.12",
		"/chart/alpha.svg?version=>=3":          "there are 1.0",
		"/chart/alpha.svg?installer=conda":      "there are pip, bandersnatch",
		"/badge/alpha.svg?system=Plan9":         "there are Linux",
		"/chart/alphq.svg":                      "Is alpha meant?",
		"/chart/alpha.svg?from=2030-01-01":      "1 – 30 Mar 2024",
		"/badge/alpha.json?system=Plan9":        "wrong parameter",
		"/chart/alpha.csv?system=Plan9":         "there are Linux",
		"/chart/alpha.svg?version===1.0&last=2": "last",
	} {
		got := ask(t, "GET", g.base+path, "")
		if !strings.Contains(strings.Join(strings.Fields(unescaped(got.body)), " "), want) && !spread(got.body, want) {
			t.Errorf("%s: %q is not in %d %s", path, want, got.status, got.body)
		}
		if keep := got.header.Get("Cache-Control"); keep != keepUnknown {
			t.Errorf("%s: %s", path, keep)
		}
	}
}

// unescaped is an SVG's text as it is read.
func unescaped(svg string) string {
	return strings.NewReplacer("&#34;", `"`, "&gt;", ">", "&lt;", "<", "&amp;", "&").Replace(svg)
}

// spread tells that all words of a text are in an SVG, whose lines are broken.
func spread(svg, text string) bool {
	return !slices.ContainsFunc(strings.Fields(text), func(word string) bool { return !strings.Contains(unescaped(svg), word) })
}

// TestNumbersOfPictures: the file of a picture's address has its numbers, in the
// columns of the contract.
func TestNumbersOfPictures(t *testing.T) {
	g, _ := sampled(t)
	rows := func(path string) [][]string {
		got := ask(t, "GET", g.base+path, "")
		records, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
		if err != nil || got.status != http.StatusOK || !strings.HasPrefix(got.header.Get("Content-Type"), "text/csv") {
			t.Fatalf("%s: %d %v %s", path, got.status, err, got.body)
		}
		if head := strings.Join(records[0], ","); head != "date,project,value,label,complete,total" {
			t.Errorf("%s: %s", path, head)
		}
		return records[1:]
	}
	if got := rows("/chart/alpha.csv?last=all&interval=day"); len(got) != 30 || strings.Join(got[0], ",") != "2024-03-01,alpha,,,true,40" {
		t.Errorf("%q", got)
	}
	week := rows("/chart/alpha.csv?last=all&interval=week")
	if strings.Join(week[0], ",") != "2024-02-26,alpha,,,false,120" || strings.Join(week[1], ",") != "2024-03-04,alpha,,,true,280" || week[4][4] != "false" {
		t.Errorf("%q", week)
	}
	split := rows("/chart/alpha.csv?last=all&interval=month&by=country&first=1")
	if len(split) != 2 || strings.Join(split[0], ",") != "2024-03-01,alpha,DE,Germany,false,900" || strings.Join(split[1], ",") != "2024-03-01,alpha,,Other,false,300" {
		t.Errorf("%q", split)
	}
	if unknown := rows("/chart/beta.csv?last=all&interval=month&by=country"); len(unknown) != 1 || strings.Join(unknown[0][1:4], ",") != "beta,,Unknown" {
		t.Errorf("%q", unknown)
	}
	if all := rows("/chart.csv?last=1d"); strings.Join(all[0], ",") != "2024-03-30,,,,true,41" {
		t.Errorf("%q", all)
	}
	if parts := rows("/chart.csv?by=project&last=all"); len(parts) != 2 || strings.Join(parts[0], ",") != "2024-03-01,alpha,alpha,alpha,true,1200" {
		t.Errorf("%q", parts)
	}
	var list []map[string]any
	got := ask(t, "GET", g.base+"/chart/alpha.json?last=2d", "")
	if err := json.Unmarshal([]byte(got.body), &list); err != nil || len(list) != 2 || list[0]["value"] != nil || list[0]["total"] != 40. || list[0]["complete"] != true {
		t.Errorf("%s, %v", got.body, err)
	}
	for format, magic := range map[string]string{"parquet": "PAR1", "arrow": "ARROW1"} {
		if got := ask(t, "GET", g.base+"/chart/alpha."+format, ""); !strings.HasPrefix(got.body, magic) {
			t.Errorf("%s: %.40q", format, got.body)
		}
	}
	if none := ask(t, "GET", g.base+"/chart/none.json", ""); none.status != http.StatusNotFound || !strings.Contains(none.body, `"errors"`) {
		t.Errorf("%d %s", none.status, none.body)
	}
}

// TestMissingDaysAreEmpty: a day that is not loaded has no total, in no format a
// zero.
func TestMissingDaysAreEmpty(t *testing.T) {
	g, db := sampled(t)
	if err := db.Conn.Exec(t.Context(), strings.ReplaceAll(rows, "2024-03-01", "2024-04-02")); err != nil {
		t.Fatal(err)
	}
	if err := g.catalog.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := ask(t, "GET", g.base+"/chart/alpha.csv?from=2024-03-30&to=2024-04-03", "")
	want := "2024-03-30,alpha,,,true,40\n2024-03-31,alpha,,,false,\n2024-04-01,alpha,,,false,\n2024-04-02,alpha,,,true,40\n"
	if !strings.Contains(got.body, want) {
		t.Errorf("%s", got.body)
	}
	if svg := ask(t, "GET", g.base+"/chart/alpha.svg?from=2024-03-30&to=2024-04-03", ""); !strings.Contains(svg.body, "2 days not loaded") {
		t.Errorf("%s", svg.body)
	}
}

// TestEndpointBadge: the JSON has the fields of shields.io's endpoint schema and
// no other; an error is one as well.
func TestEndpointBadge(t *testing.T) {
	g, _ := sampled(t)
	allowed := []string{"schemaVersion", "label", "message", "color", "labelColor", "isError", "namedLogo", "logoSvg", "logoColor", "logoSize", "style", "cacheSeconds"}
	for path, message := range map[string]string{
		"/badge/alpha.json": "1.2k",
		"/badge/alpha.json?logo=python&color=green&style=social": "1.2k",
		"/badge/none.json":              "unknown project",
		"/badge/alpha.json?period=hour": "wrong parameter",
	} {
		got := ask(t, "GET", g.base+path, "")
		fields := map[string]any{}
		if err := json.Unmarshal([]byte(got.body), &fields); err != nil || got.header.Get("Content-Type") != "application/json" {
			t.Fatalf("%s: %v %s", path, err, got.body)
		}
		for name := range fields {
			if !slices.Contains(allowed, name) {
				t.Errorf("%s: %s is not in the schema", path, name)
			}
		}
		label, _ := fields["label"].(string)
		if fields["schemaVersion"] != 1. || fields["message"] != message || label == "" {
			t.Errorf("%s: %s", path, got.body)
		}
	}
}

// TestReleasesAreMarked: on the days of the projects' metadata.
func TestReleasesAreMarked(t *testing.T) {
	g, db := sampled(t)
	const uploads = `INSERT INTO projects (name, version, upload_time) VALUES
		('Alpha', '1.0', '2024-03-05 10:00:00'), ('Alpha', '1.0.1', '2024-03-20 10:00:00'), ('Alpha', '0.9', '2023-01-01 10:00:00')`
	if err := db.Conn.Exec(t.Context(), uploads); err != nil {
		t.Fatal(err)
	}
	if err := g.catalog.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := ask(t, "GET", g.base+"/chart/alpha.svg?releases=true&last=all&theme=light", "")
	if got.status != http.StatusOK || !strings.Contains(got.body, ">1.0<") || strings.Contains(got.body, ">0.9<") || strings.Contains(got.body, ">1.0.1<") {
		t.Errorf("%d %s", got.status, got.body)
	}
}
