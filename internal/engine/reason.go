package engine

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// describe words a failure with what this run's log says about it.
func describe(what, logPath string, logStart int64) error {
	tail := logTail(logPath, logStart)
	if tail == "" {
		return fmt.Errorf("%s; its log is %s", what, logPath)
	}
	return fmt.Errorf("%s:\n%s\n(log: %s)%s", what, tail, logPath, remedy(tail))
}

// logTail returns the lines of this run's log that matter: from the first line
// of the last exception on, without stack traces; at most tailLines.
func logTail(path string, from int64) string {
	const tailBytes, tailLines = 64 << 10, 12
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	if st, err := f.Stat(); err == nil && st.Size()-from > tailBytes {
		from = st.Size() - tailBytes
	}
	raw, err := io.ReadAll(io.NewSectionReader(f, from, tailBytes))
	if err != nil && !errors.Is(err, io.EOF) {
		return ""
	}
	var kept []string
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimRight(line, " \r\n"); line != "" && !isStackFrame(line) {
			kept = append(kept, line)
		}
	}
	for i := len(kept) - 1; i >= 0; i-- {
		if strings.HasPrefix(kept[i], "Code: ") {
			kept = kept[i:min(len(kept), i+tailLines)]
			break
		}
	}
	return strings.Join(kept[max(0, len(kept)-tailLines):], "\n")
}

// isStackFrame recognises lines such as "0. DB::Exception::Exception(...) @ 0x01".
func isStackFrame(line string) bool {
	number, rest, found := strings.Cut(line, ". ")
	if !found || strings.Trim(number, "0123456789") != "" || number == "" {
		return strings.HasPrefix(line, "Stack trace")
	}
	return strings.Contains(rest, "@ 0x") || strings.Contains(rest, "0x")
}

// remedy says what to do about causes that have a known one.
func remedy(tail string) string {
	switch {
	case strings.Contains(tail, "No space left on device"), strings.Contains(tail, "NOT_ENOUGH_SPACE"):
		return "\nFree space on the disk that holds the data directory."
	case strings.Contains(tail, "Permission denied"), strings.Contains(tail, "Read-only file system"):
		return "\nMake the data directory writable, or name another with --data."
	case strings.Contains(tail, "broken parts"):
		return "\nData of the table named above is damaged: put back a copy of the data directory, or remove it and load it anew."
	case strings.Contains(tail, "Code: 76."):
		return "\nAnother ClickHouse uses the data directory's files: end it."
	}
	return ""
}
