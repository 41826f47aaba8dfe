package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"clickql/ingest"
	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/ingest/repair"
	"clickql/internal/ddl"
	"clickql/internal/sample"
)

// parseScaleRows reads the sizes that the section scale loads, which ascend: a growth
// is told by two of them at the least.
func parseScaleRows(text string) (sizes []int64, err error) {
	for _, word := range strings.Split(text, ",") {
		n, err := strconv.ParseInt(strings.TrimSpace(word), 10, 64)
		if err != nil || n <= 0 || len(sizes) > 0 && n <= sizes[len(sizes)-1] {
			return nil, fmt.Errorf("-scale-rows: %q: give two or more numbers of downloads that ascend, separated by commas", text)
		}
		sizes = append(sizes, n)
	}
	if len(sizes) < 2 {
		return nil, fmt.Errorf("-scale-rows: %q: give two or more numbers of downloads that ascend, separated by commas", text)
	}
	return sizes, nil
}

// cost is what one part of the work takes: the rows that the server reads for it, in
// queries and mutations, and time.
type cost struct {
	Part          string
	Rows, Seconds float64
}

// scaled is what was found at one size.
type scaled struct {
	Stages        int // how many have come to their end
	Downloads     float64
	Costs         []cost // of each part, in the order in which they are followed
	Fresh, Merged seriesCost
	Tables        map[string]weight
	Busy          float64 // the machine's load average when it was measured
	LoadRate      float64 // downloads loaded in a second
}

// measureScale lets a database grow from size to size, follows at each what every part
// of the work costs, and computes from that what PyPI's whole history takes. The report
// is written at each size: a run that is ended has told what it found until then, and
// the same command goes on with it.
func (b *bench) measureScale(ctx context.Context) (err error) {
	rows, err := parseScaleRows(b.scaleRows)
	if err != nil {
		return err
	}
	run, err := b.openScaleRun(ctx, rows)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	head := b.report.text.String()
	for i := range rows {
		if err := run.measure(ctx, i, rows); err != nil {
			return fmt.Errorf("%d downloads: %w", rows[i], err)
		}
		if i == 0 {
			continue // one point has no slope
		}
		b.report = report{}
		b.report.text.WriteString(head)
		if run.Ended > 0 {
			b.report.para("**This run was carried on after it had been ended (%d): what was being measured then includes the beginning anew.**", run.Ended)
		}
		if i < len(rows)-1 {
			b.report.para("**This run has come to %s downloads.**", whole(float64(rows[i])))
		}
		sizes := run.Sizes[:i+1]
		b.reportGrowth(sizes)
		b.reportSeries(sizes)
		b.reportProjection(sizes)
		if err := b.report.writeTo(b.out, io.Discard); err != nil {
			return err
		}
	}
	return run.forget()
}

// grow loads more downloads of the same days and projects, other ones for each step, and
// tells how many in a second.
func (b *bench) grow(ctx context.Context, st *store, step int, rows int64) (rate float64, err error) {
	o := b.options(rows, b.days, b.space.path(fmt.Sprintf("scale-%d-%dx%dx%d", step, rows, b.days, b.projects)))
	o.Seed += uint64(step)
	if err := b.sample(ctx, o); err != nil {
		return 0, err
	}
	b.say("loading %s downloads", whole(float64(rows)))
	cfg := config.Config{Conn: st.admin}
	if step == 0 {
		if _, err := b.ingest(ctx, cfg, ledger.Projects, filepath.Join(o.Dir, sample.ProjectsDir, "*.parquet")); err != nil {
			return 0, err
		}
	}
	began := time.Now()
	loaded, err := b.ingest(ctx, cfg, ledger.Downloads, filepath.Join(o.Dir, sample.DownloadsDir, "*.parquet"))
	return float64(loaded) / time.Since(began).Seconds(), err
}

// countingTables are the raw table and the aggregates.
func countingTables() []ddl.Table {
	raw, _ := ddl.Lookup(ddl.RawTable)
	return append([]ddl.Table{raw}, ddl.Derived()...)
}

// follow measures one part: the least rows and the median time of the turns.
func (r *scaleRun) follow(ctx context.Context, s *scaled, turns int, part string, do func(turn int) error) error {
	var rows, seconds []float64
	for turn := range turns {
		before, err := r.read(ctx)
		if err != nil {
			return err
		}
		began := time.Now()
		if err := do(turn); err != nil {
			return fmt.Errorf("%s: %w", part, err)
		}
		seconds = append(seconds, time.Since(began).Seconds())
		after, err := r.read(ctx)
		if err != nil {
			return err
		}
		rows = append(rows, float64(after-before))
	}
	s.Costs = append(s.Costs, cost{part, slices.Min(rows), median(seconds)})
	return nil
}

// smallLoad is how many downloads the load that is followed brings.
const smallLoad = 100_000

// loadDay measures a load of one file on top of what there is.
func (r *scaleRun) loadDay(ctx context.Context, s *scaled, part string, after int) error {
	_, files, err := r.day(ctx, after)
	if err != nil {
		return err
	}
	return r.follow(ctx, s, 1, part, func(int) error {
		_, err := r.bench.ingest(ctx, config.Config{Conn: r.admin}, ledger.Downloads, files)
		return err
	})
}

// repairDay measures the repair of one of their days.
func (r *scaleRun) repairDay(ctx context.Context, s *scaled, after int) error {
	day, files, err := r.day(ctx, after)
	if err != nil {
		return err
	}
	return r.follow(ctx, s, 1, "repair a day", func(int) error {
		_, err := ingest.New(config.Config{Conn: r.admin, Log: r.bench.log}).Repair(ctx, repair.Request{From: day.Until, To: day.Until}, files)
		return err
	})
}

// day makes the files of a day so many days after the sample's last.
func (r *scaleRun) day(ctx context.Context, after int) (day sample.Options, files string, err error) {
	day = r.bench.options(smallLoad, 1, r.bench.space.path(fmt.Sprintf("scale-day-%d-%d", after, r.bench.projects)))
	day.Until = day.Until.AddDate(0, 0, after)
	return day, filepath.Join(day.Dir, sample.DownloadsDir, "*.parquet"), r.bench.sample(ctx, day)
}

// growth is the power of the downloads with which a figure grows: the slope of the
// line through the logarithms, by least squares.
func growth(downloads, figures []float64) float64 {
	var mx, my, xx, xy float64
	n := float64(len(downloads))
	for i := range downloads {
		mx, my = mx+math.Log(downloads[i])/n, my+math.Log(max(figures[i], 1e-9))/n
	}
	for i := range downloads {
		x, y := math.Log(downloads[i])-mx, math.Log(max(figures[i], 1e-9))-my
		xx, xy = xx+x*x, xy+x*y
	}
	return xy / xx
}
