package main

import (
	"bufio"
	"bytes"
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

// introduce begins the report: what it is, and where and of what it was made.
func (b *bench) introduce() {
	r := &b.report
	if b.sections == coverageSection {
		b.introduceCoverage()
		b.circumstances([]string{"Data", fmt.Sprintf("the sample: %s downloads of %d projects on %d days", whole(float64(b.coverageRows)), b.projects, b.days)})
		return
	}
	if b.sections == settingsSection {
		r.heading(1, "Settings of a load")
		r.para("Written by `make settings`; do not edit. What each flag of `clickql ingest run` is worth, and what it takes in memory.")
		b.circumstances([]string{"Data", fmt.Sprintf("the sample: %s downloads of %d projects on %d days", whole(float64(b.loadRows*settingsLoads)), b.projects, settingsDays)})
		return
	}
	if b.sections == scaleSection {
		r.heading(1, "What scale costs")
		r.para("Written by `make scale`; do not edit. What each part of the work costs as the downloads grow, and, computed from that, what PyPI's whole history takes.")
		b.circumstances([]string{"Data", fmt.Sprintf("samples of %d projects on %d days", b.projects, b.days)})
		return
	}
	r.heading(1, "Benchmarks")
	r.para("Written by `make bench`; do not edit. Figures of one machine say little of another: what carries over are the ratios, " +
		"each against a floor that was measured in the same run, in turns with what it is compared to.")
	b.circumstances([]string{"Data", fmt.Sprintf("the sample: %s downloads of %d projects on %d days; loads of %s downloads", whole(float64(b.rows)), b.projects, b.days, whole(float64(b.loadRows)))})
}

// circumstances tells where and when the figures were made, and of what data.
func (b *bench) circumstances(data []string) {
	r := &b.report
	if b.quick {
		r.para("**Made with -quick: this shows that everything runs. Do not quote it.**")
	}
	if load := loadAverage(); load > 0.5 {
		b.say("the machine is busy (load average %.1f): the figures will be worse than its own", load)
		r.para("**The machine was busy with other things when this began (load average %.1f).**", load)
	}
	rows := [][]string{
		{"Date", b.began.UTC().Format(time.DateOnly)},
		{"Command", "`go run ./internal/bench" + b.arguments() + "`"},
		{"Machine", fmt.Sprintf("%s, %d cores, %s of memory, %s/%s", cpuModel(), runtime.NumCPU(), bytesOf(memoryTotal()), runtime.GOOS, runtime.GOARCH)},
		{"Versions", versions()},
		data,
	}
	r.table([]string{"", ""}, rows)
}

// arguments are the flags that shape the figures, where they are not the
// defaults.
func (b *bench) arguments() string {
	full := flags{quick: b.quick}
	full.complete()
	s := ""
	if b.quick {
		s += " -quick"
	}
	if b.rows != full.rows {
		s += " -rows " + strconv.FormatInt(b.rows, 10)
	}
	if b.coverageRows != full.coverageRows {
		s += " -coverage-rows " + strconv.FormatInt(b.coverageRows, 10)
	}
	if b.scaleRows != full.scaleRows {
		s += " -scale-rows " + b.scaleRows
	}
	if b.loadRows != full.loadRows {
		s += " -load-rows " + strconv.FormatInt(b.loadRows, 10)
	}
	if all := strings.Join(sectionNames(), ","); b.sections != all {
		s += " -sections " + b.sections
	}
	if b.days != defaultDays {
		s += " -days " + strconv.Itoa(b.days)
	}
	if b.projects != defaultProjects {
		s += " -projects " + strconv.Itoa(b.projects)
	}
	if b.only != "" {
		s += fmt.Sprintf(" -only %q", b.only)
	}
	return s
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
	lines := bufio.NewScanner(bytes.NewReader(content))
	for lines.Scan() {
		key, value, ok := strings.Cut(lines.Text(), ":")
		if ok && strings.TrimSpace(key) == name {
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
