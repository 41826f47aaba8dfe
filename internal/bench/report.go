package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/dustin/go-humanize"
)

// report is the Markdown that a run writes.
type report struct{ text strings.Builder }

// para writes a paragraph.
func (r *report) para(format string, args ...any) {
	fmt.Fprintf(&r.text, format+"\n\n", args...)
}

// heading writes a heading of a level.
func (r *report) heading(level int, text string) { r.para("%s %s", strings.Repeat("#", level), text) }

// table writes a table; all columns but the first are numbers.
func (r *report) table(columns []string, rows [][]string) {
	line := func(cells []string) { fmt.Fprintf(&r.text, "| %s |\n", strings.Join(cells, " | ")) }
	line(columns)
	rule := make([]string, len(columns))
	for i := range rule {
		rule[i] = "---:"
	}
	rule[0] = "---"
	line(rule)
	for _, row := range rows {
		line(row)
	}
	r.text.WriteByte('\n')
}

// writeTo writes the report to a file, or for - to stdout.
func (r *report) writeTo(file string, stdout io.Writer) error {
	text := strings.TrimRight(r.text.String(), "\n") + "\n"
	if file == "-" {
		_, err := io.WriteString(stdout, text)
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// none stands for a figure that there is not.
const none = "–"

// ratio writes a ratio.
func ratio(x float64) string {
	switch {
	case math.IsNaN(x):
		return none
	case x >= 100:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	default:
		return fmt.Sprintf("%.2f", x)
	}
}

// millis writes milliseconds.
func millis(x float64) string {
	switch {
	case math.IsNaN(x):
		return none
	case x >= 100:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	case x >= 0.1:
		return fmt.Sprintf("%.2f", x)
	default:
		return fmt.Sprintf("%.3f", x)
	}
}

// whole writes a number without decimals, its thousands apart.
func whole(x float64) string {
	if math.IsNaN(x) {
		return none
	}
	return humanize.Comma(int64(math.Round(x)))
}

// bytesOf writes a number of bytes with its unit.
func bytesOf(n float64) string {
	if math.IsNaN(n) || n < 0 {
		return none
	}
	return humanize.IBytes(uint64(n))
}
