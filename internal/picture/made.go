package picture

import (
	"clickql/internal/catalog"
	"clickql/internal/cube"
)

// Made is a chart of numbers that are made up, as documentation shows it: lines
// have totals for each interval of the days, but for those that are missing; the
// rest follows from the chart. The error is that of an interval too short.
func Made(c Chart, days cube.Range, missing []cube.Day, lines func(dates []cube.Day) []Line) (*Numbers, error) {
	n := &Numbers{Chart: c, Known: c.Names, Days: days}
	every, err := c.every(days)
	if err != nil {
		return nil, err
	}
	n.axis(&catalog.Snapshot{Days: days, Missing: missing}, every)
	n.Lines = lines(n.Dates)
	for i := range n.Lines {
		n.fill(&n.Lines[i])
	}
	if c.Transform == Cumulative {
		n.sumsComplete()
	}
	return n, nil
}
