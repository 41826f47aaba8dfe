package picture

import (
	"context"
	"strings"

	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/fetch"
	"clickql/internal/projects"
	"clickql/internal/render"
)

// transform makes the values of all lines; slices are what they are of.
func (n *Numbers) transform(ctx context.Context, op *fetch.Operation, slices []cube.Slice) error {
	for i := range n.Lines {
		l := &n.Lines[i]
		n.fill(l)
		if n.Chart.Transform != Average {
			continue
		}
		res, err := op.Load(ctx, cube.SeriesOf(n.wider(slices[i]), n.Interval))
		if err != nil {
			return err
		}
		known := loaded(op.Snapshot(), res.Days, n.Interval, n.Days.To)
		l.Values = average(res.Totals, known, len(res.Totals)-len(n.Dates), windows[n.Interval])
	}
	if n.Chart.Transform == Cumulative {
		n.sumsComplete()
	}
	return nil
}

// sumsComplete says of sums from the first day on whether they are complete: where
// every day so far is loaded.
func (n *Numbers) sumsComplete() {
	last := len(n.Complete) - 1
	for i := range n.Complete {
		end := min(n.Interval.Next(n.Dates[i])-1, n.Days.To)
		whole := len(n.Missing) == 0 || n.Missing[0] > end
		n.Complete[i] = whole && (i < last || n.Interval.Next(n.Dates[i])-1 == n.Days.To)
	}
}

// wider is a slice that begins early enough for the average of its first interval.
func (n *Numbers) wider(s cube.Slice) cube.Slice {
	if s.AllTime {
		return s
	}
	from := n.Interval.Start(s.Days.From)
	for range windows[n.Interval] - 1 {
		from = n.Interval.Start(from - 1)
	}
	return s.On(cube.Range{From: max(from, 0), To: s.Days.To})
}

// loaded tells of each interval up to a day that it is loaded wholly.
func loaded(snap *catalog.Snapshot, dates []cube.Day, every cube.Interval, to cube.Day) []bool {
	out, calendar := make([]bool, len(dates)), snap.Calendar()
	for i, first := range dates {
		days := cube.Range{From: first, To: every.Next(first) - 1}
		out[i] = days.To <= to && calendar.Whole(days)
	}
	return out
}

// spikes loads the days out of line of the one series of the chart.
func (n *Numbers) spikes(ctx context.Context, op *fetch.Operation, s cube.Slice) error {
	s, err := n.of(ctx, op, s, strings.Join(n.Known, ""))
	if err == nil {
		n.Spikes, err = projects.In(op).Spikes(ctx, s)
	}
	return err
}

// releases loads the days on which the project was released, each version's first
// upload; those of x.y.0 and of whole numbers are the major ones.
func (n *Numbers) releases(ctx context.Context, op *fetch.Operation) error {
	if !op.Snapshot().Metadata {
		return fault.BadInput("releases=true needs the projects' metadata, which this database does not have")
	}
	found, err := projects.In(op).Releases(ctx, n.Known[0])
	if err != nil {
		return err
	}
	for i := len(found) - 1; i >= 0; i-- {
		day := cube.DayOf(found[i].Uploaded)
		if day >= n.Days.From && day <= n.Days.To {
			n.Marks = append(n.Marks, render.Mark{Day: day, Label: found[i].Version, Major: major(found[i].Version)})
		}
	}
	return nil
}
