package graph

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"clickql/graph/rounds"
	"clickql/internal/fault"
)

// compiler turns the selections of an operation into nodes: fragments,
// directives and variables worked in, arguments read.
type compiler struct {
	*operation
	schema *ast.Schema
	of     *graphql.OperationContext
	args   []*node // those that have arguments
}

// compile makes the nodes of a selection on a type at the path. What their
// arguments mean is left to mean.
func (c *compiler) compile(path, typeName string, sel ast.SelectionSet) []*node {
	def := c.schema.Types[typeName]
	fields := graphql.CollectFields(c.of, sel, append([]string{typeName}, def.Interfaces...))
	nodes := make([]*node, 0, len(fields))
	for _, f := range fields {
		n := &node{name: f.Name, field: f, path: path + "/" + f.Alias}
		nodes = append(nodes, n)
		if f.Definition == nil {
			continue
		}
		if len(f.Definition.Arguments) > 0 {
			if n.given, n.err = c.reader.Arguments(f.Field, c.of.Variables); n.err != nil {
				n.err = fault.BadInput("%s", n.err)
			}
			c.args = append(c.args, n)
		}
		if len(f.Selections) > 0 {
			n.below = c.compile(n.path, c.typeOf(n), f.Selections)
		}
		if len(f.Definition.Arguments)+len(f.Selections) > 0 {
			c.nodes[n.path] = n
		}
	}
	return nodes
}

// conditions tells what is wrong with the conditions of @skip and @include: a
// variable that may be null, where a default stands in for it, and is null.
func (c *compiler) conditions(sel ast.SelectionSet, seen map[string]bool) error {
	for _, s := range sel {
		var of ast.DirectiveList
		var below ast.SelectionSet
		switch s := s.(type) {
		case *ast.Field:
			of, below = s.Directives, s.SelectionSet
		case *ast.InlineFragment:
			of, below = s.Directives, s.SelectionSet
		case *ast.FragmentSpread:
			if of = s.Directives; !seen[s.Name] {
				seen[s.Name] = true
				below = s.Definition.SelectionSet
			}
		}
		for _, d := range of {
			for _, arg := range d.Arguments {
				if v := arg.Value; v.Kind == ast.Variable && c.of.Variables[v.Raw] == nil {
					return fault.BadInput("argument %s of @%s: $%s is null, Boolean! is wanted", arg.Name, d.Name, v.Raw)
				}
			}
		}
		if err := c.conditions(below, seen); err != nil {
			return err
		}
	}
	return nil
}

// typeOf is the type of the objects that a field leads to. Where it may be one of
// several, the id tells; all entities are projects.
func (c *compiler) typeOf(n *node) string {
	name := n.field.Definition.Type.Name()
	if name == entityType {
		return projectType
	}
	if c.schema.Types[name].IsAbstractType() {
		if kind, _, err := parseID(argument[string](n.given, "id")); err == nil {
			return kind
		}
	}
	return name
}

// mean finds out what the arguments mean.
func (c *compiler) mean() {
	for _, n := range c.args {
		if read := reads[n.field.ObjectDefinition.Name+"."+n.name]; n.err == nil && read != nil {
			n.args, n.err = read(arguments{c.operation, n.name, n.given})
		}
	}
}

// reads tells of each field that has arguments how they are read, once they are
// known to be of their types. What a function gives is what the field's resolver
// and the gathering of its requests work with.
var reads = map[string]func(arguments) (any, error){
	"Query.node":               arguments.node,
	"Query.project":            arguments.project,
	"Query.projects":           arguments.projects,
	"Query.search":             arguments.search,
	"Query.downloads":          arguments.together,
	"Query.topProjects":        arguments.ranking,
	"Query.emergingProjects":   arguments.trend,
	"Query.staleProjects":      arguments.trend,
	"Query.hotProjects":        arguments.trend,
	"Query.recentReleases":     arguments.recentReleases,
	"Query.compare":            arguments.comparison,
	"Query.portfolio":          arguments.portfolio,
	"Query._entities":          arguments.entities,
	"Project.downloads":        arguments.slice,
	"Project.floor":            arguments.slice,
	"Project.rank":             arguments.slice,
	"Project.github":           arguments.slice,
	"Project.releases":         arguments.releases,
	"Project.releaseImpact":    arguments.impact,
	"ReleaseImpact.stragglers": arguments.stragglers,
	"Project.dependencies":     arguments.required,
	"Project.dependents":       arguments.required,
	"Project.related":          arguments.related,
	"Release.downloads":        arguments.slice,
	"Portfolio.downloads":      arguments.slice,
	"Downloads.change":         arguments.likeForLike,
	"Downloads.series":         arguments.interval,
	"Downloads.by":             arguments.split,
	"Downloads.byRelease":      arguments.byRelease,
	"Downloads.dropping":       arguments.dropping,
	"Dropping.movedBy":         arguments.shifts,
	"ReleaseGroup.series":      arguments.interval,
	"GitHub.series":            arguments.interval,
	"Series.movingAverage":     arguments.averageDays,
	"Series.weekdayChange":     arguments.weeksBefore,
}

// gathers tells of each root field that asks the database what it asks of it
// first.
var gathers = map[string]func(*operation, *rounds.Round, *node){
	"node":             (*operation).gatherNode,
	"project":          (*operation).gatherNamed,
	"projects":         (*operation).gatherNamed,
	"search":           (*operation).gatherFound,
	"downloads":        (*operation).gatherTogether,
	"topProjects":      (*operation).gatherRanking,
	"emergingProjects": (*operation).gatherTrend,
	"staleProjects":    (*operation).gatherTrend,
	"hotProjects":      (*operation).gatherTrend,
	"recentReleases":   (*operation).gatherRecent,
	"compare":          (*operation).gatherComparison,
	"portfolio":        (*operation).gatherPortfolio,
	"dataset":          (*operation).gatherDataset,
	"_entities":        (*operation).gatherNamed,
	"_service":         func(*operation, *rounds.Round, *node) {}, // asks nothing
}

// gatherAll gathers what the root fields ask first.
func gatherAll(op *operation, r *rounds.Round, root []*node) {
	for _, n := range root {
		if gather := gathers[n.name]; n.err == nil && gather != nil {
			gather(op, r, n)
		}
	}
}
