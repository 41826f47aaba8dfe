package render

import (
	"cmp"
	"fmt"
	"slices"

	"clickql/internal/fault"
)

// Shape is how a chart draws its numbers.
type Shape string

// The shapes. The first five draw series over time, the others parts of a whole.
const (
	Area      Shape = "area"      // a filled line; several series are stacked
	Lines     Shape = "line"      // a line for each series, each from zero
	Bars      Shape = "bar"       // a bar for each interval; several series are stacked
	Share     Shape = "share"     // stacked areas that fill the height: parts of the whole
	Sparkline Shape = "sparkline" // a line without axes or words
	Donut     Shape = "donut"     // parts of a ring
	Ranking   Shape = "ranking"   // a bar for each part, longest first
	Map       Shape = "map"       // countries of the world
)

// Shapes lists every shape.
var Shapes = []Shape{Area, Lines, Bars, Share, Sparkline, Donut, Ranking, Map}

// OfParts tells a shape that draws ChartSpec.Parts and not its Series.
func (s Shape) OfParts() bool { return s == Donut || s == Ranking || s == Map }

// Measure is what a chart's values are.
type Measure string

// The measures.
const (
	Downloads Measure = ""        // whole downloads in an interval
	Average   Measure = "average" // downloads in an interval, averaged over several
	Sum       Measure = "sum"     // downloads from the range's first day on
	Index     Measure = "index"   // 100 in the first interval
)

// The bounds of a picture's size and of a chart's content. Larger requests are
// refused: a public endpoint's work must be bounded.
const (
	DefaultWidth  = 800
	DefaultHeight = 400
	MinWidth      = 240 // of all but a sparkline
	MinHeight     = 120
	MaxWidth      = 2000
	MaxHeight     = 1200
	MaxSeries     = 10 // beside a Rest
	MaxParts      = 60 // of a ranking; a map has a part for each country

	SparkWidth     = 160 // by default
	SparkHeight    = 40
	MinSparkWidth  = 100
	MinSparkHeight = 20
)

// CheckSize gives the size that a request for width x height gets: 0 is the
// default. A size out of bounds is a *fault.Error with BadUserInput.
func CheckSize(shape Shape, width, height int) (w, h int, err error) {
	defaults, least := [2]int{DefaultWidth, DefaultHeight}, [2]int{MinWidth, MinHeight}
	if shape == Sparkline {
		defaults, least = [2]int{SparkWidth, SparkHeight}, [2]int{MinSparkWidth, MinSparkHeight}
	}
	width, height = cmp.Or(width, defaults[0]), cmp.Or(height, defaults[1])
	hint := ""
	if shape != Sparkline {
		hint = " (smaller ones take shape=sparkline)"
	}
	switch {
	case width < least[0]:
		return 0, 0, fault.BadInput("width is %d; it must be between %d and %d%s", width, least[0], MaxWidth, hint)
	case width > MaxWidth:
		return 0, 0, fault.BadInput("width is %d; it must be between %d and %d", width, least[0], MaxWidth)
	case height < least[1]:
		return 0, 0, fault.BadInput("height is %d; it must be between %d and %d%s", height, least[1], MaxHeight, hint)
	case height > MaxHeight:
		return 0, 0, fault.BadInput("height is %d; it must be between %d and %d", height, least[1], MaxHeight)
	}
	return width, height, nil
}

// Series is one line, area or stack of bars of a chart.
type Series struct {
	// Label names it; a single series may go without.
	Label string
	// Values are one for each interval of the chart's Days; NaN where there is
	// none.
	Values []float64
	// Total is the series' downloads in all of the range.
	Total int64
	// Rest marks what is left beside the series named; it is drawn in grey.
	Rest bool
}

// Part is one part of a whole.
type Part struct {
	Label string
	// Code is a country's, ISO 3166-1 alpha-2, for a Map.
	Code  string
	Total int64
	// Rest marks what is left beside the parts named.
	Rest bool
}

// Mark is a day of note, such as a release.
type Mark struct {
	Day   Day
	Label string
	// Major marks are labelled, as far as there is room; of others only their
	// place is shown.
	Major bool
}

// ChartSpec is what a chart shows. It is laid out for a width and drawn in any
// theme.
type ChartSpec struct {
	// Title is the project's name, or another headline.
	Title string
	// Subtitle stands below it: parts of a sentence, the most important first.
	// Those that have no room are left out whole.
	Subtitle []string
	// Shape is Area where empty.
	Shape Shape
	// Width and Height are in CSS pixels; see CheckSize.
	Width, Height int
	// Background replaces the card: transparent, or a colour as ParseColor gives
	// it, for whose brightness the other colours are then chosen in every theme.
	Background string

	// Interval is the distance of Days.
	Interval Interval
	// Days is the first day of each interval, ascending. None draws a chart that
	// says that there are no downloads.
	Days []Day
	// Complete tells for each interval that it lies wholly in the range and every
	// day of it is settled; nil where all do. Others are drawn as unfinished.
	Complete []bool
	// Covered is the run of days that was asked for and of which there is data.
	Covered Range
	// Missing are the days of Covered, ascending, of which there is no data. Where
	// all of an interval is missing, there is a gap instead of a zero.
	Missing []Day
	// Series are at most MaxSeries and a Rest, largest first, the Rest last.
	Series []Series
	// Measure is what the values are.
	Measure Measure
	// Log has the values axis rise by factors instead of by steps; areas are then
	// drawn as lines. Of no effect on shares.
	Log bool
	// Marks are days of note, ascending.
	Marks []Mark
	// Spikes are days out of line of the one series, ascending: the values that they
	// are part of are ringed, and told in words.
	Spikes []Spike

	// Parts are those of a Donut, a Ranking (at most MaxParts and a Rest) or a
	// Map, largest first, the Rest last.
	Parts []Part
}

// MessageSpec is a text in place of a chart.
type MessageSpec struct {
	// Title is where a chart has its title: the project's name.
	Title string
	// Text says what is the matter, in a few words.
	Text string
	// Detail is a sentence below it; may be empty.
	Detail string
	// Width and Height are as in ChartSpec, except that a size out of bounds
	// becomes the nearest one within: an error must not fail.
	Width, Height int
	Background    string
}

// check refuses what cannot be drawn.
func (c ChartSpec) check() error {
	rests := 0
	for i, s := range c.Series {
		if len(s.Values) != len(c.Days) {
			return misfit("series %d has %d values for %d days", i, len(s.Values), len(c.Days))
		}
		if s.Rest {
			rests++
		}
	}
	if named := len(c.Series) - rests; named > MaxSeries || rests > 1 {
		return fault.BadInput("a chart shows at most %d series and the rest; these are %d", MaxSeries, len(c.Series))
	}
	if c.Complete != nil && len(c.Complete) != len(c.Days) {
		return misfit("%d of %d intervals say whether they are complete", len(c.Complete), len(c.Days))
	}
	for i, d := range c.Days {
		if d < 0 || d > maxDay || i > 0 && d <= c.Days[i-1] {
			return misfit("day %d (%s) is out of order or range", i, d)
		}
	}
	if c.Shape != Map && len(c.Parts) > MaxParts+1 {
		return fault.BadInput("a chart shows at most %d parts and the rest; these are %d", MaxParts, len(c.Parts))
	}
	if c.Shape != "" && !slices.Contains(Shapes, c.Shape) {
		return misfit("%q is not a shape", c.Shape)
	}
	return nil
}

// misfit is an error in what the caller made of an answer.
func misfit(format string, args ...any) *fault.Error {
	return &fault.Error{Code: fault.Internal, Message: fmt.Sprintf("draw a chart: "+format, args...)}
}
