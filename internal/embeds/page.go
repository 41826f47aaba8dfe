package embeds

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"strings"

	"clickql/internal/draw"
	"clickql/internal/picture"
	"clickql/internal/render"
)

//go:embed page.html
var source embed.FS

// form is the page's form; it is part of the binary, so that one that cannot be
// read is a fault of the build.
var form = template.Must(template.ParseFS(source, "page.html"))

// Assets are the names below /assets/ of what the page loads; empty in a binary
// without its bundle, whose pages stay as they are.
type Assets struct{ Script, Sheet string }

// page is the page as its template takes it.
type page struct {
	Assets
	Title, Theme string
	// Back is the address of the site's page about the same, Data that of the
	// numbers as a file, both from the root.
	Back, Data string
	// Pictures are the chart as it is laid out for some widths of the frame.
	Pictures []laidOut
	Table    table
	// Attributes are those of the component, which draws the chart anew where it
	// can.
	Attributes []attribute
	// Text and Detail stand where there is no chart.
	Text, Detail string
	Failed       bool
}

// laidOut is a drawing with the classes of the widths that it is for.
type laidOut struct {
	Classes string
	SVG     template.HTML
}

// Page is a chart as a page for an iframe; query is that of its address. The
// error is that of a chart that cannot be drawn.
func Page(n *picture.Numbers, query string, assets Assets) ([]byte, error) {
	p := newPage(n.Chart, query, assets)
	p.Table, p.Attributes = tableOf(n), attributes(n, query)
	for _, l := range layouts(n.Chart) {
		spec := n.Spec()
		spec.Width, spec.Height = l.width, l.height
		d, err := render.Chart(spec)
		if err != nil {
			return nil, err
		}
		p.Title = d.Title
		// The drawer escapes every text that it is given.
		p.Pictures = append(p.Pictures, laidOut{l.classes, template.HTML(d.SVG(n.Chart.Theme, draw.Page))})
	}
	return p.write()
}

// Message is the page that says a few words and a sentence in a chart's place:
// that there is none, or, where it failed, why.
func Message(c picture.Chart, query string, assets Assets, text, detail string, failed bool) ([]byte, error) {
	p := newPage(c, query, assets)
	p.Text, p.Detail, p.Failed = text, detail, failed
	p.Title = Caption(c) + ": " + text
	return p.write()
}

// newPage is the page of a chart without its numbers.
func newPage(c picture.Chart, query string, assets Assets) page {
	p := page{Assets: assets, Title: Caption(c), Back: PagePath(c, query), Data: ChartPath(c, "csv", query)}
	if c.Theme != draw.Auto {
		p.Theme = string(c.Theme)
	}
	return p
}

// write writes the page.
func (p page) write() ([]byte, error) {
	var out bytes.Buffer
	if err := form.ExecuteTemplate(&out, "page.html", p); err != nil {
		return nil, fmt.Errorf("write the page of an embed: %w", err)
	}
	return out.Bytes(), nil
}

// Caption names a chart as its address does, without a look at the data: "numpy,
// pandas: downloads by Python version".
func Caption(c picture.Chart) string {
	if c.Title != "" {
		return picture.Shorten(c.Title)
	}
	of := "All of PyPI"
	if len(c.Names) > 0 {
		of = picture.Shorten(strings.Join(c.Names, ", "))
	}
	if c.By == "" {
		return of + ": downloads"
	}
	return of + ": downloads by " + c.By.Title()
}
