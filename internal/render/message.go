package render

// Message draws a text in a chart's place, in a chart's look. It does not
// fail: a size out of bounds becomes the nearest within.
func Message(spec MessageSpec) []byte {
	width, height := spec.Width, spec.Height
	if width == 0 {
		width = DefaultWidth
	}
	if height == 0 {
		height = DefaultHeight
	}
	width, height = min(max(width, MinWidth), MaxWidth), min(max(height, MinHeight), MaxHeight)
	title, text, detail := clean(spec.Title, maxText), clean(spec.Text, maxText), clean(spec.Detail, maxText)
	k := newCard(width, height, spec.Theme, sentence(title, text), detail, nil)
	k.heading(title, "", "", "", "")
	k.notice(text, detail)
	return k.bytes()
}
