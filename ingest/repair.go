package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// RepairRequest says which days to rebuild, and how.
type RepairRequest struct {
	// From and To are the first and the last day, both included.
	From, To time.Time
	// Replace lets the files of SOURCE take the place of loaded ones that SOURCE
	// does not name and whose downloads all lie within the days.
	Replace bool
	// DryRun makes the plan and changes nothing; it takes no lock.
	DryRun bool
	// Planned is shown the plan before it is carried out.
	Planned func(RepairPlan)
}

// RepairPlan is what a repair does, known before it does anything.
type RepairPlan struct {
	Database string `json:"database"`
	From     string `json:"from"`
	To       string `json:"to"`
	// Rows are the downloads that the source has on these days.
	Rows  int64        `json:"rows"`
	Files []RepairFile `json:"files"`
	// Replaced lists loaded files whose downloads are taken out.
	Replaced []string      `json:"replaced"`
	Tables   []RepairTable `json:"tables"`
	Notes    []string      `json:"notes"`
}

// RepairFile is a file that the days are rebuilt from.
type RepairFile struct {
	Name  string `json:"name"`
	State string `json:"state"` // loaded, changed, new or failed, before the repair
	Rows  int64  `json:"rows"`  // of the days
}

// RepairTable is what becomes of one table.
type RepairTable struct {
	Table string `json:"table"`
	// Grain is how much of it is rebuilt: the days, the months or other periods
	// that hold them, or the whole table.
	Grain Grain `json:"grain"`
	// Now and Then are the downloads in what is rebuilt, before and after; absent
	// where the table has no counts.
	Now  *int64 `json:"now,omitempty"`
	Then *int64 `json:"then,omitempty"`
	// Reason says why there are no counts.
	Reason string `json:"reason,omitempty"`
}

// Delta is what the repair adds to the table; below zero where it takes away.
func (t RepairTable) Delta() int64 {
	if t.Now == nil || t.Then == nil {
		return 0
	}
	return *t.Then - *t.Now
}

// repairer is one repair.
type repairer struct {
	s        *session
	cfg      Config
	req      RepairRequest
	days     span
	feed     feed
	d        derivation
	source   *sourceCounter
	tables   observer
	loads    loads
	plan     RepairPlan
	files    []file               // with rows of the days
	states   map[string]fileState // of all files that SOURCE names
	replaced []fileLine           // loaded files that are taken out
	totals   dayTotals            // what each day holds, the repaired ones as at the source
	rebuilds []rebuild            // the raw table first
}

// repairDays rebuilds some days from the source, in the raw table and in every table
// that views fill from it, and puts each table's successor in its place in one
// step of the server. It refuses what would lose downloads. The plan is valid
// also beside an error, as far as it had come.
func repairDays(ctx context.Context, cfg Config, asWriter asWriterFunc, req RepairRequest, sources []string) (RepairPlan, error) {
	rp := &repairer{s: cfg.session(), cfg: cfg, req: req, days: span{dayOf(req.From), dayOf(req.To)}}
	rp.plan = RepairPlan{Database: cfg.Database, From: req.From.Format(time.DateOnly), To: req.To.Format(time.DateOnly),
		Files: []RepairFile{}, Replaced: []string{}, Tables: []RepairTable{}, Notes: []string{}}
	switch {
	case req.To.Before(req.From):
		return rp.plan, fmt.Errorf("repair %s to %s: the last day comes before the first", rp.plan.From, rp.plan.To)
	case req.To.After(cfg.Now().UTC()):
		return rp.plan, fmt.Errorf("repair %s: the day is in the future: it can have no downloads", rp.plan.To)
	case req.From.Unix() < 0:
		return rp.plan, fmt.Errorf("repair %s: the tables hold days from 1970 on", rp.plan.From)
	}
	if err := cfg.sources(rp.s).known(sources); err != nil {
		return rp.plan, err
	}
	if req.DryRun {
		err := rp.makePlan(ctx, sources)
		return rp.plan, err
	}
	err := asWriter(ctx, func(ctx context.Context, w *writer) error {
		rp.s = w.s
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
	if rp.feed, err = readFeed(ctx, rp.s, Downloads, rp.cfg.DownloadsTable); err != nil {
		return err
	}
	if rp.d, err = readDerivation(ctx, rp.s, rp.cfg.DownloadsTable); err != nil {
		return err
	}
	if err := rp.d.takes(rp.feed.Columns[0].Name, rp.feed.Day); err != nil {
		return err
	}
	if rp.cfg, err = rp.cfg.withThreads(ctx, rp.s); err != nil {
		return err
	}
	rp.source, rp.tables = newSourceCounter(rp.s, rp.cfg, rp.feed), newObserver(rp.s, rp.cfg)
	for _, t := range rp.d.Targets {
		if inFill(t.tableID) {
			return fmt.Errorf("repair %s: a backfill has not ended, which counts on the days as they are (%s): let it end, run it again, or drop it with clickql ingest backfill --discard",
				rp.days, t.Database)
		}
	}
	return nil
}

// makePlan finds out what there is to do, and refuses what must not be done.
func (rp *repairer) makePlan(ctx context.Context, sources []string) error {
	if err := rp.prepare(ctx); err != nil {
		return err
	}
	if err := rp.chooseFiles(ctx, sources); err != nil {
		return err
	}
	if err := rp.unnamed(ctx); err != nil {
		return err
	}
	rp.cfg.Progress.phase("counting rows in the tables")
	return rp.planTables(ctx)
}

// carryOut does what is planned: one batch, from planned to done.
func (rp *repairer) carryOut(ctx context.Context, w *writer) error {
	b := newBatch(batchName(w.s.epoch, 1), rp.files)
	taken := newBatch(b.Name, rp.taken())
	b.Rows, b.Bytes = taken.Rows, taken.Bytes
	at := w.passage(batchLine{Batch: b.Name, Kind: string(Downloads), Stored: uint64(rp.plan.Rows), FirstDay: rp.days.from.time(), LastDay: rp.days.to.time(),
		Files: uint64(len(taken.Files)), Bytes: uint64(taken.Bytes), Rows: taken.Rows}, 1)
	rp.cfg.Progress.begin(len(rp.files), uint64(rp.plan.Rows), b.Bytes)
	at.meter = rp.cfg.Progress.startBatch(uint64(rp.plan.Rows), len(rp.d.Views)+len(rp.rebuilds)+1)
	st := newStager(w.s, rp.cfg, rp.feed, rp.d, b, at.stage, at.meter)
	st.days = &rp.days
	swaps, err := rp.stageAll(ctx, at, st)
	if err != nil {
		var bad *badFileError
		if errors.As(err, &bad) {
			err = fmt.Errorf("repair %s: %w; nothing was changed", rp.days, bad)
		}
		return at.abandon(ctx, err)
	}
	rp.cfg.Progress.phase("publishing")
	if err := at.publishSwaps(ctx, swaps); err != nil {
		return err
	}
	at.meter.finish(len(rp.files), true)
	return nil
}

// taken lists the files that the ledger does not hold as loaded yet.
func (rp *repairer) taken() []file {
	return slices.DeleteFunc(slices.Clone(rp.files), func(f file) bool { return rp.states[f.Name] == stateLoaded })
}

// stageAll builds every table's successor in the private database.
func (rp *repairer) stageAll(ctx context.Context, at *passage, st *stager) ([]swapLine, error) {
	rp.cfg.Progress.phase("rebuilding")
	if err := rp.recordFiles(ctx, at); err != nil {
		return nil, err
	}
	if err := at.record(ctx, Staging, ""); err != nil {
		return nil, err
	}
	if err := createStage(ctx, st.s, at.stage, at.line.Batch); err != nil {
		return nil, err
	}
	if err := st.createTables(ctx); err != nil {
		return nil, err
	}
	if err := rp.stageDays(ctx, at, st); err != nil {
		return nil, err
	}
	b := &builder{s: st.s, cfg: rp.cfg, st: st, d: rp.d.successors(), done: map[tableID]bool{}, covers: map[tableID]bool{}}
	if err := rp.build(ctx, b); err != nil {
		return nil, err
	}
	if err := st.unchanged(ctx); err != nil {
		return nil, err
	}
	if err := rp.recordDays(ctx, at); err != nil {
		return nil, err
	}
	if err := at.record(ctx, Staged, ""); err != nil {
		return nil, err
	}
	return rp.swaps(ctx, at)
}

// recordDays notes by how much a repair changes what the ledger says of its days.
func (rp *repairer) recordDays(ctx context.Context, at *passage) error {
	change, err := at.w.ledger.loadedDays(ctx)
	if err != nil {
		return err
	}
	maps.DeleteFunc(change, func(d day, _ int64) bool { return !rp.days.holds(d) })
	for d := rp.days.from; d <= rp.days.to; d++ {
		change[d] = rp.totals.raw[d] - change[d]
	}
	maps.DeleteFunc(change, func(_ day, n int64) bool { return n == 0 })
	return at.w.ledger.recordDays(ctx, at.line.Batch, change)
}
