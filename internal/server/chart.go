package server

import (
	"bytes"
	"context"
	"strings"

	"clickql/internal/fetch"
	"clickql/internal/picture"
	"clickql/internal/render"
	"clickql/internal/tabular"
)

// charts are pictures of downloads over time or by parts, and their numbers.
var charts = kind{
	use:     picture.OfChart,
	policy:  picturePolicy,
	formats: []string{formatSVG, formatPNG, string(tabular.CSV), string(tabular.JSON), string(tabular.Arrow), string(tabular.Parquet)},
	read: func(name, query string) (subject, error) {
		c, err := picture.ReadChart(name, query)
		return chart{c}, err
	},
}

// chart is one of them.
type chart struct{ picture.Chart }

// chartSeconds is how long a chart may be kept.
const chartSeconds = 600

func (c chart) keep() int { return chartSeconds }

func (c chart) words(format string, w words) []byte {
	if format != formatSVG && format != formatPNG {
		return nil
	}
	d := render.Message(render.MessageSpec{
		Title: picture.Shorten(strings.Join(c.Names, ", ")), Text: w.begin(), Detail: w.detail,
		Width: c.Width, Height: c.Height, Background: c.Background,
	})
	return said(d, format, c.Theme, c.Density)
}

// begin is the text as it begins a sentence.
func (w words) begin() string { return strings.ToUpper(w.text[:1]) + w.text[1:] }

func (c chart) answer(ctx context.Context, op *fetch.Operation, format string) ([]byte, error) {
	n, err := c.Load(ctx, op)
	if err != nil {
		return nil, err
	}
	if format != formatSVG && format != formatPNG {
		return tidy(n, tabular.Format(format))
	}
	d, err := n.Draw()
	if err != nil {
		return nil, err
	}
	return shown(d, format, c.Theme, c.Density)
}

// tidy is a chart's numbers as a table.
func tidy(n *picture.Numbers, format tabular.Format) ([]byte, error) {
	total := tabular.Real
	if n.Whole() {
		total = tabular.Whole
	}
	var out bytes.Buffer
	w, err := tabular.New(format, &out, []tabular.Column{
		{Name: "date", Kind: tabular.Date, Required: true}, {Name: "project", Kind: tabular.Text}, {Name: "value", Kind: tabular.Text},
		{Name: "label", Kind: tabular.Text}, {Name: "complete", Kind: tabular.Truth, Required: true}, {Name: "total", Kind: total},
	})
	if err != nil {
		return nil, err
	}
	for _, r := range n.Rows() {
		var sum any
		switch {
		case r.Total == nil:
		case total == tabular.Whole:
			sum = int64(*r.Total)
		default:
			sum = *r.Total
		}
		if err := w.Row(tabular.Day(r.Date), text(r.Project), text(r.Value), text(r.Label), r.Complete, sum); err != nil {
			return nil, err
		}
	}
	err = w.Close()
	return out.Bytes(), err
}

// text is a text that may be empty, as tables take it.
func text(s *string) any {
	if s == nil {
		return nil
	}
	return *s
}
