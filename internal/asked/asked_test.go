package asked

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"clickql/internal/cube"
	"clickql/internal/query"
)

// shaped is a shape that differs for each n.
func shaped(n int) query.Shape {
	return query.Shape{Parts: []query.Measure{{Kind: cube.Split, Dim: cube.CI}}, Projects: 1, Days: n}
}

// at is a clock that stands still.
func at(text string) func() time.Time {
	t, err := time.Parse(time.DateTime, text)
	if err != nil {
		panic(err)
	}
	return func() time.Time { return t }
}

func open(t *testing.T, path, now string) *Log {
	t.Helper()
	return New(Config{Path: path, Now: at(now)})
}

func flush(t *testing.T, l *Log) {
	t.Helper()
	if err := l.Flush(); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) File {
	t.Helper()
	f, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestTwoGatewaysShareAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "asked.jsonl")
	a, b := open(t, path, "2026-03-01 10:00:00"), open(t, path, "2026-03-02 10:00:00")
	hits := a.count(Record{Table: "db.one", Shape: new(shaped(1)), Count: 1, Rows: 100, Estimated: 80, Micros: 5})
	b.count(Record{Table: "db.one", Shape: new(shaped(1)), Count: 2, Rows: 200})
	b.Refused("db.two", shaped(2))
	b.count(Record{Table: "db.one", With: "db.months", Shape: new(shaped(1)), Count: 1, Rows: 7})
	flush(t, a)
	flush(t, b)
	hits.Add(3)
	flush(t, a)
	flush(t, a) // nothing is added twice
	got := read(t, path)
	one, two := shaped(1), shaped(2)
	want := []Record{
		{Table: "db.one", Shape: &one, Count: 3, Hits: 3, Rows: 300, Estimated: 80, Micros: 5, Last: "2026-03-02"},
		{Table: "db.one", With: "db.months", Shape: &one, Count: 1, Rows: 7, Last: "2026-03-02"},
		{Table: "db.two", Shape: &two, Refused: 1, Last: "2026-03-02"},
	}
	if text := func(rs []Record) string { return string(File{Records: rs}.text()) }; text(got.Records) != text(want) {
		t.Errorf("%s\nwant\n%s", text(got.Records), text(want))
	}
	if !got.Since.Equal(a.began) || !got.Until.Equal(b.began) || got.Tables["db.two"] != "2026-03-02" || got.Tables["db.months"] != "2026-03-02" {
		t.Errorf("%+v", got)
	}
}

func TestAFileCutAnywhereIsReadAsFarAsItGoes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "asked.jsonl")
	l := open(t, path, "2026-03-01 10:00:00")
	for n := range 5 {
		l.count(Record{Table: "db.one", Shape: new(shaped(n + 1)), Count: 1, Rows: uint64(n)})
	}
	flush(t, l)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range text {
		f, err := parse(bytes.NewReader(text[:cut]))
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		// A line is whole with or without its newline.
		whole := max(0, bytes.Count(append(bytes.Clone(text[:cut]), text[cut]), []byte("\n"))-1)
		if len(f.Records) != whole || (f.Damage == "") == (cut > 0 && text[cut] != '\n' && text[cut-1] != '\n' || cut == 0) {
			t.Errorf("cut at %d: %d records, want %d; damage %q", cut, len(f.Records), whole, f.Damage)
		}
	}
	// What can be read stays, and counting goes on.
	if err := os.WriteFile(path, text[:len(text)-20], 0o600); err != nil {
		t.Fatal(err)
	}
	l.count(Record{Table: "db.one", Shape: new(shaped(9)), Count: 1})
	flush(t, l)
	if f := read(t, path); f.Damage != "" || len(f.Records) != 5 {
		t.Errorf("%d records, damage %q", len(f.Records), f.Damage)
	}
}

func TestRecordsAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "asked.jsonl")
	l := open(t, path, "2026-03-01 10:00:00")
	var rows uint64
	for n := range 3 * maxRecords {
		l.count(Record{Table: "db.one", Shape: new(shaped(n)), Count: 1, Rows: uint64(n)})
		rows += uint64(n)
		if n%(maxRecords/2) == 0 {
			flush(t, l)
		}
	}
	flush(t, l)
	late := open(t, path, "2026-03-02 10:00:00")
	late.count(Record{Table: "db.one", Shape: new(shaped(99_999)), Count: 1, Rows: 0})
	flush(t, late)
	if n := len(l.entries); n > maxRecords+1 {
		t.Errorf("%d in memory", n)
	}
	f := read(t, path)
	var count, sum uint64
	newest := false
	for _, r := range f.Records {
		count, sum = count+r.Count, sum+r.Rows
		newest = newest || r.Shape != nil && r.Shape.Days == 99_999
	}
	if len(f.Records) > maxRecords+1 || count != 3*maxRecords+1 || sum != rows || !newest {
		t.Errorf("%d records of %d statements and %d rows, the newest there: %v; want %d rows", len(f.Records), count, sum, newest, rows)
	}
}

// TestNothingHurtsCounting writes to paths that cannot be written, and
// over a file of a later version, and counts on meanwhile.
func TestNothingHurtsCounting(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	later := filepath.Join(dir, "later.jsonl")
	for path, text := range map[string]string{file: "", later: `{"format":"clickql asked","version":2}` + "\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, path := range map[string]string{"under a file": filepath.Join(file, "asked.jsonl"), "a later version": later, "a device": "/dev/full/x"} {
		var out bytes.Buffer
		l := New(Config{Path: path, Every: time.Millisecond, Log: slog.New(slog.NewTextHandler(&out, nil))})
		l.count(Record{Table: "db.one", Shape: new(shaped(1)), Count: 1})
		if err := l.Flush(); err == nil {
			t.Errorf("%s: written", name)
		}
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { l.Run(ctx) })
		for range 1000 {
			l.count(Record{Table: "db.one", Shape: new(shaped(1)), Count: 1})
		}
		stop()
		running.Wait()
		if got := l.entries[Record{Table: "db.one", Shape: new(shaped(1))}.key()].record.Count; got != 1001 {
			t.Errorf("%s: counted %d", name, got)
		}
		if n := strings.Count(out.String(), "level=WARN"); n != 1 {
			t.Errorf("%s: %d warnings: %s", name, n, &out)
		}
	}
	if text, err := os.ReadFile(later); err != nil || !strings.Contains(string(text), `"version":2`) {
		t.Errorf("a file of a later version was overwritten: %s, %v", text, err)
	}
}

// TestAWriterThatHangsIsPassedOver holds the lock as a stopped process would.
func TestAWriterThatHangsIsPassedOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "asked.jsonl")
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	l := open(t, path, "2026-03-01 10:00:00")
	l.count(Record{Table: "db.one", Shape: new(shaped(1)), Count: 1})
	if err := l.Flush(); !errors.Is(err, errBusy) {
		t.Fatalf("flushed: %v", err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	flush(t, l)
	if f := read(t, path); len(f.Records) != 1 || f.Records[0].Count != 1 {
		t.Errorf("%+v", f.Records)
	}
}

func TestManyAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "asked.jsonl")
	l := open(t, path, "2026-03-01 10:00:00")
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for n := range 200 {
				l.count(Record{Table: fmt.Sprint("db.", worker), Shape: new(shaped(n)), Count: 1}).Add(1)
				if n%50 == 0 {
					if err := l.Flush(); err != nil && !errors.Is(err, errBusy) {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	flush(t, l)
	var count, hits uint64
	for _, r := range read(t, path).Records {
		count, hits = count+r.Count, hits+r.Hits
	}
	if count != 800 || hits != 800 {
		t.Errorf("%d statements, %d hits; want 800 each", count, hits)
	}
	if _, err := Read(path + ".none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}
