package draw

import (
	"slices"
	"unicode"

	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// visual is a text's characters in the order in which they stand from left to
// right, composed, without those that only control others. Scripts whose letters
// join are shown by their unjoined forms: a PNG has no shaping.
func visual(text string) []rune {
	text = norm.NFC.String(text)
	plain := true
	for _, r := range text {
		if r > 0x590 {
			plain = false
			break
		}
	}
	if plain {
		return []rune(text)
	}
	var p bidi.Paragraph
	if _, err := p.SetString(text); err != nil {
		return printed([]rune(text))
	}
	order, err := p.Order()
	if err != nil {
		return printed([]rune(text))
	}
	var out []rune
	for i := range order.NumRuns() {
		run := order.Run(i)
		part := []rune(run.String())
		if run.Direction() == bidi.RightToLeft {
			slices.Reverse(part)
		}
		out = append(out, part...)
	}
	return printed(out)
}

// printed leaves out characters that have no shape.
func printed(text []rune) []rune {
	return slices.DeleteFunc(text, func(r rune) bool {
		return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r)
	})
}
