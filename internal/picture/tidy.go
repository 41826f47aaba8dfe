package picture

import (
	"math"

	"clickql/internal/cube"
)

// Row is one row of a chart's numbers as a tidy table: one number of one line in
// one interval. Nil is empty.
type Row struct {
	Date     cube.Day // of the interval's first day; of a chart of parts the range's
	Project  *string  // nil for all of PyPI, and for projects that are left
	Value    *string  // nil without a split, for what is left, and for what was not reported
	Label    *string  // nil without a split
	Complete bool
	Total    *float64 // whole unless transformed; nil where nothing is loaded
}

// Whole tells that totals are whole numbers.
func (n *Numbers) Whole() bool {
	return n.Chart.Transform == "" || n.Chart.Transform == Cumulative
}

// Rows are the chart's numbers, line by line in the order of the chart.
func (n *Numbers) Rows() []Row {
	var rows []Row
	for _, l := range n.Lines {
		r := Row{Date: n.Days.From, Complete: n.whole()}
		if l.Project != "" {
			r.Project = &l.Project
		}
		if l.Split {
			r.Label = &l.Label
			if l.Value != "" {
				r.Value = &l.Value
			}
		}
		if n.Chart.Shape.OfParts() {
			total := float64(l.Total)
			r.Total = &total
			rows = append(rows, r)
			continue
		}
		for i, d := range n.Dates {
			r.Date, r.Complete, r.Total = d, n.Complete[i], nil
			if v := l.Values[i]; !math.IsNaN(v) && !math.IsInf(v, 0) {
				r.Total = &v
			}
			rows = append(rows, r)
		}
	}
	return rows
}
