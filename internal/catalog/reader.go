package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// reader turns a database into snapshots. It is used by one goroutine at a time.
type reader struct {
	db       database
	opts     Options
	verifier verifier

	// What the last look saw. Parts are nil where they cannot be seen.
	signature string
	parts     partitions
	relevant  []*tableInfo
	moved     bool // the parts are others than those of the last version

	index *Index // the last one, whose names are used again
	// spelt are the last spellings, speltMark what tells the data they are of.
	spelt     map[string][]string
	speltMark string
	versions  versions
	// doubt is since when tables disagree that agreed before; zero while none
	// does.
	doubt    time.Time
	doubting atomic.Bool
	// cost is how long the last look took that found nothing new.
	cost atomic.Int64
}

func newReader(conn Conn, opts Options) reader {
	db := database{conn}
	return reader{db: db, opts: opts, verifier: verifier{db: db, fullRows: opts.WholeRows}}
}

// unsettled reports that the last look was taken in the middle of a publish.
func (r *reader) unsettled() bool { return r.doubting.Load() }

// next is the snapshot that replaces before; nil where nothing changed.
func (r *reader) next(ctx context.Context, before *Snapshot, always bool) (*Snapshot, error) {
	began := time.Now()
	signature, err := r.sign(ctx)
	if err != nil {
		return nil, err
	}
	if !always && before.Err == nil && r.relevant != nil && signature == r.signature && !r.unsettled() {
		same, err := r.unchanged(ctx, before)
		r.cost.Store(int64(time.Since(began)))
		if err != nil || same {
			return nil, err
		}
	}
	next, err := r.read(ctx)
	if err != nil {
		r.relevant = nil
		return nil, err
	}
	r.signature = signature
	if r.hold(before, next) {
		return nil, nil
	}
	return r.date(ctx, before, next)
}

const signatureQuery = `SELECT count(), groupBitXor(cityHash64(database, name, uuid, engine, create_table_query)), max(ifNull(total_rows, 0) * (name = {raw:String}))
FROM system.tables WHERE database IN {databases:Array(String)} AND NOT startsWith(name, '_')`

// sign is a text that changes when a table is created, dropped, exchanged or
// altered; and with the raw table's size, which is all that some accounts see.
func (r *reader) sign(ctx context.Context) (string, error) {
	databases := []string{r.opts.Database}
	for _, t := range r.relevant {
		databases = append(databases, t.database)
	}
	slices.Sort(databases)
	var n, hash, rows uint64
	p := params{"databases": slices.Compact(databases), "raw": r.opts.RawTable}
	if err := r.db.row(ctx, signatureQuery, p, &n, &hash, &rows); err != nil {
		return "", fmt.Errorf("look at the tables of %s: %w", r.opts.Database, err)
	}
	if r.parts != nil {
		rows = 0
	}
	return fmt.Sprint(n, hash, rows), nil
}

// unchanged reports that the data is as it was, or, where that cannot be seen,
// that the snapshot is young enough.
func (r *reader) unchanged(ctx context.Context, before *Snapshot) (bool, error) {
	if before.Version == "" && r.opts.Now().Sub(before.ReadAt) >= r.opts.TTL {
		return false, nil
	}
	if r.parts == nil {
		return true, nil
	}
	now, seen, err := readParts(ctx, r.db, r.relevant)
	if err != nil || !seen {
		return false, err
	}
	return now.same(r.parts, r.relevant), nil
}

// read takes a snapshot.
func (r *reader) read(ctx context.Context) (*Snapshot, error) {
	readAt := r.opts.Now()
	s, err := readSchema(ctx, r.db, r.opts.Database)
	if err != nil {
		return nil, err
	}
	l, err := classify(s, r.opts.Database, r.opts.RawTable)
	if err != nil {
		return nil, err
	}
	if l.raw == nil && len(l.tables) == 0 {
		return nil, fmt.Errorf("read the database %s: it holds neither the table %s nor an aggregate of it; "+
			"create the tables with `clickql schema apply`, or name the database that has them in the DSN", r.opts.Database, r.opts.RawTable)
	}
	relevant := l.relevant(s, r.opts.Database)
	parts, seen, err := readParts(ctx, r.db, relevant)
	if err != nil {
		return nil, err
	}
	if !seen {
		parts = nil
	}
	days, keep, err := r.verifier.verify(ctx, moment{layout: l, now: parts, since: r.parts})
	if err != nil {
		return nil, err
	}
	if err := r.remember(ctx, keep, relevant, parts); err != nil {
		return nil, err
	}
	snap := &Snapshot{Database: r.opts.Database, ReadAt: readAt, Days: days,
		Metadata: l.metadata != nil, MetadataColumns: l.metadata}
	l.measure(parts)
	snap.Tables = l.all()
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { snap.Extents, err = r.extents(gctx, l, days); return err })
	g.Go(func() (err error) { snap.Threads, err = r.db.threads(gctx); return err })
	g.Go(func() (err error) { snap.Projects, err = r.projects(gctx, snap); return err })
	g.Go(func() (err error) { snap.Spellings, err = r.spellings(gctx, l, parts, s); return err })
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for _, t := range snap.Tables {
		if t.Dims[Project] && !t.Raw {
			t.KeySpace = snap.Projects.keySpace(t.Rows)
		}
	}
	snap.Ignored, snap.Missing, snap.Daily = l.ignored, l.missing, l.daily
	if parts != nil && !l.spread() {
		snap.Version = r.versions.next(parts.version(relevant, snap.text()), r.moved)
		snap.UpdatedAt, r.moved = parts.modified(), false
	}
	return snap, nil
}

// remember makes what was read the state that later changes are read against.
func (r *reader) remember(ctx context.Context, keep func(after partitions), relevant []*tableInfo, parts partitions) error {
	var after partitions
	if parts != nil {
		var err error
		if after, _, err = readParts(ctx, r.db, relevant); err != nil {
			return err
		}
	}
	keep(after)
	r.moved = r.moved || r.parts != nil && parts != nil && !parts.same(r.parts, relevant)
	r.parts, r.relevant = parts, relevant
	return nil
}

// text writes what of a snapshot changes answers beside the data.
func (s *Snapshot) text() string {
	var b strings.Builder
	for _, t := range s.Tables {
		fmt.Fprintln(&b, t.Name, t.Covers, t.Dims, t.Grain, t.Count)
	}
	fmt.Fprintln(&b, s.Extents, s.Days, s.Metadata)
	return b.String()
}

// hold reports that the snapshot shows a publish half done: a table that held
// everything no longer does. The last snapshot then stands a little longer; all
// it promises is still there, and what is being published follows.
func (r *reader) hold(before, next *Snapshot) bool {
	if !regressed(before, next) {
		r.doubt = time.Time{}
		r.doubting.Store(false)
		return false
	}
	if r.doubt.IsZero() {
		r.doubt = r.opts.Now()
	}
	held := r.opts.Now().Sub(r.doubt) < r.opts.Settle
	r.doubting.Store(held)
	if !held {
		r.opts.Log.Warn("tables no longer agree with the raw table", "tables", next.incomplete())
	}
	return held
}

// regressed reports that a table that held every day does so no longer.
func regressed(before, next *Snapshot) bool {
	for _, t := range before.Tables {
		is := next.Table(t.Name)
		if is != nil && !before.Days.Empty() && t.Covers == before.Days && is.Covers != next.Days {
			return true
		}
	}
	return before.Extents != nil && next.Extents == nil
}

// incomplete lists the tables that lack days, with the reasons.
func (s *Snapshot) incomplete() []string {
	var out []string
	for _, t := range s.Tables {
		if t.Incomplete != "" {
			out = append(out, t.Name+": "+t.Incomplete)
		}
	}
	return out
}

// date sets when the data last changed.
func (r *reader) date(ctx context.Context, before, next *Snapshot) (*Snapshot, error) {
	switch {
	case next.Version == "" || before.UpdatedAt.IsZero():
	case next.Version == before.Version:
		next.UpdatedAt = before.UpdatedAt
	case !next.UpdatedAt.After(before.UpdatedAt):
		if err := r.db.row(ctx, "SELECT now('UTC')", nil, &next.UpdatedAt); err != nil {
			return nil, fmt.Errorf("ask for the server's time: %w", err)
		}
	}
	return next, nil
}
