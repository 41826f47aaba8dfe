package graph

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"clickql/internal/catalog"
	"clickql/internal/projects"
	"clickql/internal/query"
)

// The types below are what a selection asks of an object of the named GraphQL
// type, with arguments converted and fragments, directives and variables worked
// in. A field whose arguments are wrong is left out: its resolver tells the
// mistake, at its place.
type (
	// projectSelection is asked of a Project.
	projectSelection struct {
		metadata  bool
		extent    bool
		downloads []sliceDownloads
		ranks     []slice
		releases  []*releaseList
		// dependencies and dependents are one list each for each selection.
		dependencies, dependents []requiredList
	}

	// sliceDownloads is one selection of Project.downloads or Release.downloads;
	// base is its slice, not yet narrowed to them.
	sliceDownloads struct {
		base slice
		of   *downloadsSelection
	}

	// requiredList is one selection of Project.dependencies or dependents.
	requiredList struct {
		*projectList
		version string
		first   int
	}

	// projectList is one selection of a list of projects.
	projectList struct {
		list
		of []*projectSelection
	}

	// releaseList is one selection of a list of releases.
	releaseList struct {
		list
		first int
		after *projects.Place
		of    []*releaseSelection
	}

	// releaseSelection is asked of a Release.
	releaseSelection struct {
		projects  []*projectSelection
		downloads []sliceDownloads
	}

	// downloadsSelection is asked of a Downloads.
	downloadsSelection struct {
		total    bool
		change   bool
		series   []seriesSelection
		splits   []*split
		releases []*releaseSplit
		previous []*downloadsSelection
	}

	// split is one selection of Downloads.by. The requests of its elements wait
	// for its answer.
	split struct {
		list
		cut
		elements []*downloadsSelection // of each Slice's downloads
	}
)

// compiler turns selections into what they ask.
type compiler struct {
	asker
	ctx  context.Context
	op   *graphql.OperationContext
	args *executionContext // decodes arguments as the generated resolvers do
	// lists holds every place where a list must be loaded first, by its path:
	// the response keys that lead there, without the lists' indices.
	lists map[string]*list
	// pages holds the projects found by name, by path.
	pages map[string]page
}

// newCompiler compiles the operation of ctx.
func newCompiler(ctx context.Context, a asker, es *executableSchema) *compiler {
	op := graphql.GetOperationContext(ctx)
	return &compiler{
		asker: a,
		ctx:   ctx,
		op:    op,
		args:  newExecutionContext(op, es, nil),
		lists: map[string]*list{},
		pages: map[string]page{},
	}
}

// fields are the fields selected of a type, fragments, @skip and @include
// worked in.
func (c *compiler) fields(sel ast.SelectionSet, types ...string) []graphql.CollectedField {
	return graphql.CollectFields(c.op, sel, types)
}

// below are the fields of one name selected of a type.
func (c *compiler) below(sel ast.SelectionSet, typeName, name string) (found []graphql.CollectedField) {
	for _, f := range c.fields(sel, typeName) {
		if f.Name == name {
			found = append(found, f)
		}
	}
	return found
}

// downloads compiles the selection on a Downloads at the path.
func (c *compiler) downloads(path string, sel ast.SelectionSet) *downloadsSelection {
	d := &downloadsSelection{}
	for _, f := range c.fields(sel, "Downloads") {
		switch f.Name {
		case "total":
			d.total = true
		case "change":
			d.change = true
		case "previous":
			d.previous = append(d.previous, c.downloads(join(path, f.Alias), f.Selections))
		case "series":
			args, err := c.args.field_Downloads_series_args(c.ctx, f.ArgumentMap(c.op.Variables))
			if sel := c.series(f, arg[query.Interval](args, "interval")); err == nil && !slices.Contains(d.series, sel) {
				d.series = append(d.series, sel)
			}
		case "byRelease":
			if s := c.releaseSplit(join(path, f.Alias), f); s != nil {
				d.releases = append(d.releases, s)
			}
		case "by":
			if s := c.split(join(path, f.Alias), f); s != nil {
				d.splits = append(d.splits, s)
			}
		}
	}
	return d
}

// split compiles one selection of Downloads.by; nil where its arguments are
// wrong.
func (c *compiler) split(path string, f graphql.CollectedField) *split {
	args, err := c.args.field_Downloads_by_args(c.ctx, f.ArgumentMap(c.op.Variables))
	if err != nil {
		return nil
	}
	s := &split{cut: cut{
		dim:    arg[catalog.Dimension](args, "dimension"),
		first:  arg[int](args, "first"),
		others: arg[bool](args, "others"),
	}}
	s.whole = s.others || wantsShare(c.op, f.Selections)
	for _, d := range c.below(f.Selections, "Slice", "downloads") {
		s.elements = append(s.elements, c.downloads(join(path, d.Alias), d.Selections))
	}
	if len(s.elements) > 0 {
		c.lists[path] = &s.list
	}
	return s
}

// arg is a decoded argument, the zero value where it is absent or null.
func arg[T any](args map[string]any, name string) T {
	v, _ := args[name].(T)
	return v
}

// join is the path of the field with that response key below path.
func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "/" + key
}

// pathOf is the path of the field that ctx is in.
func pathOf(ctx context.Context) string {
	var keys []string
	for fc := graphql.GetFieldContext(ctx); fc != nil; fc = fc.Parent {
		if fc.Index == nil && fc.Field.Field != nil {
			keys = append(keys, fc.Field.Alias)
		}
	}
	slices.Reverse(keys)
	path := ""
	for _, key := range keys {
		path = join(path, key)
	}
	return path
}
