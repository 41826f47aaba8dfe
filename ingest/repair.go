package ingest

import (
	"context"
	"errors"
	"fmt"
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

// Repair rebuilds some days from the source, in the raw table and in every table
// that views fill from it, and puts each table's successor in its place in one
// step of the server. It refuses what would lose downloads. The plan is valid
// also beside an error, as far as it had come.
func (in *Ingest) Repair(ctx context.Context, req RepairRequest, sources ...string) (RepairPlan, error) {
	rp := &repairer{req: req, from: dayOf(req.From), to: dayOf(req.To)}
	rp.plan = RepairPlan{Database: in.cfg.Database, From: req.From.Format(time.DateOnly), To: req.To.Format(time.DateOnly),
		Files: []RepairFile{}, Replaced: []string{}, Tables: []RepairTable{}, Notes: []string{}}
	switch {
	case req.To.Before(req.From):
		return rp.plan, fmt.Errorf("repair %s to %s: the last day comes before the first", rp.plan.From, rp.plan.To)
	case req.To.After(in.cfg.Now().UTC()):
		return rp.plan, fmt.Errorf("repair %s: the day is in the future: it can have no downloads", rp.plan.To)
	case req.From.Unix() < 0:
		return rp.plan, fmt.Errorf("repair %s: the tables hold days from 1970 on", rp.plan.From)
	}
	s := newSession(in.cfg.Conn, in.cfg.Database, 0)
	if err := in.cfg.known(s, sources); err != nil {
		return rp.plan, err
	}
	if req.DryRun {
		rp.v = newVerifier(&run{s: s, cfg: in.cfg, kind: Downloads, sum: &Summary{}})
		err := rp.makePlan(ctx, sources)
		return rp.plan, err
	}
	err := in.asWriter(ctx, func(ctx context.Context, r *run) error {
		rp.v = newVerifier(r)
		if err := rp.makePlan(ctx, sources); err != nil {
			return err
		}
		if req.Planned != nil {
			req.Planned(rp.plan)
		}
		return rp.carryOut(ctx)
	})
	return rp.plan, err
}

// repairer is one Repair.
type repairer struct {
	v        *verifier
	req      RepairRequest
	from, to day
	plan     RepairPlan
	files    []file               // with rows of the days
	states   map[string]fileState // of all files that SOURCE names
	replaced []fileLine           // loaded files that are taken out
	days     dayTotals            // what each day holds, the repaired ones as at the source
	rebuilds []rebuild            // the raw table first
}

// makePlan finds out what there is to do, and refuses what must not be done.
func (rp *repairer) makePlan(ctx context.Context, sources []string) error {
	if err := rp.v.r.prepare(ctx); err != nil {
		return err
	}
	for _, t := range rp.v.r.d.Targets {
		if inFill(t.tableID) {
			return fmt.Errorf("repair %s: a backfill has not ended, which counts on the days as they are (%s): let it end, run it again, or drop it with clickql ingest backfill --discard",
				rp.span(), t.Database)
		}
	}
	if err := rp.v.r.threads(ctx); err != nil {
		return err
	}
	if err := rp.chooseFiles(ctx, sources); err != nil {
		return err
	}
	if err := rp.unnamed(ctx); err != nil {
		return err
	}
	rp.v.r.cfg.Progress.phase("counting rows in the tables")
	return rp.planTables(ctx)
}

// carryOut does what is planned: one batch, from planned to done.
func (rp *repairer) carryOut(ctx context.Context) error {
	b := batch{Name: batchName(rp.v.r.s.epoch, 1), Files: rp.files, sourceOf: rp.v.r.cfg.sourceOf(rp.v.r.s)}
	line := batchLine{Batch: b.Name, Kind: string(Downloads), Stored: uint64(rp.plan.Rows), FirstDay: rp.from.time(), LastDay: rp.to.time()}
	for _, f := range rp.taken() {
		b.Rows, b.Bytes = b.Rows+f.Rows, b.Bytes+f.Size
		line.Files, line.Bytes, line.Rows = line.Files+1, line.Bytes+uint64(f.Size), line.Rows+f.Rows
	}
	w := &work{r: rp.v.r, batch: b, line: line, began: rp.v.r.cfg.Now(), attempt: 1, stage: stageName(rp.v.r.s.database, b.Name, rp.v.r.s.epoch)}
	rp.v.r.cfg.Progress.begin(len(rp.files), uint64(rp.plan.Rows), b.Bytes)
	st := &stager{s: rp.v.r.s, cfg: rp.v.r.cfg, feed: rp.v.r.feed, d: rp.v.r.d, batch: b, stage: w.stage,
		meter: rp.v.r.cfg.Progress.startBatch(uint64(rp.plan.Rows), len(rp.v.r.d.Views)+len(rp.rebuilds)+1)}
	swaps, err := rp.stageAll(ctx, w, st)
	if err != nil {
		var bad *badFileError
		if errors.As(err, &bad) {
			err = fmt.Errorf("repair %s: %w; nothing was changed", rp.span(), bad)
		}
		return w.abandon(ctx, err)
	}
	rp.v.r.cfg.Progress.phase("publishing")
	if err := w.publishSwaps(ctx, swaps); err != nil {
		return err
	}
	st.meter.finish(len(rp.files), true)
	return nil
}

// span names the days.
func (rp *repairer) span() string {
	if rp.from == rp.to {
		return rp.from.String()
	}
	return rp.from.String() + " to " + rp.to.String()
}

// taken lists the files that the ledger does not hold as loaded yet.
func (rp *repairer) taken() []file {
	var out []file
	for _, f := range rp.files {
		if rp.states[f.Name] != stateLoaded {
			out = append(out, f)
		}
	}
	return out
}

// stageAll builds every table's successor in the private database.
func (rp *repairer) stageAll(ctx context.Context, w *work, st *stager) ([]swapLine, error) {
	rp.v.r.cfg.Progress.phase("rebuilding")
	if err := rp.recordFiles(ctx, w); err != nil {
		return nil, err
	}
	if err := w.record(ctx, Staging); err != nil {
		return nil, err
	}
	if err := st.create(ctx); err != nil {
		return nil, err
	}
	if err := st.createTables(ctx); err != nil {
		return nil, err
	}
	if err := rp.stageDays(ctx, st); err != nil {
		return nil, err
	}
	b := &builder{s: rp.v.r.s, st: st, d: rp.v.r.d.successors()}
	if err := rp.build(ctx, b); err != nil {
		return nil, err
	}
	if err := st.unchanged(ctx); err != nil {
		return nil, err
	}
	if err := rp.recordDays(ctx, w.batch.Name); err != nil {
		return nil, err
	}
	if err := w.record(ctx, Staged); err != nil {
		return nil, err
	}
	if err := rp.v.r.cfg.at(StepStaged); err != nil {
		return nil, err
	}
	return rp.swaps(ctx, w)
}
