package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"clickql/ingest"
	"clickql/ingest/config"
	"clickql/ingest/repair"
	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/ddl"
	"clickql/internal/sample"
)

// scaleRows are the sizes that the section scale loads, with -quick a tenth of them.
func (b *bench) scaleRows() []int64 {
	if b.quick {
		return []int64{100_000, 300_000, 1_200_000}
	}
	return []int64{1_000_000, 3_000_000, 12_000_000}
}

// cost is what one part of the work takes.
type cost struct{ rows, seconds float64 }

// scaled is what was found at one size.
type scaled struct {
	downloads  float64
	days       int
	costs      map[string]cost // by the part's name
	tables     map[string]weight
	processors int
	loadRate   float64 // downloads loaded in a second by each
}

// The parts whose costs are followed, in the report's order; those of clients are
// operations.
const (
	partStart  = "start: read the catalog"
	partNews   = "look whether anything is new"
	partSeries = "one project's series of 90 days"
	partRare   = "the same of a project of middling rank"
	partTotal  = "one project's total"
	partRank   = "one project's rank of 30 days"
	partTop    = "the top list of 30 days"
	partPython = "all of PyPI by Python over a year"
	partLoad   = "load a file of 100,000 downloads"
	partRepair = "repair a day"
)

// scaleParts lists them.
func scaleParts() []string {
	return []string{partStart, partNews, partSeries, partRare, partTotal, partRank, partTop, partPython, partLoad, partRepair}
}

// measureScale follows what each part of the work costs as the downloads grow, and
// computes from that what PyPI's whole history takes.
func (b *bench) measureScale(ctx context.Context) error {
	var sizes []scaled
	for _, rows := range b.scaleRows() {
		s, err := b.scaleOnce(ctx, rows)
		if err != nil {
			return fmt.Errorf("%d downloads: %w", rows, err)
		}
		sizes = append(sizes, s)
	}
	b.reportGrowth(sizes)
	b.reportProjection(sizes)
	return nil
}

// scaleOnce loads one size into an engine of its own and measures every part.
func (b *bench) scaleOnce(ctx context.Context, rows int64) (s scaled, err error) {
	o := b.options(rows, b.days, b.space.path(fmt.Sprintf("scale-%dx%dx%d", rows, b.days, b.projects)))
	if err := b.sample(ctx, o); err != nil {
		return s, err
	}
	st, err := b.openStore(ctx, b.space.path("scale-engine"), true)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	database := st.admin.Database()
	for _, statement := range ddl.Statements(ddl.Options{Database: database}) {
		if err := st.admin.Exec(ctx, statement.SQL); err != nil {
			return s, fmt.Errorf("create %s: %w", statement.Object, err)
		}
	}
	b.say("loading %d downloads", rows)
	began := time.Now()
	files := filepath.Join(o.Dir, sample.DownloadsDir, "*.parquet")
	if err := b.ingest(ctx, config.Config{Conn: st.admin}, "downloads", files); err != nil {
		return s, err
	}
	took := time.Since(began).Seconds()
	if err := b.ingest(ctx, config.Config{Conn: st.admin}, "projects", filepath.Join(o.Dir, sample.ProjectsDir, "*.parquet")); err != nil {
		return s, err
	}
	s = scaled{costs: map[string]cost{}, days: b.days, processors: runtime.NumCPU(), loadRate: float64(rows) / took / float64(runtime.NumCPU())}
	if s.tables, err = mergeAll(ctx, st.admin); err != nil {
		return s, err
	}
	s.downloads = float64(s.tables[ddl.RawTable].rows)
	if err := b.scaleServing(ctx, st, s.costs); err != nil {
		return s, err
	}
	return s, b.scaleLoading(ctx, st, o, s.costs)
}

// mergeAll merges every table, as time does, and weighs it.
func mergeAll(ctx context.Context, conn *chconn.Conn) (map[string]weight, error) {
	weights := map[string]weight{}
	for _, name := range append([]string{ddl.RawTable}, derivedNames()...) {
		if err := conn.Exec(ctx, "OPTIMIZE TABLE "+chconn.Ident(name)+" FINAL"); err != nil {
			return nil, fmt.Errorf("merge %s: %w", name, err)
		}
		var w weight
		err := conn.QueryRow(ctx, "SELECT sum(rows), sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase() AND table = "+chconn.Literal(name)).Scan(&w.rows, &w.bytes)
		if err != nil {
			return nil, fmt.Errorf("weigh %s: %w", name, err)
		}
		weights[name] = w
	}
	return weights, nil
}

// derivedNames lists the aggregates.
func derivedNames() []string {
	var names []string
	for _, t := range ddl.Derived() {
		names = append(names, t.Name)
	}
	return names
}

// following measures parts by the rows that the server reads meanwhile, for queries
// and mutations, and by time.
type following struct {
	conn  *chconn.Conn
	costs map[string]cost
	turns int
}

// follow measures one part: the least rows and the median time of the turns.
func (f following) follow(ctx context.Context, part string, do func(turn int) error) error {
	var rows, seconds []float64
	for turn := range f.turns {
		before, err := f.read(ctx)
		if err != nil {
			return err
		}
		began := time.Now()
		if err := do(turn); err != nil {
			return fmt.Errorf("%s: %w", part, err)
		}
		seconds = append(seconds, time.Since(began).Seconds())
		after, err := f.read(ctx)
		if err != nil {
			return err
		}
		rows = append(rows, float64(after-before))
	}
	f.costs[part] = cost{slices.Min(rows), median(seconds)}
	return nil
}

// read is how many rows the server has read so far.
func (f following) read(ctx context.Context) (n uint64, err error) {
	err = f.conn.QueryRow(ctx, "SELECT toUInt64(sum(value)) FROM system.events WHERE event IN ('SelectedRows', 'MutatedRows')").Scan(&n)
	return n, err
}

// scaleServing measures what a gateway does, which keeps no answers.
func (b *bench) scaleServing(ctx context.Context, st *store, costs map[string]cost) (err error) {
	conn, err := chconn.Open(ctx, chconn.Config{DSN: st.engine.ReadOnlyDSN(), MaxConns: 2, Log: b.log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	f := following{st.admin, costs, 5}
	var cat *catalog.Catalog
	err = f.follow(ctx, partStart, func(int) (err error) {
		if cat, err = catalog.Open(ctx, conn, catalog.Options{Database: conn.Database(), Log: b.log}); err == nil {
			err = cat.Ready()
		}
		return err
	})
	if err == nil {
		err = f.follow(ctx, partNews, func(int) error { return cat.Look(ctx) })
	}
	if err != nil {
		return err
	}
	var names []string
	top, _ := cat.Snapshot().Projects.Prefix("", nil, variants*peers)
	for _, p := range top {
		names = append(names, p.Name)
	}
	asked, err := variantsOf(names, cat.Snapshot().Days)
	if err != nil {
		return err
	}
	g, err := startGateway(ctx, st.engine.ReadOnlyDSN(), cat, -1, -1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	return b.scaleAnswers(ctx, f, g, asked, names[len(names)/2])
}

// scaleAnswers measures what clients ask.
func (b *bench) scaleAnswers(ctx context.Context, f following, g *running, asked []variant, middling string) error {
	named := map[string]operation{}
	for _, o := range operations() {
		named[o.name] = o
	}
	rank := operation{name: "rank", query: `query Rank($p: String!) { project(name: $p) { rank(range: {last: 30}) { position } } }`, variables: ofProject}
	for _, p := range []struct {
		part string
		o    operation
		rare bool
	}{
		{partSeries, named["series 90"], false}, {partRare, named["series 90"], true}, {partTotal, named["total"], false},
		{partRank, rank, false}, {partTop, named["top projects"], false}, {partPython, named["global python"], false},
	} {
		err := f.follow(ctx, p.part, func(turn int) error {
			v := asked[0]
			if p.rare {
				v.project = middling
			}
			v.month, v.year = asked[turn].month, asked[turn].year // not the same statement twice
			_, err := g.answer(ctx, p.o, v)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// smallLoad is how many downloads the load that is followed brings.
const smallLoad = 100_000

// scaleLoading measures a load of a file and the repair of its day, on top of what
// there is.
func (b *bench) scaleLoading(ctx context.Context, st *store, all sample.Options, costs map[string]cost) error {
	f := following{st.admin, costs, 1}
	day := b.options(smallLoad, 1, b.space.path(fmt.Sprintf("scale-day-%d", b.projects)))
	day.Until = all.Until.AddDate(0, 0, 1)
	if err := b.sample(ctx, day); err != nil {
		return err
	}
	files := filepath.Join(day.Dir, sample.DownloadsDir, "*.parquet")
	cfg := config.Config{Conn: st.admin, Log: b.log}
	err := f.follow(ctx, partLoad, func(int) error { return b.ingest(ctx, cfg, "downloads", files) })
	if err != nil {
		return err
	}
	return f.follow(ctx, partRepair, func(int) error {
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
