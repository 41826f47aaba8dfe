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
	p := newProgress(&out, false, "loading", c.now)
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

func TestProgressBar(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, true, "loading", time.Now)
	p.Update(50, 200)
	p.Note("a note")
	p.Update(200, 200)
	p.Finish()
	got := out.String()
	if !strings.Contains(got, "\r") || !strings.Contains(got, "loading") {
		t.Errorf("no bar was drawn: %q", got)
	}
	if !strings.Contains(got, "a note\n") || !strings.Contains(got, "200 rows in") {
		t.Errorf("the note or the summary is missing: %q", got)
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
		p := newProgress(out, terminal, "loading", time.Now)
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
	p := newProgress(&out, false, "loading", newClock().now)
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
