package render

import "fmt"

// ink is a colour by its role, in the light and in the dark theme.
type ink struct{ name, light, dark string }

// in is the ink's colour in a theme; Auto is light where nothing says otherwise.
func (i ink) in(t Theme) string {
	if t == Dark {
		return i.dark
	}
	return i.light
}

// The inks beside the series' own. Text has a contrast of 4.5:1 or more
// against paper (WCAG 2.2, 1.4.3).
var (
	paper  = ink{"paper", "#ffffff", "#181818"}
	border = ink{"border", "#d8dbe0", "#3a3a38"}
	grid   = ink{"grid", "#e7e9ed", "#2e2e2c"}
	axis   = ink{"axis", "#b6bac2", "#55554f"}
	strong = ink{"strong", "#1b1d22", "#f5f5f2"}
	muted  = ink{"muted", "#5d626d", "#a9a9a2"}
	rest   = ink{"rest", "#868c96", "#7f7f79"}
)

// palette holds the series' colours in order. Each has a contrast of 3:1 or
// more against paper (WCAG 2.2, 1.4.11), and any two differ also for readers
// who do not tell red from green or blue from yellow, the first ones the most.
// The dark theme leads with ClickHouse's yellow.
var palette = [...]ink{
	{"s0", "#2563eb", "#faff69"},
	{"s1", "#ff5914", "#3b5ff9"},
	{"s2", "#2c6465", "#ff9c4f"},
	{"s3", "#c85fb1", "#55e1da"},
	{"s4", "#3c8de9", "#fb5d8a"},
	{"s5", "#65102f", "#ae8fff"},
	{"s6", "#5b01cc", "#ca2674"},
	{"s7", "#6a9b36", "#c4ffff"},
	{"s8", "#c4002d", "#a88611"},
	{"s9", "#333682", "#7764b3"},
}

// darkStyle is the style sheet that turns an Auto picture dark. Its rules name
// only classes of its own, below a class of its own, so that it does nothing
// to a page that the SVG is pasted into.
func darkStyle(inks []ink) string {
	css := "@media (prefers-color-scheme:dark){"
	for _, i := range inks {
		for _, attribute := range []string{"fill", "stroke", "stop-color"} {
			css += fmt.Sprintf(".clickql .%s-%s{%s:%s}", attribute, i.name, attribute, i.dark)
		}
	}
	return css + "}"
}
