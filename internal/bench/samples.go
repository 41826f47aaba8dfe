package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"clickql/internal/sample"
)

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
