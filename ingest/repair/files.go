package repair

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"clickql/ingest/count"
	"clickql/ingest/export"
	"clickql/ingest/find"
	"clickql/ingest/ledger"
	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/internal/cube"
)

// chooseFiles finds the files with rows of the days, and refuses days that the
// source has none of: they would be emptied. That is what is wanted of days that no
// download can be of.
func (rp *repairer) chooseFiles(ctx context.Context, sources []string) error {
	rp.cfg.Progress.Phase("listing files")
	objects, err := rp.source.Finder.List(ctx, sources)
	if err != nil {
		return err
	}
	if rp.loads, err = ledger.Of(rp.s).Loads(ctx); err != nil {
		return err
	}
	if rp.states, err = rp.source.FileStates(ctx, objects); err != nil {
		return err
	}
	if n := rp.source.Counts.Replaced; n > 0 {
		rp.plan.Notes = append(rp.plan.Notes, fmt.Sprintf("passed over: %d of the files, since an earlier repair has let others take their place", n))
	}
	all, err := rp.readable(ctx, count.NotReplaced(objects, rp.states))
	if err != nil {
		return err
	}
	if rp.files, err = rp.withRows(ctx, all); err != nil {
		return err
	}
	if err := rp.refuseOfOthers(ctx); err != nil {
		return err
	}
	if err := rp.countDays(ctx); err != nil {
		return err
	}
	var missing []string
	plausible := cube.PlausibleDays(rp.cfg.Now())
	for d := rp.days.From; d <= rp.days.To; d++ {
		if rp.source.Days[d] == nil && plausible.Contains(cube.Range{From: d, To: d}) {
			missing = append(missing, d.String())
		}
	}
	if len(missing) > 0 {
		return rp.wouldEmpty(ctx, all, missing)
	}
	return rp.refuseOtherDays()
}

// refuseOfOthers refuses files that are not loaded yet where there are other shards: to
// which one they go is decided by loads, which hold the locks of all.
func (rp *repairer) refuseOfOthers(ctx context.Context) error {
	i := slices.IndexFunc(rp.files, func(f export.File) bool {
		state := rp.states[f.Name]
		return state != count.StateLoaded && state != count.StateChanged
	})
	if i < 0 {
		return nil
	}
	fronts, err := session.Fronts(ctx, rp.s, rp.s.Database, rp.cfg.DownloadsTable)
	if err == nil && len(fronts) > 0 {
		err = fmt.Errorf("repair %s: %s is not loaded into this shard, one of those behind %s, and may be in another: load what is new with clickql ingest run there, "+
			"and repair there with --shard, which leaves out what other shards hold", rp.days, rp.files[i].Name, fronts[0])
	}
	return err
}

// readable reads the footers. A file that cannot be read may hold rows of the
// days, which would be lost.
func (rp *repairer) readable(ctx context.Context, objects []export.Object) ([]export.File, error) {
	rp.cfg.Progress.Phase("reading footers")
	var files []export.File
	for part := range slices.Chunk(objects, find.LedgerChunk) {
		good, bad, err := rp.source.Finder.Footers(ctx, part)
		if err != nil {
			return nil, err
		}
		if len(bad) > 0 {
			return nil, fmt.Errorf("repair %s: cannot read %s: %s; restore it, or name only the files of these days",
				rp.days, bad[0].Object.Name, bad[0].Reason)
		}
		files = append(files, good...)
	}
	return files, nil
}

// withRows lists those of the files that hold rows of the days.
func (rp *repairer) withRows(ctx context.Context, files []export.File) ([]export.File, error) {
	rp.cfg.Progress.Phase("looking for the days at the source")
	var with []export.File
	err := export.EachGroup(files, rp.source.Finder.Sources, func(g export.Group) error {
		r, err := rp.feed.Reading(g)
		if err != nil {
			return err
		}
		condition, params := r.Within(rp.days)
		maps.Copy(params, r.Params)
		held, err := rp.s.Texts(ctx, session.Statement{SQL: "SELECT DISTINCT _path FROM " + r.From + " WHERE " + condition, Params: params, Settings: rp.cfg.Bounded(r.Settings)})
		if err != nil {
			return fmt.Errorf("look for %s in %s: %w", rp.days, g, export.WithAccessRemedy(err, g.Source))
		}
		slices.Sort(held)
		for _, f := range g.Files {
			if _, holds := slices.BinarySearch(held, f.Path); holds {
				with = append(with, f)
			}
		}
		return nil
	})
	return with, err
}

// countDays counts the files' rows by day.
func (rp *repairer) countDays(ctx context.Context) error {
	if err := rp.source.CountFiles(ctx, rp.files, rp.states); err != nil {
		return err
	}
	if len(rp.source.Problems) > 0 && rp.source.Counts.Unreadable > 0 {
		for _, p := range rp.source.Problems {
			if p.State == "unreadable" {
				return fmt.Errorf("repair %s: cannot read %s: %s; restore it", rp.days, p.Name, p.Reason)
			}
		}
	}
	rows := map[int]int64{}
	for d, c := range rp.source.Days {
		if !rp.days.Holds(d) {
			continue
		}
		rp.plan.Rows += c.Rows
		for _, f := range c.Files {
			rows[f.File] += f.Rows
		}
	}
	for i, f := range rp.source.Files {
		rp.plan.Files = append(rp.plan.Files, File{Name: f.Name, State: f.State.String(), Rows: rows[i]})
	}
	return nil
}

// wouldEmpty refuses to empty days, and says which days the source does have.
func (rp *repairer) wouldEmpty(ctx context.Context, files []export.File, missing []string) error {
	first, last := cube.MaxDay, cube.Day(0)
	err := export.EachGroup(files, rp.source.Finder.Sources, func(g export.Group) error {
		counts, err := count.Scan(ctx, rp.s, rp.cfg, rp.feed, g)
		for _, c := range counts {
			if c.Accepted {
				first, last = min(first, c.Day), max(last, c.Day)
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
	if n := rp.source.Counts.Replaced; n > 0 {
		has += fmt.Sprintf("; %d more are passed over, since a repair let others take their place", n)
	}
	if len(missing) > count.MaxNamed {
		missing = append(missing[:count.MaxNamed], fmt.Sprintf("and %d more", len(missing)-count.MaxNamed))
	}
	return fmt.Errorf("repair %s: the files of SOURCE (%d) have no downloads on %s, which would be emptied: %s; name the files of that day",
		rp.days, len(files), strings.Join(missing, ", "), has)
}

// refuseOtherDays refuses files that would be taken in with these days only: the
// ledger knows whole files, and their other days would be lost or count twice.
// Of a file that is loaded as it is the other days stay as they are.
func (rp *repairer) refuseOtherDays() error {
	for d, c := range rp.source.Days {
		if rp.days.Holds(d) {
			continue
		}
		if c.Many {
			return fmt.Errorf("repair %s: more than %d files of SOURCE hold downloads of %s too: name only the files of these days", rp.days, count.FilesPerDay, d)
		}
		for _, f := range c.Files {
			if file := rp.source.Files[f.File]; file.State != count.StateLoaded {
				return fmt.Errorf("repair %s: %s is %s and holds downloads of %s too, which would be lost: repair all of its days together with --from and --to",
					rp.days, file.Name, map[bool]string{true: "replaced since it was loaded", false: "not loaded yet"}[file.State == count.StateChanged], d)
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
				rp.days, l.Name)
		case !rp.req.Replace:
			return fmt.Errorf("repair %s: SOURCE leaves out %s, which was loaded with batch %s and cannot be read any more, so that nobody knows whether it holds downloads of these days: restore and name it, or, if the files of SOURCE take its place, give --replace",
				rp.days, l.Name, l.Batch)
		case known && s.beyond:
			return fmt.Errorf("repair %s: %s is to be replaced and holds downloads of other days too, which stay: repair all of its days together with --from and --to, or name it too", rp.days, l.Name)
		}
		rp.replaced = append(rp.replaced, l)
		rp.plan.Replaced = append(rp.plan.Replaced, l.Name)
	}
	return nil
}

// unnamedFiles lists the loaded files that SOURCE does not name, of batches with
// days among these.
func (rp *repairer) unnamedFiles(ctx context.Context) ([]ledger.File, error) {
	l := ledger.Of(rp.s)
	lines, err := session.Structs[ledger.File](ctx, rp.s, session.SQL(`SELECT kind, name, generation, batch, bytes, rows FROM `+l.InForce("kind = {kind:String}")+`
			WHERE NOT replaced AND batch IN (SELECT batch FROM `+l.Table(ledger.Batches)+`
				GROUP BY batch HAVING max(state) = 5 AND argMax(first_day, state) <= {to:Date} AND argMax(last_day, state) >= {from:Date}) ORDER BY name`,
		"kind", string(ledger.Downloads), "from", rp.days.From.String(), "to", rp.days.To.String()))
	if session.Gone(err) {
		err = nil
	}
	return slices.DeleteFunc(lines, func(l ledger.File) bool { _, named := rp.states[l.Name]; return named }), session.Wrap(err, "ask the ledger which files hold these days")
}

// daySpan is how a file's days lie to the repaired ones.
type daySpan struct{ touches, beyond bool }

// spansOf tells of each file that can be read as it was loaded which days it
// holds.
func (rp *repairer) spansOf(ctx context.Context, lines []ledger.File) (map[string]daySpan, error) {
	spans := map[string]daySpan{}
	var objects []export.Object
	for _, l := range lines {
		if src := rp.source.Finder.Sources.Of(l.Name); src != nil {
			objects = append(objects, export.Object{Name: l.Name, Generation: l.Generation, Size: int64(l.Bytes), Path: src.Path(l.Name)})
		}
	}
	now, err := rp.source.Finder.Sources.Generations(ctx, objects)
	if err != nil {
		return nil, fmt.Errorf("look for loaded files that SOURCE does not name: %w", err)
	}
	objects = slices.DeleteFunc(objects, func(o export.Object) bool { return now[o.Name] != o.Generation })
	for part := range slices.Chunk(objects, find.LedgerChunk) {
		files, _, err := rp.source.Finder.Footers(ctx, part)
		if err != nil {
			return nil, err
		}
		if err := rp.spansIn(ctx, files, spans); err != nil {
			return nil, err
		}
	}
	return spans, nil
}

// spansIn scans files for their days.
func (rp *repairer) spansIn(ctx context.Context, files []export.File, spans map[string]daySpan) error {
	return export.EachGroup(files, rp.source.Finder.Sources, func(g export.Group) error {
		counts, err := count.Scan(ctx, rp.s, rp.cfg, rp.feed, g)
		if err != nil {
			return fmt.Errorf("look for %s in %s: %w", rp.days, g, export.WithAccessRemedy(err, g.Source))
		}
		names := g.Names()
		for _, name := range names {
			spans[name] = daySpan{}
		}
		for _, c := range counts {
			if !c.Accepted {
				continue
			}
			s, within := spans[names[c.Path]], rp.days.Holds(c.Day)
			s.touches, s.beyond = s.touches || within, s.beyond || !within
			spans[names[c.Path]] = s
		}
		return nil
	})
}

// recordFiles writes the batch and the files that it changes the state of: those
// that become loaded, or are loaded anew as a whole, and those that are replaced.
func (rp *repairer) recordFiles(ctx context.Context, at *publish.Passage) error {
	if err := at.Record(ctx, ledger.Planned, ""); err != nil {
		return err
	}
	lines := stage.NewBatch(at.Line.Batch, append(rp.taken(), rp.renewed()...)).Planned(ledger.Downloads, at.Began)
	for _, l := range rp.replaced {
		l.Batch, l.Outcome, l.Reason, l.Rows, l.At = at.Line.Batch, string(ledger.FilePlanned), ledger.ReplacedReason, 0, at.Began.UTC()
		lines = append(lines, l)
	}
	return at.W.Ledger.RecordFiles(ctx, lines)
}

// stageDays fills the private copies with the days' rows and their aggregates, and
// notes the rows that are not stored of files that are taken as a whole.
func (rp *repairer) stageDays(ctx context.Context, at *publish.Passage, st *stage.Stager) error {
	if err := st.FillRaw(ctx); err != nil {
		return err
	}
	stored, err := st.Stored(ctx)
	if err != nil {
		return err
	}
	if int64(stored) != rp.plan.Rows {
		return errors.Join(st.Unchanged(ctx), fmt.Errorf("repair %s: the source had %d downloads when they were counted and %d when they were read: run this again", rp.days, rp.plan.Rows, stored))
	}
	taken := stage.NewBatch(at.Line.Batch, append(rp.taken(), rp.renewed()...))
	var rejected map[string]map[string]uint64
	countRejected := func(ctx context.Context) (err error) {
		rejected, err = st.CountRejected(ctx, taken.Files)
		return err
	}
	return session.InOrder(ctx,
		func(ctx context.Context) error { return st.FillAggregates(ctx, countRejected) },
		func(ctx context.Context) error {
			return at.W.Ledger.RecordFiles(ctx, taken.Rejected(ledger.Downloads, rejected, rp.cfg.Now()))
		},
		func(ctx context.Context) error { return st.Check(ctx, &stage.Counts{Stored: stored}) })
}
