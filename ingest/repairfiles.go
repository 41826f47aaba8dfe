package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/chconn"
)

// chooseFiles finds the files with rows of the days, and refuses days that the
// source has none of: they would be emptied.
func (rp *repairer) chooseFiles(ctx context.Context, sources []string) error {
	rp.v.r.cfg.Progress.phase("listing files")
	objects, err := rp.v.r.list(ctx, sources)
	if err != nil {
		return err
	}
	if rp.v.loads, err = readLoads(ctx, rp.v.r.s); err != nil {
		return err
	}
	if rp.states, err = rp.v.fileStates(ctx, objects); err != nil {
		return err
	}
	if n := rp.v.out.Files.Replaced; n > 0 {
		rp.plan.Notes = append(rp.plan.Notes, fmt.Sprintf("passed over: %d of the files, since an earlier repair has let others take their place", n))
	}
	all, err := rp.readable(ctx, notReplaced(objects, rp.states))
	if err != nil {
		return err
	}
	if rp.files, err = rp.withRows(ctx, all); err != nil {
		return err
	}
	if err := rp.countDays(ctx); err != nil {
		return err
	}
	var missing []string
	for d := rp.from; d <= rp.to; d++ {
		if rp.v.source.days[d] == nil {
			missing = append(missing, d.String())
		}
	}
	if len(missing) > 0 {
		return rp.wouldEmpty(ctx, all, missing)
	}
	return rp.refuseOtherDays()
}

// readable reads the footers. A file that cannot be read may hold rows of the
// days, which would be lost.
func (rp *repairer) readable(ctx context.Context, objects []Object) ([]file, error) {
	rp.v.r.cfg.Progress.phase("reading footers")
	var files []file
	for part := range slices.Chunk(objects, ledgerChunk) {
		good, bad, err := rp.v.r.footers(ctx, part)
		if err != nil {
			return nil, err
		}
		if len(bad) > 0 {
			return nil, fmt.Errorf("repair %s: cannot read %s: %s; restore it, or name only the files of these days",
				rp.span(), bad[0].Object.Name, bad[0].Reason)
		}
		files = append(files, good...)
	}
	return files, nil
}

// eachGroup calls do for the files, those of one layout together.
func (rp *repairer) eachGroup(files []file, do func(group) error) error {
	b := batch{Files: files, sourceOf: rp.v.r.cfg.sourceOf(rp.v.r.s)}
	for _, g := range b.groups() {
		for part := range slices.Chunk(g.Files, footerGroup) {
			if err := do(group{Source: g.Source, Layout: g.Layout, Files: part}); err != nil {
				return err
			}
		}
	}
	return nil
}

// withinDays is the condition that an accepted row lies in the days. The bounds
// on the timestamp itself let whole row groups be passed over; a day that the
// landing table's view takes in another time zone begins less than a day apart.
func (rp *repairer) withinDays(lay layout) (condition string, params map[string]any) {
	clock, day := resolve(rp.v.r.feed, lay, rp.v.r.feed.Clock), resolve(rp.v.r.feed, lay, rp.v.r.feed.expr(rp.v.r.feed.Day))
	return clock + " >= toDateTime64({first_day:Date}, 6, 'UTC') - toIntervalDay(1) AND " + clock + " < toDateTime64({last_day:Date}, 6, 'UTC') + toIntervalDay(2) AND " +
			"toDate(" + day + ") >= {first_day:Date} AND toDate(" + day + ") <= {last_day:Date} AND " + accepted(rp.v.r.feed, lay),
		map[string]any{"first_day": rp.from.String(), "last_day": rp.to.String()}
}

// withRows lists those of the files that hold rows of the days.
func (rp *repairer) withRows(ctx context.Context, files []file) ([]file, error) {
	rp.v.r.cfg.Progress.phase("looking for the days at the source")
	var with []file
	err := rp.eachGroup(files, func(g group) error {
		table, err := g.Source.Table(g.objects(), "Parquet", structure(rp.v.r.feed, g.Layout))
		if err != nil {
			return err
		}
		condition, params := rp.withinDays(g.Layout)
		maps.Copy(params, table.Params)
		held, err := rp.v.r.s.texts(ctx, statement{SQL: "SELECT DISTINCT _path FROM " + rp.v.r.feed.from(table, g.Layout) + " WHERE " + condition, Params: params, Settings: rp.v.bounded(table.Settings)})
		if err != nil {
			return fmt.Errorf("look for %s in %s: %w", rp.span(), describeGroup(g.objects()), withAccessRemedy(err))
		}
		holding := make(map[string]bool, len(held))
		for _, path := range held {
			holding[path] = true
		}
		for _, f := range g.Files {
			if holding[f.Path] {
				with = append(with, f)
			}
		}
		return nil
	})
	return with, err
}

// countDays counts the files' rows by day.
func (rp *repairer) countDays(ctx context.Context) error {
	rp.v.source = sourceCounts{days: map[day]*dayCounts{}}
	if err := rp.v.countFiles(ctx, rp.files, rp.states); err != nil {
		return err
	}
	if len(rp.v.out.Problems) > 0 && rp.v.out.Files.Unreadable > 0 {
		for _, p := range rp.v.out.Problems {
			if p.State == "unreadable" {
				return fmt.Errorf("repair %s: cannot read %s: %s; restore it", rp.span(), p.Name, p.Reason)
			}
		}
	}
	rows := map[int]int64{}
	for d, c := range rp.v.source.days {
		if d < rp.from || d > rp.to {
			continue
		}
		rp.plan.Rows += c.rows
		for _, f := range c.files {
			rows[f.file] += f.rows
		}
	}
	for i, f := range rp.v.source.files {
		rp.plan.Files = append(rp.plan.Files, RepairFile{Name: f.name, State: f.state.String(), Rows: rows[i]})
	}
	return nil
}

// wouldEmpty refuses to empty days, and says which days the source does have.
func (rp *repairer) wouldEmpty(ctx context.Context, files []file, missing []string) error {
	first, last := day(1<<16-1), day(0)
	err := rp.eachGroup(files, func(g group) error {
		counts, err := rp.v.scan(ctx, g)
		for _, c := range counts {
			if c.accepted {
				first, last = min(first, c.day), max(last, c.day)
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("look for %s at the source: %w", missing[0], err)
	}
	has := "they hold no downloads at all"
	if last > 0 {
		has = fmt.Sprintf("they hold downloads from %s to %s", first, last)
	}
	if n := rp.v.out.Files.Replaced; n > 0 {
		has += fmt.Sprintf("; %d more are passed over, since a repair let others take their place", n)
	}
	if len(missing) > maxNamed {
		missing = append(missing[:maxNamed], fmt.Sprintf("and %d more", len(missing)-maxNamed))
	}
	return fmt.Errorf("repair %s: the files of SOURCE (%d) have no downloads on %s, which would be emptied: %s; name the files of that day",
		rp.span(), len(files), strings.Join(missing, ", "), has)
}

// refuseOtherDays refuses files that would be taken in with these days only: the
// ledger knows whole files, and their other days would be lost or count twice.
// Of a file that is loaded as it is the other days stay as they are.
func (rp *repairer) refuseOtherDays() error {
	for d, c := range rp.v.source.days {
		if d >= rp.from && d <= rp.to {
			continue
		}
		if c.many {
			return fmt.Errorf("repair %s: more than %d files of SOURCE hold downloads of %s too: name only the files of these days", rp.span(), filesPerDay, d)
		}
		for _, f := range c.files {
			if file := rp.v.source.files[f.file]; file.state != stateLoaded {
				return fmt.Errorf("repair %s: %s is %s and holds downloads of %s too, which would be lost: repair all of its days together with --from and --to",
					rp.span(), file.name, map[bool]string{true: "replaced since it was loaded", false: "not loaded yet"}[file.state == stateChanged], d)
			}
		}
	}
	return nil
}

// unnamed looks at the loaded files that SOURCE does not name. Those with rows
// of the days would lose them: that is refused, or, if asked for and they have
// no other days, they are taken out of what is loaded.
func (rp *repairer) unnamed(ctx context.Context) error {
	lines, err := rp.unnamedFiles(ctx)
	if err != nil || len(lines) == 0 {
		return err
	}
	spans, err := rp.spansOf(ctx, lines)
	if err != nil {
		return err
	}
	for _, l := range lines {
		s, known := spans[l.Name]
		switch {
		case known && !s.touches:
			continue
		case !rp.req.Replace && known:
			return fmt.Errorf("repair %s: SOURCE leaves out %s, which is loaded and holds downloads of these days: name it too, or, if the files of SOURCE take its place, give --replace",
				rp.span(), l.Name)
		case !rp.req.Replace:
			return fmt.Errorf("repair %s: SOURCE leaves out %s, which was loaded with batch %s and cannot be read any more, so that nobody knows whether it holds downloads of these days: restore and name it, or, if the files of SOURCE take its place, give --replace",
				rp.span(), l.Name, l.Batch)
		case known && s.beyond:
			return fmt.Errorf("repair %s: %s is to be replaced and holds downloads of other days too, which stay: repair all of its days together with --from and --to, or name it too", rp.span(), l.Name)
		}
		rp.replaced = append(rp.replaced, l)
		rp.plan.Replaced = append(rp.plan.Replaced, l.Name)
	}
	return nil
}

// unnamedFiles lists the loaded files that SOURCE does not name, of batches with
// days among these.
func (rp *repairer) unnamedFiles(ctx context.Context) ([]fileLine, error) {
	var lines []fileLine
	err := rp.v.r.s.each(ctx, statement{
		SQL: `SELECT name, generation, batch, bytes, rows FROM ` + inForce(rp.v.r.s.database, "kind = {kind:String}") + `
			WHERE NOT replaced AND batch IN (SELECT batch FROM ` + name(rp.v.r.s.database, ledgerBatches) + `
				GROUP BY batch HAVING max(state) = 5 AND argMax(first_day, state) <= {to:Date} AND argMax(last_day, state) >= {from:Date}) ORDER BY name`,
		Params: map[string]any{"kind": string(Downloads), "from": rp.from.String(), "to": rp.to.String()},
	}, func(rows driver.Rows) error {
		l := fileLine{Kind: string(Downloads)}
		if err := rows.Scan(&l.Name, &l.Generation, &l.Batch, &l.Bytes, &l.Rows); err != nil {
			return err
		}
		if _, named := rp.states[l.Name]; !named {
			lines = append(lines, l)
		}
		return nil
	})
	if err != nil && chconn.Classify(err) != chconn.UnknownTable {
		return nil, fmt.Errorf("ask the ledger which files hold these days: %w", err)
	}
	return lines, nil
}

// daySpan is how a file's days lie to the repaired ones.
type daySpan struct{ touches, beyond bool }

// spansOf tells of each file that can be read as it was loaded which days it
// holds.
func (rp *repairer) spansOf(ctx context.Context, lines []fileLine) (map[string]daySpan, error) {
	spans := map[string]daySpan{}
	bySource := map[Source][]Object{}
	for _, l := range lines {
		if src := rp.v.r.cfg.sourceOf(rp.v.r.s)(l.Name); src != nil {
			bySource[src] = append(bySource[src], Object{Name: l.Name, Generation: l.Generation, Size: int64(l.Bytes), Path: src.Path(l.Name)})
		}
	}
	for src, objects := range bySource {
		now, err := src.Generations(ctx, objects)
		if err != nil {
			return nil, fmt.Errorf("look for loaded files that SOURCE does not name: %w", err)
		}
		objects = slices.DeleteFunc(objects, func(o Object) bool { return now[o.Name] != o.Generation })
		for part := range slices.Chunk(objects, ledgerChunk) {
			files, _, err := rp.v.r.footers(ctx, part)
			if err != nil {
				return nil, err
			}
			if err := rp.spansIn(ctx, files, spans); err != nil {
				return nil, err
			}
		}
	}
	return spans, nil
}

// spansIn scans files for their days.
func (rp *repairer) spansIn(ctx context.Context, files []file, spans map[string]daySpan) error {
	return rp.eachGroup(files, func(g group) error {
		counts, err := rp.v.scan(ctx, g)
		if err != nil {
			return fmt.Errorf("look for %s in %s: %w", rp.span(), describeGroup(g.objects()), withAccessRemedy(err))
		}
		names := map[string]string{}
		for _, f := range g.Files {
			names[f.Path] = f.Name
			spans[f.Name] = daySpan{}
		}
		for _, c := range counts {
			if !c.accepted {
				continue
			}
			s, within := spans[names[c.path]], c.day >= rp.from && c.day <= rp.to
			s.touches, s.beyond = s.touches || within, s.beyond || !within
			spans[names[c.path]] = s
		}
		return nil
	})
}

// recordFiles writes the batch and the files that it changes the state of: those
// that become loaded, and those that are replaced.
func (rp *repairer) recordFiles(ctx context.Context, w *work) error {
	if err := w.record(ctx, Planned); err != nil {
		return err
	}
	at := w.began.UTC()
	var lines []fileLine
	for _, f := range rp.taken() {
		lines = append(lines, fileLine{Kind: string(Downloads), Name: f.Name, Generation: f.Generation, Batch: w.batch.Name,
			Outcome: string(filePlanned), Bytes: uint64(f.Size), Rows: f.Rows, At: at})
	}
	for _, l := range rp.replaced {
		l.Batch, l.Outcome, l.Reason, l.Rows, l.At = w.batch.Name, string(filePlanned), replacedReason, 0, at
		lines = append(lines, l)
	}
	if err := insert(ctx, w.r.s, ledgerFiles, lines); err != nil {
		return err
	}
	return w.r.cfg.at(StepPlanned)
}

// recordRejected notes the rows of newly taken files that are not stored.
func (rp *repairer) recordRejected(ctx context.Context, st *stager) error {
	rejected := map[string]map[string]uint64{}
	taken := batch{Files: rp.taken(), sourceOf: st.batch.sourceOf}
	for _, g := range taken.groups() {
		if err := st.countRejected(ctx, g, rejected); err != nil {
			return st.blame(ctx, g, err)
		}
	}
	var lines []fileLine
	for _, f := range taken.Files {
		if reasons := rejected[f.Name]; len(reasons) > 0 {
			lines = append(lines, fileLine{Kind: string(Downloads), Name: f.Name, Generation: f.Generation, Batch: st.batch.Name,
				Outcome: string(fileCounted), Bytes: uint64(f.Size), Rows: f.Rows, Rejected: reasons, At: rp.v.r.cfg.Now().UTC()})
		}
	}
	return insert(ctx, rp.v.r.s, ledgerFiles, lines)
}

// stageDays fills the private copies with the days' rows and their aggregates.
func (rp *repairer) stageDays(ctx context.Context, st *stager) error {
	for _, g := range st.batch.groups() {
		table, err := g.Source.Table(g.objects(), "Parquet", structure(st.feed, g.Layout))
		if err != nil {
			return err
		}
		columns, exprs := insertColumns(st.feed, g.Layout, st.d.Base.has)
		condition, params := rp.withinDays(g.Layout)
		maps.Copy(params, table.Params)
		err = st.s.exec(ctx, statement{SQL: "INSERT INTO " + name(st.stage, st.d.Base.Staged) + " (" + join(columns) + ") SELECT " + join(exprs) +
			" FROM " + st.feed.from(table, g.Layout) + " WHERE " + condition, Params: params, Settings: st.settings(1, table.Settings), Rows: st.meter.addRead})
		if err != nil {
			return st.blame(ctx, g, err)
		}
	}
	if err := rp.v.r.cfg.at(StepRawStaged); err != nil {
		return err
	}
	var stored uint64
	if err := st.s.row(ctx, statement{SQL: "SELECT count() FROM " + name(st.stage, st.d.Base.Staged)}, &stored); err != nil {
		return fmt.Errorf("count the staged rows of batch %s: %w", st.batch.Name, err)
	}
	if int64(stored) != rp.plan.Rows {
		return errors.Join(st.unchanged(ctx), fmt.Errorf("repair %s: the source had %d downloads when they were counted and %d when they were read: run this again", rp.span(), rp.plan.Rows, stored))
	}
	if err := rp.recordRejected(ctx, st); err != nil {
		return err
	}
	if err := st.fillAggregates(ctx); err != nil {
		return err
	}
	if err := st.check(ctx, staged{Stored: stored}); err != nil {
		return err
	}
	return rp.v.r.cfg.at(StepDayStaged)
}
