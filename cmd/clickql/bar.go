package main

import (
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// bar is a line at the bottom of a terminal that is drawn again and again. It
// never grows beyond the terminal's width: what has wrapped cannot be cleared.
type bar struct {
	known   *progressbar.ProgressBar // in steps of a thousandth
	unknown *progressbar.ProgressBar // for while it is unknown how much there is
	width   func() int               // columns of the terminal
	drawn   *progressbar.ProgressBar // what is on the screen; nil when nothing is
}

// The bar's own width; what it takes with all but the text around it; and the
// columns that are taken for a terminal's where it does not tell.
const (
	barCells       = 16
	barColumns     = barCells + len(" 100% || ") + 1
	defaultColumns = 80
)

// barSteps are how many steps a bar has. The last is never taken: the library
// would end the bar with it.
const barSteps = 1000

// newBar draws on a terminal.
func newBar(out io.Writer, width func() int) *bar {
	options := []progressbar.Option{
		progressbar.OptionSetWriter(out), progressbar.OptionUseANSICodes(true), progressbar.OptionSetRenderBlankState(false),
		progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetSpinnerChangeInterval(0), // drawn by draw alone, not again and again by the library
		progressbar.OptionShowDescriptionAtLineEnd(), progressbar.OptionSetWidth(barCells),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "█", SaucerPadding: "░", BarStart: "|", BarEnd: "|"}),
	}
	return &bar{known: progressbar.NewOptions64(barSteps, options...), unknown: progressbar.NewOptions64(-1, options...), width: width}
}

// terminalBar draws on a file where that is a terminal; nil otherwise.
func terminalBar(out io.Writer) *bar {
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return newBar(out, func() int {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns
		}
		return defaultColumns
	})
}

// draw shows how far something is: share is the part that is done, below zero
// where that is unknown. The text gives way to the terminal's edge.
func (b *bar) draw(title string, share float64, text string) error {
	line := []rune(title + ": " + text)
	line = line[:max(0, min(len(line), b.width()-barColumns))]
	show, step := b.unknown, int64(0)
	if share >= 0 {
		show, step = b.known, min(int64(share*barSteps), barSteps-1)
	}
	var err error
	if b.drawn != show {
		err = b.clear()
	}
	b.drawn = show
	if err == nil && show == b.known {
		err = show.Set64(step)
	}
	show.Describe(string(line))
	return err
}

// clear takes it off the screen.
func (b *bar) clear() error {
	if b.drawn == nil {
		return nil
	}
	was := b.drawn
	b.drawn = nil
	return was.Clear()
}
