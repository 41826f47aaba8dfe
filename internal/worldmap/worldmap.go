// Package worldmap holds the outlines of the world's countries, projected
// (Equal Earth) and simplified for maps of up to about 2000 pixels. They are
// Natural Earth's at 1:50 million, without Antarctica, as the npm package
// world-atlas 2.0.2 (ISC) has them. Disputed areas are with the country whose
// code databases of addresses give them.
package worldmap

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

//go:generate sh generate/fetch.sh

//go:embed world.txt
var text string

// Width is that of the map in units; Top and Bottom are where land begins and
// ends.
const (
	Width  = 2000
	Top    = 4
	Bottom = 868
)

// Point is a place on the map, in units from its upper left corner.
type Point struct{ X, Y int16 }

// Country is a country's land.
type Country struct {
	Code string // ISO 3166-1 alpha-2
	// Outlines are closed, the last point being joined to the first. A country too
	// small to have one has a single point.
	Outlines [][]Point
}

// Countries are all countries by code. The list is shared: read only.
var Countries = sync.OnceValue(func() []Country {
	var all []Country
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		fields := strings.Split(line, "\t")
		c := Country{Code: fields[0]}
		for _, f := range fields[1:] {
			c.Outlines = append(c.Outlines, outline(strings.TrimPrefix(f, "@")))
		}
		all = append(all, c)
	}
	return all
})

// outline reads an outline: a point, then steps.
func outline(text string) []Point {
	numbers := strings.Fields(text)
	points := make([]Point, 0, len(numbers)/2)
	x, y := 0, 0
	for i := 0; i+1 < len(numbers); i += 2 {
		dx, _ := strconv.Atoi(numbers[i]) // a file of ours, which a test reads
		dy, _ := strconv.Atoi(numbers[i+1])
		x, y = x+dx, y+dy
		points = append(points, Point{int16(x), int16(y)})
	}
	return points
}
