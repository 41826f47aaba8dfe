package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"

	"clickql/ingest"
	"clickql/internal/chconn"
	"clickql/internal/sample"
)

// settingsDays is how many days the sample of this section has: enough files for
// several batches, few enough for keys to repeat as they do in production.
// settingsLoads is how many times the rows of other loads it has.
const (
	settingsDays  = 8
	settingsLoads = 2
)

// setting is one way to load, named by what differs from the defaults.
func (b *bench) setting(name string, change func(*ingest.Config)) load {
	return load{name, func(ctx context.Context, conn *chconn.Conn, dir string) error {
		cfg := ingest.Config{Conn: conn, Log: b.log}
		change(&cfg)
		sum, err := ingest.New(cfg).Run(ctx, ingest.Downloads, filepath.Join(dir, sample.DownloadsDir, "*.parquet"))
		if err == nil && !sum.Complete() {
			err = fmt.Errorf("%d of %d files failed, such as %v", len(sum.Failed), sum.Listed, sum.Failed)
		}
		return err
	}}
}

// settings lists what is compared: ClickHouse's own settings of a bare INSERT
// SELECT, and ingest's flags.
func (b *bench) settings() []load {
	bare := func(settings string) load {
		return load{"INSERT SELECT " + settings, func(ctx context.Context, conn *chconn.Conn, dir string) error {
			return insertBare(ctx, conn, dir, " SETTINGS parallel_view_processing = 1, "+settings)
		}}
	}
	list := []load{
		b.setting("the defaults", func(*ingest.Config) {}),
		bare("max_threads = 1"), bare("max_threads = 2"), bare("max_insert_threads = 2"),
		bare("min_insert_block_size_rows = 4194304, min_insert_block_size_bytes = 0"),
	}
	for _, rows := range []uint64{1 << 20, 2 << 20, 8 << 20, 16 << 20} {
		list = append(list, b.setting("--batch-rows "+strconv.FormatUint(rows, 10), func(c *ingest.Config) { c.BatchRows = rows }))
	}
	for _, n := range []int{2, 4} {
		list = append(list, b.setting(fmt.Sprintf("--workers %d --batch-rows %d", n, 1<<20), func(c *ingest.Config) { c.Workers, c.BatchRows = n, 1<<20 }))
	}
	for _, n := range []int{1, 4} {
		list = append(list, b.setting("--parallel "+strconv.Itoa(n), func(c *ingest.Config) { c.Parallel = n }))
	}
	// One thread each, so that a second worker has a core to itself where there is one.
	for _, n := range []int{1, 2} {
		list = append(list, b.setting(fmt.Sprintf("--workers %d --threads 1 --parallel 1 --batch-rows %d", n, 1<<20), func(c *ingest.Config) {
			c.Workers, c.Threads, c.Parallel, c.BatchRows = n, 1, 1, 1<<20
		}))
	}
	list = append(list, b.setting("--threads 1", func(c *ingest.Config) { c.Threads = 1 }))
	for _, gib := range []uint64{1, 2, 8} {
		list = append(list, b.setting(fmt.Sprintf("--max-memory %dGiB", gib), func(c *ingest.Config) { c.MaxMemory = gib << 30 }))
	}
	return list
}

// measureSettings measures what the settings of a load are worth.
func (b *bench) measureSettings(ctx context.Context) error {
	total := b.loadRows * settingsLoads
	o := b.options(total, settingsDays, b.space.path(fmt.Sprintf("load-settings-%d-%d", total, b.projects)))
	if err := b.sample(ctx, o); err != nil {
		return err
	}
	ways := b.settings()
	all, rows, err := b.measureLoads(ctx, o.Dir, ways)
	if err != nil {
		return err
	}
	b.report.para("%s rows of %d days, into empty tables with all aggregates. Each line differs from the defaults of `clickql ingest run` in what it names; "+
		"the bare INSERT SELECTs have parallel_view_processing = 1. Median of %d turns.", whole(float64(rows)), settingsDays, b.loadRounds())
	var lines [][]string
	for i, l := range ways {
		lines = append(lines, []string{l.name, ratio(medianRatio(all[0].seconds, all[i].seconds)), whole(float64(rows) / median(all[i].seconds)),
			bytesOf(median(all[i].peak)) + " (+" + bytesOf(median(all[i].grown)) + ")"})
	}
	b.report.table([]string{"", "speed against the defaults", "rows/s", "peak memory"}, lines)
	return nil
}
