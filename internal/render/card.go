package render

import "strings"

// card is the frame that charts and messages share: a rounded sheet of paper
// with a title, a subtitle and, at the right, a figure.
type card struct {
	*canvas
	w, h, pad float64
	titleSize float64
	textSize  float64 // of subtitle, legend and axes
	bottom    float64 // of what has been drawn from the top
}

// compactBelow are the width and height under which type and margins shrink.
const compactWidth, compactHeight = 520, 240

// newCard draws the empty sheet.
func newCard(width, height int, theme Theme, title, desc string, inks []ink) *card {
	if theme == "" {
		theme = Auto
	}
	k := &card{w: float64(width), h: float64(height), pad: 18, titleSize: 17, textSize: 12}
	if width < compactWidth || height < compactHeight {
		k.pad, k.titleSize, k.textSize = 12, 14, 10.5
	}
	k.canvas = newCanvas(k.w, k.h, theme, chartFonts, title, desc)
	if theme == Auto {
		all := append([]ink{paper, border, grid, axis, strong, muted}, inks...)
		k.Style("text/css", darkStyle(all))
	}
	k.Roundrect(.5, .5, k.w-1, k.h-1, 6, 6, k.paints(paper, border))
	k.bottom = k.pad
	return k
}

// heading draws title and subtitle, and figure with its caption at the right
// where there is room for it beside at least half a title.
func (k *card) heading(title, subtitle, figure, caption string) {
	room := k.w - 2*k.pad
	right := max(bold().width(figure, k.titleSize), regular().width(caption, k.textSize))
	if right > 0 && right < room/2 {
		k.label(k.w-k.pad, k.pad+k.titleSize*.8, figure, "end", k.titleSize, strong, `font-weight="600"`)
		k.label(k.w-k.pad, k.pad+k.titleSize*.8+k.textSize*1.45, caption, "end", k.textSize, muted)
		room -= right + k.pad
	}
	k.label(k.pad, k.pad+k.titleSize*.8, bold().fit(title, k.titleSize, room), "start", k.titleSize, strong, `font-weight="600"`)
	k.bottom = k.pad + k.titleSize
	if subtitle != "" {
		k.bottom += k.textSize * 1.45
		k.label(k.pad, k.bottom-k.titleSize*.2, regular().fit(subtitle, k.textSize, room), "start", k.textSize, muted)
	}
	k.bottom += 4
}

// notice writes a text with a detail in the middle of what is left.
func (k *card) notice(text, detail string) {
	room, size := k.w-2*k.pad, k.titleSize-1
	lines := regular().wrap(detail, k.textSize, min(room, 520), 3)
	y := (k.bottom+k.h)/2 - float64(len(lines))*k.textSize*.75 + size*.2
	k.label(k.w/2, y, regular().fit(text, size, room), "middle", size, muted)
	for _, line := range lines {
		y += k.textSize * 1.6
		k.label(k.w/2, y, line, "middle", k.textSize, muted)
	}
}

// sentence joins the parts that say something.
func sentence(parts ...string) string {
	kept := parts[:0:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, ", ")
}
