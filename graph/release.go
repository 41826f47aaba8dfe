package graph

import (
	"context"
	"slices"
	"time"

	"clickql/internal/projects"

	"github.com/99designs/gqlgen/graphql"
)

// Release is the GraphQL type of that name.
type Release struct {
	op *operation
	projects.Release
}

// Project is the field of that name.
func (r *Release) Project() *Project { return &Project{r.op, r.Release.Project} }

// UploadedAt is the field of that name.
func (r *Release) UploadedAt() time.Time { return r.Uploaded }

// RequiresPython is the field of that name.
func (r *Release) RequiresPython() *string {
	if r.Release.RequiresPython == "" {
		return nil
	}
	return &r.Release.RequiresPython
}

// Downloads is the field of that name.
func (r *Release) Downloads(ctx context.Context, Range *DateRange, filter *DownloadsFilter) (*Downloads, error) {
	d, err := r.Project().Downloads(ctx, Range, filter)
	if err != nil {
		return nil, err
	}
	d.slice = slice{Slice: d.slice}.ofVersion(r.Version).Slice
	return d, nil
}

// Releases is the field of that name.
func (p *Project) Releases(ctx context.Context, first int, after *string) (*ReleaseConnection, error) {
	return p.op.releasePage(ctx, []string{p.Name}, first, after)
}

// RecentReleases is the field of that name.
func (queryResolver) RecentReleases(ctx context.Context, projects []string, first int, after *string) (*ReleaseConnection, error) {
	op, err := readyOperation(ctx)
	if err != nil {
		return nil, err
	}
	if err := op.limits.names("projects", projects); err != nil {
		return nil, err
	}
	if projects != nil {
		projects = normalized(projects)
	}
	return op.releasePage(ctx, projects, first, after)
}

// releasePage is one page of the releases of projects, of all where names is
// nil.
func (op *operation) releasePage(ctx context.Context, names []string, first int, after *string) (*ReleaseConnection, error) {
	if err := op.limits.first(first); err != nil {
		return nil, err
	}
	at, err := parseReleaseCursor(after)
	if err != nil {
		return nil, err
	}
	page, more, err := op.releasesOf(ctx, names, first, at)
	if err != nil {
		return nil, err
	}
	if err := op.awaitElements(ctx); err != nil {
		return nil, err
	}
	edges := make([]*ReleaseEdge, len(page))
	for i, r := range page {
		edges[i] = &ReleaseEdge{releaseCursor(r.Place()), &Release{op, r}}
	}
	return connected(edges, more, after != nil), nil
}

// releasesOf is the first releases of projects behind a place, of all projects
// where names is nil; more reports that others follow.
func (op *operation) releasesOf(ctx context.Context, names []string, first int, after *projects.Place) (page projects.Releases, more bool, err error) {
	if names == nil {
		page, err = op.projects.RecentReleases(ctx, after, first+1)
	} else {
		page, err = op.releasesAmong(ctx, names, after)
	}
	if err != nil {
		return nil, false, err
	}
	return page[:min(first, len(page))], len(page) > first, nil
}

// releasesAmong is all releases of projects behind a place.
func (op *operation) releasesAmong(ctx context.Context, names []string, after *projects.Place) (all projects.Releases, err error) {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	op.projects.PrefetchReleases(ctx, names)
	for _, name := range names {
		found, err := op.projects.Releases(ctx, name)
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

// recentField is Query.recentReleases.
type recentField struct {
	names []string // nil for all projects
	*releaseList
}

func (f *recentField) gather(c *collector) {
	c.releases = append(c.releases, f.names...)
	c.releaseList(f.releaseList, func(ctx context.Context) (projects.Releases, bool, error) {
		return c.op.releasesOf(ctx, f.names, f.first, f.after)
	})
}

func (c *compiler) recentField(f graphql.CollectedField, raw map[string]any) rootField {
	args, err := c.args.field_Query_recentReleases_args(c.ctx, raw)
	names := arg[[]string](args, "projects")
	if err != nil || c.limits.names("projects", names) != nil {
		return nil
	}
	if names != nil {
		names = normalized(names)
	}
	l := c.releases(f.Alias, f, args, err)
	if l == nil {
		return nil
	}
	return &recentField{names, l}
}
