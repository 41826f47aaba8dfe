package graph

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"clickql/graph/rounds"
	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/pypi"
)

// Support is what a project may stop supporting.
type Support string

// The values of the enum Support.
const (
	supportPython Support = "PYTHON"
	supportGlibc  Support = "GLIBC"
	supportMajor  Support = "MAJOR"
)

// dropping is the arguments of Downloads.dropping.
type dropping struct {
	support Support
	every   cube.Interval
	on      *cube.Day // of PYTHON; nil for the last settled day of the range
	glibc   string    // of GLIBC
}

func (a arguments) dropping() (any, error) {
	c := dropping{
		support: Support(argument[string](a.given, "support")), every: cube.Interval(argument[string](a.given, "interval")),
		on: optional[cube.Day](a.given, "on"), glibc: argument[string](a.given, "glibc"),
	}
	if !pypi.IsVersion(c.glibc) {
		return c, fault.BadInput("glibc is %.60q; it is a version, such as 2.28", c.glibc)
	}
	return c, nil
}

// step is what leads from a slice to what dropping leaves behind of it: the
// arguments that mean something.
func (c dropping) step() []any {
	step := []any{"dropping", c.support, c.every}
	switch {
	case c.support == supportPython && c.on != nil:
		step = append(step, c.on.String())
	case c.support == supportGlibc:
		step = append(step, c.glibc)
	}
	return step
}

// mostReported is how many Pythons or C libraries a slice may report: real ones
// have a few dozens.
const mostReported = 500

// splits are the splits that tell what would be left behind of a slice: by what
// downloads report, or of each project by its versions. There are none of the
// versions of all projects.
func (c dropping) splits(op *operation, s cube.Slice) (list []cube.Request) {
	switch c.support {
	case supportPython:
		return []cube.Request{cube.SplitOf(s, cube.Python, mostReported, nil)}
	case supportGlibc:
		return []cube.Request{cube.SplitOf(s, cube.Libc, mostReported, nil)}
	}
	for _, name := range s.Projects {
		list = append(list, op.AllVersions(rounds.OfProject(s, name)))
	}
	return list
}

// reckoning is what would be left behind of a slice, as one split of it tells.
type reckoning struct {
	values          []*Dropped
	total, reported int64
	// dropped and told are the requests for series that add up to what would be
	// left behind over time, and to what that is a part of.
	dropped, told []cube.Request
}

// reckon takes in the answer to one of the splits.
func (c dropping) reckon(op *operation, split cube.Request, res *cube.Result) (k reckoning) {
	if c.support == supportMajor {
		return c.reckonMajors(split.Slice, res)
	}
	on := c.day(op, split.Slice)
	for _, g := range res.Groups {
		told, behind := c.judge(g.Value, on)
		if !told {
			continue
		}
		series := cube.SeriesOf(split.Slice.With(split.Dim, g.Value), c.every)
		k.reported += g.Total
		k.told = append(k.told, series)
		if behind {
			k.total += g.Total
			k.values = append(k.values, &Dropped{Value: g.Value, Total: g.Total})
			k.dropped = append(k.dropped, series)
		}
	}
	return k
}

// day is the day by which the life of a Python has ended, or has not.
func (c dropping) day(op *operation, s cube.Slice) cube.Day {
	if c.on != nil {
		return *c.on
	}
	return min(op.days(s).To, op.Snap.Calendar().Settled().To)
}

// judge tells of a value whether it reports what is asked about, and whether it
// would be left behind.
func (c dropping) judge(value string, on cube.Day) (told, behind bool) {
	if c.support == supportPython {
		end, known := pypi.EndOfLife(value)
		return value != "", known && cube.DayOf(end) <= on
	}
	version, isGlibc := strings.CutPrefix(value, "glibc ")
	if !isGlibc || !pypi.IsVersion(version) {
		return false, false
	}
	return true, pypi.CompareVersions(version, c.glibc) < 0
}

// reckonMajors takes in the versions of one project. Its newest major release is
// that of its newest final version among them.
func (c dropping) reckonMajors(s cube.Slice, res *cube.Result) (k reckoning) {
	newest := pypi.ReleaseOf(pypi.LatestVersion(res.Listed()), 1)
	of := map[string]*Dropped{}
	var old []string
	for _, g := range res.Groups {
		k.reported += g.Total
		major := pypi.ReleaseOf(g.Value, 1)
		if major == "" || pypi.CompareVersions(major, newest) >= 0 {
			continue
		}
		if of[major] == nil {
			of[major] = &Dropped{Value: s.Projects[0] + " " + major}
			k.values = append(k.values, of[major])
		}
		of[major].Total += g.Total
		k.total += g.Total
		old = append(old, g.Value)
	}
	k.told = []cube.Request{cube.SeriesOf(s, c.every)}
	if len(old) > 0 {
		k.dropped = ofVersions(cube.SeriesOf(s.With(cube.Version, old...), c.every), old)
	}
	return k
}

// overTime are the fields that need the series.
var overTime = []string{"totals", "reports", "shares", "movedBy"}

// gatherDropping gathers one selection of Downloads.dropping.
func (op *operation) gatherDropping(r *rounds.Round, n *node, s cube.Slice) {
	c := n.args.(dropping)
	if _, err := op.series(s, c.every); err != nil {
		return
	}
	if n.has("movedBy") {
		r.Releases = append(r.Releases, s.Projects...)
	}
	for _, split := range c.splits(op, s) {
		if n.has(overTime...) {
			split = split.Then(cube.SeriesOf(cube.Slice{}, c.every))
		}
		r.AwaitSplit(&n.Place, split, n.has(overTime...), func(r *rounds.Round, res *cube.Result) {
			k := c.reckon(op, split, res)
			r.Ask(k.told...)
			r.Ask(k.dropped...)
		})
	}
}

// Dropping is what would be left behind of a slice.
type Dropping struct {
	Support         Support
	Interval        cube.Interval
	Total, Reported int64
	Values          []*Dropped
	Dates           []cube.Day
	Complete        []bool
	// Totals and Reports are of each interval.
	Totals, Reports []int64

	op     *operation
	slice  cube.Slice
	origin *origin
}

// Dropped is one value that would be left behind.
type Dropped struct {
	Value string
	Total int64
	Share float64
}

// Dropping resolves Downloads.dropping.
func (d *Downloads) Dropping(ctx context.Context) (*Dropping, error) {
	op, n, c, err := field[dropping](ctx)
	if err != nil {
		return nil, err
	}
	if _, err := op.series(d.slice, c.every); err != nil {
		return nil, err
	}
	if c.support == supportMajor && d.slice.Projects == nil {
		return nil, fault.BadInput("which major release is the newest is a matter of each project: ask for MAJOR of projects that are named")
	}
	if err := n.Wait(ctx); err != nil {
		return nil, err
	}
	k, err := op.reckoned(ctx, c, d.slice)
	if err != nil {
		return nil, err
	}
	days := op.days(d.slice)
	out := &Dropping{
		Support: c.support, Interval: c.every, Total: k.total, Reported: k.reported, Values: k.values,
		Dates: cube.Buckets(days, c.every), Complete: op.Snap.Calendar().Complete(days, c.every),
		op: op, slice: d.slice, origin: d.origin.then(c.step()...),
	}
	for _, v := range out.Values {
		v.Share = share(v.Total, out.Reported)
	}
	if n.has(overTime...) {
		if out.Totals, err = op.sumOver(ctx, k.dropped, len(out.Dates)); err == nil {
			out.Reports, err = op.sumOver(ctx, k.told, len(out.Dates))
		}
	}
	return out, err
}

// reckoned takes in the answers to all of the splits, its values largest first,
// ties by value.
func (op *operation) reckoned(ctx context.Context, c dropping, s cube.Slice) (all reckoning, err error) {
	all.values = []*Dropped{}
	for _, split := range c.splits(op, s) {
		res, err := op.Load(ctx, split)
		if err != nil {
			return all, err
		}
		if res.More {
			return all, fault.OverLimit(fault.BadUserInput, len(res.Groups)+1, split.First,
				"dropping needs all values of the slice by %s, and there are more than %d: name a project, or leave mirrors out", split.Dim.Title(), split.First)
		}
		k := c.reckon(op, split, res)
		all.total, all.reported = all.total+k.total, all.reported+k.reported
		all.values = append(all.values, k.values...)
		all.dropped, all.told = append(all.dropped, k.dropped...), append(all.told, k.told...)
	}
	slices.SortFunc(all.values, func(a, b *Dropped) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), strings.Compare(a.Value, b.Value))
	})
	return all, nil
}

// sumOver is the sum of series of so many intervals, zeros of none.
func (op *operation) sumOver(ctx context.Context, parts []cube.Request, intervals int) ([]int64, error) {
	sum, err := op.loadSum(ctx, parts)
	if err != nil || len(parts) == 0 {
		return make([]int64, intervals), err
	}
	return sum.Totals, nil
}

// ID tells the slice and the arguments.
func (d *Dropping) ID() string { return d.origin.id("Dropping") }

// Share is the part of what reported.
func (d *Dropping) Share() float64 { return share(d.Total, d.Reported) }

// Shares are those of each interval.
func (d *Dropping) Shares() []float64 {
	out := make([]float64, len(d.Totals))
	for i, n := range d.Totals {
		out[i] = share(n, d.Reports[i])
	}
	return out
}
