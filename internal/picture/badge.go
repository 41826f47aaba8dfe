package picture

import (
	"context"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"clickql/internal/cube"
	"clickql/internal/draw"
	"clickql/internal/fault"
	"clickql/internal/fetch"
	"clickql/internal/icons"
	"clickql/internal/projects"
	"clickql/internal/pypi"
	"clickql/internal/render"
)

// badgeShows are what a badge can tell, the default first.
var badgeShows = append([]string{"downloads", "rank", "trend", "python"}, githubShows()...)

// githubBadges are those of a project's repository on GitHub: what each counts, and
// whether it is a state, which has no period.
var githubBadges = []struct {
	show   string
	metric projects.GitHubMetric
	state  bool
}{
	{"stars", projects.Stars, false}, {"forks", projects.Forks, false}, {"contributors", projects.Contributors, false},
	{"issues", projects.IssuesOpen, true}, {"pulls", projects.PullRequestsOpen, true},
}

// githubShows are their names.
func githubShows() (names []string) {
	for _, b := range githubBadges {
		names = append(names, b.show)
	}
	return names
}

// Badge is a number of a project, as an address describes it.
type Badge struct {
	Name   string // normalised
	Filter Filter
	Bounds cube.Bounds
	Period string // day, week, month, quarter, year or total
	Show   string // of badgeShows

	Look    render.BadgeSpec // all but the value
	Logo    string           // a slug of Simple Icons; empty for none
	Density float64
	// CacheSeconds is how long the badge may be kept.
	CacheSeconds int
}

// periods are what a badge counts; each but total ends on the newest settled day
// and is as long as in a range of `last: 1`.
var periods = map[string]cube.Interval{"day": cube.Daily, "week": cube.Weekly, "month": cube.Monthly, "quarter": cube.Quarterly, "year": cube.Yearly}

// How long a badge may be kept: by default, and at most.
const badgeSeconds, maxBadgeSeconds = 600, 86400

// ReadBadge reads a badge's address: the project in its path, and its query. With
// an error, which is a *fault.Error for the reader, the badge's looks are still
// good to draw it in.
func ReadBadge(name, query string) (Badge, error) {
	r := newReader(query, OfBadge)
	b := Badge{Name: pypi.NormalizeName(name), Filter: r.filter(), Period: "month", Show: r.choice("show", badgeShows[0]), Density: r.density()}
	if b.ofGitHub() {
		b.Period = "total"
	}
	b.Period = r.choice("period", b.Period)
	if unit, ok := periods[b.Period]; ok {
		one := 1
		b.Bounds = cube.Bounds{Last: &one, Unit: unit}
	}
	b.Look.Label = b.label()
	if label, ok := r.text("label"); ok {
		b.Look.Label = label
	}
	b.Look.Style = render.BadgeStyle(r.choice("style", ""))
	b.Look.Color, b.Look.LabelColor, b.Look.LogoColor = r.color("color"), r.color("labelColor"), r.color("logoColor")
	b.logo(r)
	b.CacheSeconds = min(max(r.number("cacheSeconds", badgeSeconds), badgeSeconds), maxBadgeSeconds)
	return b, r.err
}

// label is what the badge's left side says where the address does not.
func (b *Badge) label() string {
	if b.Show == "trend" && b.Period != "total" {
		return "downloads by " + b.Period
	}
	if label := badgeLabels[b.Show]; label != "" {
		return label
	}
	if b.Period != "total" {
		return b.Show + "/" + b.Period
	}
	return b.Show
}

// badgeLabels are those of badges that no period follows.
var badgeLabels = map[string]string{"rank": "rank", "trend": "trend", "python": "python", "issues": "open issues", "pulls": "open pull requests"}

// Load asks for the badge's number and says it. The error is a *Notice where
// there is none to be had, else a *fault.Error.
func (b Badge) Load(ctx context.Context, op *fetch.Operation) (render.BadgeSpec, error) {
	spec := b.Look
	if err := op.Ready(); err != nil {
		return spec, err
	}
	snap := op.Snapshot()
	if snap.Projects.Lacks(b.Name) {
		return spec, unknown([]string{b.Name}, snap.Projects)
	}
	if b.ofGitHub() {
		return b.github(ctx, op, spec)
	}
	filter, err := b.Filter.settle(ctx, op, []string{b.Name})
	if err != nil {
		return spec, err
	}
	s, err := b.Bounds.In(cube.Slice{}, snap.Calendar())
	if err != nil {
		return spec, err
	}
	if b.Show != "rank" {
		s.Projects = []string{b.Name}
	}
	if s, err = filter.narrow(ctx, op, s); err != nil {
		return spec, err
	}
	return b.say(ctx, op, s, spec)
}

// ofGitHub reports that the badge is of the project's repository.
func (b *Badge) ofGitHub() bool { return slices.Contains(githubShows(), b.Show) }

// github says a number of the project's repository.
func (b Badge) github(ctx context.Context, op *fetch.Operation, spec render.BadgeSpec) (render.BadgeSpec, error) {
	show := githubBadges[slices.Index(githubShows(), b.Show)]
	switch {
	case len(b.Filter.conditions) > 0 || b.Filter.specifier != "" || !b.Filter.mirrors || b.Filter.human:
		return spec, fault.BadInput("show=%s counts no downloads, which filters are for: leave them out", b.Show)
	case show.state && b.Period != "total":
		return spec, fault.BadInput("show=%s is what is open now, which has no period: leave it out", b.Show)
	}
	s, err := b.Bounds.In(cube.Slice{}, op.Snapshot().Calendar())
	if err != nil {
		return spec, err
	}
	of, err := projects.In(op).RepositoryOf(ctx, b.Name)
	if err != nil {
		return spec, err
	}
	if of != nil {
		if days := of.Over(op.Snapshot(), s); of.Knows(op.Snapshot(), days) {
			spec.Value = render.Count(of.Count(show.metric, days))
			return spec, nil
		}
	}
	spec.Value, spec.State = "unknown", render.Unknown
	return spec, nil
}

// say fills in what the badge shows of a slice.
func (b Badge) say(ctx context.Context, op *fetch.Operation, s cube.Slice, spec render.BadgeSpec) (render.BadgeSpec, error) {
	switch b.Show {
	case "rank":
		return b.rank(ctx, op, s, spec)
	case "trend":
		return b.trend(ctx, op, s, spec)
	case "python":
		return b.pythons(ctx, op, s, spec)
	}
	res, err := op.Load(ctx, cube.TotalOf(s))
	if err == nil {
		spec.Value = render.Count(res.Total)
	}
	return spec, err
}

// rank says the project's place among all in the slice.
func (b Badge) rank(ctx context.Context, op *fetch.Operation, s cube.Slice, spec render.BadgeSpec) (render.BadgeSpec, error) {
	res, err := op.Load(ctx, cube.RankOf(s, b.Name))
	switch {
	case err != nil:
		return spec, err
	case res.Position == 0:
		spec.Value, spec.State = "none", render.Unknown
	default:
		spec.Value = "#" + humanize.Comma(res.Position) + " of " + render.Count(res.Values)
	}
	return spec, nil
}

// trend says the change of the slice against the period before. Where a day of
// either is not settled, there is none.
func (b Badge) trend(ctx context.Context, op *fetch.Operation, s cube.Slice, spec render.BadgeSpec) (render.BadgeSpec, error) {
	before, ok := s.Previous()
	if !ok {
		return spec, fault.BadInput("show=trend compares a period with the one before, which period=total does not have")
	}
	both := cube.Range{From: before.Days.From, To: s.Days.To}
	sides, err := op.LoadAll(ctx, []cube.Request{cube.TotalOf(s), cube.TotalOf(before)})
	if err != nil {
		return spec, err
	}
	switch now, then := sides[0], sides[1]; {
	case !op.Snapshot().Calendar().Whole(both):
		spec.Value, spec.State = "incomplete", render.Unknown
	case then.Total == 0:
		spec.Value, spec.State = "new", render.Unknown
	default:
		change := float64(now.Total)/float64(then.Total) - 1
		spec.Value = render.Change(change)
		if spec.Color == "" {
			spec.Color = map[bool]string{true: "brightgreen", false: "orange"}[change >= 0]
		}
	}
	return spec, nil
}

// mostPythons is the part of the downloads whose Python versions a badge lists.
const mostPythons = .95

// pythons lists the Python versions that make most of the slice, by version.
func (b Badge) pythons(ctx context.Context, op *fetch.Operation, s cube.Slice, spec render.BadgeSpec) (render.BadgeSpec, error) {
	res, err := op.Load(ctx, cube.SplitOf(s, cube.Python, 30, nil))
	if err != nil {
		return spec, err
	}
	var known, sum int64
	for _, g := range res.Groups {
		if g.Value != "" {
			known += g.Total
		}
	}
	var versions []string
	for _, g := range res.Groups {
		if g.Value != "" && float64(sum) < mostPythons*float64(known) {
			versions = append(versions, g.Value)
			sum += g.Total
		}
	}
	slices.SortFunc(versions, pypi.CompareVersions)
	if spec.Value = strings.Join(versions, " | "); len(versions) == 0 {
		spec.Value, spec.State = "unknown", render.Unknown
	}
	return spec, nil
}

// logo reads the icon at the left.
func (b *Badge) logo(r *reader) {
	slug, ok := r.text("logo")
	if !ok || slug == "" {
		return
	}
	data, ok := icons.Path(strings.ToLower(slug))
	if !ok {
		r.fail("logo is %q; it must be a slug of Simple Icons, such as python or pypi", Shorten(slug))
		return
	}
	path, err := draw.ParsePath(data)
	r.check(err)
	b.Logo, b.Look.Logo = strings.ToLower(slug), path
}
