package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
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
	bar         *progressbar.ProgressBar // nil where lines are written
	began, last time.Time                // last is when a line was written
	done, total int64                    // total is 0 while unknown
}

// progress begins to show progress under a title, such as "loading".
func (a *app) progress(title string) *progress {
	f, ok := a.stderr.(*os.File)
	return newProgress(a.stderr, ok && term.IsTerminal(int(f.Fd())), title, time.Now)
}

// newProgress writes to out, where a bar fits if it is a terminal.
func newProgress(out io.Writer, terminal bool, title string, now func() time.Time) *progress {
	p := &progress{title: title, out: out, now: now, began: now()}
	p.last = p.began
	if terminal {
		p.bar = progressbar.NewOptions64(-1,
			progressbar.OptionSetWriter(out), progressbar.OptionSetDescription(title),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("rows"),
			progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(barEvery),
			progressbar.OptionSetWidth(24), progressbar.OptionClearOnFinish())
	}
	return p
}

// Update sets the rows done and the rows there are, 0 where that is unknown.
func (p *progress) Update(done, total int64) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done, p.total = done, total
	p.show()
}

// Add counts n more rows done.
func (p *progress) Add(n int64) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += n
	p.show()
}

// Note writes a line of its own among the progress.
func (p *progress) Note(format string, args ...any) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		p.check(p.bar.Clear())
	}
	p.line(fmt.Sprintf(format, args...))
	p.show()
}

// Finish ends the progress with a line that sums it up.
func (p *progress) Finish() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		p.check(p.bar.Finish())
	}
	took := p.now().Sub(p.began)
	p.line(fmt.Sprintf("%s: %s rows in %s%s", p.title, humanize.Comma(p.done), rounded(took), p.rate(took)))
}

// show brings what is shown up to date; lines not more often than lineEvery.
func (p *progress) show() {
	if p.bar != nil {
		if p.total > 0 && p.bar.GetMax64() != p.total {
			p.bar.ChangeMax64(p.total)
		}
		p.check(p.bar.Set64(p.done))
		return
	}
	now := p.now()
	if now.Sub(p.last) < lineEvery {
		return
	}
	p.last = now
	p.line(p.title + ": " + p.text(now.Sub(p.began)))
}

// text is how far it is: rows done, rate and time left.
func (p *progress) text(took time.Duration) string {
	s := humanize.Comma(p.done)
	if p.total > 0 {
		s += " of " + humanize.Comma(p.total)
	}
	s += " rows" + p.rate(took)
	if left := p.total - p.done; left > 0 && p.done > 0 {
		s += ", " + rounded(time.Duration(float64(took)/float64(p.done)*float64(left))).String() + " left"
	}
	return s
}

// rate is the mean rows per second; empty before there is any.
func (p *progress) rate(took time.Duration) string {
	if took <= 0 || p.done == 0 {
		return ""
	}
	return ", " + humanize.Comma(int64(float64(p.done)/took.Seconds())) + " rows/s"
}

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
