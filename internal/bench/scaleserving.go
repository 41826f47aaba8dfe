package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"clickql/internal/catalog"
	"clickql/internal/chconn"
)

// front is what serves one size: a gateway that keeps no answers.
type front struct {
	conn    *chconn.Conn // the catalog's own
	cat     *catalog.Catalog
	gateway *running
	asked   []variant
	names   []string // of the projects, the most downloaded first
}

// openFront opens one.
func (b *bench) openFront(ctx context.Context, st *store) (f *front, err error) {
	f = &front{}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	if f.conn, err = chconn.Open(ctx, chconn.Config{DSN: st.engine.ReadOnlyDSN(), MaxConns: 2, Log: b.log}); err != nil {
		return f, err
	}
	if f.cat, err = b.openCatalog(ctx, f.conn); err != nil {
		return f, err
	}
	f.names = mostDownloaded(f.cat.Snapshot(), variants*peers)
	if f.asked, err = variantsOf(f.names, f.cat.Snapshot().Days); err != nil {
		return f, err
	}
	f.gateway, err = startGateway(ctx, st.engine.ReadOnlyDSN(), f.cat, -1, -1)
	return f, err
}

// openCatalog reads a catalog for the first time.
func (b *bench) openCatalog(ctx context.Context, conn *chconn.Conn) (*catalog.Catalog, error) {
	cat, err := catalog.Open(ctx, conn, catalog.Options{Database: conn.Database(), Log: b.log})
	if err == nil {
		err = cat.Ready()
	}
	return cat, err
}

// Close ends serving.
func (f *front) Close() (err error) {
	if f.gateway != nil {
		err = f.gateway.Close()
	}
	if f.conn != nil {
		err = errors.Join(err, f.conn.Close())
	}
	return err
}

// operationNamed is one of those that are measured by time too.
func operationNamed(name string) operation {
	all := operations()
	return all[slices.IndexFunc(all, func(o operation) bool { return o.name == name })]
}

// seriesCost is what one project's series takes at one size.
type seriesCost struct {
	Parts, Rows float64 // of the table, and read for one
	Millis      float64
	Against     float64 // how many times as long as in the small database
}

// seriesTable is the table that answers it.
const seriesTable = "pypi_downloads_per_day"

// compareSeries lets the database and the small one take turns at the series of 90 days
// of some projects.
func (b *bench) compareSeries(ctx context.Context, st *store, small small) (c seriesCost, err error) {
	f, err := b.openFront(ctx, st)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	c, one, err := b.countSeries(ctx, st, f)
	if err != nil {
		return c, err
	}
	p := pace{rounds: 15, span: 400 * time.Millisecond, budget: time.Minute}
	if b.quick {
		p.rounds, p.span = 3, 60*time.Millisecond
	}
	defer small.front.gateway.close()
	all, err := compare(ctx, p, 1, []*side{small.side, one})
	if err != nil {
		return c, err
	}
	c.Millis, c.Against = median(all[1].p50s()), medianRatio(all[1].p50s(), all[0].p50s())
	return c, nil
}

// countSeries counts what the series of every variant read, and prepares to ask for
// them in turn.
func (b *bench) countSeries(ctx context.Context, st *store, f *front) (c seriesCost, one *side, err error) {
	o := operationNamed("series 90")
	requests, err := o.requests(f.asked, func(int) string { return "" })
	if err != nil {
		return c, nil, err
	}
	before, err := st.read(ctx)
	if err != nil {
		return c, nil, err
	}
	bodies, err := f.gateway.answers(ctx, o, f.asked)
	if err != nil {
		return c, nil, err
	}
	after, err := st.read(ctx)
	if err != nil {
		return c, nil, err
	}
	c.Rows = float64(after-before) / float64(len(f.asked))
	var parts uint64
	err = st.admin.QueryRow(ctx, "SELECT count() FROM system.parts WHERE active AND database = currentDatabase() AND table = "+chconn.Literal(seriesTable)).Scan(&parts)
	c.Parts = float64(parts)
	return c, over("series", f.gateway.clients, requests, bodies), err
}

// serve measures what a gateway does.
func (r *scaleRun) serve(ctx context.Context, s *scaled) (err error) {
	f, err := r.bench.openFront(ctx, r.store)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	err = r.follow(ctx, s, 1, "start: read the catalog", func(int) error {
		_, err := r.bench.openCatalog(ctx, f.conn)
		return err
	})
	if err == nil {
		err = r.follow(ctx, s, scaleTurns, "look whether anything is new", func(int) error { _, err := f.cat.Look(ctx); return err })
	}
	if err != nil {
		return err
	}
	return r.followAnswers(ctx, s, f)
}

// scaleTurns is how often what a gateway does is measured.
const scaleTurns = 5

// followAnswers measures what clients ask.
func (r *scaleRun) followAnswers(ctx context.Context, s *scaled, f *front) error {
	rank := operation{name: "rank", query: `query Rank($p: String!) { project(name: $p) { rank(range: {last: 30}) { position } } }`, variables: ofProject}
	for _, p := range []struct {
		part string
		o    operation
		rare bool
	}{
		{"one project's series of 90 days", operationNamed("series 90"), false},
		{"the same of a project of middling rank", operationNamed("series 90"), true},
		{"one project's total", operationNamed("total"), false},
		{"one project's rank of 30 days", rank, false},
		{"the top list of 30 days", operationNamed("top projects"), false},
		{"all of PyPI by Python over a year", operationNamed("global python"), false},
	} {
		err := r.follow(ctx, s, scaleTurns, p.part, func(turn int) error {
			v := f.asked[0]
			if p.rare {
				v.project = f.names[len(f.names)/2]
			}
			v.month, v.year = f.asked[turn].month, f.asked[turn].year // not the same statement twice
			_, err := f.gateway.answer(ctx, p.o, v)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
