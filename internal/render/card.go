package render

import "strings"

// card is the frame that charts and messages share: a rounded sheet of paper
// with a title, a subtitle and, at the right, a figure.
type card struct {
	*canvas
	w, h, pad float64
	compact   bool // type and margins are small
	titleSize float64
	textSize  float64 // of subtitle, legend and axes
	bottom    float64 // of what has been drawn from the top
}

// A card narrower or lower than this has smaller type and margins.
const compactWidth, compactHeight = 520, 240

// semibold is the weight of titles and figures.
const semibold = `font-weight="600"`

// newCard draws the empty sheet.
func newCard(width, height int, theme Theme, title, desc string, inks []ink) *card {
	if theme == "" {
		theme = Auto
	}
	k := &card{w: float64(width), h: float64(height), pad: 18, titleSize: 17, textSize: 12}
	if width < compactWidth || height < compactHeight {
		k.compact, k.pad, k.titleSize, k.textSize = true, 12, 14, 10.5
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

// heading draws title and subtitle, and at the right a figure with its caption
// where they leave at least half the width. note follows the subtitle where
// there is room for all of it.
func (k *card) heading(title, subtitle, note, figure, caption string) {
	room := k.w - 2*k.pad
	first, second := room, room
	baseline := k.pad + k.titleSize*.8
	if wide := bold().width(figure, k.titleSize); wide > 0 && wide < room/2 {
		k.label(k.w-k.pad, baseline, figure, "end", k.titleSize, strong, semibold)
		first -= wide + k.pad
		if wide := regular().width(caption, k.textSize); !k.compact && wide < room/3 {
			k.label(k.w-k.pad, baseline+k.textSize*1.5, caption, "end", k.textSize, muted)
			second -= wide + k.pad
		}
	}
	k.label(k.pad, baseline, bold().fit(title, k.titleSize, first), "start", k.titleSize, strong, semibold)
	if both := sentence(subtitle, note); regular().width(both, k.textSize) <= second {
		subtitle = both
	}
	if subtitle != "" {
		baseline += k.textSize * 1.5
		k.label(k.pad, baseline, regular().fit(subtitle, k.textSize, second), "start", k.textSize, muted)
	}
	k.bottom = baseline + k.textSize*.6
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
