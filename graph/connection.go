package graph

import (
	"slices"
	"strconv"

	"clickql/graph/outline"
	"clickql/internal/cube"
)

// PageInfo says where a page lies in its list.
type PageInfo struct {
	HasNextPage, HasPreviousPage bool
	StartCursor, EndCursor       *string
}

// edge is an element of a connection with its cursor.
type edge[T any] struct {
	Cursor string
	Node   T
}

// connection is one page of a list of T.
type connection[T any] struct {
	Edges    []*edge[T]
	PageInfo *PageInfo
}

// Nodes are the page's elements.
func (c *connection[T]) Nodes() []T {
	nodes := make([]T, len(c.Edges))
	for i, e := range c.Edges {
		nodes[i] = e.Node
	}
	return nodes
}

type (
	// ProjectConnection is a page of a search.
	ProjectConnection = connection[*Project]
	// ProjectEdge is a project that was found.
	ProjectEdge = edge[*Project]
	// ProjectRankingEdge is a project in a ranking.
	ProjectRankingEdge = edge[*ProjectRanking]
	// ReleaseConnection is a page of releases.
	ReleaseConnection = connection[*Release]
	// ReleaseEdge is a release in a list.
	ReleaseEdge = edge[*Release]
)

// paged is the page with the groups' elements, each made by node. A page that
// was asked for by a cursor has elements before it.
func paged[T any](groups []cube.Group, more, after bool, node func(cube.Group) T) *connection[T] {
	edges := make([]*edge[T], len(groups))
	for i, g := range groups {
		edges[i] = &edge[T]{cursorOf(g.Total, g.Value), node(g)}
	}
	return connected(edges, more, after)
}

// connected is the page with the edges.
func connected[T any](edges []*edge[T], more, after bool) *connection[T] {
	c := &connection[T]{Edges: edges, PageInfo: &PageInfo{HasNextPage: more, HasPreviousPage: after}}
	if n := len(c.Edges); n > 0 {
		c.PageInfo.StartCursor = &c.Edges[0].Cursor
		c.PageInfo.EndCursor = &c.Edges[n-1].Cursor
	}
	return c
}

// elements are the selections of a connection's elements, through nodes and
// through edges, or of what a path of fields leads to from there.
func (n *node) elements(path ...string) []*node {
	return append(slices.Collect(n.through("nodes", path...)), slices.Collect(n.through("edges", append([]string{"node"}, path...)...))...)
}

var pageOutline = outline.Of([]string{"PageInfo"}, map[string]outline.Field[*PageInfo]{
	"hasNextPage":     outline.Leaf(func(b []byte, p *PageInfo) []byte { return strconv.AppendBool(b, p.HasNextPage) }),
	"hasPreviousPage": outline.Leaf(func(b []byte, p *PageInfo) []byte { return strconv.AppendBool(b, p.HasPreviousPage) }),
	"startCursor": outline.Leaf(func(b []byte, p *PageInfo) []byte {
		return outline.AppendOptional(b, p.StartCursor, outline.AppendString)
	}),
	"endCursor": outline.Leaf(func(b []byte, p *PageInfo) []byte {
		return outline.AppendOptional(b, p.EndCursor, outline.AppendString)
	}),
})

// The outlines of the connections.
var (
	projectsOutline = connectionOutline("Project", projectOutline)
	rankingsOutline = connectionOutline("ProjectRanking", rankingOutline)
	releasesOutline = connectionOutline("Release", releaseOutline)
)

// connectionOutline is the outline of the type's connection.
func connectionOutline[T any](name string, of outline.Outline[T]) outline.Outline[*connection[T]] {
	edges := outline.Of([]string{name + "Edge"}, map[string]outline.Field[*edge[T]]{
		"cursor": outline.Leaf(func(b []byte, e *edge[T]) []byte { return outline.AppendString(b, e.Cursor) }),
		"node":   outline.Object(of, func(e *edge[T]) T { return e.Node }),
	})
	return outline.Of([]string{name + "Connection"}, map[string]outline.Field[*connection[T]]{
		"edges":    outline.List(edges, func(c *connection[T]) []*edge[T] { return c.Edges }),
		"nodes":    outline.List(of, (*connection[T]).Nodes),
		"pageInfo": outline.Object(pageOutline, func(c *connection[T]) *PageInfo { return c.PageInfo }),
	})
}
