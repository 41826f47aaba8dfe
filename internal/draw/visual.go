package draw

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// stretch is a part of a text that runs in one direction, its characters in the order
// in which they are read.
type stretch struct {
	text     []rune
	leftward bool
	// shaped tells that a character's form depends on those around it; the characters
	// of others stand for themselves, without those that only control them.
	shaped bool
}

// visual is a text's stretches in the order in which they stand from left to right
// (UAX #9), composed. The text around is written from left to right, as that of an SVG
// is.
func visual(text string) []stretch {
	text = norm.NFC.String(text)
	if !strings.ContainsFunc(text, isInvolved) {
		return []stretch{{text: printed([]rune(text))}}
	}
	const leftToRight = "\u200e" // else the first letter says how the text around is written
	var p bidi.Paragraph
	if _, err := p.SetString(leftToRight + text); err != nil {
		return []stretch{{text: []rune(text), shaped: true}}
	}
	order, err := p.Order()
	if err != nil {
		return []stretch{{text: []rune(text), shaped: true}}
	}
	var parts []stretch
	leftward := 0 // the first of the parts at hand that stand in reverse order
	for i := range order.NumRuns() {
		run := order.Run(i)
		part := stretch{[]rune(strings.TrimPrefix(run.String(), leftToRight)), run.Direction() == bidi.RightToLeft, true}
		switch n := numberIn(part.text); {
		case part.leftward:
			parts = slices.Insert(parts, leftward, part)
			continue
		case leftward < len(parts) && n > 0: // a number belongs to the letters before it
			parts = slices.Insert(parts, leftward, stretch{part.text[:n], false, true})
			if part.text = part.text[n:]; len(part.text) == 0 {
				continue
			}
		}
		parts = append(parts, part)
		leftward = len(parts)
	}
	return parts
}

// numberIn is how many characters at the beginning of a text are a number's, with the
// signs in and around it that the algorithm takes to it (W4, W5).
func numberIn(text []rune) (n int) {
	class := func(i int) bidi.Class {
		if i >= len(text) {
			return bidi.ON
		}
		p, _ := bidi.LookupRune(text[i])
		return p.Class()
	}
	isDigit := func(i int) bool { return class(i) == bidi.EN || class(i) == bidi.AN }
	for i := 0; ; i++ {
		switch c := class(i); {
		case isDigit(i), c == bidi.ET && n == i && n > 0:
			n = i + 1
		case c == bidi.ET, (c == bidi.ES || c == bidi.CS) && n == i && n > 0 && isDigit(i+1):
		default:
			return n
		}
	}
}

// isInvolved reports that a character may be written from right to left, join those
// beside it, or change their order: those of Hebrew and of all scripts of the Near
// East, Africa and India behind it in Unicode, and their forms for presentation.
func isInvolved(r rune) bool {
	return r >= 0x0590 && r <= 0x1cff || r >= 0xa800 && r <= 0xabff || r >= 0xfb1d && r <= 0xfdff || r >= 0xfe70 && r <= 0xfeff || r >= 0x10800 && r <= 0x11fff || r >= 0x1e800 && r <= 0x1efff
}

// printed leaves out characters that have no shape.
func printed(text []rune) []rune {
	return slices.DeleteFunc(text, func(r rune) bool {
		return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r)
	})
}
