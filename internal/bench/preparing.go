package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/engine"
	"clickql/internal/sample"
)

// measureStart measures starting the engine on the data that is served against
// starting it on an empty directory.
func (b *bench) measureStart(ctx context.Context) error {
	dir, err := b.serving(ctx, b.options(b.rows, b.days, ""))
	if err != nil {
		return err
	}
	var empty, full, read, closed []float64
	for range 2*b.loadRounds() + 1 {
		opened, _, _, err := b.startOnce(ctx, engine.Config{Dir: b.space.path("empty-engine"), Temporary: true})
		if err != nil {
			return err
		}
		empty = append(empty, opened)
		opened, catalogued, stopped, err := b.startOnce(ctx, engine.Config{Dir: dir})
		if err != nil {
			return err
		}
		full, read, closed = append(full, opened), append(read, catalogued), append(closed, stopped)
	}
	b.say("engine opened in %s ms", millis(median(full)))
	b.report.heading(2, "Starting")
	b.report.para("The embedded engine on a directory that holds the data that is served, against an empty one: until it answers. Median of %d turns.", len(full))
	b.report.table([]string{"", "against an empty directory", "milliseconds"}, [][]string{
		{"open an empty directory", ratio(1), millis(median(empty))},
		{"open", ratio(medianRatio(full, empty)), millis(median(full))},
		{"then read the catalog", ratio(medianRatio(read, empty)), millis(median(read))},
		{"stop", ratio(medianRatio(closed, empty)), millis(median(closed))},
	})
	return nil
}

// startOnce is how long opening, reading the catalog and stopping take, in
// milliseconds.
func (b *bench) startOnce(ctx context.Context, cfg engine.Config) (opened, catalogued, stopped float64, err error) {
	cfg.Log = b.log
	began := time.Now()
	e, err := engine.Open(ctx, cfg)
	if err != nil {
		return 0, 0, 0, err
	}
	opened = since(began)
	catalogued, err = b.readCatalog(ctx, e)
	began = time.Now()
	if err := errors.Join(err, e.Close()); err != nil {
		return 0, 0, 0, err
	}
	return opened, catalogued, since(began), nil
}

// readCatalog is how long a gateway takes to know its tables.
func (b *bench) readCatalog(ctx context.Context, e *engine.Engine) (took float64, err error) {
	conn, err := chconn.Open(ctx, chconn.Config{DSN: e.ReadOnlyDSN()})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	began := time.Now()
	_, err = catalog.Open(ctx, conn, catalog.Options{Database: conn.Database()})
	return since(began), err
}

// since is the milliseconds since an instant.
func since(began time.Time) float64 { return time.Since(began).Seconds() * 1000 }

// measureSample measures writing a sample against copying one: reading its
// files and writing the same rows to Parquet again.
func (b *bench) measureSample(ctx context.Context) (err error) {
	o := b.options(b.loadRows, b.days, b.space.path(fmt.Sprintf("load-spread-%d-%d", b.loadRows, b.projects)))
	if err := b.sample(ctx, o); err != nil {
		return err
	}
	st, err := b.openStore(ctx, b.space.path("sample-engine"), true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	shapes, err := present(o.Dir)
	if err != nil {
		return err
	}
	written := b.options(b.loadRows, b.days, b.space.path("sample-written"))
	copied := b.space.path("sample-copied")
	defer func() { err = errors.Join(err, os.RemoveAll(written.Dir), os.RemoveAll(copied)) }()
	if err := os.MkdirAll(copied, 0o700); err != nil {
		return err
	}
	var copying, writing []float64
	for range b.loadRounds() {
		began := time.Now()
		for i, s := range shapes {
			if err := st.admin.Exec(ctx, s.copyTo(o.Dir, copied+"/"+strconv.Itoa(i)+".parquet")); err != nil {
				return fmt.Errorf("copy the sample: %w", err)
			}
		}
		copying = append(copying, time.Since(began).Seconds())
		began = time.Now()
		if _, err := sample.Write(ctx, st.admin, written, nil); err != nil {
			return err
		}
		writing = append(writing, time.Since(began).Seconds())
		b.say("sample %s rows/s", whole(float64(o.Rows)/writing[len(writing)-1]))
	}
	b.report.heading(2, "Writing a sample")
	b.report.para("Against copying the finished files: reading them and writing the same rows to Parquet. Median of %d turns.", b.loadRounds())
	b.report.table([]string{"", "speed against copying", "rows/s"}, [][]string{
		{"copy", ratio(1), whole(float64(o.Rows) / median(copying))},
		{"clickql sample", ratio(medianRatio(copying, writing)), whole(float64(o.Rows) / median(writing))},
	})
	return nil
}
