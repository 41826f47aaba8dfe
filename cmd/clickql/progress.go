package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
)

// How often progress is shown: a line at most this often where lines are kept,
// and a bar often enough to move.
const (
	lineEvery = 5 * time.Second
	barEvery  = 100 * time.Millisecond
)

// progress shows how far a long command has come: a bar on a terminal, plain
// lines elsewhere, each with the rows done, rows per second and the time left.
// It writes to standard error, so that a command's output can be piped. A nil
// progress shows nothing. It may be used by several goroutines.
type progress struct {
	title string
	out   io.Writer
	now   func() time.Time

	mu          sync.Mutex
	bar         *bar      // nil where lines are written
	began, last time.Time // last is when a line was written
	done, total int64     // total is 0 while unknown
	phase       string
}

// progress begins to show progress under a title, such as "loading".
func (a *app) progress(title string) *progress {
	p := newProgress(a.stderr, terminalBar(a.stderr), title, time.Now)
	a.shown.Store(p)
	return p
}

// among writes to out so that what a terminal shows of the progress is not mixed
// with it: what is to be written at once comes in one call.
func (a *app) among(out io.Writer) io.Writer { return amongProgress{a, out} }

type amongProgress struct {
	app *app
	out io.Writer
}

// Write takes the bar off the screen first; it comes back by itself.
func (w amongProgress) Write(b []byte) (n int, err error) {
	p := w.app.shown.Load()
	if p == nil {
		return w.out.Write(b)
	}
	p.alone(func() {
		p.clear()
		n, err = w.out.Write(b)
	})
	return n, err
}

// newProgress writes to out: a bar, or lines where that is nil.
func newProgress(out io.Writer, b *bar, title string, now func() time.Time) *progress {
	p := &progress{title: title, out: out, bar: b, now: now, began: now()}
	p.last = p.began
	return p
}

// alone does something to a progress while nobody else does; nothing to a nil one.
func (p *progress) alone(do func()) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	do()
}

// Phase says in words what is being done, for while no rows tell it.
func (p *progress) Phase(text string) {
	p.alone(func() {
		p.phase = text
		p.show()
	})
}

// Update sets the rows done and the rows there are, 0 where that is unknown.
func (p *progress) Update(done, total int64) {
	p.alone(func() {
		p.done, p.total = done, total
		p.show()
	})
}

// Add counts n more rows done.
func (p *progress) Add(n int64) {
	p.alone(func() {
		p.done += n
		p.show()
	})
}

// Note writes a line of its own among the progress.
func (p *progress) Note(format string, args ...any) {
	p.alone(func() {
		p.clear()
		p.line(fmt.Sprintf(format, args...))
		p.show()
	})
}

// Finish ends the progress with a line that sums it up.
func (p *progress) Finish() {
	p.alone(func() {
		p.clear()
		took := p.now().Sub(p.began)
		if p.done < p.total {
			p.line(fmt.Sprintf("%s: stopped at %s of %s rows after %s", p.title, humanize.Comma(p.done), humanize.Comma(p.total), rounded(took)))
			return
		}
		p.line(fmt.Sprintf("%s: %s rows in %s%s", p.title, humanize.Comma(p.done), rounded(took), p.rate(took, humanize.Comma)))
	})
}

// Clear ends the progress without a word.
func (p *progress) Clear() {
	p.alone(p.clear)
}

// clear takes the bar off the screen, where there is one.
func (p *progress) clear() {
	if p.bar != nil {
		p.check(p.bar.clear())
	}
}

// show brings what is shown up to date: a bar not more often than barEvery,
// lines than lineEvery.
func (p *progress) show() {
	every := lineEvery
	if p.bar != nil {
		every = barEvery
	}
	now := p.now()
	if now.Sub(p.last) < every {
		return
	}
	p.last = now
	took := now.Sub(p.began)
	if p.bar == nil {
		p.line(p.title + ": " + p.text(took, humanize.Comma))
		return
	}
	share := -1.0
	if p.total > 0 {
		share = min(1, float64(p.done)/float64(p.total))
	}
	p.check(p.bar.draw(p.title, share, p.text(took, compact)))
}

// text is how far it is: rows done, rate and time left; before there are rows,
// and once all are done, also what is being done.
func (p *progress) text(took time.Duration, number func(int64) string) string {
	if p.done == 0 && p.total == 0 && p.phase != "" {
		return p.phase
	}
	s := ""
	if p.done > 0 && p.done >= p.total && p.phase != "" {
		s = p.phase + ", "
	}
	s += number(p.done)
	if p.total > 0 {
		s += " of " + number(p.total)
	}
	s += " rows" + p.rate(took, number)
	if left := p.total - p.done; left > 0 && p.done > 0 {
		s += ", " + rounded(time.Duration(float64(took)/float64(p.done)*float64(left))).String() + " left"
	}
	return s
}

// rate is the mean rows per second; empty before there is any.
func (p *progress) rate(took time.Duration, number func(int64) string) string {
	if took <= 0 || p.done == 0 {
		return ""
	}
	return ", " + number(int64(float64(p.done)/took.Seconds())) + " rows/s"
}

// compact writes a number for a bar, which has little room: 4.13 M.
func compact(n int64) string { return strings.TrimSpace(humanize.SIWithDigits(float64(n), 2, "")) }

// line writes one line. Progress that cannot be shown is no reason to stop the
// work it tells of.
func (p *progress) line(s string) {
	_, err := fmt.Fprintln(p.out, s)
	p.check(err)
}

// check stops writing where the output is gone.
func (p *progress) check(err error) {
	if err != nil {
		p.out, p.bar = io.Discard, nil
	}
}

// rounded leaves out digits that nobody reads.
func rounded(d time.Duration) time.Duration {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Second)
}
