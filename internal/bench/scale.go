package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"runtime"
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
	part          string
	rows, seconds float64
}

// scaled is what was found at one size.
type scaled struct {
	store         *store
	downloads     float64
	costs         []cost // of each part, in the order in which they are followed
	fresh, merged seriesCost
	tables        map[string]weight
	days          int
	processors    int
	busy          float64 // the machine's load average when it was measured
	loadRate      float64 // downloads loaded in a second
}

// measureScale lets a database grow from size to size, follows at each what every part
// of the work costs, and computes from that what PyPI's whole history takes. The report
// is written at each size: a run that is ended has told what it found until then.
func (b *bench) measureScale(ctx context.Context) (err error) {
	rows, err := parseScaleRows(b.scaleRows)
	if err != nil {
		return err
	}
	small, err := b.openSmall(ctx, rows[0])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, small.Close()) }()
	st, err := b.scaleStore(ctx, "scale-engine")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	head := b.report.text.String()
	var sizes []scaled
	for i := range rows {
		s, err := b.scaleTo(ctx, st, small, rows[:i+1])
		if err != nil {
			return fmt.Errorf("%d downloads: %w", rows[i], err)
		}
		if sizes = append(sizes, s); i == 0 {
			continue // one point has no slope
		}
		b.report = report{}
		b.report.text.WriteString(head)
		if i < len(rows)-1 {
			b.report.para("**This run has come to %s downloads.**", whole(float64(rows[i])))
		}
		b.reportGrowth(sizes)
		b.reportSeries(sizes)
		b.reportProjection(sizes)
		if err := b.report.writeTo(b.out, io.Discard); err != nil {
			return err
		}
	}
	return nil
}

// scaleStore opens an engine with empty tables.
func (b *bench) scaleStore(ctx context.Context, name string) (*store, error) {
	st, err := b.openStore(ctx, b.space.path(name), true)
	if err != nil {
		return nil, err
	}
	if _, err := ddl.Apply(ctx, st.admin, ddl.Options{Database: st.admin.Database()}); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return st, nil
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
	if step == 0 {
		if err := b.ingest(ctx, config.Config{Conn: st.admin}, ledger.Projects, filepath.Join(o.Dir, sample.ProjectsDir, "*.parquet")); err != nil {
			return 0, err
		}
	}
	began := time.Now()
	err = b.ingest(ctx, config.Config{Conn: st.admin}, ledger.Downloads, filepath.Join(o.Dir, sample.DownloadsDir, "*.parquet"))
	return float64(rows) / time.Since(began).Seconds(), err
}

// small is a database that stays at the first size, merged: what is timed at every size
// takes turns with it, so that other load on the machine slows down both.
type small struct {
	*store
	front *front
	side  *side
}

// openSmall makes one.
func (b *bench) openSmall(ctx context.Context, rows int64) (s small, err error) {
	if s.store, err = b.scaleStore(ctx, "scale-engine-small"); err != nil {
		return s, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if _, err := b.grow(ctx, s.store, 0, rows); err != nil {
		return s, err
	}
	if err := merge(ctx, s.admin, tableNames(countingTables())); err != nil {
		return s, err
	}
	if s.front, err = b.openFront(ctx, s.store); err != nil {
		return s, err
	}
	_, s.side, err = b.countSeries(ctx, s.store, s.front)
	s.front.gateway.close() // the gateway ends what is idle until it is asked again
	return s, err
}

// Close ends it.
func (s small) Close() (err error) {
	if s.front != nil {
		err = s.front.Close()
	}
	return errors.Join(err, s.store.Close())
}

// scaleTo lets the database grow to the last of the sizes, and measures it there.
func (b *bench) scaleTo(ctx context.Context, st *store, small small, rows []int64) (s scaled, err error) {
	s = scaled{store: st, days: b.days, processors: runtime.NumCPU()}
	step, more := len(rows)-1, rows[len(rows)-1]
	if step > 0 {
		more -= rows[step-1]
	}
	if s.loadRate, err = b.grow(ctx, st, step, more); err != nil {
		return s, err
	}
	if s.fresh, err = b.compareSeries(ctx, st, small); err != nil {
		return s, err
	}
	b.say("merging the tables of %s downloads", whole(float64(rows[step])))
	if err := merge(ctx, st.admin, tableNames(countingTables())); err != nil {
		return s, err
	}
	if s.tables, err = weights(ctx, st.admin); err != nil {
		return s, err
	}
	s.downloads = float64(s.tables[ddl.RawTable].rows)
	if s.merged, err = b.compareSeries(ctx, st, small); err != nil {
		return s, err
	}
	b.say("following each part at %s downloads", whole(float64(rows[step])))
	s.busy = loadAverage()
	if err := b.scaleServing(ctx, &s); err != nil {
		return s, err
	}
	return s, b.scaleLoading(ctx, &s, step)
}

// countingTables are the raw table and the aggregates.
func countingTables() []ddl.Table {
	raw, _ := ddl.Lookup(ddl.RawTable)
	return append([]ddl.Table{raw}, ddl.Derived()...)
}

// follow measures one part: the least rows and the median time of the turns.
func (s *scaled) follow(ctx context.Context, turns int, part string, do func(turn int) error) error {
	var rows, seconds []float64
	for turn := range turns {
		before, err := s.read(ctx)
		if err != nil {
			return err
		}
		began := time.Now()
		if err := do(turn); err != nil {
			return fmt.Errorf("%s: %w", part, err)
		}
		seconds = append(seconds, time.Since(began).Seconds())
		after, err := s.read(ctx)
		if err != nil {
			return err
		}
		rows = append(rows, float64(after-before))
	}
	s.costs = append(s.costs, cost{part, slices.Min(rows), median(seconds)})
	return nil
}

// read is how many rows the server has read so far.
func (s *scaled) read(ctx context.Context) (n uint64, err error) {
	err = s.store.admin.QueryRow(ctx, "SELECT toUInt64(sum(value)) FROM system.events WHERE event IN ('SelectedRows', 'MutatedRows')").Scan(&n)
	return n, err
}

// smallLoad is how many downloads the load that is followed brings.
const smallLoad = 100_000

// scaleLoading measures loads of one file each, on top of what there is, and the repair
// of the last one's day. What has been merged is read by the load that comes after it.
func (b *bench) scaleLoading(ctx context.Context, s *scaled, step int) error {
	cfg := config.Config{Conn: s.store.admin, Log: b.log}
	var day sample.Options
	var files string
	for i, part := range []string{"load a file of 100,000 downloads, the first since all was merged", "load another"} {
		after := 2*step + i + 1
		day = b.options(smallLoad, 1, b.space.path(fmt.Sprintf("scale-day-%d-%d", after, b.projects)))
		day.Until = day.Until.AddDate(0, 0, after)
		if err := b.sample(ctx, day); err != nil {
			return err
		}
		files = filepath.Join(day.Dir, sample.DownloadsDir, "*.parquet")
		if err := s.follow(ctx, 1, part, func(int) error { return b.ingest(ctx, cfg, ledger.Downloads, files) }); err != nil {
			return err
		}
	}
	return s.follow(ctx, 1, "repair a day", func(int) error {
		_, err := ingest.New(cfg).Repair(ctx, repair.Request{From: day.Until, To: day.Until}, files)
		return err
	})
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
