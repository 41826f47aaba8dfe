package graph

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"clickql/graph/outline"
	"clickql/graph/rounds"
	"clickql/internal/cube"
	"clickql/internal/projects"
	"clickql/internal/pypi"
)

// ReleaseKind tells releases apart by what installers do with them.
type ReleaseKind string

// The values of the enum ReleaseKind.
const (
	finalRelease  ReleaseKind = "FINAL"
	preRelease    ReleaseKind = "PRE_RELEASE"
	yankedRelease ReleaseKind = "YANKED"
)

// kindOf is what a release is.
func kindOf(r projects.Release) ReleaseKind {
	switch {
	case r.Yanked != nil && *r.Yanked:
		return yankedRelease
	case pypi.IsPreRelease(r.Version):
		return preRelease
	}
	return finalRelease
}

// impact is the arguments of Project.releaseImpact.
type impact struct {
	part
	kind  ReleaseKind
	first int
}

func (a arguments) impact() (any, error) {
	p, err := a.part()
	if err != nil {
		return nil, err
	}
	first, err := a.first()
	return impact{p, ReleaseKind(argument[string](a.given, "kind")), first}, err
}

// gatherImpact gathers one selection of Project.releaseImpact: the days of every
// version.
func (op *operation) gatherImpact(r *rounds.Round, n *node, name string) {
	r.Releases = append(r.Releases, name)
	r.Narrowed(n.args.(impact).Of(name), func(s cube.Slice) {
		if _, err := op.series(s, cube.Daily); err != nil {
			return
		}
		split := op.AllVersions(s).Then(cube.SeriesOf(cube.Slice{}, cube.Daily))
		r.AwaitSplit(&n.Place, split, true, func(r *rounds.Round, res *cube.Result) {
			for _, g := range res.Groups {
				r.Ask(cube.SeriesOf(s.With(cube.Version, g.Value), cube.Daily))
			}
		})
	})
}

// uptake is the days of every version of a project.
type uptake struct {
	days cube.Range
	// versions are ascending by PEP 440.
	versions []string
	// since are, for each of versions and one behind them, the downloads of each day
	// of that version and all behind it.
	since [][]int64
	// settled tells of each day that it is.
	settled []bool
}

// uptake loads the days of every version of a slice, which is of one project.
func (op *operation) uptake(ctx context.Context, s cube.Slice) (*uptake, error) {
	if _, err := op.series(s, cube.Daily); err != nil {
		return nil, err
	}
	res, err := op.LoadVersions(ctx, s, "releaseImpact needs all versions of the project", "")
	if err != nil {
		return nil, err
	}
	u := &uptake{days: op.days(s), versions: res.Listed()}
	slices.SortFunc(u.versions, func(a, b string) int { return cmp.Or(pypi.CompareVersions(a, b), strings.Compare(a, b)) })
	u.settled = op.Snap.Calendar().Complete(u.days, cube.Daily)
	u.since = make([][]int64, len(u.versions)+1)
	u.since[len(u.versions)] = make([]int64, u.days.Days())
	for i, version := range slices.Backward(u.versions) {
		of, err := op.Load(ctx, cube.SeriesOf(s.With(cube.Version, version), cube.Daily))
		if err != nil {
			return nil, err
		}
		u.since[i] = slices.Clone(u.since[i+1])
		for day, n := range of.Totals {
			u.since[i][day] += n
		}
	}
	return u, nil
}

// places are where the versions that PEP 440 takes for the given one stand: from
// one up to another.
func (u *uptake) places(version string) (from, behind int) {
	from, _ = slices.BinarySearchFunc(u.versions, version, pypi.CompareVersions)
	for behind = from; behind < len(u.versions) && pypi.CompareVersions(u.versions[behind], version) == 0; {
		behind++
	}
	return from, behind
}

// ReleaseImpact is how a release was taken up.
type ReleaseImpact struct {
	Release *Release
	Kind    ReleaseKind
	// DaysToHalf and DaysToHalfOrNewer are nil where it has not come to half.
	DaysToHalf, DaysToHalfOrNewer *int
	Peak                          float64

	of     *uptake
	came   cube.Day
	origin *origin
}

// ReleaseImpact resolves Project.releaseImpact.
func (p *Project) ReleaseImpact(ctx context.Context) ([]*ReleaseImpact, error) {
	op, n, args, err := field[impact](ctx)
	if err != nil {
		return nil, err
	}
	s, err := op.Resolve(ctx, args.Of(p.Name))
	if err != nil {
		return nil, err
	}
	releases, err := op.Projects.Releases(ctx, p.Name)
	if err != nil {
		return nil, err
	}
	if err := n.Wait(ctx); err != nil {
		return nil, err
	}
	u, err := op.uptake(ctx, s)
	if err != nil {
		return nil, err
	}
	list := []*ReleaseImpact{}
	for _, r := range releases {
		came := cube.DayOf(r.Uploaded)
		if len(list) == args.first || came < u.days.From || came > u.days.To || kindOf(r) != args.kind {
			continue
		}
		i := &ReleaseImpact{Release: &Release{op, r}, Kind: args.kind, of: u, came: came}
		i.origin = args.origin([]string{p.Name}).then("impact", r.Version)
		i.measure()
		list = append(list, i)
	}
	return list, nil
}

// measure goes through the settled days from the release's upload on.
func (i *ReleaseImpact) measure() {
	u := i.of
	from, behind := u.places(i.Release.Version)
	for day := int(i.came - u.days.From); day < len(u.settled); day++ {
		all := u.since[0][day]
		if !u.settled[day] || all == 0 {
			continue
		}
		after := day - int(i.came-u.days.From)
		orNewer := u.since[from][day]
		own := orNewer - u.since[behind][day]
		if i.DaysToHalf == nil && 2*own >= all {
			i.DaysToHalf = &after
		}
		if i.DaysToHalfOrNewer == nil && 2*orNewer >= all {
			i.DaysToHalfOrNewer = &after
		}
		i.Peak = max(i.Peak, share(own, all))
	}
}

// ID tells the slice and the version.
func (i *ReleaseImpact) ID() string { return i.origin.id("ReleaseImpact") }

// Straggler is a minor release that is older than another one, and still
// downloaded.
type Straggler struct {
	Release string
	Total   int64
	Share   float64
}

// stragglers is the arguments of ReleaseImpact.stragglers.
type stragglers struct {
	after *int // days; nil for the last ones of the range
	first int
}

// maxAfter bounds the argument after: ten years.
const maxAfter = 3660

func (a arguments) stragglers() (any, error) {
	first, err := a.first()
	s := stragglers{optional[int](a.given, "after"), first}
	if err == nil && s.after != nil {
		_, err = a.bounded("after", maxAfter)
	}
	return s, err
}

// Stragglers resolves ReleaseImpact.stragglers.
func (i *ReleaseImpact) Stragglers(ctx context.Context) ([]*Straggler, error) {
	_, _, args, err := field[stragglers](ctx)
	if err != nil {
		return nil, err
	}
	list := i.stragglers(args.after)
	return list[:min(args.first, len(list))], nil
}

// stragglers are all of them, largest first, ties by release, in the last week of
// the range, or in that which ends so many days after the upload, if that is
// earlier.
func (i *ReleaseImpact) stragglers(after *int) []*Straggler {
	u := i.of
	last := len(u.settled) - 1
	if after != nil {
		last = min(last, int(i.came-u.days.From)+*after)
	}
	for last >= 0 && !u.settled[last] {
		last--
	}
	var all int64
	totals := map[string]int64{}
	from, _ := u.places(i.Release.Version)
	for day := max(0, last-week+1); day <= last; day++ {
		if !u.settled[day] {
			continue
		}
		all += u.since[0][day]
		for at, version := range u.versions[:from] {
			if minor := pypi.ReleaseOf(version, 2); minor != "" {
				totals[minor] += u.since[at][day] - u.since[at+1][day]
			}
		}
	}
	list := []*Straggler{}
	for minor, total := range totals {
		if total > 0 {
			list = append(list, &Straggler{minor, total, share(total, all)})
		}
	}
	slices.SortFunc(list, func(a, b *Straggler) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), strings.Compare(a.Release, b.Release))
	})
	return list
}

var stragglerOutline = outline.Of([]string{"Straggler"}, map[string]outline.Field[*Straggler]{
	"release": outline.Leaf(func(b []byte, s *Straggler) []byte { return outline.AppendString(b, s.Release) }),
	"total":   outline.Leaf(func(b []byte, s *Straggler) []byte { return outline.AppendInt(b, s.Total) }),
	"share":   outline.Leaf(func(b []byte, s *Straggler) []byte { return outline.AppendFloat(b, s.Share) }),
})
