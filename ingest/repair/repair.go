package repair

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/count"
	"clickql/ingest/export"
	"clickql/ingest/ledger"
	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/ingest/tables"
	"clickql/internal/cube"
)

// Request says which days to rebuild, and how.
type Request struct {
	// From and To are the first and the last day, both included.
	From, To time.Time
	// Shard is the one that is repaired, 0 where there are none.
	Shard uint32
	// Replace lets the files of SOURCE take the place of loaded ones that SOURCE
	// does not name and whose downloads all lie within the days.
	Replace bool
	// DryRun makes the plan and changes nothing; it takes no lock.
	DryRun bool
	// Planned is shown the plan before it is carried out.
	Planned func(Plan)
}

// Plan is what a repair does, known before it does anything.
type Plan struct {
	Database string `json:"database"`
	From     string `json:"from"`
	To       string `json:"to"`
	// Rows are the downloads that the source has on these days.
	Rows  int64  `json:"rows"`
	Files []File `json:"files"`
	// Replaced lists loaded files whose downloads are taken out.
	Replaced []string `json:"replaced"`
	Tables   []Table  `json:"tables"`
	Notes    []string `json:"notes"`
}

// File is a file that the days are rebuilt from.
type File struct {
	Name  string `json:"name"`
	State string `json:"state"` // loaded, changed, new or failed, before the repair
	Rows  int64  `json:"rows"`  // of the days
}

// Table is what becomes of one table.
type Table struct {
	Table string `json:"table"`
	// Grain is how much of it is rebuilt: the days, the months or other periods
	// that hold them, or the whole table.
	Grain count.Grain `json:"grain"`
	// Now and Then are the downloads in what is rebuilt, before and after; absent
	// where the table has no counts.
	Now  *int64 `json:"now,omitempty"`
	Then *int64 `json:"then,omitempty"`
	// Reason says why there are no counts.
	Reason string `json:"reason,omitempty"`
}

// Delta is what the repair adds to the table; below zero where it takes away.
func (t Table) Delta() int64 {
	if t.Now == nil || t.Then == nil {
		return 0
	}
	return *t.Then - *t.Now
}

// repairer is one repair.
type repairer struct {
	s        *session.Session
	cfg      config.Config
	req      Request
	days     ledger.Span
	feed     export.Feed
	d        tables.Derivation
	source   *count.Source
	tables   count.Observer
	loads    ledger.Loads
	plan     Plan
	files    []export.File              // with rows of the days
	states   map[string]count.FileState // of all files that SOURCE names
	replaced []ledger.File              // loaded files that are taken out
	totals   dayTotals                  // what each day holds, the repaired ones as at the source
	held     map[tables.ID]map[cube.Day]int64
	rebuilds []rebuild // the raw table first
}

// Days rebuilds some days from the source, in the raw table and in every table
// that views fill from it, and puts each table's successor in its place in one
// step of the server. It refuses what would lose downloads. The plan is valid
// also beside an error, as far as it had come.
func Days(ctx context.Context, cfg config.Config, asWriter publish.AsWriterFunc, req Request, sources []string) (Plan, error) {
	rp := &repairer{s: cfg.Session(), cfg: cfg, req: req, held: map[tables.ID]map[cube.Day]int64{}, days: ledger.Span{From: cube.DayOf(req.From), To: cube.DayOf(req.To)}}
	rp.plan = Plan{Database: cfg.Database, From: req.From.Format(time.DateOnly), To: req.To.Format(time.DateOnly),
		Files: []File{}, Replaced: []string{}, Tables: []Table{}, Notes: []string{}}
	switch {
	case req.To.Before(req.From):
		return rp.plan, fmt.Errorf("repair %s to %s: the last day comes before the first", rp.plan.From, rp.plan.To)
	case rp.days.From < 0 || rp.days.To > cube.MaxDay:
		return rp.plan, fmt.Errorf("repair %s to %s: the tables hold days from 1970-01-01 up to %s", rp.plan.From, rp.plan.To, cube.MaxDay)
	}
	if err := cfg.AllSources(rp.s).Known(sources); err != nil {
		return rp.plan, err
	}
	if req.DryRun {
		err := rp.makePlan(ctx, sources)
		return rp.plan, err
	}
	err := asWriter(ctx, func(ctx context.Context, w *publish.Writer) error {
		rp.s = w.S
		if err := rp.makePlan(ctx, sources); err != nil {
			return err
		}
		if req.Planned != nil {
			req.Planned(rp.plan)
		}
		return rp.carryOut(ctx, w)
	})
	return rp.plan, err
}

// prepare finds out what is rebuilt.
func (rp *repairer) prepare(ctx context.Context) (err error) {
	sc := tables.NewSchema(rp.s)
	if rp.feed, err = export.ReadFeed(ctx, sc, ledger.Downloads, rp.cfg.DownloadsTable); err != nil {
		return err
	}
	if rp.d, err = sc.Read(ctx, rp.cfg.DownloadsTable); err != nil {
		return err
	}
	if err := rp.d.Takes(rp.feed.Columns[0].Name, rp.feed.Day); err != nil {
		return err
	}
	if rp.cfg, err = rp.cfg.WithThreads(ctx, rp.s); err != nil {
		return err
	}
	rp.source, rp.tables = count.NewSource(rp.s, rp.cfg, rp.feed), count.NewObserver(rp.s, rp.cfg)
	if err := rp.refuseRetired(ctx); err != nil {
		return err
	}
	for _, t := range rp.d.Targets {
		if stage.InFill(t.ID) {
			return fmt.Errorf("repair %s: a backfill has not ended, which counts on the days as they are (%s): let it end, run it again, or drop it with clickql ingest backfill --discard",
				rp.days, t.Database)
		}
	}
	return nil
}

// makePlan finds out what there is to do, and refuses what must not be done.
func (rp *repairer) makePlan(ctx context.Context, sources []string) error {
	return session.InOrder(ctx, rp.prepare, func(ctx context.Context) error { return rp.chooseFiles(ctx, sources) }, rp.unnamed, rp.planTables)
}

// carryOut does what is planned: one batch, from planned to done.
func (rp *repairer) carryOut(ctx context.Context, w *publish.Writer) error {
	b := stage.NewBatch(ledger.BatchName(w.S.Epoch, 1), rp.files)
	taken := stage.NewBatch(b.Name, rp.taken())
	b.Rows, b.Bytes = taken.Rows, taken.Bytes
	at := w.Passage(ledger.Batch{Batch: b.Name, Kind: string(ledger.Downloads), Stored: uint64(rp.plan.Rows), FirstDay: rp.days.From.Time(), LastDay: rp.days.To.Time(),
		Files: uint64(len(taken.Files)), Bytes: uint64(taken.Bytes), Rows: taken.Rows}, 1)
	rp.cfg.Progress.Begin(len(rp.files), uint64(rp.plan.Rows), b.Bytes)
	at.Meter = rp.cfg.Progress.StartBatch(uint64(rp.plan.Rows), len(rp.d.Views)+len(rp.rebuilds)+1)
	st := stage.New(w.S, rp.cfg, rp.feed, rp.d, b, at.Stage, at.Meter)
	st.Days = &rp.days
	swaps, err := rp.stageAll(ctx, at, st)
	if err != nil {
		var bad *stage.BadFileError
		if errors.As(err, &bad) {
			err = fmt.Errorf("repair %s: %w; nothing was changed", rp.days, bad)
		}
		return at.Abandon(ctx, err)
	}
	rp.cfg.Progress.Phase("publishing")
	if err := at.PublishSwaps(ctx, swaps); err != nil {
		return err
	}
	at.Meter.Finish(len(rp.files), true)
	return nil
}

// taken lists the files that the ledger does not hold as loaded yet.
func (rp *repairer) taken() []export.File {
	return slices.DeleteFunc(slices.Clone(rp.files), func(f export.File) bool { return rp.states[f.Name] == count.StateLoaded })
}

// renewed lists the loaded files of which all downloads are of the days: by the
// mapping of today they may have others than when they were loaded.
func (rp *repairer) renewed() []export.File {
	beyond := map[string]bool{}
	for d, c := range rp.source.Days {
		for _, f := range c.Files {
			beyond[rp.source.Files[f.File].Name] = beyond[rp.source.Files[f.File].Name] || !rp.days.Holds(d)
		}
		if c.Many && !rp.days.Holds(d) {
			return nil // which files these are is not known
		}
	}
	return slices.DeleteFunc(slices.Clone(rp.files), func(f export.File) bool { return rp.states[f.Name] != count.StateLoaded || beyond[f.Name] })
}

// stageAll builds every table's successor in the private database.
func (rp *repairer) stageAll(ctx context.Context, at *publish.Passage, st *stage.Stager) ([]ledger.Swap, error) {
	rp.cfg.Progress.Phase("rebuilding")
	b := &builder{s: st.S, cfg: rp.cfg, st: st, d: rp.d.Successors(), done: map[tables.ID]bool{}, covers: map[tables.ID]bool{}}
	err := session.InOrder(ctx,
		func(ctx context.Context) error { return rp.recordFiles(ctx, at) },
		at.Recording(ledger.Staging),
		func(ctx context.Context) error { return stage.Create(ctx, st.S, at.Stage, at.Line.Batch) },
		st.CreateTables,
		func(ctx context.Context) error { return rp.stageDays(ctx, at, st) },
		func(ctx context.Context) error { return rp.build(ctx, b) },
		st.Unchanged,
		func(ctx context.Context) error { return rp.recordDays(ctx, at) },
		at.Recording(ledger.Staged))
	if err != nil {
		return nil, err
	}
	return rp.swaps(ctx, at)
}

// recordDays notes by how much a repair changes what the ledger says of its days:
// at least that it changes nothing.
func (rp *repairer) recordDays(ctx context.Context, at *publish.Passage) error {
	change, err := at.W.Ledger.LoadedDays(ctx)
	if err != nil {
		return err
	}
	maps.DeleteFunc(change, func(d cube.Day, _ int64) bool { return !rp.days.Holds(d) })
	for d := rp.days.From; d <= rp.days.To; d++ {
		change[d] = rp.totals.raw[d] - change[d]
	}
	maps.DeleteFunc(change, func(d cube.Day, n int64) bool { return n == 0 && d != rp.days.From })
	return at.W.Ledger.RecordDays(ctx, at.Line.Batch, change)
}
