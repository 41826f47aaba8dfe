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
	"strings"
	"syscall"
	"time"

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
	set.StringVar(&f.sections, "sections", strings.Join(sectionNames(), ","), "what to measure, separated by commas; coverage, which takes half an hour, settings, scale and statements only by name")
	set.StringVar(&f.only, "only", "", "measure only operations whose name matches this `expression`")
	set.StringVar(&f.sides, "sides", allSides, "the `letters` of the ways of serving that are measured: one alone for profiles")
	set.DurationVar(&f.span, "span", 0, "how `long` each turn of serving lasts: longer for profiles")
	set.StringVar(&f.cpuProfile, "cpuprofile", "", "`file` for a profile of this process, which is the gateway and the clients")
}

// complete fills in what depends on other flags.
func (f *flags) complete() {
	rows, load, coverage, scale, out := int64(20_000_000), int64(3_000_000), int64(50_000_000), defaultScale, "docs/BENCHMARKS.md"
	switch f.sections {
	case coverageSection:
		out = "docs/COVERAGE.md"
	case settingsSection:
		out = "docs/LOADING.md"
	case scaleSection:
		out = "docs/SCALE.md"
	case statementsSection:
		out = "-"
	}
	if f.quick {
		rows, load, coverage, scale, out = 1_000_000, 200_000, 500_000, quickScale, "-"
	}
	if f.rows == 0 {
		f.rows = rows
	}
	if f.loadRows == 0 {
		f.loadRows = load
	}
	if f.coverageRows == 0 {
		f.coverageRows = coverage
	}
	if f.scaleRows == "" {
		f.scaleRows = scale
	}
	if f.out == "" {
		f.out = out
	}
}

// bench is one run.
type bench struct {
	flags
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
}

// sections lists all in the report's order.
func sections() []section {
	return []section{
		{"serving", (*bench).measureServing},
		{"fairness", (*bench).measureFairness},
		{"marshalling", (*bench).measureMarshalling},
		{"loading", (*bench).measureLoading},
		{"sample", (*bench).measureSample},
		{"start", (*bench).measureStart},
	}
}

// The sections that have a report of their own, and run only by name.
const (
	coverageSection   = "coverage"
	settingsSection   = "settings"
	scaleSection      = "scale"
	statementsSection = "statements"
)

// apart lists them.
func apart() []section {
	return []section{
		{coverageSection, (*bench).measureCoverage},
		{settingsSection, (*bench).measureSettings},
		{scaleSection, (*bench).measureScale},
		{statementsSection, (*bench).measureStatements},
	}
}

// sectionNames are those that run unless others are named.
func sectionNames() []string { return namesOf(sections()) }

func namesOf(some []section) []string {
	var names []string
	for _, s := range some {
		names = append(names, s.name)
	}
	return names
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
	for _, name := range strings.Split(b.sections, ",") {
		found := false
		for _, s := range append(sections(), apart()...) {
			if s.name == name {
				out, found = append(out, s), true
			}
		}
		if !found && name != "none" {
			return nil, fmt.Errorf("-sections: there is no %q; there are %s, %s and none", name, strings.Join(sectionNames(), ", "), strings.Join(namesOf(apart()), ", "))
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
