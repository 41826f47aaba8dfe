package graph

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"clickql/internal/query"
)

// rootField is what one root field of the operation is about, compiled.
type rootField interface {
	// gather adds what is known to be needed for the field.
	gather(c *collector)
}

type (
	// projectsField is project, projects or node.
	projectsField struct {
		names []string // normalised, known ones only
		of    []*projectSelection
	}

	// downloadsField is Query.downloads.
	downloadsField struct {
		slice slice
		of    *downloadsSelection
	}

	// searchField is Query.search. Its page costs no query.
	searchField struct {
		page page
		of   []*projectSelection
	}

	// rankingField is Query.topProjects.
	rankingField struct {
		list
		slice slice
		first int
		after *string
		of    []*projectSelection
	}

	// datasetField is Query.dataset.
	datasetField struct{ total, count bool }
)

func (f *projectsField) gather(c *collector) {
	for _, name := range f.names {
		if !c.op.indexed() {
			c.ask(existence(name))
		}
		for _, of := range f.of {
			c.project(of, name)
		}
	}
}

func (f *downloadsField) gather(c *collector) {
	c.narrowed(f.slice, func(s query.Slice) { c.downloads(f.of, s) })
}

func (f *datasetField) gather(c *collector) {
	if c.op.indexed() {
		return
	}
	if f.total {
		c.ask(everything)
	}
	if f.count {
		c.ask(allProjects)
	}
}

func (f *searchField) gather(c *collector) {
	for _, e := range f.page.entries {
		for _, of := range f.of {
			c.project(of, e.Name)
		}
	}
}

func (f *rankingField) gather(c *collector) {
	c.narrowed(f.slice, func(s query.Slice) {
		req, err := c.op.ranking(s, f.first, f.after)
		if err != nil {
			return
		}
		c.ask(req)
		if len(f.of) == 0 {
			return
		}
		c.await(&f.list, func(ctx context.Context, c *collector) {
			if res, err := c.op.values(ctx, req); err == nil {
				f.gatherElements(c, res)
			}
		})
	})
}

// gatherElements gathers what the ranked projects ask.
func (f *rankingField) gatherElements(c *collector, res *query.Result) {
	for _, g := range res.Groups[:min(f.first, len(res.Groups))] {
		for _, of := range f.of {
			c.project(of, g.Value)
		}
	}
}

// root compiles the whole operation. What is wrong is left to the resolvers.
func (c *compiler) root() (root []rootField) {
	for _, f := range c.fields(c.op.Operation.SelectionSet, "Query") {
		if field := c.rootField(f); field != nil {
			root = append(root, field)
		}
	}
	return root
}

// rootField compiles one root field; nil where it asks for nothing or is wrong.
func (c *compiler) rootField(f graphql.CollectedField) rootField {
	raw := f.ArgumentMap(c.op.Variables)
	switch f.Name {
	case "node":
		args, err := c.args.field_Query_node_args(c.ctx, raw)
		if name, idErr := parseID(arg[string](args, "id")); err == nil && idErr == nil {
			return c.named(f, []string{name})
		}
	case "project":
		args, err := c.args.field_Query_project_args(c.ctx, raw)
		if err == nil {
			return c.named(f, normalized([]string{arg[string](args, "name")}))
		}
	case "projects":
		args, err := c.args.field_Query_projects_args(c.ctx, raw)
		if names := arg[[]string](args, "names"); err == nil && c.limits.names("names", names) == nil {
			return c.named(f, normalized(names))
		}
	case "downloads":
		return c.downloadsField(f, raw)
	case "topProjects":
		return c.rankingField(f, raw)
	case "search":
		return c.searchField(f, raw)
	case "dataset":
		return &datasetField{
			total: len(c.below(f.Selections, "Dataset", "totalDownloads")) > 0,
			count: len(c.below(f.Selections, "Dataset", "projectCount")) > 0,
		}
	case "emergingProjects", "staleProjects", "hotProjects":
		return c.trendsField(f, raw)
	case "recentReleases":
		return c.recentField(f, raw)
	case "compare":
		return c.comparisonField(f, raw)
	case "portfolio":
		return c.portfolioField(f, raw)
	}
	return nil
}

// named compiles a root field about projects by name.
func (c *compiler) named(f graphql.CollectedField, names []string) rootField {
	return &projectsField{c.existing(names), []*projectSelection{c.project(f.Alias, f.Selections)}}
}

// existing leaves out names of no project, where that is known without asking.
func (c *compiler) existing(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return c.indexed() && !c.known(name) })
}

func (c *compiler) downloadsField(f graphql.CollectedField, raw map[string]any) rootField {
	args, err := c.args.field_Query_downloads_args(c.ctx, raw)
	if err != nil {
		return nil
	}
	s, err := c.projectsSlice(arg[[]string](args, "projects"), arg[*DateRange](args, "range"), arg[*DownloadsFilter](args, "filter"))
	if err != nil {
		return nil
	}
	return &downloadsField{slice: s, of: c.downloads(f.Alias, f.Selections)}
}

func (c *compiler) rankingField(f graphql.CollectedField, raw map[string]any) rootField {
	args, err := c.args.field_Query_topProjects_args(c.ctx, raw)
	if err != nil {
		return nil
	}
	s, err := c.slice(arg[*DateRange](args, "range"), arg[*DownloadsFilter](args, "filter"))
	if err != nil {
		return nil
	}
	field := &rankingField{slice: s, first: arg[int](args, "first"), after: arg[*string](args, "after")}
	for _, e := range c.elements(f.Alias, f, "ProjectRankingConnection", "ProjectRankingEdge") {
		for _, p := range c.below(e.Selections, "ProjectRanking", "project") {
			field.of = append(field.of, c.project(join(e.path, p.Alias), p.Selections))
		}
	}
	if len(field.of) > 0 {
		c.lists[f.Alias] = &field.list
	}
	return field
}

func (c *compiler) searchField(f graphql.CollectedField, raw map[string]any) rootField {
	args, err := c.args.field_Query_search_args(c.ctx, raw)
	if err != nil {
		return nil
	}
	page, err := c.search(arg[string](args, "text"), arg[int](args, "first"), arg[*string](args, "after"))
	if err != nil {
		return nil
	}
	c.pages[f.Alias] = page
	field := &searchField{page: page}
	for _, e := range c.elements(f.Alias, f, "ProjectConnection", "ProjectEdge") {
		field.of = append(field.of, c.project(e.path, e.Selections))
	}
	return field
}

// element is one selection of a connection's elements, at its path.
type element struct {
	graphql.CollectedField
	path string
}

// elements are the selections of the elements of the connection at path, through
// nodes and through edges.
func (c *compiler) elements(path string, f graphql.CollectedField, connection, edge string) (found []element) {
	for _, n := range c.below(f.Selections, connection, "nodes") {
		found = append(found, element{n, join(path, n.Alias)})
	}
	for _, e := range c.below(f.Selections, connection, "edges") {
		for _, n := range c.below(e.Selections, edge, "node") {
			found = append(found, element{n, join(join(path, e.Alias), n.Alias)})
		}
	}
	return found
}
