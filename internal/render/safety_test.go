package render

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"clickql/internal/catalog"
	"clickql/internal/query"
)

// allowed are the elements that a picture is made of.
var allowed = map[string]bool{"svg": true, "title": true, "desc": true, "style": true, "rect": true, "path": true, "line": true,
	"circle": true, "g": true, "text": true, "tspan": true, "defs": true, "linearGradient": true, "stop": true}

// wellFormed walks an SVG: well-formed XML, one root, only the elements above,
// no event attribute, no reference to anything outside, no NaN. It gives all
// character data.
func wellFormed(t interface{ Fatalf(string, ...any) }, svg []byte) string {
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
			checkElement(t, x)
		case xml.EndElement:
			depth--
		case xml.CharData:
			text.Write(x)
			text.WriteByte('\n')
		}
	}
}

func checkElement(t interface{ Fatalf(string, ...any) }, e xml.StartElement) {
	if !allowed[e.Name.Local] {
		t.Fatalf("an element <%s>", e.Name.Local)
	}
	seen := map[string]bool{}
	for _, a := range e.Attr {
		name := a.Name.Space + ":" + a.Name.Local
		if seen[name] {
			t.Fatalf("<%s> has %s twice", e.Name.Local, name)
		}
		seen[name] = true
		if strings.HasPrefix(strings.ToLower(a.Name.Local), "on") || a.Name.Local == "href" || strings.Contains(a.Value, "script") {
			t.Fatalf("<%s> has %s=%q", e.Name.Local, name, a.Value)
		}
		if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") || strings.Contains(a.Value, "%!") {
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

func TestChartIsSafe(t *testing.T) {
	themes, shapes := []Theme{"", Auto, Light, Dark}, []Shape{"", Area, Lines, Bars, Share}
	rapid.Check(t, func(t *rapid.T) {
		every := rapid.SampledFrom(intervals).Draw(t, "interval")
		n := rapid.IntRange(0, 60).Draw(t, "intervals")
		var days []catalog.Day
		if n > 0 {
			days = daysFrom(starts[every], every, n)
		}
		spec := ChartSpec{Title: anyText().Draw(t, "title"), Subtitle: anyText().Draw(t, "subtitle"), Interval: every, Days: days,
			Covered: catalog.Range{From: catalog.Day(rapid.IntRange(0, 30000).Draw(t, "from")), To: catalog.Day(rapid.IntRange(0, 30000).Draw(t, "to"))},
			Theme:   rapid.SampledFrom(themes).Draw(t, "theme"), Shape: rapid.SampledFrom(shapes).Draw(t, "shape"),
			Width: rapid.IntRange(MinWidth, 900).Draw(t, "width"), Height: rapid.IntRange(MinHeight, 500).Draw(t, "height")}
		for i := range rapid.IntRange(0, MaxSeries).Draw(t, "series") {
			spec.Series = append(spec.Series, Series{Label: anyText().Draw(t, "label"), Rest: i == MaxSeries-1,
				Totals: rapid.SliceOfN(rapid.Int64(), n, n).Draw(t, "totals")})
		}
		svg, err := Chart(spec)
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, svg)
		if again, _ := Chart(spec); !bytes.Equal(svg, again) {
			t.Fatal("the same spec gave other bytes")
		}
	})
}

func TestBadgeIsSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := BadgeSpec{Label: anyText().Draw(t, "label"), Value: anyText().Draw(t, "value"),
			State: rapid.SampledFrom([]BadgeState{Known, Unknown, Failed}).Draw(t, "state"),
			Style: rapid.SampledFrom([]BadgeStyle{"", Flat, FlatSquare, ForTheBadge}).Draw(t, "style")}
		svg, err := Badge(spec)
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, svg)
		spec.Color = anyText().Draw(t, "color")
		spec.LabelColor = anyText().Draw(t, "label color")
		if svg, err := Badge(spec); err == nil {
			wellFormed(t, svg)
		}
	})
}

func TestMessageIsSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wellFormed(t, Message(MessageSpec{Title: anyText().Draw(t, "title"), Text: anyText().Draw(t, "text"), Detail: anyText().Draw(t, "detail"),
			Width: rapid.Int().Draw(t, "width"), Height: rapid.Int().Draw(t, "height")}))
	})
}

// What was given is there to read, not merely harmless.
func TestTextIsKept(t *testing.T) {
	spec := charts()["names"]
	svg, err := Chart(spec)
	if err != nil {
		t.Fatal(err)
	}
	text := wellFormed(t, svg)
	for _, want := range []string{`<script>alert("1")</script>`, "日本語のプロジェクト", "مشروع", "naïve & co", "👩‍👩‍👧‍👦 family", spec.Title + ", " + spec.Subtitle} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the chart", want)
		}
	}
}

func TestBadInput(t *testing.T) {
	days := daysFrom("2024-01-01", query.Daily, 2)
	two := Series{Totals: []int64{1, 2}}
	many := make([]Series, MaxSeries+1)
	for i := range many {
		many[i] = two
	}
	for name, c := range map[string]struct {
		spec ChartSpec
		code query.Code
	}{
		"narrow":     {ChartSpec{Days: days, Series: []Series{two}, Width: MinWidth - 1}, query.BadUserInput},
		"wide":       {ChartSpec{Days: days, Series: []Series{two}, Width: MaxWidth + 1}, query.BadUserInput},
		"low":        {ChartSpec{Days: days, Series: []Series{two}, Height: -1}, query.BadUserInput},
		"high":       {ChartSpec{Days: days, Series: []Series{two}, Height: MaxHeight + 1}, query.BadUserInput},
		"many":       {ChartSpec{Days: days, Series: many}, query.BadUserInput},
		"short":      {ChartSpec{Days: days, Series: []Series{{Totals: []int64{1}}}}, query.Internal},
		"backward":   {ChartSpec{Days: []catalog.Day{5, 4}, Series: []Series{two}}, query.Internal},
		"far future": {ChartSpec{Days: []catalog.Day{5, catalog.MaxDay + 1}, Series: []Series{two}}, query.Internal},
	} {
		_, err := Chart(c.spec)
		var e *query.Error
		if !errors.As(err, &e) || e.Code != c.code {
			t.Errorf("%s: %v, want code %s", name, err, c.code)
		}
	}
	for _, color := range []string{"", "#12", "red;", "url(#x)", "#12345g", "transparent", "1234567"} {
		if c, err := ParseColor(color); err == nil {
			t.Errorf("ParseColor(%q) = %s", color, c)
		}
	}
	if _, err := Badge(BadgeSpec{Value: "1", Style: "plastic"}); err == nil {
		t.Error("an unknown badge style was drawn")
	}
}

func TestParse(t *testing.T) {
	if got, err := ParseTheme("DARK"); got != Dark || err != nil {
		t.Errorf("DARK: %v, %v", got, err)
	}
	if got, err := ParseTheme(""); got != Auto || err != nil {
		t.Errorf("no theme: %v, %v", got, err)
	}
	if _, err := ParseShape("pie"); err == nil || !strings.Contains(err.Error(), "area, line, bar, share") {
		t.Errorf("pie: %v", err)
	}
	if got, err := ParseBadgeStyle("for-the-badge"); got != ForTheBadge || err != nil {
		t.Errorf("for-the-badge: %v, %v", got, err)
	}
	if got, err := ParseColor("FAFF69"); got != "#faff69" || err != nil {
		t.Errorf("FAFF69: %v, %v", got, err)
	}
}
