package ingest

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"clickql/internal/chconn"
)

// stager fills private copies of a derivation's tables with a batch.
type stager struct {
	s       *session
	cfg     Config
	feed    feed
	d       derivation
	batch   batch
	days    *span // of which rows are taken; nil: of all
	sources sources
	stage   string // the private database
	meter   *batchMeter
}

// newStager prepares to fill a stage with a batch.
func newStager(s *session, cfg Config, f feed, d derivation, b batch, stage string, meter *batchMeter) *stager {
	return &stager{s: s, cfg: cfg, feed: f, d: d, batch: b, sources: cfg.sources(s), stage: stage, meter: meter}
}

// staged is what a complete stage holds.
type staged struct {
	Stored   uint64
	Rejected map[string]map[string]uint64 // by file and reason
}

// rejectedRows is the sum over files and reasons.
func (r staged) rejectedRows() (n uint64) {
	for _, reasons := range r.Rejected {
		for _, rows := range reasons {
			n += rows
		}
	}
	return n
}

// createTables makes empty copies of the tables.
func (st *stager) createTables(ctx context.Context) error {
	for _, t := range st.d.all() {
		if err := st.s.run(ctx, "CREATE TABLE "+name(st.stage, t.Staged)+" AS "+t.String()); err != nil {
			return fmt.Errorf("create a private copy of %s: %w", t, err)
		}
	}
	return nil
}

// fillRaw loads the batch's files. It returns *badFileError when one of them
// cannot be read to its end.
func (st *stager) fillRaw(ctx context.Context) error {
	for _, g := range groupsOf(st.batch.Files, st.sources) {
		r, err := st.feed.reading(g)
		if err != nil {
			return err
		}
		condition, params := r.accepted(), map[string]any{}
		if st.days != nil {
			condition, params = r.within(*st.days)
		}
		maps.Copy(params, r.Params)
		columns, exprs := r.columns(st.d.Base.has)
		for i, c := range columns {
			exprs[i] += " AS " + c
		}
		err = st.s.exec(ctx, statement{SQL: "INSERT INTO " + name(st.stage, st.d.Base.Staged) + " (" + strings.Join(columns, ", ") + ") SELECT " + strings.Join(exprs, ", ") +
			" FROM " + r.From + " WHERE " + condition, Params: params, Settings: st.cfg.filling(1, r.Settings), Rows: st.meter.addRead})
		if err != nil {
			return st.blame(ctx, g, err)
		}
	}
	return nil
}

// stored counts the rows of the raw copy.
func (st *stager) stored(ctx context.Context) (uint64, error) {
	n, err := st.s.count(ctx, name(st.stage, st.d.Base.Staged))
	return n, failing(err, "count the staged rows of batch %s", st.batch.Name)
}

// storedDays counts them by day.
func (st *stager) storedDays(ctx context.Context) (map[day]int64, error) {
	days, err := readDays(ctx, st.s, statement{SQL: "SELECT toDate(" + chconn.Ident(st.feed.Day) + ") AS day, toInt64(count()) FROM " + name(st.stage, st.d.Base.Staged) + " GROUP BY day"})
	return days, failing(err, "count the days of batch %s", st.batch.Name)
}
