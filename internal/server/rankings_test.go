package server

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// TestRankings: every project of a slice, in the contract's columns, revalidated
// by a tag.
func TestRankings(t *testing.T) {
	g, _ := sampled(t)
	for path, want := range map[string]string{
		"/rankings.csv":                            "position,project,total\n1,alpha,1200\n2,beta,30\n",
		"/rankings.csv?mirrors=false":              "position,project,total\n1,alpha,1170\n2,beta,30\n",
		"/rankings.csv?country=fr":                 "position,project,total\n1,alpha,300\n",
		"/rankings.csv?last=1d":                    "position,project,total\n1,alpha,40\n2,beta,1\n",
		"/rankings.csv?from=2031-01-01":            "position,project,total\n",
		"/rankings.ndjson?fileType=sdist":          `{"position":1,"project":"beta","total":30}` + "\n",
		"/rankings.ndjson?from=2031-01-01&last=2d": "BAD_USER_INPUT",
		"/rankings.csv?country=NZ":                 "there are DE, FR",
		"/rankings.csv?first=3":                    "not a parameter",
	} {
		got := ask(t, "GET", g.base+path, "")
		if got.body != want && !strings.Contains(got.body, want) || (got.status == http.StatusOK) != !strings.Contains(got.body, "errors") {
			t.Errorf("%s: %d %s, want %s", path, got.status, got.body, want)
		}
	}
	first := ask(t, "GET", g.base+"/rankings.parquet", "")
	if !strings.HasPrefix(first.body, "PAR1") || !strings.HasSuffix(first.body, "PAR1") {
		t.Errorf("%.40q", first.body)
	}
	asked := g.conn.queries.Load()
	again := ask(t, "GET", g.base+"/rankings.parquet", "", "If-None-Match", first.header.Get("ETag"))
	if again.status != http.StatusNotModified || g.conn.queries.Load() != asked {
		t.Errorf("again: %d", again.status)
	}
}

// TestDaysAreIndexed: a copy fetches the days that have changed, and no other.
func TestDaysAreIndexed(t *testing.T) {
	g, _ := sampled(t)
	index := func() map[string][2]string {
		got := ask(t, "GET", g.base+"/rankings/days.json?from=2024-03-01&to=2024-03-03", "")
		var body struct {
			Days []struct {
				Date, ETag, CSV string
				Total, Projects int64
			}
		}
		if err := json.Unmarshal([]byte(got.body), &body); err != nil || len(body.Days) != 3 {
			t.Fatalf("%d %s: %v", got.status, got.body, err)
		}
		tags := map[string][2]string{}
		for _, d := range body.Days {
			tags[d.Date] = [2]string{d.ETag, d.CSV}
			list := ask(t, "GET", g.base+d.CSV, "")
			lines := strings.Split(strings.TrimSpace(list.body), "\n")
			var sum int64
			for _, line := range lines[1:] {
				n, err := strconv.ParseInt(strings.TrimSpace(line[strings.LastIndex(line, ",")+1:]), 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				sum += n
			}
			if list.header.Get("ETag") != d.ETag || sum != d.Total || int64(len(lines)-1) != d.Projects {
				t.Errorf("%+v, but its list has %s, %d downloads, %d lines", d, list.header.Get("ETag"), sum, len(lines)-1)
			}
			if again := ask(t, "GET", g.base+d.CSV, "", "If-None-Match", d.ETag); again.status != http.StatusNotModified {
				t.Errorf("%s again: %d", d.Date, again.status)
			}
		}
		return tags
	}
	before := index()
	if before["2024-03-01"][0] == before["2024-03-02"][0] {
		t.Error("two days have one tag")
	}
	if got := ask(t, "GET", g.base+"/rankings/days.json?from=2000-01-01&to=2024-03-03&system=Linux", ""); got.status != http.StatusBadRequest {
		t.Errorf("a filter: %d", got.status)
	}
}

// TestPepy: a project in the shape of pepy.tech's API, which its clients read.
func TestPepy(t *testing.T) {
	g, _ := sampled(t)
	got := ask(t, "GET", g.base+"/api/v2/projects/Alpha", "", "X-Api-Key", "any")
	var body struct {
		Total     int64 `json:"total_downloads"`
		ID        string
		Versions  []string
		Downloads map[string]map[string]int64
	}
	if err := json.Unmarshal([]byte(got.body), &body); err != nil || got.status != http.StatusOK {
		t.Fatalf("%d %s: %v", got.status, got.body, err)
	}
	var sum int64
	for _, versions := range body.Downloads {
		for _, n := range versions {
			sum += n
		}
	}
	if body.ID != "alpha" || len(body.Versions) == 0 || len(body.Downloads) != 30 || body.Total != sum || sum != 1200 {
		t.Errorf("%+v, which is %d together", body, sum)
	}
	if got := ask(t, "GET", g.base+"/api/v2/projects/none", ""); got.status != http.StatusNotFound || !strings.Contains(got.body, `"message"`) {
		t.Errorf("unknown: %d %s", got.status, got.body)
	}
}

// TestPypistats: what the client pypistats asks, and shields.io's service, has
// the answers that they read.
func TestPypistats(t *testing.T) {
	g, _ := sampled(t)
	type row struct {
		Category, Date string
		Downloads      int64
	}
	series := func(path, kind string) []row {
		got := ask(t, "GET", g.base+"/api/packages/"+path, "")
		var body struct {
			Data          []row
			Package, Type string
		}
		if err := json.Unmarshal([]byte(got.body), &body); err != nil || body.Package != "alpha" || body.Type != kind+"_downloads" {
			t.Fatalf("%s: %d %s (%v)", path, got.status, got.body, err)
		}
		return body.Data
	}
	for path, want := range map[string]string{
		"alpha/recent":                   `{"data":{"last_day":39,"last_month":1170,"last_week":273},"package":"alpha","type":"recent_downloads"}`,
		"Alpha/recent?&period=day":       `{"data":{"last_day":39},"package":"alpha","type":"recent_downloads"}`,
		"alpha/recent?period=month":      `{"data":{"last_month":1170},"package":"alpha","type":"recent_downloads"}`,
		"alpha/system?os=windows":        `{"data":[],"package":"alpha","type":"system_downloads"}`,
		"alpha/python_minor?version=2.7": `{"data":[],"package":"alpha","type":"python_minor_downloads"}`,
	} {
		if got := ask(t, "GET", g.base+"/api/packages/"+path, ""); strings.TrimSpace(got.body) != want {
			t.Errorf("%s: %s, want %s", path, got.body, want)
		}
	}
	if all := series("alpha/overall", "overall"); len(all) != 60 || all[0] != (row{"with_mirrors", "2024-03-01", 40}) || all[59] != (row{"without_mirrors", "2024-03-30", 39}) {
		t.Errorf("overall: %v", all)
	}
	if some := series("alpha/overall?mirrors=false&start_date=2024-03-02&end_date=2024-03-03", "overall"); len(some) != 2 || some[0] != (row{"without_mirrors", "2024-03-02", 39}) {
		t.Errorf("overall without mirrors: %v", some)
	}
	for path, want := range map[string]row{
		"alpha/python_major": {"3", "2024-03-01", 39}, "alpha/python_major?version=3": {"3", "2024-03-01", 39},
		"alpha/python_minor": {"3.12", "2024-03-01", 39}, "alpha/system?os=Linux": {"linux", "2024-03-01", 39},
	} {
		kind, _, _ := strings.Cut(strings.TrimPrefix(path, "alpha/"), "?")
		if got := series(path, kind); len(got) != 30 || got[0] != want {
			t.Errorf("%s: %v", path, got)
		}
	}
	if got := ask(t, "GET", g.base+"/api/packages/beta/system", ""); !strings.Contains(got.body, `{"category":"null","downloads":1,"date":"2024-03-01"}`) {
		t.Errorf("not reported: %s", got.body)
	}
	for _, path := range []string{"none/recent", "alpha/recent?period=year", "alpha/nothing"} {
		if got := ask(t, "GET", g.base+"/api/packages/"+path, ""); got.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	if got := ask(t, "GET", g.base+"/api/packages/alpha/overall?start_date=yesterday", ""); got.status != http.StatusBadRequest {
		t.Errorf("a wrong date: %d", got.status)
	}
}
