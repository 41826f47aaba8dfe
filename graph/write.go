package graph

import (
	"context"
	"reflect"

	"github.com/99designs/gqlgen/graphql"

	"clickql/graph/outline"
)

// writers has values written by outlines where they can be.
type writers struct{}

// ExtensionName names the extension to gqlgen.
func (writers) ExtensionName() string { return "Writers" }

// Validate finds nothing wrong.
func (writers) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptField resolves a field, and gives for values that have an outline
// what writes them: gqlgen takes it as it is.
func (writers) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	res, err := next(ctx)
	if err != nil || res == nil {
		return res, err
	}
	if err := arrived(ctx, res); err != nil {
		return nil, err
	}
	switch v := res.(type) {
	case *Series:
		return outline.One(ctx, seriesOutline, v), nil
	case []Point:
		return outline.Many(ctx, pointOutline, v), nil
	case []*Slice:
		return outline.Many(ctx, sliceOutline, v), nil
	case []*ReleaseGroup:
		return outline.Many(ctx, groupOutline, v), nil
	case []*Straggler:
		return outline.Many(ctx, stragglerOutline, v), nil
	case []*ProjectRanking:
		return outline.Many(ctx, rankingOutline, v), nil
	case *ProjectConnection:
		return outline.One(ctx, projectsOutline, v), nil
	case *ProjectRankingConnection:
		if write, ok := outline.One(ctx, rankingsOutline, v.connection).(graphql.Marshaler); ok {
			return write, nil
		}
	case *ReleaseConnection:
		return outline.One(ctx, releasesOutline, v), nil
	}
	return res, nil
}

// arrived counts the elements of a list that the field in ctx resolved to, where
// nobody knew before how many there are.
func arrived(ctx context.Context, res any) error {
	n := elements(res)
	if n < 2 {
		return nil
	}
	op := operationOf(ctx)
	if op == nil {
		return nil
	}
	return op.size.arrived(pathOf(ctx), n)
}

// elements are how many objects a list holds, or a page of one: of any type, so that
// none is forgotten.
func elements(res any) int {
	if page, is := res.(*ReleaseConnection); is && page != nil {
		return len(page.Edges)
	}
	if v := reflect.ValueOf(res); v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Pointer {
		return v.Len()
	}
	return 0
}
