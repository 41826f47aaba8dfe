package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/internal/chconn"
	"clickql/internal/ddl"
)

// load is one way to load a sample.
type load struct {
	name string
	run  func(ctx context.Context, conn *chconn.Conn, from place) error
}

// loads lists the ways; the last is ours.
func (b *bench) loads() []load {
	return []load{
		bareLoad("INSERT SELECT, views one after another", ""),
		bareLoad("INSERT SELECT, views in parallel", " SETTINGS parallel_view_processing = 1"),
		b.ingestLoad("clickql ingest", func(*config.Config) {}),
	}
}

// ingestLoad is a load as the command does it, with what differs from its defaults.
func (b *bench) ingestLoad(name string, change func(*config.Config)) load {
	return load{name, func(ctx context.Context, conn *chconn.Conn, from place) error {
		sources, files := from.load()
		cfg := config.Config{Conn: conn, Sources: sources}
		change(&cfg)
		_, err := b.ingest(ctx, cfg, ledger.Downloads, files)
		return err
	}}
}

// bareLoad is a load with one INSERT SELECT for each shape of file.
func bareLoad(name, settings string) load {
	return load{name, func(ctx context.Context, conn *chconn.Conn, from place) error {
		list, err := present(from.dir)
		if err != nil {
			return err
		}
		for _, s := range list {
			table, err := from.table(s)
			if err != nil {
				return err
			}
			if err := conn.Exec(ctx, s.bareInsert(table)+settings); err != nil {
				return fmt.Errorf("insert %s: %w", s.files, err)
			}
		}
		return nil
	}}
}

// loaded is what one way did in all turns.
type loaded struct {
	seconds, peak, grown []float64 // peak and grown resident bytes of ClickHouse
	cores                []float64 // that ClickHouse kept busy
}

// loadRounds is how often each way takes its turn.
func (b *bench) loadRounds() int {
	if b.quick {
		return 1
	}
	return 3
}

// measureLoading measures ingest against INSERT SELECT into the same tables
// with the same views, from the same files.
func (b *bench) measureLoading(ctx context.Context) error {
	b.report.heading(2, "Loading")
	b.report.para("From Parquet objects, which an emulator of Google Cloud Storage on the same machine serves to gcs(), into empty tables with all %d aggregates. The bare INSERT SELECT has none of ingest's guarantees: "+
		"killed half-way it leaves tables that differ, run twice it counts twice. Rows per second are over everything that the command does. "+
		"Cores are those that ClickHouse kept busy. Memory is the most that was resident in its process; behind it, by how much that is more than before. "+
		"Median of %d turns.", len(ddl.Derived()), b.loadRounds())
	for _, set := range []struct {
		name, title string
		rows        int64
		days        int
	}{
		{"day", "One day, shaped like production", b.loadRows, 1},
		{"spread", fmt.Sprintf("Spread over %d days, so that keys hardly repeat", b.days), b.loadRows, b.days},
		{"small", fmt.Sprintf("One day of %s downloads, so that what each statement costs weighs most", whole(smallLoad)), smallLoad, 1},
	} {
		o := b.options(set.rows, set.days, b.space.path(fmt.Sprintf("load-%s-%d-%d", set.name, set.rows, b.projects)))
		if err := b.sample(ctx, o); err != nil {
			return err
		}
		from, err := openBucket(o.Dir)
		if err != nil {
			return err
		}
		all, rows, err := b.measureLoads(ctx, from, b.loads())
		if err = errors.Join(err, from.Close()); err != nil {
			return fmt.Errorf("%s: %w", set.name, err)
		}
		best := make([]float64, len(all[0].seconds)) // the better of the bare ways in each turn
		for turn := range best {
			best[turn] = min(all[0].seconds[turn], all[1].seconds[turn])
		}
		b.report.heading(3, set.title)
		b.reportLoads(b.loads(), all, rows, "the faster INSERT SELECT", best)
	}
	return nil
}

// measureLoads lets the ways take turns at a sample, each into a new database
// of one engine, and compares what they loaded.
func (b *bench) measureLoads(ctx context.Context, from place, ways []load) (all []loaded, rows uint64, err error) {
	st, err := b.openStore(ctx, b.space.path("load-engine"), true)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	all = make([]loaded, len(ways))
	var want held
	for round := range b.loadRounds() {
		for i, l := range ways {
			got, err := b.loadOnce(ctx, st, l, from, "turn_"+strconv.Itoa(round)+"_"+strconv.Itoa(i), &all[i])
			if err != nil {
				return nil, 0, fmt.Errorf("%s: %w", l.name, err)
			}
			if want.digests == nil {
				want = got
			}
			if err := got.agrees(want); err != nil {
				return nil, 0, fmt.Errorf("%s: %w", l.name, err)
			}
			b.say("%-40s %s rows/s", l.name, whole(float64(want.rows)/all[i].seconds[round]))
		}
	}
	return all, want.rows, nil
}

// loadOnce loads a sample into a database of its own, which it drops, and tells what
// that held.
func (b *bench) loadOnce(ctx context.Context, st *store, l load, from place, database string, into *loaded) (got held, err error) {
	conn, err := chconn.Open(ctx, chconn.Config{DSN: st.engine.DSN(), Database: database, Unselected: true, MaxConns: 8, Log: b.log})
	if err != nil {
		return got, err
	}
	err = ddl.CreateDatabase(ctx, conn, ddl.Options{Database: database})
	if err = errors.Join(err, conn.Close()); err != nil {
		return got, err
	}
	if conn, err = chconn.Open(ctx, chconn.Config{DSN: st.engine.DSN(), Database: database, MaxConns: 8, Log: b.log}); err != nil {
		return got, err
	}
	defer func() {
		dropped := conn.Exec(context.WithoutCancel(ctx), "DROP DATABASE IF EXISTS "+chconn.Ident(database)+" SYNC")
		err = errors.Join(err, dropped, conn.Close())
	}()
	if _, err := ddl.Apply(ctx, conn, ddl.Options{Database: database}); err != nil {
		return got, err
	}
	// Memory that the turn before has freed is given back, so that it is not
	// this turn's.
	if err := conn.Exec(ctx, "SYSTEM JEMALLOC PURGE"); err != nil {
		b.log.Debug("memory is not given back", "err", err)
	}
	m := memory{st.engine.Info().PID}
	m.reset()
	before, used, began := m.now(), processorTime(m.pid), time.Now()
	if err := l.run(ctx, conn, from); err != nil {
		return got, err
	}
	seconds := time.Since(began).Seconds()
	into.seconds = append(into.seconds, seconds)
	into.cores = append(into.cores, processorTime(m.pid).since(used).engine.Seconds()/seconds)
	into.peak = append(into.peak, m.peak())
	into.grown = append(into.grown, m.peak()-before)
	return heldIn(ctx, conn)
}

// held is what a database holds: its downloads, and a digest of each derived table's rows
// that stays the same when rows of one key are added up.
type held struct {
	rows    uint64
	digests []uint64
}

// heldIn reads it.
func heldIn(ctx context.Context, conn *chconn.Conn) (h held, err error) {
	if h.rows, err = rawRows(ctx, conn); err != nil {
		return h, err
	}
	for _, t := range ddl.Derived() {
		sql := "SELECT sum(cityHash64(" + strings.Join(t.Key(), ", ") + ") * toUInt64(count)) FROM " + chconn.Ident(t.Name)
		if t.Kind == ddl.Extremes {
			sql = "SELECT sum(cityHash64(*)) FROM " + chconn.Ident(t.Name) + " FINAL"
		}
		var digest uint64
		if err := conn.QueryRow(ctx, sql).Scan(&digest); err != nil {
			return h, fmt.Errorf("read what %s holds: %w", t.Name, err)
		}
		h.digests = append(h.digests, digest)
	}
	return h, nil
}

// agrees reports the first derived table that holds something else.
func (h held) agrees(with held) error {
	if h.rows != with.rows {
		return fmt.Errorf("%d downloads where the first way loaded %d", h.rows, with.rows)
	}
	for i, t := range ddl.Derived() {
		if h.digests[i] != with.digests[i] {
			return fmt.Errorf("%s holds other rows than the first way loaded", t.Name)
		}
	}
	return nil
}

// reportLoads writes one comparison of ways to load with the times of each turn that
// they are held against.
func (b *bench) reportLoads(ways []load, all []loaded, rows uint64, against string, seconds []float64) {
	var lines [][]string
	for i, l := range all {
		lines = append(lines, []string{
			ways[i].name, ratio(medianRatio(seconds, l.seconds)), whole(float64(rows) / median(l.seconds)),
			fmt.Sprintf("%.1f", median(l.cores)), bytesOf(median(l.peak)) + " (+" + bytesOf(median(l.grown)) + ")",
		})
	}
	b.report.table([]string{"", "speed against " + against, "rows/s", "cores", "peak memory"}, lines)
}

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
	b.reportLoads(ways, all, rows, "the defaults", all[0].seconds)
	return nil
}
