package main

import (
	"context"
	"fmt"
	"strconv"

	"clickql/ingest/config"
)

// settingsDays is how many days the sample of this section has: enough files for
// several batches, few enough for keys to repeat as they do in production.
// settingsLoads is how many times the rows of other loads it has.
const (
	settingsDays  = 8
	settingsLoads = 2
)

// settings lists what is compared: ClickHouse's own settings of a bare INSERT
// SELECT, and ingest's flags.
func (b *bench) settings() []load {
	bare := func(settings string) load {
		return bareLoad("INSERT SELECT "+settings, " SETTINGS parallel_view_processing = 1, "+settings)
	}
	list := []load{
		b.ingestLoad("the defaults", func(*config.Config) {}),
		bare("max_threads = 1"), bare("max_threads = 2"), bare("max_insert_threads = 2"),
		bare("min_insert_block_size_rows = 4194304, min_insert_block_size_bytes = 0"),
	}
	for _, rows := range []uint64{1 << 20, 2 << 20, 8 << 20, 16 << 20} {
		list = append(list, b.ingestLoad("--batch-rows "+strconv.FormatUint(rows, 10), func(c *config.Config) { c.BatchRows = rows }))
	}
	for _, n := range []int{2, 4} {
		list = append(list, b.ingestLoad(fmt.Sprintf("--workers %d --batch-rows %d", n, 1<<20), func(c *config.Config) { c.Workers, c.BatchRows = n, 1<<20 }))
	}
	for _, n := range []int{1, 4} {
		list = append(list, b.ingestLoad("--parallel "+strconv.Itoa(n), func(c *config.Config) { c.Parallel = n }))
	}
	// One thread each, so that a second worker has a core to itself where there is one.
	for _, n := range []int{1, 2} {
		list = append(list, b.ingestLoad(fmt.Sprintf("--workers %d --threads 1 --parallel 1 --batch-rows %d", n, 1<<20), func(c *config.Config) {
			c.Workers, c.Threads, c.Parallel, c.BatchRows = n, 1, 1, 1<<20
		}))
	}
	list = append(list, b.ingestLoad("--threads 1", func(c *config.Config) { c.Threads = 1 }))
	for _, gib := range []uint64{1, 2, 8} {
		list = append(list, b.ingestLoad(fmt.Sprintf("--max-memory %dGiB", gib), func(c *config.Config) { c.MaxMemory = gib << 30 }))
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
	all, rows, err := b.measureLoads(ctx, place{dir: o.Dir}, ways)
	if err != nil {
		return err
	}
	b.report.para("%s rows of %d days, into empty tables with all aggregates. Each line differs from the defaults of `clickql ingest run` in what it names; "+
		"the bare INSERT SELECTs have parallel_view_processing = 1. Cores are those that ClickHouse kept busy; memory is the most that was resident in its process, "+
		"behind it, by how much that is more than before. Median of %d turns.", whole(float64(rows)), settingsDays, b.loadRounds())
	var lines [][]string
	for i, l := range ways {
		lines = append(lines, []string{l.name, ratio(medianRatio(all[0].seconds, all[i].seconds)), whole(float64(rows) / median(all[i].seconds)),
			fmt.Sprintf("%.1f", median(all[i].cores)), all[i].memory()})
	}
	b.report.table([]string{"", "speed against the defaults", "rows/s", "cores", "peak memory"}, lines)
	return nil
}
