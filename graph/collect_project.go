package graph

import (
	"context"

	"clickql/internal/catalog"
	"clickql/internal/projects"
	"clickql/internal/query"
)

// project gathers what the selection asks of one project.
func (c *collector) project(sel *projectSelection, name string) {
	if c.full() {
		return
	}
	if sel.metadata {
		c.metadata = append(c.metadata, name)
	}
	if sel.extent {
		c.ask(extent(name))
	}
	for _, d := range sel.downloads {
		c.narrowed(d.base.of(name), func(s query.Slice) { c.downloads(d.of, s) })
	}
	for _, base := range sel.ranks {
		c.narrowed(base, func(s query.Slice) { c.askUnlessAtHand(s, query.RankOf(s, name)) })
	}
	for _, r := range sel.releases {
		c.projectReleases(r, name)
	}
	for _, r := range sel.dependencies {
		c.requirements = append(c.requirements, name)
		c.ranked(r.projectList, func(ctx context.Context) ([]query.Group, error) {
			return c.op.dependencies(ctx, name, r.version, r.first)
		})
	}
	for _, r := range sel.dependents {
		c.dependents = append(c.dependents, name)
		c.ranked(r.projectList, func(ctx context.Context) ([]query.Group, error) {
			return c.op.dependents(ctx, name, r.first)
		})
	}
}

// ranked gathers a list of projects, which load loads.
func (c *collector) ranked(l *projectList, load func(context.Context) ([]query.Group, error)) {
	c.later(&l.list, func(ctx context.Context, c *collector) {
		groups, err := load(ctx)
		if err != nil {
			return
		}
		for _, g := range groups {
			for _, of := range l.of {
				c.project(of, g.Value)
			}
		}
	})
}

// projectReleases gathers a project's releases.
func (c *collector) projectReleases(sel *releaseList, name string) {
	c.releases = append(c.releases, name)
	c.releaseList(sel, func(ctx context.Context) (projects.Releases, bool, error) {
		return c.op.releasesOf(ctx, []string{name}, sel.first, sel.after)
	})
}

// releaseList gathers a list of releases, which load loads.
func (c *collector) releaseList(sel *releaseList, load func(context.Context) (projects.Releases, bool, error)) {
	if len(sel.of) == 0 {
		return
	}
	c.later(&sel.list, func(ctx context.Context, c *collector) {
		page, _, err := load(ctx)
		if err != nil {
			return
		}
		for _, r := range page {
			for _, of := range sel.of {
				c.release(of, r)
			}
		}
	})
}

// release gathers what the selection asks of one release.
func (c *collector) release(sel *releaseSelection, r projects.Release) {
	for _, of := range sel.projects {
		c.project(of, r.Project)
	}
	for _, d := range sel.downloads {
		c.narrowed(d.base.of(r.Project), func(s query.Slice) {
			c.downloads(d.of, ofValue(s, catalog.Version, r.Version))
		})
	}
}
