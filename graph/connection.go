package graph

import "clickql/internal/query"

// PageInfo is the GraphQL type of that name.
type PageInfo struct {
	HasNextPage, HasPreviousPage bool
	StartCursor, EndCursor       *string
}

// ProjectRanking is the GraphQL type of that name.
type ProjectRanking struct {
	Project *Project
	Total   int64
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
	// ProjectConnection is the GraphQL type of that name.
	ProjectConnection = connection[*Project]
	// ProjectEdge is the GraphQL type of that name.
	ProjectEdge = edge[*Project]
	// ProjectRankingConnection is the GraphQL type of that name.
	ProjectRankingConnection = connection[*ProjectRanking]
	// ProjectRankingEdge is the GraphQL type of that name.
	ProjectRankingEdge = edge[*ProjectRanking]
	// ReleaseConnection is the GraphQL type of that name.
	ReleaseConnection = connection[*Release]
	// ReleaseEdge is the GraphQL type of that name.
	ReleaseEdge = edge[*Release]
)

// paged is the page with the groups' elements, each made by node. A page that
// was asked for by a cursor has elements before it.
func paged[T any](groups []query.Group, more, after bool, node func(query.Group) T) *connection[T] {
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
