package graph

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"clickql/internal/catalog"
	"clickql/internal/projects"
	"clickql/internal/query"
)

// ReleaseLevel is the GraphQL enum of that name.
type ReleaseLevel string

// releaseNumbers is how many numbers of the release segment a level keeps.
var releaseNumbers = map[ReleaseLevel]int{"MAJOR": 1, "MINOR": 2}

// MarshalReleaseLevel writes a value of the enum.
func MarshalReleaseLevel(l ReleaseLevel) graphql.Marshaler { return graphql.MarshalString(string(l)) }

// UnmarshalReleaseLevel reads a value of the enum.
func UnmarshalReleaseLevel(v any) (ReleaseLevel, error) {
	text, _ := v.(string)
	if l := ReleaseLevel(text); releaseNumbers[l] > 0 {
		return l, nil
	}
	return "", badInput("%v is not a ReleaseLevel; there are MAJOR and MINOR", v)
}

// ReleaseGroup is the GraphQL type of that name.
type ReleaseGroup struct {
	group projects.ReleaseGroup
	Level ReleaseLevel
	Share float64

	rest   bool
	parent *Downloads
	slice  query.Slice
}

// releaseCut says how a slice is split into releases: the arguments of
// Downloads.byRelease.
type releaseCut struct {
	level  ReleaseLevel
	first  int
	others bool
}

// allVersions asks for all versions of a slice.
func (a asker) allVersions(s query.Slice) query.Request {
	return query.SplitOf(s, catalog.Version, a.limits.Versions, nil).WithoutTotal()
}

// groups is the slice's first groups of versions, and the rest where it is
// asked for and there is any.
func (a asker) groups(cut releaseCut, s query.Slice, res *query.Result) (groups []*ReleaseGroup, err error) {
	if res.More {
		return nil, overLimit(query.BadUserInput, len(res.Groups)+1, a.limits.Versions,
			"byRelease needs all versions of the slice, and there are more than %d: name a project", a.limits.Versions)
	}
	all := projects.GroupReleases(res.Groups, releaseNumbers[cut.level])
	for _, g := range all[:min(cut.first, len(all))] {
		groups = append(groups, &ReleaseGroup{group: g, slice: s.Narrow(query.Condition{Dim: catalog.Version, Values: g.Versions})})
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
func restOf(s query.Slice, res *query.Result, rest []projects.ReleaseGroup) *ReleaseGroup {
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
	left.slice = s.Narrow(query.Condition{Dim: catalog.Version, Values: left.group.Versions})
	return left
}

// ByRelease is the field of that name.
func (d *Downloads) ByRelease(ctx context.Context, level ReleaseLevel, first int, others bool) ([]*ReleaseGroup, error) {
	if err := d.op.limits.first(first); err != nil {
		return nil, err
	}
	res, err := d.op.loads.Load(ctx, d.op.allVersions(d.slice))
	if err != nil {
		return nil, err
	}
	if err := d.op.awaitElements(ctx); err != nil {
		return nil, err
	}
	groups, err := d.op.groups(releaseCut{level, first, others}, d.slice, res)
	for _, g := range groups {
		g.parent = d
	}
	return groups, err
}

// Release is the field of that name.
func (g *ReleaseGroup) Release() *string {
	if g.rest {
		return nil
	}
	return &g.group.Release
}

// Label is the field of that name.
func (g *ReleaseGroup) Label() string {
	return value{text: g.group.Release, rest: g.rest}.label(catalog.Version)
}

// Total is the field of that name.
func (g *ReleaseGroup) Total() int64 { return g.group.Total }

// Versions is the field of that name.
func (g *ReleaseGroup) Versions() []string { return g.group.Versions }

// Downloads is the field of that name.
func (g *ReleaseGroup) Downloads() *Downloads { return &Downloads{g.parent.op, g.slice} }

// Series is the field of that name.
func (g *ReleaseGroup) Series(ctx context.Context, interval query.Interval) (*Series, error) {
	return g.parent.op.seriesOf(ctx, g.slice, interval, func(ctx context.Context, r query.Request) (*query.Result, error) {
		return g.parent.op.loadSum(ctx, g.parts(r))
	})
}

// mostParts is how many versions' series are added up at the most: a group of
// more is asked for by itself.
const mostParts = 100

// parts are the requests whose answers add up to the answer for the group's
// slice: one for each version. All versions of all groups of a split are then
// one query, where lists of versions would be a query each.
func (g *ReleaseGroup) parts(r query.Request) []query.Request {
	if len(g.group.Versions) > mostParts {
		return []query.Request{r}
	}
	parts := make([]query.Request, len(g.group.Versions))
	for i, version := range g.group.Versions {
		parts[i] = r
		parts[i].Slice = ofValue(r.Slice, catalog.Version, version)
	}
	return parts
}

// loadSum is the sum of series over one range.
func (op *operation) loadSum(ctx context.Context, parts []query.Request) (*query.Result, error) {
	sum := &query.Result{}
	for i, r := range parts {
		res, err := op.loads.Load(ctx, r)
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

// releaseSplit is one selection of Downloads.byRelease.
type releaseSplit struct {
	list
	releaseCut
	series   []seriesSelection     // of each group
	elements []*downloadsSelection // of each group's downloads
}

// releaseSplit compiles one selection of Downloads.byRelease; nil where its
// arguments are wrong.
func (c *compiler) releaseSplit(path string, f graphql.CollectedField) *releaseSplit {
	args, err := c.args.field_Downloads_byRelease_args(c.ctx, f.ArgumentMap(c.op.Variables))
	s := &releaseSplit{releaseCut: releaseCut{arg[ReleaseLevel](args, "level"), arg[int](args, "first"), arg[bool](args, "others")}}
	if err != nil || c.limits.first(s.first) != nil {
		return nil
	}
	for _, part := range c.fields(f.Selections, "ReleaseGroup") {
		switch part.Name {
		case "series":
			args, err := c.args.field_ReleaseGroup_series_args(c.ctx, part.ArgumentMap(c.op.Variables))
			if err == nil {
				s.series = append(s.series, c.series(part, arg[query.Interval](args, "interval")))
			}
		case "downloads":
			s.elements = append(s.elements, c.downloads(join(path, part.Alias), part.Selections))
		}
	}
	if len(s.series)+len(s.elements) > 0 {
		c.lists[path] = &s.list
	}
	return s
}

// releasesBy gathers one selection of Downloads.byRelease.
func (c *collector) releasesBy(sel *releaseSplit, s query.Slice) {
	r := c.op.allVersions(s)
	c.ask(r)
	if len(sel.series)+len(sel.elements) == 0 {
		return
	}
	c.await(&sel.list, func(ctx context.Context, c *collector) {
		res, err := c.op.loads.Load(ctx, r)
		if err != nil {
			return
		}
		groups, err := c.op.groups(sel.releaseCut, s, res)
		if err != nil {
			return
		}
		for _, g := range groups {
			for _, one := range sel.series {
				if r, err := c.op.series(c.op.widened(g.slice, one), one.every); err == nil {
					c.requests = append(c.requests, g.parts(r)...)
				}
				if r, err := c.op.series(everyone(g.slice), one.every); err == nil && one.shares {
					c.ask(r)
				}
			}
			for _, d := range sel.elements {
				c.downloads(d, g.slice)
			}
		}
	})
}
