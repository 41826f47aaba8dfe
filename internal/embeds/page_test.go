package embeds

import (
	"encoding/xml"
	"regexp"
	"strings"
	"testing"

	"clickql/internal/cube"
	"clickql/internal/picture"
)

// made is a chart of numbers that are made up, of two months.
func made(t *testing.T, names, query string) *picture.Numbers {
	t.Helper()
	c, err := picture.ReadChart(names, query)
	if err != nil {
		t.Fatal(err)
	}
	from, err := cube.ParseDay("2026-09-01")
	if err != nil {
		t.Fatal(err)
	}
	n, err := picture.Made(c, cube.Range{From: from, To: from + 60}, []cube.Day{from + 10}, func(dates []cube.Day) []picture.Line {
		l := picture.Line{Project: names, Label: `<b>"x"</b>`, Totals: make([]int64, len(dates))}
		for i := range dates {
			l.Totals[i] = int64(1000 + i)
		}
		l.Totals[10] = 0
		return []picture.Line{l}
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestPageIsWhole: without a script a page has its drawings, one for each range of
// widths, the numbers, what they lack, and a link back with its state.
func TestPageIsWhole(t *testing.T) {
	const query = "last=90d&python=3.12&theme=dark&title=%3Cscript%3E"
	body, err := Page(made(t, "alpha", query), query, Assets{Script: "frame-1.js", Sheet: "frame-1.css"})
	if err != nil {
		t.Fatal(err)
	}
	page := string(body)
	for _, want := range []string{
		`data-theme="dark"`, `content="dark"`, `src="/assets/frame-1.js"`, `href="/assets/frame-1.css"`,
		`href="/project/alpha?last=90d&amp;python=3.12"`, `href="/chart/alpha.csv?last=90d&amp;python=3.12"`,
		"<th scope=\"row\">1 Sep 2026</th><td>1,000</td>", "11 Sep 2026 (not loaded)</th><td>–</td>",
		`<clickql-chart plain heading="&lt;script&gt;" interval="day" last="90d" project="alpha" python="3.12" shape="area">`, `class="at-s"`, `class="at-xl"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in %s", want, page)
		}
	}
	if n := strings.Count(page, "<svg"); n != 4 {
		t.Errorf("%d drawings", n)
	}
	for _, never := range []string{"<script>", "<b>", "<style", "style=", "onclick"} {
		if strings.Contains(page, never) {
			t.Errorf("%q is in %s", never, page)
		}
	}
	drawing := regexp.MustCompile(`(?s)<svg.*?</svg>`).FindString(page)
	if err := xml.Unmarshal([]byte(drawing), new(struct{})); err != nil {
		t.Errorf("%v in %s", err, drawing)
	}
}

// TestPictureStays: what the component does not draw stays a picture.
func TestPictureStays(t *testing.T) {
	for query, wants := range map[string]bool{"": true, "shape=bar": true, "transform=indexed": true, "transform=average": false, "releases=true": false, "background=red": false, "shape=sparkline": false} {
		body, err := Page(made(t, "alpha", query), query, Assets{})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(body), "<clickql-chart"); got != wants {
			t.Errorf("%s: drawn by the component: %v", query, got)
		}
		if strings.Contains(string(body), "/assets/") {
			t.Errorf("%s: it names assets that there are none of", query)
		}
	}
}

// TestPagePath: the link back opens the page that shows the same.
func TestPagePath(t *testing.T) {
	for _, c := range []struct{ names, query, want string }{
		{"alpha", "by=python&shape=share&last=2y&interval=month", "/project/alpha?interval=month&last=2y"},
		{"Alpha", "fileType=sdist&mirrors=false&theme=dark", "/project/alpha?file_type=sdist&mirrors=false"},
		{"alpha,beta", "transform=indexed&scale=log&v=2", "/compare/alpha,beta?scale=log&transform=indexed"},
		{"", "country=DE", "/?country=DE"},
		{"", "by=project&last=30d", "/rankings?last=30d"},
	} {
		chart, err := picture.ReadChart(c.names, c.query)
		if err != nil {
			t.Fatal(err)
		}
		if got := PagePath(chart, c.query); got != c.want {
			t.Errorf("%s?%s: %s, want %s", c.names, c.query, got, c.want)
		}
	}
}

// TestMessage: what went wrong stands in a chart's place, with the way back.
func TestMessage(t *testing.T) {
	c, err := picture.ReadChart("alphq", "last=90d")
	if err != nil {
		t.Fatal(err)
	}
	body, err := Message(c, "last=90d", Assets{}, "Unknown project", "Is <alpha> meant?", false)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Unknown project", "Is &lt;alpha&gt; meant?", `href="/project/alphq?last=90d"`} {
		if !strings.Contains(string(body), want) {
			t.Errorf("%q is not in %s", want, body)
		}
	}
	if strings.Contains(string(body), "<details") || strings.Contains(string(body), `role="alert"`) {
		t.Errorf("%s", body)
	}
}
