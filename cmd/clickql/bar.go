package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// bar is a line at the bottom of a terminal that is drawn again and again. It
// never grows beyond the terminal's width: what has wrapped cannot be cleared.
type bar struct {
	out   io.Writer
	width func() int // columns of the terminal
	drawn bool       // it is on the screen
}

// The bar's own width, and the columns that are taken for a terminal's where it
// does not tell.
const (
	barCells       = 20
	defaultColumns = 80
)

// terminalBar draws on a file where that is a terminal; nil otherwise.
func terminalBar(out io.Writer) *bar {
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return &bar{out: out, width: func() int {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns
		}
		return defaultColumns
	}}
}

// draw shows how far something is: share is the part that is done, below zero
// where that is unknown. The text gives way to the terminal's edge.
func (b *bar) draw(title string, share float64, text string) error {
	line := title + ": " + text
	if share >= 0 {
		done := int(share * barCells)
		line = fmt.Sprintf("%s %3.0f%% %s%s %s", title, 100*share, strings.Repeat("█", done), strings.Repeat("░", barCells-done), text)
	}
	if most := b.width() - 1; utf8.RuneCountInString(line) > most {
		line = string([]rune(line)[:max(most, 0)])
	}
	b.drawn = true
	_, err := fmt.Fprint(b.out, "\r"+line+eraseLine)
	return err
}

// eraseLine clears from the cursor to the end of the line.
const eraseLine = "\x1b[K"

// clear takes it off the screen.
func (b *bar) clear() error {
	if !b.drawn {
		return nil
	}
	b.drawn = false
	_, err := fmt.Fprint(b.out, "\r"+eraseLine)
	return err
}
