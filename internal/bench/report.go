package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

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
	err := os.MkdirAll(filepath.Dir(file), 0o755)
	if err == nil {
		err = os.WriteFile(file, []byte(text), 0o644)
	}
	if err != nil {
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

// millis writes milliseconds, of which less than a tenth has a decimal more.
func millis(x float64) string {
	if x < 0.1 {
		return fmt.Sprintf("%.3f", x)
	}
	return ratio(x)
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

// document is what a report is, and where it goes.
type document struct {
	file, title, about string
	data               func(*bench) string // that the figures are of
}

// benchmarks is the report of the sections that have none of their own.
func benchmarks() *document {
	return &document{"docs/BENCHMARKS.md", "Benchmarks", "Written by `make bench`; do not edit. Figures of one machine say little of another: what carries over are the ratios, " +
		"each against a floor that was measured in the same run, in turns with what it is compared to.", func(b *bench) string {
		return b.sampleOf(b.rows, b.days) + fmt.Sprintf("; loads of %s downloads", whole(float64(b.loadRows)))
	}}
}

func coverageDocument() *document {
	return &document{"docs/COVERAGE.md", "What the aggregates answer, and what they cost",
		"Written by `make coverage`; do not edit. `clickql schema coverage` says the same of a database of yours, without running anything.",
		func(b *bench) string { return b.sampleOf(b.coverageRows, b.days) }}
}

func settingsDocument() *document {
	return &document{"docs/LOADING.md", "Settings of a load",
		"Written by `make settings`; do not edit. What each flag of `clickql ingest run` is worth, and what it takes in memory.",
		func(b *bench) string { return b.sampleOf(b.loadRows*settingsLoads, settingsDays) }}
}

func scaleDocument() *document {
	return &document{"docs/SCALE.md", "What scale costs",
		"Written by `make scale`; do not edit. What each part of the work costs as the downloads grow, and, computed from that, what PyPI's whole history takes.",
		func(b *bench) string { return fmt.Sprintf("samples of %d projects on %d days", b.projects, b.days) }}
}

// sampleOf describes a sample.
func (b *bench) sampleOf(rows int64, days int) string {
	return fmt.Sprintf("the sample: %s downloads of %d projects on %d days", whole(float64(rows)), b.projects, days)
}

// documentOf is the report of the sections that are chosen.
func documentOf(chosen string) *document {
	for _, s := range sections() {
		if s.name == chosen && s.own != nil {
			return s.own
		}
	}
	return benchmarks()
}

// introduce begins the report: what it is, where and when the figures were made, and of
// what data.
func (b *bench) introduce() {
	r, is := &b.report, documentOf(b.sections)
	r.heading(1, is.title)
	r.para("%s", is.about)
	if b.quick {
		r.para("**Made with -quick: this shows that everything runs. Do not quote it.**")
	}
	if load := loadAverage(); load > 0.5 {
		b.say("the machine is busy (load average %.1f): the figures will be worse than its own", load)
		r.para("**The machine was busy with other things when this began (load average %.1f).**", load)
	}
	rows := [][]string{
		{"Date", b.began.UTC().Format(time.DateOnly)},
		{"Command", "`go run ./internal/bench" + b.given + "`"},
		{"Machine", fmt.Sprintf("%s, %d cores, %s of memory, %s/%s", cpuModel(), runtime.NumCPU(), bytesOf(memoryTotal()), runtime.GOOS, runtime.GOARCH)},
		{"Versions", versions()},
		{"Data", is.data(b)},
	}
	r.table([]string{"", ""}, rows)
}

// versions names what was measured with; ClickHouse's is in its own section,
// where there is one to ask.
func versions() string {
	out := []string{runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return out[0]
	}
	for _, m := range info.Deps {
		switch m.Path {
		case "github.com/ClickHouse/clickhouse-go/v2", "github.com/99designs/gqlgen":
			out = append(out, m.Path[strings.Index(m.Path, "/")+1:]+" "+m.Version)
		}
	}
	return strings.Join(out, ", ")
}

// cpuModel is the processor's name.
func cpuModel() string { return field("/proc/cpuinfo", "model name", runtime.GOARCH+" processor") }

// memoryTotal is the machine's memory in bytes.
func memoryTotal() float64 { return kilobytes(field("/proc/meminfo", "MemTotal", "")) }

// loadAverage is that of the last minute; 0 where it cannot be told.
func loadAverage() float64 {
	content, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(content), " ")
	load, _ := strconv.ParseFloat(first, 64)
	return load
}

// field is the value behind the first "name:" in a file of /proc; otherwise
// where there is none.
func field(file, name, otherwise string) string {
	content, err := os.ReadFile(file)
	if err != nil {
		return otherwise
	}
	for line := range strings.Lines(string(content)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return otherwise
}

// kilobytes reads "123 kB" as bytes; -1 where it is not that.
func kilobytes(s string) float64 {
	n, err := strconv.ParseFloat(strings.TrimSuffix(s, " kB"), 64)
	if err != nil {
		return -1
	}
	return n * 1024
}

// memory watches the resident memory of a process. Its figures are -1 where
// the system does not tell.
type memory struct{ pid int }

// reset makes peak begin at what is resident now.
func (m memory) reset() {
	// Where this is refused, peak stays that of the process's life, which is
	// still a bound.
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", m.pid), []byte("5"), 0)
}

// peak is the most bytes that were resident since reset.
func (m memory) peak() float64 { return m.read("VmHWM") }

// now is the bytes that are resident.
func (m memory) now() float64 { return m.read("VmRSS") }

func (m memory) read(name string) float64 {
	return kilobytes(field(fmt.Sprintf("/proc/%d/status", m.pid), name, ""))
}
