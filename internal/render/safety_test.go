package render

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	"image/png"
	"io"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"clickql/internal/draw"
	"clickql/internal/fault"
)

// allowed are the elements that a picture is made of.
var allowed = map[string]bool{"svg": true, "title": true, "desc": true, "style": true, "path": true, "g": true, "text": true, "tspan": true}

// wellFormed walks an SVG: well-formed XML, one root, only the elements above,
// no event attribute, no id, no reference to anything, no NaN. It gives all
// character data.
func wellFormed(t interface{ Fatalf(string, ...any) }, svg []byte, at draw.Place) string {
	dec := xml.NewDecoder(bytes.NewReader(svg))
	var text strings.Builder
	for depth, roots := 0, 0; ; {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			if depth != 0 || roots != 1 {
				t.Fatalf("%d roots, %d elements open at the end", roots, depth)
			}
			return text.String()
		}
		if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, svg)
		}
		switch x := token.(type) {
		case xml.StartElement:
			if depth++; depth == 1 {
				roots++
			}
			checkElement(t, x, at)
		case xml.EndElement:
			depth--
		case xml.CharData:
			text.Write(x)
			text.WriteByte('\n')
		}
	}
}

func checkElement(t interface{ Fatalf(string, ...any) }, e xml.StartElement, at draw.Place) {
	if !allowed[e.Name.Local] || at == draw.Page && (e.Name.Local == "style" || e.Name.Local == "title") {
		t.Fatalf("an element <%s>", e.Name.Local)
	}
	seen := map[string]bool{}
	for _, a := range e.Attr {
		name := a.Name.Local
		if seen[name] {
			t.Fatalf("<%s> has %s twice", e.Name.Local, name)
		}
		seen[name] = true
		if strings.HasPrefix(strings.ToLower(name), "on") || name == "href" || name == "style" || name == "id" {
			t.Fatalf("<%s> has %s=%q", e.Name.Local, name, a.Value)
		}
		if name != "aria-label" && (strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") || strings.Contains(a.Value, "%!")) {
			t.Fatalf("<%s> has %s=%q", e.Name.Local, name, a.Value)
		}
	}
}

// anyText is any string: also invalid UTF-8, control characters and markup.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		rapid.SampledFrom([]string{`"><script>alert(1)</script>`, `" onload="alert(1)`, `]]><svg onload=x>`, "</text></svg>", "&#0;&lt;", "\u202Eevil\u2066",
			"\x00\x1b[31m", "a\nb\tc", "\ufffe\uffff", strings.Repeat("W", 5000), strings.Repeat("e\u0301", 500), "👩‍👩‍👧‍👦", "日本語", "مشروع"}),
	)
}

var intervals = []Interval{daily, weekly, monthly, quarterly, yearly}

// starts are first days of each interval.
var starts = map[Interval]string{daily: "2023-12-30", weekly: "2023-12-25", monthly: "2020-02-01", quarterly: "2000-04-01", yearly: "1990-01-01"}

// anySpec is any chart.
func anySpec(t *rapid.T) ChartSpec {
	every := rapid.SampledFrom(intervals).Draw(t, "interval")
	n := rapid.IntRange(0, 60).Draw(t, "intervals")
	var days []Day
	if n > 0 {
		days = daysFrom(starts[every], every, n)
	}
	value := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, 1, -1, math.NaN(), math.Inf(1), 1e300, .001}), rapid.Map(rapid.Int64(), func(v int64) float64 { return float64(v) }))
	spec := ChartSpec{Title: anyText().Draw(t, "title"), Subtitle: rapid.SliceOfN(anyText(), 0, 4).Draw(t, "subtitle"), Interval: every, Days: days,
		Covered:    Range{From: Day(rapid.IntRange(0, 30000).Draw(t, "from")), To: Day(rapid.IntRange(0, 30000).Draw(t, "to"))},
		Shape:      rapid.SampledFrom(append([]Shape{""}, Shapes...)).Draw(t, "shape"),
		Log:        rapid.Bool().Draw(t, "log"),
		Measure:    rapid.SampledFrom([]Measure{Downloads, Average, Sum, Index}).Draw(t, "measure"),
		Background: rapid.SampledFrom([]string{"", Transparent, "#123456"}).Draw(t, "background"),
		Width:      rapid.IntRange(MinWidth, 900).Draw(t, "width"), Height: rapid.IntRange(MinHeight, 500).Draw(t, "height")}
	if rapid.Bool().Draw(t, "partial") {
		spec.Complete = rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "complete")
	}
	for i := range rapid.IntRange(0, MaxSeries).Draw(t, "series") {
		spec.Series = append(spec.Series, Series{Label: anyText().Draw(t, "label"), Rest: i == MaxSeries-1,
			Values: rapid.SliceOfN(value, n, n).Draw(t, "values"), Total: rapid.Int64().Draw(t, "total")})
		spec.Parts = append(spec.Parts, Part{Label: anyText().Draw(t, "part"), Code: rapid.SampledFrom([]string{"DE", "SG", "XX", ""}).Draw(t, "code"), Total: rapid.Int64().Draw(t, "part's total")})
	}
	for _, d := range days {
		if rapid.IntRange(0, 9).Draw(t, "of note") == 0 {
			spec.Marks = append(spec.Marks, Mark{Day: d, Label: anyText().Draw(t, "mark"), Major: true})
			spec.Missing = append(spec.Missing, d)
		}
	}
	return spec
}

func TestChartIsSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := anySpec(t)
		d, err := Chart(spec)
		if err != nil {
			t.Fatal(err)
		}
		theme := rapid.SampledFrom([]draw.Theme{draw.Auto, draw.Light, draw.Dark}).Draw(t, "theme")
		svg := d.SVG(theme, draw.File)
		wellFormed(t, svg, draw.File)
		wellFormed(t, d.SVG(theme, draw.Page), draw.Page)
		again, err := Chart(spec)
		if err != nil || !bytes.Equal(svg, again.SVG(theme, draw.File)) {
			t.Fatal("the same spec gave other bytes")
		}
	})
}

// TestPNGIsSafe: what can be drawn as SVG can as PNG, in the size asked for.
func TestPNGIsSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := anySpec(t)
		spec.Width, spec.Height = 240, 120
		d, err := Chart(spec)
		if err != nil {
			t.Fatal(err)
		}
		img := decoded(t, d, draw.Dark)
		if size := img.Bounds().Size(); size != image.Pt(240, 120) {
			t.Fatalf("a PNG of %v", size)
		}
	})
}

// decoded is a drawing as a PNG, read back.
func decoded(t interface{ Fatalf(string, ...any) }, d *draw.Drawing, theme draw.Theme) image.Image {
	out, err := d.PNG(theme, 1)
	if err != nil {
		t.Fatalf("%v", err)
	}
	img, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatalf("%v", err)
	}
	return img
}

func TestBadgeIsSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := BadgeSpec{Label: anyText().Draw(t, "label"), Value: anyText().Draw(t, "value"),
			State: rapid.SampledFrom([]BadgeState{Known, Unknown, Failed}).Draw(t, "state"),
			Style: rapid.SampledFrom(append([]BadgeStyle{""}, BadgeStyles...)).Draw(t, "style")}
		d, err := Badge(spec)
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, d.SVG(draw.Light, draw.File), draw.File)
		spec.Color = anyText().Draw(t, "color")
		spec.LabelColor = anyText().Draw(t, "label color")
		if d, err := Badge(spec); err == nil {
			wellFormed(t, d.SVG(draw.Light, draw.File), draw.File)
		}
	})
}

func TestMessageIsSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Message(MessageSpec{Title: anyText().Draw(t, "title"), Text: anyText().Draw(t, "text"), Detail: anyText().Draw(t, "detail"),
			Width: rapid.Int().Draw(t, "width"), Height: rapid.Int().Draw(t, "height")})
		wellFormed(t, d.SVG(draw.Auto, draw.File), draw.File)
	})
}

// What was given is there to read, not merely harmless.
func TestTextIsKept(t *testing.T) {
	spec := charts()["names"]
	d, err := Chart(spec)
	if err != nil {
		t.Fatal(err)
	}
	text := wellFormed(t, d.SVG(draw.Auto, draw.File), draw.File)
	for _, want := range []string{`<script>alert("1")</script>`, "日本語のプロジェクト", "مشروع", "naïve & co", "👩‍👩‍👧‍👦 family", spec.Title + ", downloads per day"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the chart", want)
		}
	}
}

func TestBadInput(t *testing.T) {
	days := daysFrom("2024-01-01", daily, 2)
	two := one("", []float64{1, 2})
	many := make([]Series, MaxSeries+1)
	for i := range many {
		many[i] = two
	}
	for name, c := range map[string]struct {
		spec ChartSpec
		code fault.Code
	}{
		"narrow":     {ChartSpec{Days: days, Series: []Series{two}, Width: MinWidth - 1}, fault.BadUserInput},
		"wide":       {ChartSpec{Days: days, Series: []Series{two}, Width: MaxWidth + 1}, fault.BadUserInput},
		"low":        {ChartSpec{Days: days, Series: []Series{two}, Height: -1}, fault.BadUserInput},
		"high":       {ChartSpec{Days: days, Series: []Series{two}, Height: MaxHeight + 1}, fault.BadUserInput},
		"spark":      {ChartSpec{Days: days, Series: []Series{two}, Shape: Sparkline, Width: 99}, fault.BadUserInput},
		"many":       {ChartSpec{Days: days, Series: many}, fault.BadUserInput},
		"parts":      {ChartSpec{Shape: Ranking, Parts: make([]Part, MaxParts+2)}, fault.BadUserInput},
		"short":      {ChartSpec{Days: days, Series: []Series{{Values: []float64{1}}}}, fault.Internal},
		"complete":   {ChartSpec{Days: days, Series: []Series{two}, Complete: []bool{true}}, fault.Internal},
		"backward":   {ChartSpec{Days: []Day{5, 4}, Series: []Series{two}}, fault.Internal},
		"far future": {ChartSpec{Days: []Day{5, maxDay + 1}, Series: []Series{two}}, fault.Internal},
	} {
		_, err := Chart(c.spec)
		var e *fault.Error
		if !errors.As(err, &e) || e.Code != c.code {
			t.Errorf("%s: %v, want code %s", name, err, c.code)
		}
	}
	for _, color := range []string{"", "#12", "red;", "url(#x)", "#12345g", "transparent", "1234567", "rgb(1,2)"} {
		if c, err := ParseColor(color); err == nil {
			t.Errorf("ParseColor(%q) = %s", color, c)
		}
	}
	if _, err := Badge(BadgeSpec{Value: "1", Style: "metal"}); err == nil {
		t.Error("an unknown badge style was drawn")
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{"FAFF69": "#faff69", "white": "#ffffff", "black": "#000000", "green": "#97ca00", "#abc": "#abc",
		"rgb(37, 99, 235)": "#2563eb", "hsl(0,100%,50%)": "#ff0000", "rebeccapurple": ""} {
		if got, err := ParseColor(text); got != want || (err != nil) != (want == "") {
			t.Errorf("%s: %q, %v, want %q", text, got, err, want)
		}
	}
}

// TestArabicIsNotPulledApart: text whose letters join has no fixed length.
func TestArabicIsNotPulledApart(t *testing.T) {
	for text, fixed := range map[string]bool{"downloads": true, "مشروع": false, "हिन्दी": false, "ไทย": false} {
		d, err := Badge(BadgeSpec{Label: text, Value: text})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(d.SVG(draw.Light, draw.File)), "textLength"); got != fixed {
			t.Errorf("%s: a fixed length: %v", text, got)
		}
	}
}
