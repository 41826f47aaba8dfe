package backfill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"clickql/ingest/config"
	"clickql/ingest/count"
	"clickql/ingest/ledger"
	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/ingest/tables"
	"clickql/internal/ddl"
)

// Request says which aggregate to fill.
type Request struct {
	// Table is the aggregate's name, or its view's; the raw table's for the columns of
	// it that files' names tell.
	Table string
	// Shard is the number of the only one in which it is filled; 0 for all.
	Shard uint32
	// Key is the sorting key of an aggregate that the program does not know:
	// columns of the raw table, with date or month for the time.
	Key []string
	// DryRun makes the plan and changes nothing; Discard drops what a backfill
	// that did not end has left.
	DryRun, Discard bool
	// Planned is shown the plan before it is carried out.
	Planned func(Plan)
}

// Plan is what a backfill does, known before it does anything.
type Plan struct {
	Database string   `json:"database"`
	Shard    string   `json:"shard,omitempty"` // which one, where there are several
	Table    string   `json:"table"`
	Key      []string `json:"key"`
	// Creates lists the statements that create what is missing.
	Creates []string `json:"creates"`
	// Source is the table that history is computed from, with its rows.
	Source     string `json:"source"`
	SourceRows uint64 `json:"sourceRows"`
	// Downloads are those of the source, which the aggregate will count, from the day
	// From on; Now is what it counts, absent where it holds no counts or does not exist
	// yet.
	Downloads int64  `json:"downloads"`
	From      string `json:"from,omitempty"`
	Now       *int64 `json:"now,omitempty"`
	Exists    bool   `json:"exists"`
	// Lacks is the first day of which only aggregates hold downloads, where raw rows
	// have been dropped and the source does not reach back as far; empty otherwise.
	Lacks string `json:"lacks,omitempty"`
	// Resumes reports that a backfill that did not end is carried on.
	Resumes bool `json:"resumes"`
	// Columns are those of the raw table that are filled, with the aggregates that
	// count by them and are made anew; empty for an aggregate.
	Columns    []Column `json:"columns,omitempty"`
	Aggregates []string `json:"aggregates,omitempty"`
}

// Pending reports that there is something to do.
func (p Plan) Pending() bool {
	return p.Resumes || len(p.Columns) == 0 || slices.ContainsFunc(p.Columns, func(c Column) bool { return c.Rows > 0 })
}

// Column is a column of the raw table that the names of files tell.
type Column struct {
	Column string `json:"column"`
	// Rows are to get another value, all of the days between the two, which are empty
	// where there are none.
	Rows uint64 `json:"rows"`
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// backfiller is one backfill.
type backfiller struct {
	cfg      config.Config
	asWriter publish.AsWriterFunc
	s        *session.Session // of the plan, and then of whichever lock is held
	req      Request
	plan     Plan
	table    tables.ID
	view     tables.View // as it should be
	kept     bool        // by replicas
	make     string      // creates the table's like; %s is its name
	sql      string      // creates the view; empty where it is there
	update   string      // of the raw table's columns; empty for an aggregate
	d        tables.Derivation
	from     string // the table that history is computed from
	tables   count.Observer
}

// Table computes an aggregate from history and puts it in place when it is
// complete and agrees with the raw table: a new one, or one that is wrong. Loads
// and inserts go on meanwhile; the writer's lock is taken twice, for moments. A
// backfill that was ended is carried on by the next one of the same table.
func Table(ctx context.Context, cfg config.Config, asWriter publish.AsWriterFunc, req Request) (Plan, error) {
	b := &backfiller{cfg: cfg, asWriter: asWriter, s: cfg.Session(), req: req}
	b.table = tables.ID{Database: cfg.Database, Table: strings.TrimSuffix(req.Table, "_mv")}
	b.plan = Plan{Database: cfg.Database, Shard: cfg.Shard, Table: b.table.Table, Creates: []string{}}
	if req.Discard { // also where what it was to become is not clear any more
		return b.plan, b.discard(ctx)
	}
	if b.table.Table == cfg.DownloadsTable {
		err := (&columns{backfiller: b}).fill(ctx)
		return b.plan, err
	}
	err := session.InOrder(ctx,
		func(ctx context.Context) error { return b.define(ctx, b.s) },
		func(ctx context.Context) error { return b.alone(ctx, b.s) },
		func(ctx context.Context) error { return b.makePlan(ctx, b.s) })
	if err != nil {
		return b.plan, err
	}
	if b.kept {
		p := &partitioned{backfiller: b}
		p.compute = p.fillPartition
		err = b.run(ctx, p)
	} else {
		err = b.run(ctx, b)
	}
	return b.plan, err
}

// run shows the plan and carries it out.
func (b *backfiller) run(ctx context.Context, j job) error {
	if b.req.DryRun {
		return nil
	}
	if b.req.Planned != nil {
		b.req.Planned(b.plan)
	}
	if !b.plan.Pending() {
		// One that was ended while it removed its database has nothing else left to do.
		if err := b.discard(ctx); !errors.Is(err, ErrNone) {
			return err
		}
		return nil
	}
	return b.owning(ctx, b.s, func(ctx context.Context, s *session.Session) error { return b.carryOut(ctx, s, j) })
}

// alone refuses while another backfill has not ended that this one would undo, or
// that would undo this one: one of the raw table's columns and any other, since the
// latter may be made of what the former changes.
func (b *backfiller) alone(ctx context.Context, s *session.Session) error {
	d, err := tables.Read(ctx, s, b.cfg.DownloadsTable)
	if err != nil {
		return err
	}
	ofRaw := stage.FillPrefix + b.cfg.Database + "_" + b.cfg.DownloadsTable
	for _, t := range d.Targets {
		if stage.InFill(t.ID) && t.Database != b.private() && (t.Database == ofRaw || b.private() == ofRaw) {
			return fmt.Errorf("backfill %s: another backfill has not ended (%s): let it end, run it again, or drop it with --discard", b.plan.Table, t.Database)
		}
	}
	return nil
}

// private is the private database of this backfill.
func (b *backfiller) private() string { return stage.FillPrefix + b.cfg.Database + "_" + b.table.Table }

// What is in the private database.
const (
	fillArrivals = "arrivals" // what comes in meanwhile, by a view of its own
	fillSnapshot = "snapshot" // what the source held when that began
	FillReady    = "ready"    // its comment says what is prepared
	FillDone     = "range_"   // one finished range of the snapshot each
)

// owning does some work as the only backfill of the table.
func (b *backfiller) owning(ctx context.Context, s *session.Session, do func(context.Context, *session.Session) error) error {
	if err := s.OneServer(); err != nil {
		return err
	}
	if err := stage.CreateLasting(ctx, s, b.private(), stage.LastingID{Kind: stage.LastingBackfill, Database: s.Database, Name: b.plan.Table, Key: b.req.Key}); err != nil {
		return err
	}
	locking := b.cfg.Locking()
	l, err := ledger.Acquire(ctx, s.Of(b.private(), 0), b.cfg.Holder, locking)
	if err != nil {
		return fmt.Errorf("backfill %s: %w", b.plan.Table, err)
	}
	return l.Holding(ctx, locking, func(ctx context.Context) error {
		// What a predecessor left running may not write any more.
		if err := publish.Drain(ctx, l.S); err != nil {
			return err
		}
		return do(ctx, l.S)
	})
}

// define finds out what the aggregate and its view are: as the program knows
// them, as the key says, or as the server has them registered.
func (b *backfiller) define(ctx context.Context, s *session.Session) error {
	table := b.table.Table
	var err error
	if b.d, err = tables.Read(ctx, s, b.cfg.DownloadsTable); err != nil {
		return err
	}
	if err := b.begunKey(ctx, s); err != nil {
		return err
	}
	if b.kept = b.d.Base.Engine.Replicated(); b.kept {
		return b.defineKept()
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
		if v.Target == b.table && tables.FilledBy(b.d, b.table) == 1 && v.Source == b.d.Base.ID && v.Grouping != nil {
			b.view, b.make = v, "CREATE TABLE %s AS "+b.table.String()
			b.plan.Key = b.d.Target(b.table).Key
			return nil
		}
	}
	return fmt.Errorf("backfill %s: it is no aggregate that the program knows, nor one that a single view fills by counting; name one of those, or give its key with --key", table)
}

// begunKey takes the key from a backfill that has not ended, so that the one that
// carries it on needs not be told.
func (b *backfiller) begunKey(ctx context.Context, s *session.Session) error {
	if len(b.req.Key) > 0 {
		return nil
	}
	begun, err := stage.Lasting(ctx, s, stage.LastingBackfill)
	b.req.Key = begun[b.private()].Key
	return err
}

// defineKnown takes the definition of the program's own schema.
func (b *backfiller) defineKnown(ctx context.Context, s *session.Session, t ddl.Table) error {
	o := ddl.Options{Database: b.cfg.Database}
	b.plan.Key = t.Key()
	raw := b.d.Base.String()
	b.view = tables.View{ID: tables.ID{Database: b.cfg.Database, Table: t.View()}, Source: b.d.Base.ID, Target: b.table, Select: t.Select(raw), Grouping: tables.GroupingOf(t)}
	b.make = strings.Replace(t.Create(o, t.Name), "CREATE TABLE IF NOT EXISTS "+b.table.String(), "CREATE TABLE %s", 1)
	there, err := publish.UUIDOf(ctx, s, b.table)
	if err != nil {
		return err
	}
	if there == "" {
		b.plan.Creates = append(b.plan.Creates, t.Create(o, t.Name))
	}
	for _, v := range b.d.Views {
		if v.ID == b.view.ID && (v.Target != b.table || v.Grouping == nil || !v.Grouping.Same(*b.view.Grouping)) {
			return b.otherView(v)
		}
		if v.Target == b.table && v.ID != b.view.ID {
			return fmt.Errorf("backfill %s: the view %s fills it too; drop one of them with DROP VIEW, and run this again", t.Name, v.ID)
		}
	}
	if tables.FilledBy(b.d, b.table) == 0 {
		b.sql = t.CreateView(o)
		b.plan.Creates = append(b.plan.Creates, b.sql)
	}
	if b.cfg.Shard != "" && len(b.plan.Creates) > 0 {
		return fmt.Errorf("backfill %s: what it lacks is to be on all shards, with a Distributed table in front: create it there, if it is one of the program's with clickql schema apply --cluster, and run this again", t.Name)
	}
	return nil
}

// otherView refuses a view by the name of one of the program's.
func (b *backfiller) otherView(v tables.View) error {
	return fmt.Errorf("backfill %s: its view %s computes or fills something else; it holds no rows: drop it with DROP VIEW %s, and run this again", b.plan.Table, v.ID, v.ID)
}

// creating creates the table's like under a name.
func (b *backfiller) creating(name string) string { return strings.Replace(b.make, "%s", name, 1) }
