package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"clickql/internal/country"
	"clickql/internal/cube"
	"clickql/internal/draw"
	"clickql/internal/picture"
	"clickql/internal/render"
)

// example is one picture of the gallery.
type example struct {
	file, names, query, what string
	values                   []string // of the split, or names of projects
	growth                   float64
	missing                  bool // some days are
}

var pythons = []string{"3.12", "3.11", "3.13", "3.10", "3.9", "Other"}

// examples are the charts of the gallery, in order.
var examples = []example{
	{"area", "pandas", "last=90d", "One project over time. The last interval is dashed while it is incomplete.", nil, .3, false},
	{"gap", "pandas", "last=60d", "Days that are not loaded are a gap, and never a zero.", nil, .3, true},
	{"releases", "pandas", "releases=true", "Its releases.", nil, .5, false},
	{"spikes", "pandas", "spikes=true&last=90d", "Days out of line, ringed.", nil, .3, false},
	{"split", "pandas", "by=python", "Split by anything that can be filtered by.", pythons, .3, false},
	{"lines", "pandas", "by=python&shape=line", "Each from zero, named at its end.", pythons, .3, false},
	{"share", "pandas", "by=python&shape=share", "Parts of the whole.", pythons, .3, false},
	{"bars", "pandas", "by=system&shape=bar&interval=month&last=2y", "Bars.", []string{"Linux", "Windows", "Darwin", "Other"}, .2, false},
	{"compare", "uv,poetry,pipenv", "last=2y&interval=month", "Several projects.", []string{"uv", "poetry", "pipenv"}, 1.5, false},
	{"indexed", "uv,poetry,pipenv", "transform=indexed&last=2y&interval=month", "The same from a common start.", []string{"uv", "poetry", "pipenv"}, 1.5, false},
	{"log", "uv,poetry,pipenv", "scale=log&last=2y&interval=month", "The same on a logarithmic axis.", []string{"uv", "poetry", "pipenv"}, 6, false},
	{"average", "pandas", "transform=average&last=90d", "A moving average.", nil, .3, false},
	{"cumulative", "pandas", "transform=cumulative&last=90d", "The sum from the first day on.", nil, .3, false},
	{"everything", "", "last=2y", "All of PyPI: an address without a name.", nil, .4, false},
	{"ranking", "", "by=project&first=12", "The most downloaded projects.", []string{"boto3", "urllib3", "requests", "botocore", "typing-extensions", "certifi", "charset-normalizer", "packaging", "setuptools", "idna", "numpy", "pip"}, 0, false},
	{"donut", "pandas", "by=installer&shape=donut", "A donut.", []string{"pip", "uv", "poetry", "conda", "Other"}, 0, false},
	{"map", "pandas", "shape=map", "Countries.", nil, 0, false},
	{"filtered", "pandas", "country=DE,FR&python=3.12,3.13&mirrors=false&by=system", "Filtered: the subtitle says by what.", []string{"Linux", "Windows", "Darwin"}, .3, false},
	{"background", "pandas", "background=%23fff5e0&last=90d", "On a colour of its own.", nil, .3, false},
	{"sparkline", "pandas", "shape=sparkline&last=90d", "A sparkline, down to 100 x 20.", nil, .3, false},
}

// newest is the last day of the made-up data.
var newest = cube.DayOf(time.Date(2026, 10, 29, 0, 0, 0, 0, time.UTC))

// draw draws an example as its address says.
func (e example) draw() (*draw.Drawing, error) {
	c, err := picture.ReadChart(e.names, e.query)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.file, err)
	}
	s, err := c.Bounds.In(cube.Slice{}, cube.Calendar{Days: cube.Range{From: 15000, To: newest}})
	if err != nil {
		return nil, err
	}
	var missing []cube.Day
	if e.missing {
		missing = []cube.Day{newest - 31, newest - 30, newest - 29, newest - 12}
	}
	n, err := picture.Made(c, s.Days, missing, e.lines)
	if err != nil {
		return nil, err
	}
	if c.Releases {
		for i, v := range []string{"2.3.0", "2.3.1", "2.3.2", "2.3.3", "3.0.0", "3.0.1"} {
			n.Marks = append(n.Marks, render.Mark{Day: s.Days.From + cube.Day(25+i*61), Label: v, Major: strings.HasSuffix(v, "0")})
		}
	}
	if c.Spikes {
		e.spike(n)
	}
	return n.Draw()
}

// spike makes two days of an example's line stand out.
func (e example) spike(n *picture.Numbers) {
	for at, times := range map[int]float64{31: 2.1, 66: .35} {
		l := &n.Lines[0]
		expected := l.Values[at]
		l.Values[at] *= times
		n.Spikes = append(n.Spikes, cube.Spike{Date: n.Dates[at], Total: int64(l.Values[at]), Expected: expected, Deviation: 20 * (times - 1)})
	}
	slices.SortFunc(n.Spikes, func(a, b cube.Spike) int { return int(a.Date - b.Date) })
}

// lines makes up the numbers.
func (e example) lines(dates []cube.Day) []picture.Line {
	if e.file == "map" {
		return countries()
	}
	values := e.values
	if len(values) == 0 {
		values = []string{""}
	}
	lines := make([]picture.Line, len(values))
	for i, v := range values {
		lines[i] = picture.Line{Label: v, Value: v, Split: v != "", Rest: v == "Other"}
		level := 4e6 / math.Pow(1.7, float64(i))
		growth := e.growth * math.Pow(.35, float64(i))
		if v == "3.13" {
			growth = 3
		}
		for _, d := range dates {
			lines[i].Totals = append(lines[i].Totals, wave(d, level, growth, i, len(dates) > 1 && dates[1] == dates[0]+1))
		}
	}
	return lines
}

// wave is downloads that grow, rest at weekends and waver a little, by arithmetic.
func wave(d cube.Day, level, growth float64, salt int, daily bool) int64 {
	v := level * math.Pow(1+growth, float64(d-newest)/365)
	if w := d.Time().Weekday(); daily && (w == time.Saturday || w == time.Sunday) {
		v *= .62
	}
	h := uint32(int(d)+salt*977) * 2654435761
	h ^= h >> 15
	h *= 2246822519
	return int64(v * (1 + .07*(float64(h>>8)/float64(1<<24)-.5)))
}

// countries makes up a line for most countries.
func countries() []picture.Line {
	large := map[string]int64{"US": 9e8, "CN": 3e8, "IN": 2.4e8, "DE": 2.1e8, "GB": 1.3e8, "FR": 1.2e8, "JP": 1.1e8, "BR": 9e7, "CA": 8e7, "SG": 7e7, "NL": 6e7, "KR": 6e7, "AU": 5e7, "RU": 5e7}
	var lines []picture.Line
	for i, c := range country.All() {
		n, ok := large[c.Code]
		if !ok {
			if i%17 == 3 {
				continue
			}
			n = int64(math.Pow(10, 3.2+float64(i*37%41)/10))
		}
		lines = append(lines, picture.Line{Label: c.Name, Value: c.Code, Split: true, Totals: []int64{n}})
	}
	return lines
}

// shield is one badge of the gallery, with what a gateway would say.
type shield struct{ file, query, value string }

// shields are the badges of the gallery.
var shields = []shield{
	{"badge", "", "273M"},
	{"badge-week", "period=week&style=flat-square&color=green", "61M"},
	{"badge-logo", "logo=pandas&label=pandas", "273M"},
	{"badge-rank", "show=rank&color=clickhouse", "#21 of 703k"},
	{"badge-trend", "show=trend", "+12 %"},
	{"badge-python", "show=python&logo=python", "3.9 | 3.10 | 3.11 | 3.12 | 3.13"},
	{"badge-large", "period=total&style=for-the-badge&logo=pypi", "8.9B"},
	{"badge-plastic", "period=year&style=plastic&color=orange", "2.9B"},
	{"badge-social", "style=social&logo=pypi&label=downloads", "273M"},
}

// draw draws a badge as its address says.
func (s shield) draw() (*draw.Drawing, error) {
	b, err := picture.ReadBadge("pandas", s.query)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.file, err)
	}
	b.Look.Value = s.value
	if b.Show == "trend" {
		b.Look.Color = "brightgreen"
	}
	return render.Badge(b.Look)
}
