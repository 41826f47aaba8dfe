package embeds

import (
	"cmp"
	"math"
	"strconv"

	"github.com/dustin/go-humanize"

	"clickql/internal/picture"
	"clickql/internal/render"
)

// table is a chart's numbers for those who do not see it, or want to read them.
type table struct {
	Head []string
	Rows [][]string
	// More tells that there are more numbers than a page should carry: the file has
	// them.
	More bool
}

// maxCells bounds a table: a page of a year's days in ten lines has fewer.
const maxCells = 4000

// tableOf are the numbers of a chart: an interval or a part in each row.
func tableOf(n *picture.Numbers) table {
	if n.Chart.Shape.OfParts() {
		return partsTable(n)
	}
	t := table{Head: []string{"Interval"}}
	if len(n.Dates)*len(n.Lines) > maxCells {
		t.More = true
		return t
	}
	for _, l := range n.Lines {
		t.Head = append(t.Head, cmp.Or(l.Label, "Downloads"))
	}
	for i, day := range n.Dates {
		name := render.Bucket(day, n.Interval)
		switch {
		case n.Absent[i]:
			name += " (not loaded)"
		case !n.Complete[i]:
			name += " (incomplete)"
		}
		row := []string{name}
		for _, l := range n.Lines {
			row = append(row, valueText(l.Values[i], n.Whole()))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// partsTable are the parts of a whole with their shares.
func partsTable(n *picture.Numbers) table {
	what := "Project"
	if n.Chart.By != "" {
		what = n.Chart.By.Title()
	}
	t := table{Head: []string{what, "Downloads", "Share"}}
	var whole int64
	for _, l := range n.Lines {
		whole += l.Total
	}
	for _, l := range n.Lines {
		part := 0.
		if whole > 0 {
			part = float64(l.Total) / float64(whole)
		}
		t.Rows = append(t.Rows, []string{l.Label, humanize.Comma(l.Total), render.Percent(part)})
	}
	return t
}

// valueText is a value as drawn, exact; a dash where there is none.
func valueText(v float64, whole bool) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "–"
	case whole || v == math.Trunc(v):
		return humanize.Comma(int64(v))
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}
