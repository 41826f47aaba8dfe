package render

// legend lists the series with their totals in rows below the heading. What
// does not fit in a quarter of the card is counted: "+3".
func (k *card) legend(d *data) {
	const swatch, gap = 10.0, 16.0
	size := k.textSize
	line := size * 1.6
	rows := max(1, int((k.h/4)/line))
	x, row := k.pad, 0
	y := k.bottom + line*.75
	for i := range d.Series {
		name, total := d.legendText(i)
		name = regular().fit(name, size, k.w/3)
		width := swatch + 5 + regular().width(name, size) + 5 + regular().width(total, size)
		more := 0.0
		if row == rows-1 && i < len(d.Series)-1 {
			more = regular().width("+99", size) + gap
		}
		if x > k.pad && x+width+more > k.w-k.pad {
			if row == rows-1 {
				k.label(x, y, "+"+Count(int64(len(d.Series)-i)), "start", size, muted)
				break
			}
			x, y, row = k.pad, y+line, row+1
		}
		k.Roundrect(x, y-size*.78, swatch, swatch*.9, 2, 2, k.paint("fill", d.inks[i]))
		k.entry(x+swatch+5, y, name, total)
		x += width + gap
	}
	k.bottom = y + line*.4
}

// entry writes a name and its total as one text, so that their distance does
// not depend on the reader's font. The name is isolated: one that is written
// from right to left must not turn its total around.
func (k *card) entry(x, y float64, name, total string) {
	k.Textspan(x, y, "", attr("font-size", num(k.textSize)))
	k.Span(name, k.paint("fill", strong), `unicode-bidi="isolate"`)
	k.Span(total, k.paint("fill", muted), `dx="5" unicode-bidi="isolate"`)
	k.TextEnd()
}

// legendText is what the legend says of series i: its name and its total, or
// its part of all where the chart shows parts.
func (d *data) legendText(i int) (name, total string) {
	if d.Shape != Share {
		return d.Series[i].Label, Count(d.totals[i])
	}
	all := 0.0
	for _, n := range d.totals {
		all += float64(n)
	}
	return d.Series[i].Label, percent(float64(d.totals[i]) / all)
}
