package picture

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/fetch"
	"clickql/internal/pypi"
	"clickql/internal/render"
)

// maxPoints bounds the intervals of a chart: beyond, several would share a
// pixel.
const maxPoints = 2000

// Load asks for the chart's numbers, all in one operation. The error is a
// *Notice where there are none to be had, else a *fault.Error.
func (c Chart) Load(ctx context.Context, op *fetch.Operation) (*Numbers, error) {
	if err := op.Ready(); err != nil {
		return nil, err
	}
	n := &Numbers{Chart: c}
	if err := n.known(op); err != nil {
		return nil, err
	}
	var err error
	if n.Chart.Filter, err = c.Filter.settle(ctx, op, n.Known); err != nil {
		return nil, err
	}
	slice, err := n.bound(op)
	if err != nil {
		return nil, err
	}
	if n.Chart.Shape.OfParts() {
		n.axis(op.Snapshot(), cube.Yearly) // of use for Missing alone
		n.Dates, n.Complete, n.Absent = nil, nil, nil
		return n, n.parts(ctx, op, slice)
	}
	every, err := c.every(n.Days)
	if err != nil {
		return nil, err
	}
	n.axis(op.Snapshot(), every)
	switch {
	case len(n.Known) > 1 || len(c.Names) > 1:
		err = n.several(ctx, op, slice)
	case c.By == "":
		err = n.lines(ctx, op, slice, []Line{{Project: strings.Join(n.Known, "")}})
	default:
		err = n.split(ctx, op, slice)
	}
	if err == nil && c.Releases {
		err = n.releases(ctx, op)
	}
	if err == nil && c.Spikes {
		err = n.spikes(ctx, op, slice)
	}
	return n, err
}

// known sorts the chart's projects by whether there are any downloads of them.
// Without an index of projects, every project counts as known.
func (n *Numbers) known(op *fetch.Operation) error {
	projects := op.Snapshot().Projects
	for _, name := range n.Chart.Names {
		if projects.Lacks(name) {
			n.Unknown = append(n.Unknown, name)
		} else {
			n.Known = append(n.Known, name)
		}
	}
	if len(n.Chart.Names) > 0 && len(n.Known) == 0 {
		return unknown(n.Chart.Names, projects)
	}
	return nil
}

// bound is the slice of everybody's downloads in the chart's range.
func (n *Numbers) bound(op *fetch.Operation) (cube.Slice, error) {
	calendar := op.Snapshot().Calendar()
	data := calendar.Days
	slice, err := n.Chart.Bounds.In(cube.Slice{}, calendar)
	if err != nil {
		return slice, err
	}
	n.Days, n.Lacking = data, !calendar.Whole(slice.Span(data))
	if !slice.AllTime { // days without data are not days without downloads
		n.Days = slice.Days.Within(data)
		slice.Days = n.Days
	}
	if n.Days.Empty() {
		notice := &Notice{Text: "no data of these days", Detail: "There is no data yet."}
		if !data.Empty() {
			notice.Detail = "The data has " + render.Span(data) + "."
		}
		return slice, notice
	}
	return slice, nil
}

// every is the chart's interval: the one asked for, or one that gives a curve of
// some dozens of points up to about a hundred.
func (c Chart) every(days cube.Range) (cube.Interval, error) {
	n := days.Days()
	if c.Interval != "" && cube.BucketCount(days, c.Interval) > maxPoints {
		return "", fault.BadInput("so long a range has too many intervals for a chart; choose interval=week or a longer one")
	}
	switch {
	case c.Interval != "":
		return c.Interval, nil
	case n <= 120:
		return cube.Daily, nil
	case n <= 3*366:
		return cube.Weekly, nil
	default:
		return cube.Monthly, nil
	}
}

// of is a slice of one project's downloads that the filter leaves; of everybody's
// where the name is empty.
func (n *Numbers) of(ctx context.Context, op *fetch.Operation, s cube.Slice, project string) (cube.Slice, error) {
	if project != "" {
		s.Projects = []string{project}
	}
	return n.Chart.Filter.narrow(ctx, op, s)
}

// several loads a series for each project.
func (n *Numbers) several(ctx context.Context, op *fetch.Operation, s cube.Slice) error {
	lines := make([]Line, len(n.Known))
	for i, name := range n.Known {
		lines[i] = Line{Project: name, Label: name}
	}
	if err := n.lines(ctx, op, s, lines); err != nil {
		return err
	}
	if n.Chart.Shape != render.Lines { // stacks begin with the largest
		slices.SortStableFunc(n.Lines, largestFirst)
	}
	return nil
}

// largestFirst orders lines by what they come to.
func largestFirst(a, b Line) int { return cmp.Compare(b.Total, a.Total) }

// lines loads series of projects.
func (n *Numbers) lines(ctx context.Context, op *fetch.Operation, s cube.Slice, lines []Line) error {
	wanted := make([]cube.Slice, len(lines))
	for i, l := range lines {
		var err error
		if wanted[i], err = n.of(ctx, op, s, l.Project); err != nil {
			return err
		}
	}
	return n.series(ctx, op, wanted, lines)
}

// series loads the series of slices into lines.
func (n *Numbers) series(ctx context.Context, op *fetch.Operation, wanted []cube.Slice, lines []Line) error {
	var asked []cube.Request
	for i := range wanted {
		asked = append(asked, cube.SeriesOf(wanted[i], n.Interval))
		if n.Chart.Transform == Average {
			asked = append(asked, cube.SeriesOf(n.wider(wanted[i]), n.Interval))
		}
	}
	op.Prefetch(ctx, asked)
	for i, l := range lines {
		res, err := op.Load(ctx, cube.SeriesOf(wanted[i], n.Interval))
		if err != nil {
			return err
		}
		if len(res.Totals) != len(n.Dates) {
			return fault.BadInput("the range has changed while it was read; ask again")
		}
		l.Totals = res.Totals
		n.Lines = append(n.Lines, l)
	}
	return n.transform(ctx, op, wanted)
}

// split loads a series for each of the largest values, and one for the rest.
func (n *Numbers) split(ctx context.Context, op *fetch.Operation, s cube.Slice) error {
	s, err := n.of(ctx, op, s, strings.Join(n.Known, ""))
	if err != nil {
		return err
	}
	by := cube.SplitOf(s, n.Chart.By, n.Chart.First, nil)
	op.Prefetch(ctx, []cube.Request{by, cube.SeriesOf(s, n.Interval)})
	top, err := op.Load(ctx, by)
	if err != nil {
		return err
	}
	lines, wanted := make([]Line, len(top.Groups)), make([]cube.Slice, len(top.Groups))
	for i, g := range top.Groups {
		lines[i] = n.valued(g.Value)
		wanted[i] = s.With(n.Chart.By, g.Value)
	}
	if err := n.series(ctx, op, wanted, lines); err != nil {
		return err
	}
	all, err := op.Load(ctx, cube.SeriesOf(s, n.Interval))
	if err != nil {
		return err
	}
	if n.Chart.Others && top.More {
		n.rest(all.Totals)
	}
	if n.Chart.Shape == render.Share && (n.Chart.By == cube.Python || n.Chart.By == cube.Version) {
		slices.SortStableFunc(n.Lines, byVersion)
	}
	return nil
}

// byVersion orders lines by version, what is left last.
func byVersion(a, b Line) int {
	switch {
	case a.Rest:
		return 1
	case b.Rest:
		return -1
	}
	return pypi.CompareVersions(a.Value, b.Value)
}

// valued is the line of one value of the split.
func (n *Numbers) valued(value string) Line {
	l := Line{Project: strings.Join(n.Known, ""), Value: value, Label: n.Chart.By.Label(value), Split: true}
	if len(n.Known) > 1 {
		l.Project = ""
	}
	if n.Chart.By == cube.Project {
		l.Project = value
	}
	return l
}

// other is the line of what is left.
func (n *Numbers) other() Line {
	l := n.valued("")
	l.Label, l.Rest = cube.Others, true
	return l
}

// rest adds what is left of the whole, interval by interval. Where a load came
// between the queries, a part may be ahead; a count is never below zero.
func (n *Numbers) rest(whole []int64) {
	l := n.other()
	l.Totals = slices.Clone(whole)
	for _, part := range n.Lines {
		for i := range min(len(whole), len(part.Totals)) {
			l.Totals[i] = max(l.Totals[i]-part.Totals[i], 0)
		}
	}
	n.fill(&l)
	n.Lines = append(n.Lines, l)
}

// parts loads the totals of the whole range by project or value.
func (n *Numbers) parts(ctx context.Context, op *fetch.Operation, s cube.Slice) error {
	if n.Chart.By == "" || n.Chart.By == cube.Project && len(n.Known) > 0 {
		return n.projects(ctx, op, s)
	}
	s.Projects = n.Known
	if n.Chart.Filter.parsed != nil && len(n.Known) > 1 {
		return fault.BadInput("a specifier of several projects' versions together means nothing; name one project")
	}
	s, err := n.Chart.Filter.narrow(ctx, op, s)
	if err != nil {
		return err
	}
	res, err := op.Load(ctx, cube.SplitOf(s, n.Chart.By, n.Chart.First, nil))
	if err != nil {
		return err
	}
	left := res.Total
	for _, g := range res.Groups {
		l := n.valued(g.Value)
		l.Total = g.Total
		left -= g.Total
		n.Lines = append(n.Lines, l)
	}
	if n.Chart.Others && res.More {
		l := n.other()
		l.Total = max(left, 0)
		n.Lines = append(n.Lines, l)
	}
	return nil
}

// projects loads the total of each project of the chart, largest first.
func (n *Numbers) projects(ctx context.Context, op *fetch.Operation, s cube.Slice) error {
	var asked []cube.Request
	for _, name := range n.Known {
		slice, err := n.of(ctx, op, s, name)
		if err != nil {
			return err
		}
		asked = append(asked, cube.TotalOf(slice))
	}
	totals, err := op.LoadAll(ctx, asked)
	if err != nil {
		return err
	}
	for i, name := range n.Known {
		n.Lines = append(n.Lines, Line{Project: name, Label: name, Total: totals[i].Total})
	}
	slices.SortStableFunc(n.Lines, largestFirst)
	return nil
}
