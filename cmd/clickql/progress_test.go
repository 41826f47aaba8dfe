package main

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

// clock is a time that moves when it is told to.
type clock struct{ t time.Time }

func (c *clock) now() time.Time          { return c.t }
func (c *clock) advance(d time.Duration) { c.t = c.t.Add(d) }

func newClock() *clock { return &clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)} }

func TestProgressLines(t *testing.T) {
	var out bytes.Buffer
	c := newClock()
	p := newProgress(&out, nil, "loading", c.now)
	for range 100 { // 10 s in all
		c.advance(100 * time.Millisecond)
		p.Add(1000)
	}
	p.Update(150_000, 200_000)
	c.advance(5 * time.Second)
	p.Update(150_000, 200_000)
	p.Note("took a new file")
	c.advance(5 * time.Second)
	p.Update(200_000, 200_000)
	p.Finish()
	want := `loading: 50,000 rows, 10,000 rows/s
loading: 100,000 rows, 10,000 rows/s
loading: 150,000 of 200,000 rows, 10,000 rows/s, 5s left
took a new file
loading: 200,000 of 200,000 rows, 10,000 rows/s
loading: 200,000 rows in 20s, 10,000 rows/s
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

// TestProgressBar draws within the terminal's width and leaves nothing behind.
func TestProgressBar(t *testing.T) {
	var out bytes.Buffer
	c := newClock()
	p := newProgress(&out, newBar(&out, func() int { return 60 }), "loading", c.now)
	for _, s := range []struct {
		do   func()
		want string // that is on the screen then
	}{
		{func() { p.Phase("listing files") }, "|  loading: listing files"},
		{func() { p.Update(50_000, 200_000) }, "25% |████░░░░░░░░░░░░|  loading: 50 k of 200 k rows, 250 k"},
		{func() { p.Note("a note") }, "a note\n25% |████░░░░░░░░░░░░|  loading: 50 k of 200 k rows, 166.6"},
		{func() { p.Update(0, 200_000) }, "0% |░░░░░░░░░░░░░░░░|  loading: 0 of 200 k rows"},
		{func() { p.Update(200_000, 200_000) }, "99% |███████████████░|  loading: listing files, 200 k of 2"},
		{p.Finish, "loading: 200,000 rows in 600ms, 333,333 rows/s\n"},
	} {
		out.Reset()
		c.advance(barEvery)
		s.do()
		if got := screen(out.String()); got != s.want {
			t.Errorf("got %q, want %q", got, s.want)
		}
	}
}

// screen is what a terminal shows of an output: of each line what follows the last
// return of the carriage.
func screen(out string) string {
	lines := strings.Split(out, "\n")
	for i, l := range lines {
		l = l[strings.LastIndex(l, "\r")+1:]
		l = strings.NewReplacer("\x1b[0K", "", "\x1b[2K", "").Replace(l)
		lines[i] = strings.TrimSpace(l)
	}
	return strings.Join(lines, "\n")
}

// TestProgressStopped does not say that all is done where it is not.
func TestProgressStopped(t *testing.T) {
	var out bytes.Buffer
	c := newClock()
	p := newProgress(&out, nil, "loading", c.now)
	p.Update(50, 200)
	c.advance(2 * time.Second)
	p.Finish()
	if want := "loading: stopped at 50 of 200 rows after 2s\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestProgressWithoutAnyone(*testing.T) {
	var p *progress
	p.Update(1, 2)
	p.Add(1)
	p.Note("nothing")
	p.Finish()
}

// gone is an output that nobody reads any more.
type gone struct{ writes int }

func (g *gone) Write([]byte) (int, error) {
	g.writes++
	return 0, errors.New("gone")
}

func TestProgressStopsWritingToAClosedOutput(t *testing.T) {
	for _, terminal := range []bool{false, true} {
		out := new(gone)
		var b *bar
		if terminal {
			b = newBar(out, func() int { return 80 })
		}
		p := newProgress(out, b, "loading", time.Now)
		p.Note("one")
		writes := out.writes
		p.Note("two")
		p.Add(1)
		p.Finish()
		if out.writes != writes {
			t.Errorf("terminal %v: wrote %d times after the output had failed", terminal, out.writes-writes)
		}
	}
}

func TestProgressFromManyGoroutines(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, nil, "loading", newClock().now)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				p.Add(2)
			}
		})
	}
	wg.Wait()
	p.Finish()
	if want := "loading: 1,600 rows in 0s\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
