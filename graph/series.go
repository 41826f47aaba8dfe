package graph

import (
	"clickql/internal/catalog"
	"clickql/internal/query"
)

// Series is the GraphQL type of that name. Its slices are shared between
// answers: read only.
type Series struct {
	Interval query.Interval
	Dates    []catalog.Day
	Totals   []int64
	// Missing are the days of the range of which nothing is loaded.
	Missing []catalog.Day
}

// Point is the GraphQL type of that name: one row of a Series.
type Point struct {
	Date  catalog.Day
	Total int64
}

// Points is the field of that name.
func (s *Series) Points() []Point {
	points := make([]Point, len(s.Dates))
	for i, d := range s.Dates {
		points[i] = Point{d, s.Totals[i]}
	}
	return points
}
