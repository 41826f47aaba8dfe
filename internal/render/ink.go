package render

import "clickql/internal/draw"

// palette are the inks of a picture.
type palette struct {
	paper, border, grid, axis, strong, muted, rest, accent draw.Ink

	series  [MaxSeries]draw.Ink
	classes [5]draw.Ink // of a map, least first
	// bare tells that there is no card below the picture.
	bare bool
}

// ink names a colour in both themes.
func ink(name, light, dark string) draw.Ink { return draw.Ink{Name: name, Light: light, Dark: dark} }

// inks are the colours of pictures. Text has a contrast of 4.5:1 or more against
// paper, series and Other of 3:1 (WCAG 2.2, 1.4.3 and 1.4.11). Neighbours in
// order, and each against Other, differ by 10 or more in OKLab times 100, for
// normal sight and the three dichromacies: stacks are cut at any number, so that
// each may lie beside Other.
var inks = palette{
	paper:  ink("paper", "#ffffff", "#181818"),
	border: ink("border", "#d8dbe0", "#3a3a38"),
	grid:   ink("grid", "#e6e8ec", "#2f2f2d"),
	axis:   ink("axis", "#b0b5be", "#5b5b55"),
	strong: ink("strong", "#1b1d22", "#f5f5f2"),
	muted:  ink("muted", "#5d626d", "#a9a9a2"),
	rest:   ink("rest", "#868c96", "#7f7f79"),
	accent: ink("accent", "#1d4ed8", "#faff69"),
	series: [MaxSeries]draw.Ink{
		ink("s0", "#0046f7", "#649bd9"),
		ink("s1", "#c18100", "#f5882e"),
		ink("s2", "#222e66", "#b6c0fe"),
		ink("s3", "#793200", "#ffc400"),
		ink("s4", "#0c92f3", "#4767aa"),
		ink("s5", "#a7409b", "#ffe3ff"),
		ink("s6", "#570c30", "#ee330e"),
		ink("s7", "#756a0c", "#b1ffa0"),
		ink("s8", "#6700a2", "#b500f0"),
		ink("s9", "#005957", "#00dda2"),
	},
	classes: [5]draw.Ink{
		ink("m0", "#c8e9ff", "#0d3964"),
		ink("m1", "#87b9ff", "#0a61ac"),
		ink("m2", "#558aee", "#338de8"),
		ink("m3", "#3560b3", "#71bdff"),
		ink("m4", "#223b6b", "#bdecff"),
	},
}

// all lists the inks.
func (p *palette) all() []*draw.Ink {
	list := []*draw.Ink{&p.paper, &p.border, &p.grid, &p.axis, &p.strong, &p.muted, &p.rest, &p.accent}
	for i := range p.series {
		list = append(list, &p.series[i])
	}
	for i := range p.classes {
		list = append(list, &p.classes[i])
	}
	return list
}

// tint is the fill below a single line.
func (p *palette) tint() draw.Ink { return draw.Mix("tint", p.accent, p.paper, .16) }

// inksOn are the inks for a background: transparent, or a colour, on which they
// are the same in every theme.
func inksOn(background string) palette {
	p := inks
	switch background {
	case "":
		return p
	case Transparent:
		p.bare = true
		return p
	}
	suffix := "-on-light"
	dark := draw.Brightness(background) < .5
	if dark {
		suffix = "-on-dark"
	}
	for _, i := range p.all() {
		i.Name += suffix
		if dark {
			i.Light = i.Dark
		} else {
			i.Dark = i.Light
		}
	}
	// On a colour between light and dark, what would be too faint is as strong as the title.
	for i, least := range map[*draw.Ink]float64{&p.muted: 4.5, &p.accent: 3} {
		if draw.Contrast(i.Light, background) < least {
			*i = p.strong
		}
	}
	p.paper = ink("ground", background, background)
	p.border = draw.Mix("edge", p.muted, p.paper, .25)
	p.grid = draw.Mix("grid-on-ground", p.muted, p.paper, .2)
	p.axis = draw.Mix("axis-on-ground", p.muted, p.paper, .5)
	return p
}

// Transparent is the background of a picture without a card.
const Transparent = "transparent"
