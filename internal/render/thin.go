package render

import (
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/simplify"

	"clickql/internal/draw"
)

// pathBudget bounds the bytes of all paths of a chart, in all its layers, so that
// the SVG stays below 150 KB; a point takes up to pointBytes, a bar barBytes.
const (
	pathBudget = 105_000
	pointBytes = 12
	barBytes   = 34
)

// invisible is the area in square pixels that a corner must span to be seen.
const invisible = .05

// thin drops the points of a line that nobody would miss (Visvalingam and
// Whyatt 1993): first those that cannot be seen, then, above most points, the
// least of the others, so that peaks stay. The ends always stay.
func thin(line []draw.Point, most int) []draw.Point {
	if len(line) < 3 {
		return line
	}
	points := make(orb.LineString, len(line))
	for i, at := range line {
		points[i] = orb.Point{at.X, at.Y}
	}
	points = simplify.VisvalingamThreshold(invisible).LineString(points)
	if len(points) > most {
		points = simplify.VisvalingamKeep(most).LineString(points)
	}
	out := make([]draw.Point, len(points))
	for i, at := range points {
		out[i] = draw.Point{X: at[0], Y: at[1]}
	}
	return out
}
