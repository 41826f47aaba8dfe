package graph

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// project compiles the selection on a Project at the path.
func (c *compiler) project(path string, sel ast.SelectionSet) *projectSelection {
	p := &projectSelection{}
	for _, f := range c.fields(sel, "Project", "Node") {
		switch f.Name {
		case "summary", "latestVersion", "author", "maintainer", "license", "homePage", "requiresPython", "repository", "lastRelease":
			p.metadata = true
		case "firstDownload", "lastDownload":
			p.extent = true
		case "downloads":
			args, err := c.args.field_Project_downloads_args(c.ctx, f.ArgumentMap(c.op.Variables))
			p.downloads = append(p.downloads, c.sliceDownloads(path, f, args, err)...)
		case "rank":
			args, err := c.args.field_Project_rank_args(c.ctx, f.ArgumentMap(c.op.Variables))
			if base, ok := c.base(args, err); ok {
				p.ranks = append(p.ranks, base)
			}
		case "releases":
			args, err := c.args.field_Project_releases_args(c.ctx, f.ArgumentMap(c.op.Variables))
			if l := c.releases(join(path, f.Alias), f, args, err); l != nil {
				p.releases = append(p.releases, l)
			}
		case "dependencies":
			args, err := c.args.field_Project_dependencies_args(c.ctx, f.ArgumentMap(c.op.Variables))
			p.dependencies = append(p.dependencies, c.required(path, f, args, err)...)
		case "dependents":
			args, err := c.args.field_Project_dependents_args(c.ctx, f.ArgumentMap(c.op.Variables))
			p.dependents = append(p.dependents, c.required(path, f, args, err)...)
		}
	}
	return p
}

// base is the slice of the arguments range and filter; ok is false where they
// are wrong.
func (c *compiler) base(args map[string]any, err error) (s slice, ok bool) {
	if err != nil {
		return s, false
	}
	s, err = c.slice(arg[*DateRange](args, "range"), arg[*DownloadsFilter](args, "filter"))
	return s, err == nil
}

// sliceDownloads compiles a selection of downloads below path, none where its
// arguments are wrong.
func (c *compiler) sliceDownloads(path string, f graphql.CollectedField, args map[string]any, err error) []sliceDownloads {
	base, ok := c.base(args, err)
	if !ok {
		return nil
	}
	return []sliceDownloads{{base, c.downloads(join(path, f.Alias), f.Selections)}}
}

// required compiles a selection of dependencies or dependents below path, none
// where its arguments are wrong.
func (c *compiler) required(path string, f graphql.CollectedField, args map[string]any, err error) []requiredList {
	first := arg[int](args, "first")
	if err != nil || c.limits.first(first) != nil {
		return nil
	}
	l := requiredList{projectList: c.projectList(join(path, f.Alias), f, "ProjectRanking"), first: first}
	if version := arg[*string](args, "version"); version != nil {
		l.version = *version
	}
	return []requiredList{l}
}

// projectList compiles a list of objects of the type, each with a project.
func (c *compiler) projectList(path string, f graphql.CollectedField, typeName string) *projectList {
	l := &projectList{}
	for _, p := range c.below(f.Selections, typeName, "project") {
		l.of = append(l.of, c.project(join(path, p.Alias), p.Selections))
	}
	c.lists[path] = &l.list
	return l
}

// releases compiles a ReleaseConnection at the path; nil where its arguments
// are wrong.
func (c *compiler) releases(path string, f graphql.CollectedField, args map[string]any, err error) *releaseList {
	l := &releaseList{first: arg[int](args, "first")}
	if err != nil || c.limits.first(l.first) != nil {
		return nil
	}
	if l.after, err = parseReleaseCursor(arg[*string](args, "after")); err != nil {
		return nil
	}
	for _, e := range c.elements(path, f, "ReleaseConnection", "ReleaseEdge") {
		if r := c.release(e); r != nil {
			l.of = append(l.of, r)
		}
	}
	c.lists[path] = &l.list
	return l
}

// release compiles the selection on a Release; nil where it needs nothing that
// the release itself does not have.
func (c *compiler) release(e element) *releaseSelection {
	r := &releaseSelection{}
	for _, f := range c.fields(e.Selections, "Release") {
		switch f.Name {
		case "project":
			r.projects = append(r.projects, c.project(join(e.path, f.Alias), f.Selections))
		case "downloads":
			args, err := c.args.field_Release_downloads_args(c.ctx, f.ArgumentMap(c.op.Variables))
			r.downloads = append(r.downloads, c.sliceDownloads(e.path, f, args, err)...)
		}
	}
	if len(r.projects)+len(r.downloads) == 0 {
		return nil
	}
	return r
}
