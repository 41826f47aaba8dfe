package graph

import (
	"context"
	"slices"
	"strconv"
	"time"

	"clickql/graph/outline"
	"clickql/graph/rounds"
	"clickql/internal/cube"
	"clickql/internal/projects"
	"clickql/internal/pypi"
)

// Release is one version of a project.
type Release struct {
	op *operation
	projects.Release
}

// releasePage is the arguments of a list of releases.
type releasePage struct {
	first int
	after *projects.Place
}

// recentReleases is the arguments of Query.recentReleases.
type recentReleases struct {
	names []string // nil for all projects
	releasePage
}

func (a arguments) releases() (any, error) { return a.releasePage() }

func (a arguments) releasePage() (p releasePage, err error) {
	if p.first, err = a.first(); err != nil {
		return p, err
	}
	p.after, err = parseReleaseCursor(optional[string](a.given, "after"))
	return p, err
}

func (a arguments) recentReleases() (any, error) {
	names, err := a.names("projects")
	if err != nil {
		return nil, err
	}
	p, err := a.releasePage()
	return recentReleases{names, p}, err
}

func (op *operation) gatherRecent(r *rounds.Round, n *node) {
	args := n.args.(recentReleases)
	op.gatherReleases(r, n, args.names, args.releasePage)
}

// gatherReleases gathers a list of releases of projects, of all where names is
// nil.
func (op *operation) gatherReleases(r *rounds.Round, n *node, names []string, p releasePage) {
	r.Releases = append(r.Releases, names...)
	elements := n.elements()
	if !slices.ContainsFunc(elements, func(e *node) bool { return e.has("project", "downloads") }) {
		return
	}
	r.Later(&n.Place, func(ctx context.Context, r *rounds.Round) {
		page, _, err := op.releasesOf(ctx, names, p)
		if err != nil {
			return
		}
		for _, release := range page {
			for _, e := range elements {
				op.gatherRelease(r, e, release)
			}
		}
	})
}

// gatherRelease gathers what is selected of one release.
func (op *operation) gatherRelease(r *rounds.Round, n *node, of projects.Release) {
	for p := range n.each("project") {
		op.gatherProject(r, p, of.Project)
	}
	for d := range n.each("downloads") {
		r.Narrowed(d.args.(part).Of(of.Project), func(s cube.Slice) {
			op.gatherDownloads(r, d, s.With(cube.Version, of.Version))
		})
	}
}

// Releases resolves Project.releases.
func (p *Project) Releases(ctx context.Context) (*ReleaseConnection, error) {
	op, n, page, err := field[releasePage](ctx)
	if err != nil {
		return nil, err
	}
	return op.releasePage(ctx, n, []string{p.Name}, page)
}

// RecentReleases resolves Query.recentReleases.
func (queryResolver) RecentReleases(ctx context.Context) (*ReleaseConnection, error) {
	op, n, args, err := field[recentReleases](ctx)
	if err != nil {
		return nil, err
	}
	return op.releasePage(ctx, n, args.names, args.releasePage)
}

// releasePage is one page of the releases of projects, of all where names is
// nil.
func (op *operation) releasePage(ctx context.Context, n *node, names []string, p releasePage) (*ReleaseConnection, error) {
	page, more, err := op.releasesOf(ctx, names, p)
	if err != nil {
		return nil, err
	}
	if err := n.Wait(ctx); err != nil {
		return nil, err
	}
	edges := make([]*ReleaseEdge, len(page))
	for i, r := range page {
		edges[i] = &ReleaseEdge{releaseCursor(r.Place()), &Release{op, r}}
	}
	return connected(edges, more, p.after != nil), nil
}

// releasesOf is the releases on a page; more reports that others follow.
func (op *operation) releasesOf(ctx context.Context, names []string, p releasePage) (page projects.Releases, more bool, err error) {
	if names == nil {
		page, err = op.Projects.RecentReleases(ctx, p.after, p.first+1)
	} else {
		page, err = op.releasesAmong(ctx, names, p.after)
	}
	if err != nil {
		return nil, false, err
	}
	return page[:min(p.first, len(page))], len(page) > p.first, nil
}

// releasesAmong is all releases of projects behind a place.
func (op *operation) releasesAmong(ctx context.Context, names []string, after *projects.Place) (all projects.Releases, err error) {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	op.Projects.PrefetchReleases(ctx, names)
	for _, name := range names {
		found, err := op.Projects.Releases(ctx, name)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	all.Sort()
	if after != nil {
		all = slices.DeleteFunc(all, func(r projects.Release) bool { return r.Place().Compare(*after) <= 0 })
	}
	return all, nil
}

// ID tells the project and the version.
func (r *Release) ID() string { return from([]string{r.Release.Project, r.Version}).id("Release") }

// Project is the project that it is a version of.
func (r *Release) Project() *Project { return &Project{r.op, r.Release.Project} }

// UploadedAt is when the first of its files was.
func (r *Release) UploadedAt() time.Time { return r.Uploaded }

// PreRelease reports a pre-release or a developmental release.
func (r *Release) PreRelease() bool { return pypi.IsPreRelease(r.Version) }

// RequiresPython is nil where it is not known.
func (r *Release) RequiresPython() *string {
	if r.Release.RequiresPython == "" {
		return nil
	}
	return &r.Release.RequiresPython
}

// Downloads is the version's part of the cube.
func (r *Release) Downloads(ctx context.Context) (*Downloads, error) {
	d, err := downloadsOf(ctx, r.Release.Project)
	if err != nil {
		return nil, err
	}
	return d.narrowed(cube.Version, r.Version), nil
}

var releaseOutline = outline.Of([]string{"Release"}, map[string]outline.Field[*Release]{
	"id":         outline.Leaf(func(b []byte, r *Release) []byte { return outline.AppendString(b, r.ID()) }),
	"project":    outline.Object(projectOutline, (*Release).Project),
	"version":    outline.Leaf(func(b []byte, r *Release) []byte { return outline.AppendString(b, r.Version) }),
	"uploadedAt": outline.Leaf(func(b []byte, r *Release) []byte { return outline.AppendDateTime(b, r.Uploaded) }),
	"preRelease": outline.Leaf(func(b []byte, r *Release) []byte { return strconv.AppendBool(b, r.PreRelease()) }),
	"yanked":     outline.Leaf(func(b []byte, r *Release) []byte { return outline.AppendOptional(b, r.Yanked, strconv.AppendBool) }),
	"requiresPython": outline.Leaf(func(b []byte, r *Release) []byte {
		return outline.AppendOptional(b, r.RequiresPython(), outline.AppendString)
	}),
})
