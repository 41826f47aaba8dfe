package ingest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"clickql/internal/chconn"
	"clickql/internal/ddl"
)

// BackfillRequest says which aggregate to fill.
type BackfillRequest struct {
	// Table is the aggregate's name, or its view's.
	Table string
	// Key is the sorting key of an aggregate that the program does not know:
	// columns of the raw table, with date or month for the time.
	Key []string
	// DryRun makes the plan and changes nothing; Discard drops what a backfill
	// that did not end has left.
	DryRun, Discard bool
	// Planned is shown the plan before it is carried out.
	Planned func(BackfillPlan)
}

// BackfillPlan is what a backfill does, known before it does anything.
type BackfillPlan struct {
	Database string   `json:"database"`
	Table    string   `json:"table"`
	Key      []string `json:"key"`
	// Creates lists the statements that create what is missing.
	Creates []string `json:"creates"`
	// Source is the table that history is computed from, with its rows.
	Source     string `json:"source"`
	SourceRows uint64 `json:"sourceRows"`
	// Downloads are those of the raw table, which the aggregate will count; Now
	// is what it counts, absent where it holds no counts or does not exist yet.
	Downloads int64  `json:"downloads"`
	Now       *int64 `json:"now,omitempty"`
	Exists    bool   `json:"exists"`
	// Resumes reports that a backfill that did not end is carried on.
	Resumes bool `json:"resumes"`
}

// Backfill computes an aggregate from history and puts it in place when it is
// complete and agrees with the raw table: a new one, or one that is wrong. Loads
// and inserts go on meanwhile; the writer's lock is taken twice, for moments. A
// backfill that was ended is carried on by the next one of the same table.
func (in *Ingest) Backfill(ctx context.Context, req BackfillRequest) (BackfillPlan, error) {
	b := &backfiller{in: in, cfg: in.cfg, req: req}
	b.cfg.Wait = true
	b.in = &Ingest{b.cfg}
	s := newSession(in.cfg.Conn, in.cfg.Database, 0)
	b.table = tableID{in.cfg.Database, strings.TrimSuffix(req.Table, "_mv")}
	b.plan = BackfillPlan{Database: in.cfg.Database, Table: b.table.Table, Creates: []string{}}
	if req.Discard { // also where what it was to become is not clear any more
		return b.plan, b.discard(ctx, s)
	}
	if err := b.define(ctx, s); err != nil {
		return b.plan, err
	}
	if err := b.makePlan(ctx, s); err != nil {
		return b.plan, err
	}
	if req.DryRun {
		return b.plan, nil
	}
	if req.Planned != nil {
		req.Planned(b.plan)
	}
	return b.plan, b.owning(ctx, s, b.carryOut)
}

// backfiller is one Backfill.
type backfiller struct {
	in    *Ingest
	cfg   Config
	req   BackfillRequest
	plan  BackfillPlan
	table tableID
	view  view   // as it should be
	make  string // creates the table's like; %s is its name
	sql   string // creates the view; empty where it is there
	d     derivation
	v     *verifier
}

// fillPrefix begins the names of the databases in which backfills prepare their
// tables. Unlike a batch's, such a database outlives the command.
const fillPrefix = "clickql_fill_"

// fill is the private database of this backfill.
func (b *backfiller) fill() string { return fillPrefix + b.cfg.Database + "_" + b.table.Table }

// What is in the private database.
const (
	fillArrivals = "arrivals" // what comes in meanwhile, by a view of its own
	fillSnapshot = "snapshot" // what the source held when that began
	fillReady    = "ready"    // its comment says what is prepared
	fillDone     = "range_"   // one finished range of the snapshot each
)

// define finds out what the aggregate and its view are: as the program knows
// them, as the key says, or as the server has them registered.
func (b *backfiller) define(ctx context.Context, s *session) error {
	table := b.table.Table
	var err error
	if b.d, err = readDerivation(ctx, s, b.cfg.DownloadsTable); err != nil {
		return err
	}
	if err := b.begunKey(ctx, s); err != nil {
		return err
	}
	known, ok := ddl.Lookup(table)
	ok = ok && known.Derived()
	switch {
	case ok && len(b.req.Key) > 0 && !slices.Equal(b.req.Key, known.Key()):
		return fmt.Errorf("backfill %s: the program knows it, by %s: leave out --key, or give the new one another name", table, strings.Join(known.Key(), ", "))
	case !ok && len(b.req.Key) > 0:
		if known, err = ddl.Aggregate(table, b.req.Key...); err != nil {
			return err
		}
		ok = true
	}
	if ok {
		return b.defineKnown(ctx, s, known)
	}
	for _, v := range b.d.Views {
		if v.Target == b.table && filledBy(b.d, b.table) == 1 && v.Source == b.d.Base.tableID && v.shape != nil {
			b.view, b.make = v, "CREATE TABLE %s AS "+b.table.String()
			b.plan.Key = keyOf(b.d, b.table)
			return nil
		}
	}
	return fmt.Errorf("backfill %s: it is no aggregate that the program knows, nor one that a single view fills by counting; name one of those, or give its key with --key", table)
}

// begunKey takes the key from a backfill that has not ended, so that the one that
// carries it on needs not be told.
func (b *backfiller) begunKey(ctx context.Context, s *session) error {
	if len(b.req.Key) > 0 {
		return nil
	}
	begun, err := beside(ctx, s, besideBackfill)
	b.req.Key = begun[b.fill()].Key
	return err
}

// keyOf is the sorting key of a target.
func keyOf(d derivation, id tableID) []string {
	for _, t := range d.Targets {
		if t.tableID == id {
			return t.Key
		}
	}
	return nil
}

// defineKnown takes the definition of the program's own schema.
func (b *backfiller) defineKnown(ctx context.Context, s *session, t ddl.Table) error {
	o := ddl.Options{Database: b.cfg.Database}
	b.plan.Key = t.Key()
	raw := b.d.Base.String()
	b.view = view{tableID: tableID{b.cfg.Database, t.View()}, Source: b.d.Base.tableID, Target: b.table, Select: t.Select(raw), shape: shapeOf(t)}
	b.make = strings.Replace(t.Create(o, t.Name), "CREATE TABLE IF NOT EXISTS "+b.table.String(), "CREATE TABLE %s", 1)
	there, err := uuidOf(ctx, s, b.table)
	if err != nil {
		return err
	}
	if there == "" {
		b.plan.Creates = append(b.plan.Creates, t.Create(o, t.Name))
	}
	for _, v := range b.d.Views {
		if v.tableID == b.view.tableID && (v.Target != b.table || v.shape == nil || !v.shape.same(*b.view.shape)) {
			return fmt.Errorf("backfill %s: its view %s computes or fills something else; it holds no rows: drop it with DROP VIEW %s, and run this again", t.Name, v.tableID, v.tableID)
		}
		if v.Target == b.table && v.tableID != b.view.tableID {
			return fmt.Errorf("backfill %s: the view %s fills it too; drop one of them with DROP VIEW, and run this again", t.Name, v.tableID)
		}
	}
	if filledBy(b.d, b.table) == 0 {
		b.sql = t.CreateView(o)
		b.plan.Creates = append(b.plan.Creates, b.sql)
	}
	return nil
}

// creating creates the table's like under a name.
func (b *backfiller) creating(name string) string { return strings.Replace(b.make, "%s", name, 1) }

// same reports that two shapes compute the same columns.
func (s shape) same(o shape) bool {
	items := func(s shape) map[item]bool {
		m := map[item]bool{}
		for _, i := range append(append([]item{}, s.Keys...), s.Ends...) {
			m[i] = true
		}
		for _, c := range s.Counts {
			m[item{Name: c, Func: "count"}] = true
		}
		return m
	}
	a, b := items(s), items(o)
	for i := range a {
		if !b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

// checked tells how the aggregate, or its like, is read.
func (b *backfiller) checked(ctx context.Context, s *session, id tableID) (checked, error) {
	c := b.v.checkedView(ctx, newSchema(s), view{Target: id, shape: b.view.shape})
	if c.grain == Unchecked {
		return c, fmt.Errorf("backfill %s: it cannot be compared with the raw table: %s", b.plan.Table, c.reason)
	}
	return c, nil
}

// makePlan chooses the source of history: the smallest table of days that covers
// the aggregate and agrees with the raw table, or else the raw table.
func (b *backfiller) makePlan(ctx context.Context, s *session) error {
	b.v = newVerifier(&run{s: s, cfg: b.cfg, kind: Downloads, sum: &Summary{}})
	if err := b.v.r.threads(ctx); err != nil {
		return err
	}
	b.cfg.Threads, b.cfg.Parallel = b.v.r.cfg.Threads, b.v.r.cfg.Parallel
	b.cfg.Progress.phase("choosing where to compute it from")
	source, inRaw, err := b.source(ctx, s)
	if err != nil {
		return err
	}
	b.plan.Source, b.plan.Downloads = source.Table, inRaw.total()
	if err := s.row(ctx, statement{SQL: "SELECT count() FROM " + source.String()}, &b.plan.SourceRows); err != nil {
		return fmt.Errorf("count the rows of %s: %w", source, err)
	}
	// In the raw table's database is the aggregate's place too.
	if _, err := exchangeable(ctx, s, b.d.Base.tableID); err != nil {
		return err
	}
	there, err := exchangeable(ctx, s, b.table)
	if b.plan.Exists = there != ""; err != nil || !b.plan.Exists {
		return err
	}
	c, err := b.checked(ctx, s, b.table)
	if err == nil && c.count != "" {
		found, err := b.v.observe(ctx, c)
		if err != nil && chconn.Classify(err) != chconn.UnknownColumn {
			return err
		}
		now := found.total()
		b.plan.Now = &now
	}
	if err == nil {
		err = b.refuseLoss(ctx, s, c.grain, inRaw)
	}
	if err != nil {
		return err
	}
	ready, err := b.readReady(ctx, s)
	b.plan.Resumes = ready != nil
	return err
}

// refuseLoss refuses to fill anew what holds days before the raw table's first:
// rows are sometimes dropped from it when they are old. Of a table without days
// the others tell.
func (b *backfiller) refuseLoss(ctx context.Context, s *session, g Grain, inRaw observed) error {
	views := []view{{Target: b.table, Source: b.d.Base.tableID, shape: b.view.shape}}
	if g != ByDay {
		views = b.d.Views
	}
	begin := fold(ByDay, inRaw.counts).ends[0]
	for _, v := range views {
		c := b.v.checkedView(ctx, newSchema(s), v)
		if v.Source != b.d.Base.tableID || inFill(v.Target) || c.grain != ByDay && c.grain != ByMonth {
			continue
		}
		found, err := b.v.observe(ctx, c)
		if err != nil {
			return err
		}
		if first := fold(ByDay, found.counts).ends[0]; first != 0 && first < c.grain.period(begin) {
			return fmt.Errorf("backfill %s: the raw table begins on %s, and %s holds downloads of %s: what is older than the raw table would be lost; if those rows are wrong, delete them from %s; if %s need not have them, drop it with its view; and run this again",
				b.plan.Table, begin, c.id, c.grain.write(first), c.id, b.plan.Table)
		}
	}
	return nil
}

// source is the table to compute history from, and what the raw table holds.
func (b *backfiller) source(ctx context.Context, s *session) (target, observed, error) {
	best := b.d.Base
	inRaw, err := b.v.observe(ctx, b.v.rawTable())
	if err != nil {
		return best, inRaw, err
	}
	least := uint64(inRaw.total())
	for _, v := range b.d.Views {
		if v.Target == b.table || !isCover(b.d, v, b.view) {
			continue
		}
		c := b.v.checkedView(ctx, newSchema(s), v)
		if c.grain != ByDay {
			continue
		}
		var rows uint64
		if err := s.row(ctx, statement{SQL: "SELECT count() FROM " + v.Target.String()}, &rows); err != nil {
			return best, inRaw, fmt.Errorf("count the rows of %s: %w", v.Target, err)
		}
		if rows >= least {
			continue
		}
		found, err := b.v.observe(ctx, c)
		if err != nil {
			return best, inRaw, err
		}
		if sameCounts(found.counts, inRaw.counts) {
			least = rows
			for _, t := range b.d.Targets {
				if t.tableID == v.Target {
					best = t
				}
			}
		}
	}
	return best, inRaw, nil
}

// owning does some work as the only backfill of the table.
func (b *backfiller) owning(ctx context.Context, s *session, do func(context.Context, *session) error) error {
	if err := oneServer(s); err != nil {
		return err
	}
	if err := createBeside(ctx, s, b.fill(), besideLine{Kind: besideBackfill, Database: s.database, Name: b.plan.Table, Key: b.req.Key}); err != nil {
		return err
	}
	locking := lockConfig{Beat: b.cfg.Beat, Lease: b.cfg.Lease, Log: b.cfg.Log}
	l, err := acquire(ctx, newSession(b.cfg.Conn, b.fill(), 0), b.cfg.Holder, locking)
	if err != nil {
		return fmt.Errorf("backfill %s: %w", b.plan.Table, err)
	}
	return l.holding(ctx, locking, func(ctx context.Context) error {
		// What a predecessor left running may not write any more.
		if err := (&recoverer{s: l.session, cfg: b.cfg}).drain(ctx); err != nil {
			return err
		}
		return do(ctx, l.session)
	})
}
