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

// backfiller is one backfill.
type backfiller struct {
	cfg      Config
	asWriter asWriterFunc
	s        *session // of the plan, and then of whichever lock is held
	req      BackfillRequest
	plan     BackfillPlan
	table    tableID
	view     view   // as it should be
	make     string // creates the table's like; %s is its name
	sql      string // creates the view; empty where it is there
	d        derivation
	tables   observer
}

// backfillTable computes an aggregate from history and puts it in place when it is
// complete and agrees with the raw table: a new one, or one that is wrong. Loads
// and inserts go on meanwhile; the writer's lock is taken twice, for moments. A
// backfill that was ended is carried on by the next one of the same table.
func backfillTable(ctx context.Context, cfg Config, asWriter asWriterFunc, req BackfillRequest) (BackfillPlan, error) {
	b := &backfiller{cfg: cfg, asWriter: asWriter, s: cfg.session(), req: req}
	b.table = tableID{cfg.Database, strings.TrimSuffix(req.Table, "_mv")}
	b.plan = BackfillPlan{Database: cfg.Database, Table: b.table.Table, Creates: []string{}}
	if req.Discard { // also where what it was to become is not clear any more
		return b.plan, b.discard(ctx)
	}
	if err := b.define(ctx, b.s); err != nil {
		return b.plan, err
	}
	if err := b.makePlan(ctx, b.s); err != nil {
		return b.plan, err
	}
	if req.DryRun {
		return b.plan, nil
	}
	if req.Planned != nil {
		req.Planned(b.plan)
	}
	return b.plan, b.owning(ctx, b.s, b.carryOut)
}

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
			b.plan.Key = b.d.target(b.table).Key
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
	begun, err := lasting(ctx, s, lastingBackfill)
	b.req.Key = begun[b.fill()].Key
	return err
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

// checked tells how the aggregate, or its like, is read.
func (b *backfiller) checked(ctx context.Context, s *session, id tableID) (checked, error) {
	c := b.tables.checkedView(ctx, newSchema(s), view{Target: id, shape: b.view.shape})
	if c.grain == Unchecked {
		return c, fmt.Errorf("backfill %s: it cannot be compared with the raw table: %s", b.plan.Table, c.reason)
	}
	return c, nil
}

// makePlan chooses the source of history: the smallest table of days that covers
// the aggregate and agrees with the raw table, or else the raw table.
func (b *backfiller) makePlan(ctx context.Context, s *session) error {
	var err error
	if b.cfg, err = b.cfg.withThreads(ctx, s); err != nil {
		return err
	}
	b.tables = newObserver(s, b.cfg)
	b.cfg.Progress.phase("choosing where to compute it from")
	source, inRaw, err := b.source(ctx, s)
	if err != nil {
		return err
	}
	b.plan.Source, b.plan.Downloads = source.Table, inRaw.total()
	if b.plan.SourceRows, err = s.count(ctx, source.String()); err != nil {
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
		found, err := b.tables.observe(ctx, c)
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
		c := b.tables.checkedView(ctx, newSchema(s), v)
		if v.Source != b.d.Base.tableID || inFill(v.Target) || c.grain != ByDay && c.grain != ByMonth {
			continue
		}
		found, err := b.tables.observe(ctx, c)
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
	inRaw, err := b.tables.observe(ctx, b.tables.rawTable())
	if err != nil {
		return best, inRaw, err
	}
	least := uint64(inRaw.total())
	for _, v := range b.d.Views {
		if v.Target == b.table || !isCover(b.d, v, b.view) {
			continue
		}
		c := b.tables.checkedView(ctx, newSchema(s), v)
		if c.grain != ByDay {
			continue
		}
		rows, err := s.count(ctx, v.Target.String())
		if err != nil {
			return best, inRaw, fmt.Errorf("count the rows of %s: %w", v.Target, err)
		}
		if rows >= least {
			continue
		}
		found, err := b.tables.observe(ctx, c)
		if err != nil {
			return best, inRaw, err
		}
		if len(differing(found.counts, inRaw.counts)) == 0 {
			least, best = rows, b.d.target(v.Target)
		}
	}
	return best, inRaw, nil
}

// owning does some work as the only backfill of the table.
func (b *backfiller) owning(ctx context.Context, s *session, do func(context.Context, *session) error) error {
	if err := s.oneServer(); err != nil {
		return err
	}
	if err := createLasting(ctx, s, b.fill(), lastingID{Kind: lastingBackfill, Database: s.database, Name: b.plan.Table, Key: b.req.Key}); err != nil {
		return err
	}
	locking := b.cfg.locking()
	l, err := acquire(ctx, s.of(b.fill(), 0), b.cfg.Holder, locking)
	if err != nil {
		return fmt.Errorf("backfill %s: %w", b.plan.Table, err)
	}
	return l.holding(ctx, locking, func(ctx context.Context) error {
		// What a predecessor left running may not write any more.
		if err := drain(ctx, l.s); err != nil {
			return err
		}
		return do(ctx, l.s)
	})
}
