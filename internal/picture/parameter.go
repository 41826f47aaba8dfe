package picture

import (
	"slices"
	"strconv"
	"strings"

	"clickql/internal/cube"
	"clickql/internal/render"
)

// Use is what a parameter is for, as a set.
type Use uint8

// The uses.
const (
	OfChart Use = 1 << iota
	OfBadge
	OfRankings
	OfDays
)

// Parameter is one parameter of addresses. It is what addresses are read by, what
// the documentation shows and what the page that builds embeds offers.
type Parameter struct {
	// Name is as documented; also its snake case is understood, in any case.
	Name string
	Of   Use
	// Form says how a value is written, where Choices do not.
	Form string
	// Choices are all values, where they are a few.
	Choices []string
	// Default is what holds where the parameter is not given.
	Default string
	// Doc says what it does.
	Doc string
	// Filter is the dimension that the parameter restricts, if it does.
	Filter cube.Dimension
}

// Parameters lists every parameter, in the order of the documentation.
var Parameters = slices.Concat(numbers, filters(), looks, badges)

// ParametersOf are those of a use.
func ParametersOf(use Use) []Parameter {
	return slices.DeleteFunc(slices.Clone(Parameters), func(p Parameter) bool { return p.Of&use == 0 })
}

// numbers change what is counted.
var numbers = []Parameter{
	{Name: "last", Of: OfChart | OfRankings | OfDays, Form: "`90d`, `12w`, `12m`, `4q`, `2y`, `all`", Default: defaultLast,
		Doc: "the last days, weeks, months, quarters or years up to the newest settled day, or all of it"},
	{Name: "from", Of: OfChart | OfRankings | OfDays, Form: "`2026-01-31`", Doc: "the first day, instead of `last`; the data's first where only `to` is given"},
	{Name: "to", Of: OfChart | OfRankings | OfDays, Form: "`2026-10-31`", Doc: "the last day; the data's newest where only `from` is given"},
	{Name: "interval", Of: OfChart, Choices: lower(cube.Intervals), Default: "what suits the range", Doc: "length of one point or bar; weeks begin on Monday"},
	{Name: "by", Of: OfChart, Choices: lower(cube.Dimensions), Doc: "split by this; `project` splits all of PyPI"},
	{Name: "first", Of: OfChart, Form: "1 to 10, of a `ranking` to 60", Default: "5, of a `ranking` 10", Doc: "how many values of the split are told apart, the largest"},
	{Name: "others", Of: OfChart, Choices: booleans, Default: "true", Doc: "whether what is left is shown as Other"},
	{Name: "transform", Of: OfChart, Choices: []string{"indexed", "cumulative", "average"},
		Doc: "`indexed`: 100 in the first complete interval; `cumulative`: the sum from the first day on; `average`: over 7 days, 4 weeks, 3 months or 4 quarters"},
	{Name: "spikes", Of: OfChart, Choices: booleans, Default: "false", Doc: "ring the days out of line, and tell them in the description: five spreads from the same weekday of the weeks before, beside all of PyPI"},
	{Name: "releases", Of: OfChart, Choices: booleans, Default: "false", Doc: "mark the project's releases; x.y.0 is labelled"},
	{Name: "period", Of: OfBadge, Choices: []string{"day", "week", "month", "quarter", "year", "total"}, Default: "month", Doc: "what is counted, up to the newest settled day: `week` is 7 days, `month`, `quarter` and `year` begin behind the same day one, three or twelve calendar months before, as a range of `{last: 1, unit: MONTH}` does"},
	{Name: "show", Of: OfBadge, Choices: badgeShows, Default: "downloads",
		Doc: "`rank`: the place among all projects; `trend`: the change against the period before; `python`: the Python versions that make 95 % of the downloads; `stars`, `forks`, `contributors`: of the project's repository on GitHub, of all time where there is no `period`; `issues`, `pulls`: those that are open"},
}

// looks change what is seen, not the numbers.
var looks = []Parameter{
	{Name: "shape", Of: OfChart, Choices: texts(render.Shapes), Default: "`area`; of several projects `line`, of `by=project` `ranking`, below 240 pixels `sparkline`",
		Doc: "how numbers are drawn; `share` stacks parts of the whole, `donut`, `map` and `ranking` show the whole range"},
	{Name: "scale", Of: OfChart, Choices: []string{"linear", "log"}, Default: "linear", Doc: "the values axis; on `log` areas and bars are lines"},
	{Name: "title", Of: OfChart, Form: "any text", Default: "the projects", Doc: "the headline"},
	{Name: "theme", Of: OfChart, Choices: []string{"auto", "light", "dark"}, Default: "auto", Doc: "`auto` follows the reader's own setting; of a PNG it is light"},
	{Name: "background", Of: OfChart, Form: "a colour, or `transparent`", Default: "a card", Doc: "what is below; other colours are chosen for it"},
	{Name: "width", Of: OfChart, Form: bounds(render.MinWidth, render.MaxWidth) + ", of a sparkline from " + strconv.Itoa(render.MinSparkWidth),
		Default: strconv.Itoa(render.DefaultWidth) + ", of a sparkline " + strconv.Itoa(render.SparkWidth), Doc: "in CSS pixels"},
	{Name: "height", Of: OfChart, Form: bounds(render.MinHeight, render.MaxHeight) + ", of a sparkline from " + strconv.Itoa(render.MinSparkHeight),
		Default: strconv.Itoa(render.DefaultHeight) + ", of a sparkline " + strconv.Itoa(render.SparkHeight), Doc: "in CSS pixels"},
	{Name: "dpr", Of: OfChart | OfBadge, Form: "1 to 4", Default: "1", Doc: "pixels of a PNG for each CSS pixel"},
}

// badges are shields.io's parameters.
var badges = []Parameter{
	{Name: "label", Of: OfBadge, Form: "any text", Default: "what is counted", Doc: "the left side; empty for none"},
	{Name: "labelColor", Of: OfBadge, Form: "a colour", Default: "grey", Doc: "the left side's background"},
	{Name: "color", Of: OfBadge, Form: "a colour", Default: "blue", Doc: "the right side's background: a name of shields.io or CSS, `2563eb`, `rgb(37,99,235)` or `hsl(221,83%,53%)`"},
	{Name: "logo", Of: OfBadge, Form: "a slug of Simple Icons, such as `python`", Doc: "an icon at the left"},
	{Name: "logoColor", Of: OfBadge, Form: "a colour", Default: "white", Doc: "the icon's colour"},
	{Name: "style", Of: OfBadge, Choices: texts(render.BadgeStyles), Default: "flat", Doc: "the outline"},
	{Name: "cacheSeconds", Of: OfBadge, Form: "600 to 86400", Default: "600", Doc: "how long the badge may be kept"},
}

var booleans = []string{"true", "false"}

// filters are a parameter for each dimension, and those for who downloads.
func filters() []Parameter {
	var all []Parameter
	for _, d := range cube.OfProject {
		p := Parameter{Name: d.FilterField(), Of: OfChart | OfBadge | OfRankings, Filter: d, Form: "a value, `a,b`, or `!a,b` for all others",
			Doc: "only downloads with these"}
		switch d {
		case cube.Version:
			p.Form = "a value, `a,b`, `!a,b`, or a specifier such as `>=2.0,<3`"
			p.Doc = "only these versions; specifiers are PEP 440's"
		case cube.Country:
			p.Form = "`DE`, `DE,FR`, or `!US`"
			p.Doc = "only these countries, by ISO 3166-1 code or English name"
		}
		all = append(all, p)
	}
	return append(all,
		Parameter{Name: "mirrors", Of: OfChart | OfBadge | OfRankings, Choices: booleans, Default: "true", Doc: "`false` leaves out known mirroring tools"},
		Parameter{Name: "human", Of: OfChart | OfBadge | OfRankings, Choices: booleans, Default: "false", Doc: "`true` leaves out mirrors, and what reported that it ran in CI"})
}

// texts are values as plain strings.
func texts[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

// lower are values in lower case.
func lower[T ~string](values []T) []string {
	out := texts(values)
	for i, v := range out {
		out[i] = strings.ToLower(v)
	}
	return out
}

func bounds(least, most int) string { return strconv.Itoa(least) + " to " + strconv.Itoa(most) }

// find is the parameter that a name in an address means; nil where there is none
// of that use. Case and the way of joining words do not matter.
func find(name string, use Use) *Parameter {
	want := plain(name)
	for i := range Parameters {
		if p := &Parameters[i]; p.Of&use != 0 && plain(p.Name) == want {
			return p
		}
	}
	return nil
}

// plain is a name without case and joints.
func plain(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
}
