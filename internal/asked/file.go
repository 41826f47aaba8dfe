package asked

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"clickql/internal/wholefile"
)

const (
	format  = "clickql asked"
	version = 1
	// maxLine bounds a line of the file.
	maxLine = 1 << 20
)

// File is what a file of records holds.
type File struct {
	// Since and Until are the time that the figures span; zero where nothing was
	// written yet.
	Since, Until time.Time
	// Tables holds the last day, UTC, on which each table (database.name) was
	// used.
	Tables map[string]string
	// Records are those that read the most first.
	Records []Record
	// Damage says why the file was not read to its end; empty where it was.
	Damage string
}

// header is the first line.
type header struct {
	Format  string            `json:"format"`
	Version int               `json:"version"`
	Since   time.Time         `json:"since"`
	Until   time.Time         `json:"until"`
	Tables  map[string]string `json:"tables"`
}

// Read reads a file as far as it goes. A file that does not exist is an error
// that is fs.ErrNotExist.
func Read(path string) (File, error) {
	f, err := os.Open(path)
	if err != nil {
		return File{}, fmt.Errorf("read what was asked: %w", err)
	}
	defer func() { _ = f.Close() }()
	out, err := parse(f)
	if err != nil {
		return out, fmt.Errorf("read what was asked from %s: %w", path, err)
	}
	return out, nil
}

// parse reads the lines of a file.
func parse(r io.Reader) (File, error) {
	out := File{Tables: map[string]string{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	var h header
	if !lines.Scan() {
		out.Damage = "it is empty"
		return out, lines.Err()
	}
	if !decode(lines.Bytes(), &h) {
		out.Damage = "its first line cannot be read"
		return out, nil
	}
	if h.Format != format || h.Version != version {
		return out, fmt.Errorf("it is not a file of this program's version (%q, version %d); name another one with --asked-log", h.Format, h.Version)
	}
	out.Since, out.Until = h.Since, h.Until
	if h.Tables != nil {
		out.Tables = h.Tables
	}
	for n := 2; lines.Scan(); n++ {
		var one Record
		if !decode(lines.Bytes(), &one) {
			out.Damage = fmt.Sprintf("it breaks off in line %d", n)
			return out, nil
		}
		out.Records = append(out.Records, one)
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		out.Damage = "a line of it is too long"
	} else if err != nil {
		return out, err
	}
	return out, nil
}

// decode reads a line; false where it cannot be read.
func decode(line []byte, into any) bool { return json.Unmarshal(line, into) == nil }

// errBusy means that another process is writing.
var errBusy = errors.New("another process is writing")

// add adds records to the file, which need not exist. It does not wait for
// another process that is writing.
func add(path string, records []Record, began, now time.Time) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }() // which unlocks
	switch err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return errBusy
	case err != nil:
		return fmt.Errorf("lock: %w", err)
	}
	have, err := Read(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return wholefile.Write(path, have.with(records, began, now).text())
}

// with is the file with further records.
func (f File) with(records []Record, began, now time.Time) File {
	if f.Since.IsZero() || began.Before(f.Since) {
		f.Since = began
	}
	if now.After(f.Until) {
		f.Until = now
	}
	if f.Tables == nil {
		f.Tables = map[string]string{}
	}
	at := map[string]int{}
	for i, r := range f.Records {
		at[r.key()] = i
	}
	for _, r := range records {
		for _, table := range r.Tables() {
			f.Tables[table] = max(f.Tables[table], r.Last)
		}
		if i, ok := at[r.key()]; ok {
			f.Records[i] = f.Records[i].plus(r)
		} else {
			f.Records = append(f.Records, r)
		}
	}
	f.Records = bounded(f.Records, maxRecords)
	return f
}

// text writes the file.
func (f File) text() []byte {
	var b bytes.Buffer
	lines := json.NewEncoder(&b)
	// Numbers, words and times can be written, and a buffer takes everything.
	_ = lines.Encode(header{format, version, f.Since.UTC(), f.Until.UTC(), f.Tables})
	for _, r := range f.Records {
		_ = lines.Encode(r)
	}
	return b.Bytes()
}
