package graph

import (
	"context"
	"slices"

	"clickql/graph/outline"
	"clickql/graph/rounds"
	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/projects"
)

// ReleaseLevel is how much of a version's release segment is kept.
type ReleaseLevel string

// releaseNumbers is how many numbers of the release segment a level keeps.
var releaseNumbers = map[ReleaseLevel]int{"MAJOR": 1, "MINOR": 2}

// releaseCut is the arguments of Downloads.byRelease.
type releaseCut struct {
	level  ReleaseLevel
	first  int
	others bool
}

func (a arguments) byRelease() (any, error) {
	first, err := a.first()
	return releaseCut{ReleaseLevel(argument[string](a.given, "level")), first, argument[bool](a.given, "others")}, err
}

// ReleaseGroup is the versions of one major or minor release, taken together.
type ReleaseGroup struct {
	group projects.ReleaseGroup
	Level ReleaseLevel
	Share float64

	rest   bool
	parent *Downloads
	slice  cube.Slice
	origin *origin
}

// gatherReleaseGroups gathers one selection of Downloads.byRelease.
func (op *operation) gatherReleaseGroups(r *rounds.Round, n *node, s cube.Slice) {
	r.AwaitSplit(&n.Place, op.AllVersions(s), n.has("series", "downloads"), func(r *rounds.Round, res *cube.Result) {
		groups, err := op.groupsOf(n.args.(releaseCut), s, res)
		if err != nil {
			return
		}
		for _, g := range groups {
			op.gatherReleaseGroup(r, n, g)
		}
	})
}

// gatherReleaseGroup gathers what is selected of one group.
func (op *operation) gatherReleaseGroup(r *rounds.Round, n *node, g *ReleaseGroup) {
	for series := range n.each("series") {
		every := series.args.(cube.Interval)
		if request, err := op.series(op.widened(g.slice, leadOf(series)), every); err == nil {
			r.Ask(ofVersions(request, g.group.Versions)...)
		}
		op.gatherShares(r, series, every, g.slice)
		op.gatherSpikes(r, series, g.slice)
	}
	for d := range n.each("downloads") {
		op.gatherDownloads(r, d, g.slice)
	}
}

// groupsOf is the slice's first groups of versions, and the rest where it is
// asked for and there is any.
func (op *operation) groupsOf(cut releaseCut, s cube.Slice, res *cube.Result) (groups []*ReleaseGroup, err error) {
	groups = []*ReleaseGroup{}
	if res.More {
		return nil, fault.OverLimit(fault.BadUserInput, len(res.Groups)+1, op.limits.Versions,
			"byRelease needs all versions of the slice, and there are more than %d: name a project", op.limits.Versions)
	}
	all := projects.GroupReleases(res.Groups, releaseNumbers[cut.level])
	for _, g := range all[:min(cut.first, len(all))] {
		groups = append(groups, &ReleaseGroup{group: g, slice: s.Narrow(cube.Condition{Dim: cube.Version, Values: g.Versions})})
	}
	if rest := all[len(groups):]; cut.others && len(rest) > 0 {
		groups = append(groups, restOf(s, res, rest))
	}
	var whole int64
	for _, g := range all {
		whole += g.Total
	}
	for _, g := range groups {
		g.Level, g.Share = cut.level, share(g.group.Total, whole)
	}
	return groups, nil
}

// restOf is all versions of the groups that are not listed, in the answer's
// order.
func restOf(s cube.Slice, res *cube.Result, rest []projects.ReleaseGroup) *ReleaseGroup {
	of := map[string]bool{}
	left := &ReleaseGroup{rest: true}
	for _, g := range rest {
		left.group.Total += g.Total
		for _, v := range g.Versions {
			of[v] = true
		}
	}
	for _, g := range res.Groups {
		if of[g.Value] {
			left.group.Versions = append(left.group.Versions, g.Value)
		}
	}
	left.slice = s.Narrow(cube.Condition{Dim: cube.Version, Values: left.group.Versions})
	return left
}

// ByRelease resolves Downloads.byRelease.
func (d *Downloads) ByRelease(ctx context.Context) ([]*ReleaseGroup, error) {
	op, n, cut, err := field[releaseCut](ctx)
	if err != nil {
		return nil, err
	}
	groups, err := op.groups(ctx, d, cut)
	if err != nil {
		return nil, err
	}
	return groups, n.Wait(ctx)
}

// groups is the groups of a slice's versions.
func (op *operation) groups(ctx context.Context, d *Downloads, cut releaseCut) ([]*ReleaseGroup, error) {
	res, err := op.Load(ctx, op.AllVersions(d.slice))
	if err != nil {
		return nil, err
	}
	groups, err := op.groupsOf(cut, d.slice, res)
	for _, g := range groups {
		if g.parent = d; g.rest {
			g.origin = d.origin.then(stepReleases, cut.level, cut.first)
		} else {
			g.origin = d.origin.then(stepRelease, cut.level, g.group.Release)
		}
	}
	return groups, err
}

// ID tells the parent and the release.
func (g *ReleaseGroup) ID() string { return g.origin.id("ReleaseGroup") }

// Release is nil for the group of all other versions.
func (g *ReleaseGroup) Release() *string {
	if g.rest {
		return nil
	}
	return &g.group.Release
}

// Label is the release as people call it.
func (g *ReleaseGroup) Label() string {
	return value{text: g.group.Release, rest: g.rest}.label(cube.Version)
}

// Total is of all its versions.
func (g *ReleaseGroup) Total() int64 { return g.group.Total }

// Versions are the most downloaded first.
func (g *ReleaseGroup) Versions() []string { return g.group.Versions }

// Downloads is the parent narrowed to the group's versions.
func (g *ReleaseGroup) Downloads() *Downloads {
	return &Downloads{g.parent.op, g.slice, g.origin}
}

// Series resolves ReleaseGroup.series.
func (g *ReleaseGroup) Series(ctx context.Context) (*Series, error) {
	op, _, every, err := field[cube.Interval](ctx)
	if err != nil {
		return nil, err
	}
	return op.seriesOf(ctx, g.Downloads(), every, func(ctx context.Context, r cube.Request) (*cube.Result, error) {
		return op.loadSum(ctx, ofVersions(r, g.group.Versions))
	})
}

// mostParts is how many versions' series are added up at the most: those of more
// are asked for together.
const mostParts = 100

// ofVersions are the requests whose answers add up to the answer for a slice that
// has the versions: one for each. All versions of all groups of a split are then
// one query, where lists of versions would be a query each.
func ofVersions(r cube.Request, versions []string) []cube.Request {
	if len(versions) > mostParts {
		return []cube.Request{r}
	}
	parts := make([]cube.Request, len(versions))
	for i, version := range versions {
		parts[i] = r
		parts[i].Slice = r.Slice.With(cube.Version, version)
	}
	return parts
}

// loadSum is the sum of series over one range.
func (op *operation) loadSum(ctx context.Context, parts []cube.Request) (*cube.Result, error) {
	sum := &cube.Result{}
	for i, r := range parts {
		res, err := op.Load(ctx, r)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			sum.Days, sum.Totals = res.Days, slices.Clone(res.Totals)
			continue
		}
		for j, total := range res.Totals {
			sum.Totals[j] += total
		}
	}
	return sum, nil
}

var groupOutline = outline.Of([]string{"ReleaseGroup"}, map[string]outline.Field[*ReleaseGroup]{
	"level": outline.Leaf(func(b []byte, g *ReleaseGroup) []byte { return outline.AppendString(b, string(g.Level)) }),
	"release": outline.Leaf(func(b []byte, g *ReleaseGroup) []byte {
		return outline.AppendOptional(b, g.Release(), outline.AppendString)
	}),
	"label": outline.Leaf(func(b []byte, g *ReleaseGroup) []byte { return outline.AppendString(b, g.Label()) }),
	"total": outline.Leaf(func(b []byte, g *ReleaseGroup) []byte { return outline.AppendInt(b, g.Total()) }),
	"share": outline.Leaf(func(b []byte, g *ReleaseGroup) []byte { return outline.AppendFloat(b, g.Share) }),
	"versions": outline.Leaf(func(b []byte, g *ReleaseGroup) []byte {
		return outline.AppendList(b, g.Versions(), outline.AppendString)
	}),
})
