package render

import (
	"fmt"
	"strings"

	"clickql/internal/catalog"
	"clickql/internal/query"
)

// Theme chooses the colours of a picture.
type Theme string

// The themes. Auto follows the reader's own setting (prefers-color-scheme)
// through CSS inside the SVG, which browsers and GitHub honour in <img>, too.
const (
	Auto  Theme = "auto"
	Light Theme = "light"
	Dark  Theme = "dark"
)

// ParseTheme reads a theme's name, in any case; the empty name is Auto. The
// error is a *query.Error with BadUserInput.
func ParseTheme(name string) (Theme, error) {
	return parse("theme", name, Auto, Light, Dark)
}

// Shape is how a chart draws its series.
type Shape string

// The shapes.
const (
	Area  Shape = "area"  // a filled line; several series are stacked
	Lines Shape = "line"  // a line for each series, each from zero
	Bars  Shape = "bar"   // a bar for each interval; several series are stacked
	Share Shape = "share" // stacked areas that fill the height: parts of the whole
)

// ParseShape reads a shape's name, in any case; the empty name is Area. The
// error is a *query.Error with BadUserInput.
func ParseShape(name string) (Shape, error) {
	return parse("shape", name, Area, Lines, Bars, Share)
}

// The bounds of a picture's size and of a chart's content. Larger requests are
// refused: a public endpoint's work must be bounded.
const (
	DefaultWidth  = 800
	DefaultHeight = 400
	MinWidth      = 240
	MinHeight     = 120
	MaxWidth      = 2000
	MaxHeight     = 1200
	MaxSeries     = 10 // beside a Rest
)

// CheckSize gives the size that a request for width x height gets: 0 is the
// default. A size out of bounds is a *query.Error with BadUserInput.
func CheckSize(width, height int) (w, h int, err error) {
	if width == 0 {
		width = DefaultWidth
	}
	if height == 0 {
		height = DefaultHeight
	}
	if width < MinWidth || width > MaxWidth {
		return 0, 0, badInput("width is %d; it must be between %d and %d", width, MinWidth, MaxWidth)
	}
	if height < MinHeight || height > MaxHeight {
		return 0, 0, badInput("height is %d; it must be between %d and %d", height, MinHeight, MaxHeight)
	}
	return width, height, nil
}

// Series is one line, area or stack of bars of a chart.
type Series struct {
	// Label names it in the legend; a single series may go without.
	Label string
	// Totals are the downloads in each interval of the chart's Days.
	Totals []int64
	// Rest marks what is left beside the series named; it is drawn in grey.
	Rest bool
}

// ChartSpec is a chart of downloads over time.
type ChartSpec struct {
	// Title is the project's name, or another headline.
	Title string
	// Subtitle stands below it, such as Span's text.
	Subtitle string
	// Interval is the distance of Days.
	Interval query.Interval
	// Days is the first day of each interval, ascending, as query.Result has
	// them. None draws a chart that says that there are no downloads.
	Days []catalog.Day
	// Covered is the run of days that the totals really count. A first or last
	// interval that reaches beyond it is drawn as incomplete. The zero Range
	// says that all intervals are whole.
	Covered catalog.Range
	// Missing are the days of Covered, ascending, of which there is no data. Where
	// all of an interval is missing, there is a gap instead of a zero.
	Missing []catalog.Day
	// Series holds at least one series, at most MaxSeries and a Rest, largest
	// first, the Rest last, each with as many Totals as there are Days.
	Series []Series
	// Shape is Area where empty.
	Shape Shape
	// Theme is Auto where empty.
	Theme Theme
	// Width and Height are in CSS pixels; see CheckSize.
	Width, Height int
}

// MessageSpec is a text in place of a chart.
type MessageSpec struct {
	// Title is where a chart has its title: the project's name.
	Title string
	// Text says what is the matter, in a few words.
	Text string
	// Detail is a sentence below it; may be empty.
	Detail string
	// Theme, Width and Height are as in ChartSpec, except that a size out of
	// bounds becomes the nearest one within: an error must not fail.
	Theme         Theme
	Width, Height int
}

// BadgeStyle is a badge's outline, named as shields.io names them.
type BadgeStyle string

// The styles.
const (
	Flat        BadgeStyle = "flat"
	FlatSquare  BadgeStyle = "flat-square"
	ForTheBadge BadgeStyle = "for-the-badge"
)

// ParseBadgeStyle reads a style's name, in any case; the empty name is Flat.
// The error is a *query.Error with BadUserInput.
func ParseBadgeStyle(name string) (BadgeStyle, error) {
	return parse("badge style", name, Flat, FlatSquare, ForTheBadge)
}

// BadgeState is what a badge has to say.
type BadgeState int

// The states.
const (
	Known   BadgeState = iota // Value is an answer
	Unknown                   // Value says why there is none ("unknown project"): grey
	Failed                    // Value says what failed ("unavailable"): red
)

// BadgeSpec is a badge: a label and a value side by side.
type BadgeSpec struct {
	// Label stands on the left, such as "downloads/month"; may be empty.
	Label string
	// Value stands on the right, such as Count's text.
	Value string
	// State overrides Color for what is no answer.
	State BadgeState
	// Color and LabelColor are the right and left backgrounds: a name or a hex
	// colour, see ParseColor. Empty for the default: blue on dark grey.
	Color, LabelColor string
	// Style is Flat where empty.
	Style BadgeStyle
}

// parse finds name among the values, the first of which is the default.
func parse[T ~string](what, name string, values ...T) (T, error) {
	if name == "" {
		return values[0], nil
	}
	list := make([]string, len(values))
	for i, v := range values {
		if strings.EqualFold(name, string(v)) {
			return v, nil
		}
		list[i] = string(v)
	}
	return values[0], badInput("%q is not a %s; there are %s", name, what, strings.Join(list, ", "))
}

// badInput is an error in what was asked for.
func badInput(format string, args ...any) *query.Error {
	return &query.Error{Code: query.BadUserInput, Message: fmt.Sprintf(format, args...)}
}
