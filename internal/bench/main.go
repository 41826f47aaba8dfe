// Command bench measures ClickQL as ratios against floors: what it costs beside
// the least that anybody could pay for the same answer, in the same run and on
// the same machine, so that the figures mean something on another one.
//
// Whatever is compared runs in turns, A B C A B C, in a closed loop: a given
// number of clients each of which sends its next request when it has the answer
// to its last. A ratio is taken within each turn and the median over the turns
// is what is reported, so that a machine that slows down half-way slows down
// both sides. One loop drives SQL over the native protocol and requests over
// HTTP alike; a load generator that only knows HTTP could not compare the two,
// and one that sends at a fixed rate (an open loop) measures the queue in front
// of a server that is slower than the rate, not the server.
//
// The package answers for no requirement of its own: it judges nothing, and its
// tests assert no times.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"regexp"
	"runtime/pprof"
	"slices"
	"strings"
	"syscall"
	"time"

	"clickql/ingest/verify"
	"clickql/internal/engine"
	"clickql/internal/sample"
)

func main() {
	// The embedded ClickHouse is this same binary, started again.
	if engine.IsChild() {
		os.Exit(engine.RunChild())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// flags are the command line.
type flags struct {
	data, out, cpuProfile string
	rows, loadRows        int64
	coverageRows          int64
	scaleRows             string
	days, projects        int
	quick                 bool
	sections              string
	only, sides           string
	span                  time.Duration
}

// allSides are the letters of every way of serving.
const allSides = "abcde"

// The size of the data beside its downloads.
const defaultDays, defaultProjects = 400, 5000

// The sizes that the section scale loads. Those of -quick have the fewest downloads of
// which every project that is asked about has some.
const defaultScale, quickScale = "3000000,12000000,60000000", "300000,1200000"

// elsewhere are the flags that shape no figure.
var elsewhere = []string{"data", "out", "sides", "span", "cpuprofile"}

// define adds the flags.
func (f *flags) define(set *flag.FlagSet) {
	set.StringVar(&f.data, "data", ".clickql-bench", "`directory` that keeps the data between runs")
	set.StringVar(&f.out, "out", "", "`file` that the report is written to; - for the standard output (default docs/BENCHMARKS.md, of the sections coverage, settings and scale docs/COVERAGE.md, docs/LOADING.md and docs/SCALE.md, with -quick -)")
	set.Int64Var(&f.rows, "rows", 0, "`downloads` that are served (default 20 million, with -quick 1 million)")
	set.Int64Var(&f.loadRows, "load-rows", 0, "`downloads` in each load that is measured (default 3 million, with -quick 200 thousand)")
	set.Int64Var(&f.coverageRows, "coverage-rows", 0, "`downloads` that the section coverage loads (default 50 million, with -quick 500 thousand)")
	set.StringVar(&f.scaleRows, "scale-rows", "", "`downloads` of each size that the section scale loads, ascending (default "+defaultScale+", with -quick "+quickScale+")")
	set.IntVar(&f.days, "days", defaultDays, "`days` of data")
	set.IntVar(&f.projects, "projects", defaultProjects, "`projects` of the data")
	set.BoolVar(&f.quick, "quick", false, "less data and fewer repetitions: to see that it works, not to quote")
	set.StringVar(&f.sections, "sections", strings.ReplaceAll(sectionNames(false), " ", ""), "what to measure, separated by commas; coverage, which takes half an hour, settings, scale and statements only by name")
	set.StringVar(&f.only, "only", "", "measure only operations whose name matches this `expression`")
	set.StringVar(&f.sides, "sides", allSides, "the `letters` of the ways of serving that are measured: one alone for profiles")
	set.DurationVar(&f.span, "span", 0, "how `long` each turn of serving lasts: longer for profiles")
	set.StringVar(&f.cpuProfile, "cpuprofile", "", "`file` for a profile of this process, which is the gateway and the clients")
}

// complete fills in what depends on other flags.
func (f *flags) complete() {
	usual := flags{rows: 20_000_000, loadRows: 3_000_000, coverageRows: 50_000_000, scaleRows: defaultScale, out: documentOf(f.sections).file}
	if f.quick {
		usual = flags{rows: 1_000_000, loadRows: 200_000, coverageRows: 500_000, scaleRows: quickScale, out: "-"}
	}
	f.rows, f.loadRows, f.coverageRows = cmp.Or(f.rows, usual.rows), cmp.Or(f.loadRows, usual.loadRows), cmp.Or(f.coverageRows, usual.coverageRows)
	f.scaleRows, f.out = cmp.Or(f.scaleRows, usual.scaleRows), cmp.Or(f.out, usual.out)
}

// given writes the flags of a command line that shape the figures.
func given(set *flag.FlagSet) (arguments string) {
	set.Visit(func(f *flag.Flag) {
		if !slices.Contains(elsewhere, f.Name) {
			arguments += " -" + f.Name
			if value := f.Value.String(); value != "true" {
				arguments += " " + verify.ShellQuote(value)
			}
		}
	})
	return arguments
}

// bench is one run.
type bench struct {
	flags
	given  string // on the command line
	space  workspace
	log    *slog.Logger
	stderr io.Writer
	began  time.Time
	report report
}

// section measures one thing and writes its part of the report.
type section struct {
	name    string
	measure func(*bench, context.Context) error
	own     *document // the report of one that has its own, and runs only by name
}

// sections lists all in the report's order.
func sections() []section {
	noFile := benchmarks()
	noFile.file = "-"
	return []section{
		{"serving", (*bench).measureServing, nil},
		{"fairness", (*bench).measureFairness, nil},
		{"marshalling", (*bench).measureMarshalling, nil},
		{"loading", (*bench).measureLoading, nil},
		{"sample", (*bench).measureSample, nil},
		{"start", (*bench).measureStart, nil},
		{"coverage", (*bench).measureCoverage, coverageDocument()},
		{"settings", (*bench).measureSettings, settingsDocument()},
		{"scale", (*bench).measureScale, scaleDocument()},
		{"statements", (*bench).measureStatements, noFile},
	}
}

// sectionNames are those that run unless others are named, or those that run only by
// name.
func sectionNames(byName bool) string {
	var names []string
	for _, s := range sections() {
		if byName == (s.own != nil) {
			names = append(names, s.name)
		}
	}
	return strings.Join(names, ", ")
}

// run measures what the command line asks for and writes the report.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	b := &bench{stderr: stderr, began: time.Now(), log: slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	set.SetOutput(stderr)
	b.define(set)
	if err := set.Parse(args); err != nil {
		return err
	}
	b.complete()
	b.given = given(set)
	chosen, err := b.chosen()
	if err != nil {
		return err
	}
	if b.space, err = openWorkspace(b.data); err != nil {
		return err
	}
	b.introduce()
	for _, s := range chosen {
		if err := b.profiled(func() error { return s.measure(b, ctx) }); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	b.say("done in %s", time.Since(b.began).Round(time.Second))
	return b.report.writeTo(b.out, stdout)
}

// chosen are the sections that the flags name.
func (b *bench) chosen() ([]section, error) {
	if _, err := regexp.Compile(b.only); err != nil {
		return nil, fmt.Errorf("-only: %w", err)
	}
	var out []section
	all := sections()
	for name := range strings.SplitSeq(b.sections, ",") {
		if i := slices.IndexFunc(all, func(s section) bool { return s.name == name }); i >= 0 {
			out = append(out, all[i])
		} else if name != "none" {
			return nil, fmt.Errorf("-sections: there is no %q; there are %s, %s and none", name, sectionNames(false), sectionNames(true))
		}
	}
	return out, nil
}

// profiled runs f under the CPU profile, where one is asked for.
func (b *bench) profiled(f func() error) error {
	if b.cpuProfile == "" {
		return f()
	}
	out, err := os.Create(b.cpuProfile)
	if err != nil {
		return fmt.Errorf("write the profile: %w", err)
	}
	if err := pprof.StartCPUProfile(out); err != nil {
		return errors.Join(err, out.Close())
	}
	err = f()
	pprof.StopCPUProfile()
	return errors.Join(err, out.Close())
}

// say tells on the terminal what is being done, with the time since the start.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.stderr, "%6.1fs  %s\n", time.Since(b.began).Seconds(), fmt.Sprintf(format, args...))
}

// options are the sample of a number of rows and days, at a place in the
// workspace.
func (b *bench) options(rows int64, days int, dir string) sample.Options {
	o := sample.Defaults()
	o.Rows, o.Days, o.Projects, o.Dir = rows, days, b.projects, dir
	return o
}
