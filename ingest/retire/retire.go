package retire

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/count"
	"clickql/ingest/ledger"
	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/ingest/tables"
	"clickql/internal/cube"
)

// Request says which days are to go.
type Request struct {
	// Before is the first day that stays.
	Before time.Time
	// DryRun makes the plan and changes nothing.
	DryRun bool
	// Planned is shown the plan before it is carried out.
	Planned func(Plan)
}

// Plan is what is dropped, known before anything is.
type Plan struct {
	Database string `json:"database"`
	Table    string `json:"table"`
	Before   string `json:"before"`
	// Partitions are those whose days all lie before; nothing else is dropped.
	Partitions []Partition `json:"partitions"`
	Rows       uint64      `json:"rows"`
	// Aggregates are those that were compared, and keep what they counted.
	Aggregates []string `json:"aggregates"`
	Notes      []string `json:"notes"`
}

// Partition is one of the raw table.
type Partition struct {
	Partition string `json:"partition"`
	From      string `json:"from"`
	To        string `json:"to"`
	Rows      uint64 `json:"rows"`
}

// retirer is one run.
type retirer struct {
	s      *session.Session
	cfg    config.Config
	req    Request
	before cube.Day
	base   tables.ID
	tables count.Observer
	plan   Plan
	goes   []stage.DatedPartition
	days   map[cube.Day]int64 // of what goes
}

// Days drops the raw table's partitions of days before one.
func Days(ctx context.Context, cfg config.Config, asWriter publish.AsWriterFunc, req Request) (Plan, error) {
	r := &retirer{s: cfg.Session(), cfg: cfg, req: req, before: cube.DayOf(req.Before), base: tables.ID{Database: cfg.Database, Table: cfg.DownloadsTable}}
	r.plan = Plan{Database: cfg.Database, Table: cfg.DownloadsTable, Before: r.before.String(), Partitions: []Partition{}, Aggregates: []string{}, Notes: []string{}}
	if req.DryRun {
		err := r.makePlan(ctx)
		return r.plan, err
	}
	err := asWriter(ctx, func(ctx context.Context, w *publish.Writer) error {
		r.s = w.S
		if err := r.makePlan(ctx); err != nil {
			return err
		}
		if req.Planned != nil {
			req.Planned(r.plan)
		}
		if len(r.goes) == 0 {
			return nil
		}
		return r.drop(ctx, w)
	})
	return r.plan, err
}

// makePlan finds what goes, and refuses what would be lost with it.
func (r *retirer) makePlan(ctx context.Context) error {
	d, err := tables.Read(ctx, r.s, r.cfg.DownloadsTable)
	if err != nil {
		return err
	}
	for _, t := range d.All() {
		if t.Engine.Replicated() && !r.req.DryRun {
			if err := session.CatchUp(ctx, r.s, t.Database, t.Table); err != nil {
				return err
			}
		}
		if stage.InFill(t.ID) {
			return fmt.Errorf("retire days before %s: a backfill has not ended, which counts on the days as they are (%s): let it end, run it again, or drop it with clickql ingest backfill --discard",
				r.before, t.Database)
		}
	}
	if r.cfg, err = r.cfg.WithThreads(ctx, r.s); err != nil {
		return err
	}
	r.tables = count.NewObserver(r.s, r.cfg)
	if err := r.choose(ctx); err != nil || len(r.goes) == 0 {
		return err
	}
	r.cfg.Progress.Phase("comparing the aggregates")
	return r.compare(ctx)
}

// choose finds the partitions of which every day is to go.
func (r *retirer) choose(ctx context.Context) error {
	partitions, err := stage.DatedPartitions(ctx, r.s, r.base)
	if err != nil {
		return err
	}
	for _, p := range partitions {
		switch {
		case p.Days.To == 0:
			return fmt.Errorf("retire days before %s: the partitions of %s do not tell days, so that none can be dropped by itself: delete the rows with DELETE FROM %s WHERE date < '%s', "+
				"which the ledger does not know as intended; or give the table a partition key by month", r.before, r.base, r.base, r.before)
		case p.Days.To < r.before:
			r.goes = append(r.goes, p)
		case p.Days.From < r.before:
			r.plan.Notes = append(r.plan.Notes, fmt.Sprintf("the days from %s on stay: they share the partition %s with %s", p.Days.From, p.ID, p.Days.To))
		}
	}
	if len(r.goes) == 0 {
		return nil
	}
	var ids []string
	for _, p := range r.goes {
		ids = append(ids, p.ID)
	}
	found, err := r.tables.ObserveWhere(ctx, r.tables.RawTable(), "_partition_id IN ({partitions:Array(String)})", map[string]any{"partitions": ids})
	if err != nil {
		return err
	}
	r.days, r.plan.Rows = found.Counts, uint64(found.Total())
	// Rows that were deleted are still counted by the parts.
	for i, p := range r.goes {
		if r.goes[i].Rows, err = publish.Total(ctx, r.s, tables.Partition{Table: r.base, Name: p.ID}, publish.RowsWitness); err != nil {
			return err
		}
		r.plan.Partitions = append(r.plan.Partitions, Partition{Partition: p.ID, From: p.Days.From.String(), To: p.Days.To.String(), Rows: uint64(r.goes[i].Rows)})
	}
	return nil
}

// compare refuses to drop what some aggregate does not hold: afterwards nothing could
// tell what it lacks. All that was ever counted, as the ledger says of days that went
// before, is what totals of all time hold.
func (r *retirer) compare(ctx context.Context) error {
	inRaw, err := r.tables.Observe(ctx, r.tables.RawTable())
	if err != nil {
		return err
	}
	all, err := r.tables.Ever(ctx, inRaw)
	if err != nil {
		return err
	}
	span := ledger.Span{From: slices.Min(slices.Collect(maps.Keys(r.days))), To: slices.Max(slices.Collect(maps.Keys(r.days)))}
	known, err := r.tables.Tables(ctx)
	if err != nil {
		return err
	}
	for _, c := range known {
		if c.Grain == count.Unchecked {
			r.plan.Notes = append(r.plan.Notes, fmt.Sprintf("%s stays as it is and was not compared: %s", r.tables.Shown(c.ID), c.Reason))
			continue
		}
		if err := r.holds(ctx, c, all.Counts, span); err != nil {
			return err
		}
		r.plan.Aggregates = append(r.plan.Aggregates, r.tables.Shown(c.ID))
	}
	if len(r.plan.Aggregates) == 0 {
		return fmt.Errorf("retire days before %s: no aggregate holds what %s would lose", r.before, r.base)
	}
	return nil
}

// holds compares an aggregate: of those with days or months only these are read.
func (r *retirer) holds(ctx context.Context, c count.Table, all map[cube.Day]int64, span ledger.Span) error {
	var found count.Counts
	var err error
	if c.Period == "" {
		found, err = r.tables.Observe(ctx, c)
	} else {
		found, err = r.tables.ObserveDays(ctx, c, span)
	}
	if err != nil {
		return err
	}
	want := count.Fold(c.Grain, all)
	if c.Period != "" {
		maps.DeleteFunc(want.Counts, func(p cube.Day, _ int64) bool { return p < c.Grain.Period(span.From) || p > c.Grain.Period(span.To) })
	}
	if differ := c.Grain.Compare(found, want); len(differ) > 0 {
		return fmt.Errorf("retire days before %s: %s holds %d of %s and the downloads are %d: what is dropped could not be told from it any more; make it agree first (clickql ingest verify says how), or drop it with its view",
			r.before, c.ID, differ[0].A, differ[0].Period, differ[0].B)
	}
	return nil
}

// drop does it: one batch, from planned to done.
func (r *retirer) drop(ctx context.Context, w *publish.Writer) error {
	line := ledger.Batch{Batch: ledger.BatchName(w.S.Epoch, 1), Kind: ledger.Retention,
		FirstDay: slices.Min(slices.Collect(maps.Keys(r.days))).Time(), LastDay: slices.Max(slices.Collect(maps.Keys(r.days))).Time()}
	at := w.Passage(line, 1)
	swaps := make([]ledger.Swap, len(r.goes))
	for i, p := range r.goes {
		swaps[i] = ledger.Swap{Batch: line.Batch, Verb: string(ledger.Drop), Database: r.base.Database, Table: r.base.Table, Copy: p.ID, Witness: publish.RowsWitness, Before: p.Rows, At: r.cfg.Now()}
	}
	less := map[cube.Day]int64{}
	for d, n := range r.days {
		less[d] = -n
	}
	err := session.InOrder(ctx, at.Recording(ledger.Planned),
		func(ctx context.Context) error { return w.Ledger.RecordDays(ctx, line.Batch, less) },
		at.Recording(ledger.Staged))
	if err != nil {
		return at.Abandon(ctx, err)
	}
	r.cfg.Progress.Phase("dropping partitions")
	return at.PublishSwaps(ctx, swaps)
}
