package embeds

import (
	"net/url"
	"strconv"

	"clickql/internal/picture"
	"clickql/internal/render"
)

// Limits are how large a consumer lets an embed be, in pixels; 0 is no limit.
type Limits struct{ Width, Height int }

// fit is a size within the limits, in the same proportions.
func (l Limits) fit(width, height int) (w, h int) {
	part := 1.
	if l.Width > 0 {
		part = min(part, float64(l.Width)/float64(width))
	}
	if l.Height > 0 {
		part = min(part, float64(l.Height)/float64(height))
	}
	return int(float64(width) * part), int(float64(height) * part)
}

// layout is a size that a chart is drawn at, for the widths of the frame that the
// style sheet shows its classes at.
type layout struct {
	classes       string
	from          int // the least width of the frame
	width, height int
}

// footHeight is the height of what stands below a chart, in CSS pixels: the links
// and the closed table.
const footHeight = 40

// layouts are the sizes at which a chart is drawn, each about in the middle of the
// widths that it is for, so that its text stays readable. A frame is as high as it
// is given: the chart's own height holds at every width.
func layouts(c picture.Chart) []layout {
	small, middle, large, wide := layout{"at-s", 0, 340, 280}, layout{"at-m", 430, 520, 320}, layout{"at-l", 640, 760, 380}, layout{"at-xl", 920, 1080, 440}
	all := []layout{small, middle, large, wide}
	switch c.Shape {
	case render.Sparkline:
		w, h, _ := render.CheckSize(c.Shape, c.Width, c.Height) // which ReadChart has checked
		return []layout{{"at-s at-m at-l at-xl", 0, w, h}}
	case render.Map: // many points, and little text
		small.classes, large.classes = "at-s at-m", "at-l at-xl"
		all = []layout{small, large}
	}
	if c.Height != 0 {
		for i := range all {
			all[i].height = c.Height
		}
	}
	return all
}

// frameHeight is how high a frame of a width has to be to show all of a chart.
func frameHeight(c picture.Chart, width int) int {
	height := c.Height
	for _, l := range layouts(c) {
		if c.Height == 0 && width >= l.from {
			height = (l.height*width + l.width - 1) / l.width
		}
	}
	return height + footHeight
}

// The size of a thumbnail, in pixels.
const thumbWidth, thumbHeight = 480, 252

// thumbnail is the chart as a small PNG; ok is false where there is no room for one.
func (t target) thumbnail(limits Limits) (path string, w, h int, ok bool) {
	t.chart.Width, t.chart.Height, t.chart.Density = thumbWidth, thumbHeight, 1
	return t.png(limits)
}

// png is the chart's PNG within the limits: its address from the root, and its size
// in pixels. ok is false where the chart cannot be drawn that small.
func (t target) png(limits Limits) (path string, w, h int, ok bool) {
	w, h, err := render.CheckSize(t.chart.Shape, t.chart.Width, t.chart.Height)
	if err != nil {
		return "", 0, 0, false
	}
	q := parameters(t.query)
	q.Del("dpr")
	pixels := func(v int) int { return int(float64(v) * t.chart.Density) }
	if fw, fh := limits.fit(pixels(w), pixels(h)); t.chart.Density > 1 && fw == pixels(w) && fh == pixels(h) {
		q.Set("dpr", strconv.FormatFloat(t.chart.Density, 'f', -1, 64))
		return t.pngPath(q, w, h), fw, fh, true
	}
	w, h = limits.fit(w, h)
	if !t.shrink(q, w, h) {
		return "", 0, 0, false
	}
	return t.pngPath(q, w, h), w, h, true
}

// pngPath is the address of the chart as a PNG of a size.
func (t target) pngPath(q url.Values, w, h int) string {
	q.Set("width", strconv.Itoa(w))
	q.Set("height", strconv.Itoa(h))
	return ChartPath(t.chart, "png", q.Encode())
}

// shrink chooses the shape for a size: what is too small for axes is a sparkline,
// where that can be. ok is false where nothing can be drawn.
func (t target) shrink(q url.Values, w, h int) (ok bool) {
	if _, _, err := render.CheckSize(t.chart.Shape, w, h); err == nil {
		return true
	}
	if t.chart.Shape.OfParts() || t.chart.Shape == render.Share || t.chart.Releases {
		return false
	}
	q.Set("shape", string(render.Sparkline))
	_, _, err := render.CheckSize(render.Sparkline, w, h)
	return err == nil
}
