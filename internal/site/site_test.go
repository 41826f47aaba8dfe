package site_test

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"clickql/graph"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/gateway"
	"clickql/internal/server/web"
	"clickql/internal/site"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// rows are 400 days of two projects: alpha with 40 downloads a day, of which
// three in four from Germany, beta with one a day.
const rows = `INSERT INTO pypi (date, country_code, project, type, installer, python_minor, system, version)
SELECT toDate('2024-03-01') + number % 400, if(intDiv(number, 400) % 4 = 0, 'FR', 'DE'), 'alpha', 'bdist_wheel',
       if(number < 400, 'bandersnatch', 'pip'), if(number % 3 = 0, '3.8', '3.12'), 'Linux', if(number % 2 = 0, '1.0', '2.1')
FROM numbers(16000)
UNION ALL
SELECT toDate('2024-03-01') + number, '', 'beta', 'sdist', 'pip', '', '', '0.1' FROM numbers(400)`

// metadata was written by a stranger.
const metadata = `INSERT INTO projects (name, version, summary, author, license, home_page, requires_python, project_urls, upload_time, filename) VALUES
('alpha', '1.0', 'First <b>bold</b>', '<script>alert(1)</script>', 'MIT', 'javascript:alert(1)', '>=3.8', [], '2024-03-02 00:00:00', 'alpha-1.0.tar.gz'),
('alpha', '2.1', 'Second </script><script>alert(2)</script>', '<script>alert(1)</script>', 'MIT', 'javascript:alert(1)', '>=3.8', [], '2024-08-02 00:00:00', 'alpha-2.1.tar.gz')`

// explorer is the site of a gateway on a real ClickHouse, with more rows where given.
func explorer(t *testing.T, more ...string) (base string, db *chtest.DB) {
	t.Helper()
	db = chtest.NewWithSchema(t)
	for _, statement := range append([]string{rows, metadata}, more...) {
		if err := db.Conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	source, err := gateway.OpenServer(t.Context(), chconn.Config{DSN: db.ReadOnlyDSN})
	if err != nil {
		t.Fatal(err)
	}
	g := gateway.New(gateway.Config{Conn: source, Database: source.Database()})
	t.Cleanup(func() {
		if err := g.Stop(); err != nil {
			t.Error(err)
		}
		_ = source.Close()
	})
	if err := g.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(g.Handler())
	t.Cleanup(ts.Close)
	return ts.URL, db
}

func TestPagesAreTrusted(t *testing.T) {
	operations := site.Operations(web.Files())
	if len(operations) < 10 {
		t.Fatal("the pages are not bundled: run `make build`")
	}
	// Each fits the schema, too.
	trusted, err := graph.TrustedDocuments(fstest.MapFS{"a.graphql": {Data: []byte("{ dataset { lastDay } }")}}, operations...)
	if err != nil || trusted.Len() != len(operations)+1 {
		t.Errorf("%v", err)
	}
}

// TestPagesAreFoundByOEmbed: a page that a chart stands for names the answers that
// tell how to show it, and they are there.
func TestPagesAreFoundByOEmbed(t *testing.T) {
	base, _ := explorer(t)
	link := regexp.MustCompile(`<link rel="alternate" type="(application/json|text/xml)\+oembed" href="([^"]*)"`)
	for path, n := range map[string]int{"/": 2, "/project/alpha?last=90d": 2, "/compare/alpha,beta": 2, "/rankings": 2, "/build": 0, "/project/none": 0} {
		found := link.FindAllStringSubmatch(get(t, base+path).text, -1)
		if len(found) != n {
			t.Errorf("%s: %q", path, found)
		}
		for _, m := range found {
			got := get(t, html.UnescapeString(m[2]))
			if got.StatusCode != http.StatusOK || !strings.HasPrefix(got.Header.Get("Content-Type"), m[1]) || !strings.Contains(got.text, "/embed") {
				t.Errorf("%s: %d %s", m[2], got.StatusCode, got.text)
			}
		}
	}
}

// page is what came for an address.
type page struct {
	*http.Response
	text string
}

// get asks for an address and follows no redirect.
func get(t *testing.T, address string, header ...string) page {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode == http.StatusNotImplemented {
		t.Fatal("the pages are not bundled: run `make build`")
	}
	return page{resp, string(text)}
}

// scalar is one number of the database.
func scalar(t *testing.T, db *chtest.DB, query string) uint64 {
	t.Helper()
	var n uint64
	if err := db.Conn.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// cells are the texts and tooltips of a widget's rows.
func cells(t *testing.T, p page, id string) [][]string {
	t.Helper()
	_, rest, found := strings.Cut(p.text, `id="`+id+`"`)
	if !found {
		t.Fatalf("no widget %s in %s", id, p.Request.URL)
	}
	body, _, _ := strings.Cut(rest, "</section>")
	_, body, _ = strings.Cut(body, "<tbody>")
	var rows [][]string
	for _, row := range strings.Split(body, "</tr>") {
		var texts []string
		for _, m := range regexp.MustCompile(`(?s)<td[^>]*?(?: title="([^"]*)")?>(.*?)</td>`).FindAllStringSubmatch(row, -1) {
			text := m[1]
			if text == "" {
				text = regexp.MustCompile(`(?s)<svg.*?</svg>|<[^>]*>`).ReplaceAllString(m[2], "")
			}
			texts = append(texts, text)
		}
		if len(texts) > 0 {
			rows = append(rows, texts)
		}
	}
	return rows
}

func TestPages(t *testing.T) {
	base, db := explorer(t)
	for name, test := range map[string]func(*testing.T, string, *chtest.DB){
		"numbers of a project are those of the raw table": numbersAreThoseOfTheRawTable,
		"decisions are those of the raw table":            decisionsAreThoseOfTheRawTable,
		"a page tells crawlers what it shows":             tellsCrawlersWhatItShows,
		"nothing of a stranger runs":                      nothingOfAStrangerRuns,
		"the script starts with the page's answer":        scriptStartsWithThePagesAnswer,
		"a page has one address and one tag":              hasOneAddressAndOneTag,
	} {
		t.Run(name, func(t *testing.T) { test(t, base, db) })
	}
}

func numbersAreThoseOfTheRawTable(t *testing.T, base string, db *chtest.DB) {
	for query, where := range map[string]string{
		"":                               "date > '2024-04-04'",
		"?last=all":                      "1",
		"?last=30d&country=DE":           "date > toDate('2025-04-04') - 30 AND country_code = 'DE'",
		"?last=30d&country=!DE":          "date > toDate('2025-04-04') - 30 AND country_code != 'DE'",
		"?last=all&mirrors=false":        "installer != 'bandersnatch'",
		"?last=all&human=true":           "installer != 'bandersnatch' AND ci != 'true'",
		"?from=2024-05-01&to=2024-05-31": "date BETWEEN '2024-05-01' AND '2024-05-31'",
		"?last=all&version=%3E%3D2":      "version = '2.1'",
	} {
		p := get(t, base+"/project/alpha"+query)
		if p.StatusCode != http.StatusOK {
			t.Fatalf("%s: status %d", query, p.StatusCode)
		}
		where = "FROM " + db.Name + ".pypi WHERE project = 'alpha' AND " + where
		for id, column := range map[string]string{"country": "country_code", "python": "python_minor", "version": "version", "installer": "installer", "system": "system", "file_type": "type"} {
			for _, row := range cells(t, p, id) {
				value := map[string]string{"Germany": "DE", "France": "FR"}[row[0]]
				if value == "" {
					value = row[0]
				}
				want := scalar(t, db, fmt.Sprintf("SELECT count() %s AND %s = '%s'", where, column, value))
				if got := strings.ReplaceAll(row[len(row)-1], ",", ""); got != fmt.Sprint(want) {
					t.Errorf("%s: %s %s has %s downloads, want %d", query, id, row[0], got, want)
				}
			}
		}
		var sum, want uint64
		for _, row := range cells(t, p, "series") {
			var n uint64
			if _, err := fmt.Sscan(strings.ReplaceAll(row[1], ",", ""), &n); err != nil {
				t.Fatal(err)
			}
			sum += n
		}
		if want = scalar(t, db, "SELECT count() "+where); sum != want {
			t.Errorf("%s: the series adds up to %d, want %d", query, sum, want)
		}
	}
}

// Who would be left behind is counted in the raw table. Of 2.1, which came on a day
// of 1.0, all of the next day's downloads are; the last week has three days of 1.0.
func decisionsAreThoseOfTheRawTable(t *testing.T, base string, db *chtest.DB) {
	p := get(t, base+"/project/alpha")
	for row, where := range map[int]string{0: "python_minor = '3.8'", 2: "version = '1.0'"} {
		from := "SELECT count() FROM " + db.Name + ".pypi WHERE project = 'alpha' AND date > '2024-04-04' AND "
		n, all := scalar(t, db, from+where), scalar(t, db, from+"1")
		got := cells(t, p, "dropping")[row]
		if want := strings.ReplaceAll(got[1], ",", ""); want != fmt.Sprintf("%d of %d downloads that tell", n, all) {
			t.Errorf("%q, want %d of %d", got, n, all)
		}
	}
	if got, want := fmt.Sprint(cells(t, p, "impact")), "[[released 2 Aug 2024 1 1 100 % 1.0 43 %]]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func tellsCrawlersWhatItShows(t *testing.T, base string, _ *chtest.DB) {
	p := get(t, base+"/project/alpha?mirrors=false&last=1y")
	for _, want := range []string{
		"<title>alpha downloads · ClickQL</title>",
		`<meta name="description" content="1,170 downloads of alpha in the last 30 days (±0 %). Rank 1 of 2 on PyPI.`,
		`<link rel="canonical" href="` + base + `/project/alpha?mirrors=false">`,
		`<meta property="og:image" content="` + base + `/chart/alpha.png?`,
		"<svg", `class="rank gold"`,
	} {
		if !strings.Contains(p.text, want) {
			t.Errorf("no %s", want)
		}
	}
	home := get(t, base+"/")
	for _, want := range []string{"16.4k downloads of 2 Python projects, up to 4 Apr 2025", `href="/project/alpha"`, "<svg"} {
		if !strings.Contains(home.text, want) {
			t.Errorf("home has no %s", want)
		}
	}
}

func nothingOfAStrangerRuns(t *testing.T, base string, _ *chtest.DB) {
	for _, path := range []string{"/project/alpha", "/", "/project/%3Cscript%3Ealert(3)%3C%2Fscript%3E", `/project/alpha?country=%22%3E%3Cscript%3E&last=%3Cscript%3E`} {
		p := get(t, base+path)
		p.text = regexp.MustCompile(`<script type="application/json".*?</script>`).ReplaceAllString(p.text, "") // data
		policy := p.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", path, policy)
		}
		for _, wrong := range []string{"<script>", "javascript:", " style=", "<style", " onclick", " onload"} {
			if strings.Contains(p.text, wrong) {
				t.Errorf("%s: %s", path, wrong)
			}
		}
		for _, m := range regexp.MustCompile(`(?:src|href|action)="([^"]*)"`).FindAllStringSubmatch(p.text, -1) {
			if !strings.HasPrefix(m[1], "/") && !strings.HasPrefix(m[1], "#") && !strings.HasPrefix(m[1], "https://pypi.org/") && !strings.HasPrefix(m[1], "data:image/svg") && !strings.HasPrefix(m[1], base) {
				t.Errorf("%s leads to %s", path, m[1])
			}
		}
	}
}

func scriptStartsWithThePagesAnswer(t *testing.T, base string, _ *chtest.DB) {
	p := get(t, base+"/project/alpha?last=30d")
	_, rest, _ := strings.Cut(p.text, `<script type="application/json" id="boot">`)
	text, _, _ := strings.Cut(rest, "</script>")
	var boot struct {
		Page, Operation string
		Variables       map[string]any
		Answer          struct {
			Data struct {
				Project struct {
					Summary   string
					Downloads struct {
						Total  int64
						Series struct{ Totals []int64 }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &boot); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if d := boot.Answer.Data.Project.Downloads; boot.Page != "project" || boot.Operation != "ProjectPage" || boot.Variables["name"] != "alpha" || d.Total != 1200 || len(d.Series.Totals) != 30 {
		t.Errorf("the script starts with %+v", boot)
	}
	if want := "Second </script><script>alert(2)</script>"; boot.Answer.Data.Project.Summary != want {
		t.Errorf("summary %q, want %q", boot.Answer.Data.Project.Summary, want)
	}
}

func hasOneAddressAndOneTag(t *testing.T, base string, _ *chtest.DB) {
	moved := get(t, base+"/project/Al_pha?last=90d&utm_source=x")
	if moved.StatusCode != http.StatusMovedPermanently || moved.Header.Get("Location") != "/project/al-pha?last=90d" {
		t.Errorf("%d %s", moved.StatusCode, moved.Header.Get("Location"))
	}
	for query, to := range map[string]string{"q=Alpha": "/project/alpha", "q=+": "/"} {
		if found := get(t, base+"/search?"+query); found.StatusCode != http.StatusFound || found.Header.Get("Location") != to {
			t.Errorf("search %s: %d %s", query, found.StatusCode, found.Header.Get("Location"))
		}
	}
	if found := get(t, base+"/search?q=alp"); !strings.Contains(found.text, `href="/project/alpha"`) {
		t.Errorf("alp does not find alpha: %s", found.text)
	}
	unknown := get(t, base+"/project/no-such-project")
	if unknown.StatusCode != http.StatusNotFound || !strings.Contains(unknown.text, "no-such-project") || unknown.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %s", unknown.StatusCode, unknown.text)
	}
	first := get(t, base+"/project/alpha")
	if again := get(t, base+"/project/alpha", "If-None-Match", first.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("status %d for the tag %s", again.StatusCode, first.Header.Get("ETag"))
	}
}
