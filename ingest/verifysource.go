package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/chconn"
)

// sourceCounts is what the readable files hold.
type sourceCounts struct {
	files []countedFile
	days  map[day]*dayCounts
}

// countedFile is a file of the source.
type countedFile struct {
	name  string
	state fileState
	rows  int64 // to be stored
}

// dayCounts is what the source holds of one day.
type dayCounts struct {
	rows int64
	// files are those with rows of the day; nil once there are more than
	// filesPerDay, since memory would grow with their product.
	files []fileRows
	many  bool
}

// fileRows is the part of a file within a period.
type fileRows struct {
	file int // in sourceCounts.files
	rows int64
}

// filesPerDay bounds the files remembered for each day.
const filesPerDay = 1000

// add counts a file's rows of a day.
func (c *sourceCounts) add(d day, file int, rows int64) {
	dc := c.days[d]
	if dc == nil {
		dc = &dayCounts{}
		c.days[d] = dc
	}
	dc.rows += rows
	c.files[file].rows += rows
	switch {
	case dc.many:
	case len(dc.files) == filesPerDay:
		dc.files, dc.many = nil, true
	default:
		dc.files = append(dc.files, fileRows{file, rows})
	}
}

// fileState is what the ledger says of a file at its present generation.
type fileState int

const (
	stateNew fileState = iota
	stateFailed
	stateInHand
	stateLoaded
	stateChanged  // loaded at another generation
	stateReplaced // its rows were taken out by a repair, which others took the place of
)

// String is the state's name in reports.
func (s fileState) String() string {
	return [...]string{"new", "failed", "inHand", "loaded", "changed", "replaced"}[s]
}

// waits reports that a load would take the file.
func (s fileState) waits() bool { return s <= stateInHand }

// readSource counts the source's rows by day, some files at a time.
func (v *verifier) readSource(ctx context.Context, objects []Object) error {
	v.source.days = map[day]*dayCounts{}
	v.r.cfg.Progress.phase("counting rows at the source")
	var total, seen int64
	for _, o := range objects {
		total += o.Size
	}
	v.r.cfg.Progress.begin(len(objects), 0, total)
	var rows uint64
	for ; len(objects) > 0; objects = objects[min(len(objects), ledgerChunk):] {
		chunk := objects[:min(len(objects), ledgerChunk)]
		states, err := v.fileStates(ctx, chunk)
		if err != nil {
			return err
		}
		if v.out.Quick {
			continue
		}
		files, bad, err := v.r.footers(ctx, notReplaced(chunk, states))
		if err != nil {
			return err
		}
		for _, f := range bad {
			v.unreadable(f, states[f.Object.Name])
		}
		for _, o := range chunk {
			seen += o.Size
		}
		for _, f := range files {
			rows += f.Rows
		}
		// What the files to come hold is estimated by their size.
		v.r.cfg.Progress.update(func(s *Snapshot) { s.Rows = uint64(float64(rows) * float64(total) / float64(max(seen, 1))) })
		if err := v.countFiles(ctx, files, states); err != nil {
			return err
		}
	}
	v.r.cfg.Progress.update(func(s *Snapshot) { s.Rows = rows })
	for _, d := range v.source.days {
		v.out.Rows += uint64(d.rows)
	}
	return nil
}

// fileStates asks the ledger about objects, and counts what it says.
func (v *verifier) fileStates(ctx context.Context, objects []Object) (map[string]fileState, error) {
	found, err := v.ledgerStates(ctx, objects)
	if err != nil {
		return nil, err
	}
	states := make(map[string]fileState, len(objects))
	for _, o := range objects {
		state := found[o.Name].judge(o.Generation)
		states[o.Name] = state
		f := &v.out.Files
		*[...]*int{&f.New, &f.Failed, &f.InHand, &f.Loaded, &f.Changed, &f.Replaced}[state]++
		if state.waits() {
			v.loadable++
		}
		if state != stateLoaded && state != stateReplaced {
			reason := ""
			if state == stateFailed {
				reason = found[o.Name].why
			}
			v.problem(o.Name, state.String(), reason)
		}
	}
	return states, nil
}

// notReplaced leaves out the files that others took the place of: nothing of
// them is in the tables, so that it does not matter what they hold.
func notReplaced(objects []Object, states map[string]fileState) (others []Object) {
	for _, o := range objects {
		if states[o.Name] != stateReplaced {
			others = append(others, o)
		}
	}
	return others
}

// ledgerFile is what the ledger says of a file.
type ledgerFile struct {
	loaded   string               // the generation in the tables; empty: none
	replaced bool                 // its rows have been taken out
	other    map[string]fileState // of generations that failed or are in hand
	why      string               // the last try that failed did
}

// judge tells the file's state from its generation now.
func (l ledgerFile) judge(now string) fileState {
	switch {
	case l.replaced:
		return stateReplaced
	case l.loaded == now:
		return stateLoaded
	case l.loaded != "":
		return stateChanged
	}
	return l.other[now]
}

// ledgerStates reads what the ledger says of objects.
func (v *verifier) ledgerStates(ctx context.Context, objects []Object) (map[string]ledgerFile, error) {
	found := map[string]ledgerFile{}
	chosen, params := v.r.about(objects)
	err := v.r.s.each(ctx, statement{
		SQL: `SELECT name, generation, max(multiIf(outcome = 'failed', 1, outcome = 'planned' AND batch IN
				(SELECT batch FROM ` + name(v.r.s.database, ledgerBatches) + ` GROUP BY batch HAVING max(state) < 5), 2, 0)) AS state,
				argMaxIf(reason, at, outcome = 'failed') AS why
			FROM ` + name(v.r.s.database, ledgerFiles) + ` WHERE ` + chosen + ` GROUP BY name, generation`,
		Params: params,
	}, func(rows driver.Rows) error {
		var n, generation, why string
		var state uint8
		if err := rows.Scan(&n, &generation, &state, &why); err != nil {
			return err
		}
		f := found[n]
		if f.other == nil {
			f.other = map[string]fileState{}
		}
		if f.other[generation] = fileState(state); why != "" {
			f.why = why
		}
		found[n] = f
		return nil
	})
	if err == nil {
		err = v.r.s.each(ctx, statement{SQL: "SELECT name, generation, replaced FROM " + inForce(v.r.s.database, chosen), Params: params}, func(rows driver.Rows) error {
			var n, generation string
			var replaced bool
			if err := rows.Scan(&n, &generation, &replaced); err != nil {
				return err
			}
			f := found[n]
			f.loaded, f.replaced = generation, replaced
			found[n] = f
			return nil
		})
	}
	if err != nil && chconn.Classify(err) != chconn.UnknownTable {
		return nil, fmt.Errorf("ask the ledger which files are loaded: %w", err)
	}
	return found, nil
}

// problem lists a file.
func (v *verifier) problem(file, state, reason string) {
	if len(v.out.Problems) < maxProblems {
		v.out.Problems = append(v.out.Problems, FileProblem{file, state, reason})
	}
}

// unreadable lists a file that cannot be counted.
func (v *verifier) unreadable(f Failure, state fileState) {
	v.out.Files.Unreadable++
	if state.waits() {
		v.loadable--
	}
	v.problem(f.Object.Name, "unreadable", f.Reason)
}

// countFiles scans files, those of one layout together.
func (v *verifier) countFiles(ctx context.Context, files []file, states map[string]fileState) error {
	b := batch{Files: files, sourceOf: v.r.cfg.sourceOf(v.r.s)}
	for _, g := range b.groups() {
		for files := g.Files; len(files) > 0; files = files[min(len(files), footerGroup):] {
			part := g
			part.Files = files[:min(len(files), footerGroup)]
			if err := v.countGroup(ctx, part, states); err != nil {
				return err
			}
		}
	}
	return nil
}

// countGroup scans one group, and where that fails its halves, down to the file
// that is at fault.
func (v *verifier) countGroup(ctx context.Context, g group, states map[string]fileState) error {
	counts, err := v.scan(ctx, g)
	switch {
	case err == nil:
		v.take(g, counts, states)
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case !blamesFile(err):
		return fmt.Errorf("count the rows of %s: %w", describeGroup(g.objects()), withAccessRemedy(err))
	case len(g.Files) == 1:
		v.unreadable(Failure{g.Files[0].Object, plainReason(err)}, states[g.Files[0].Name])
		return nil
	}
	all, half := g.Files, len(g.Files)/2
	for _, part := range [][]file{all[:half], all[half:]} {
		g.Files = part
		if err := v.countGroup(ctx, g, states); err != nil {
			return err
		}
	}
	return nil
}

// scanned is what a scan found of a file's day; accepted rows have a day.
type scanned struct {
	path     string
	accepted bool
	day      day
	rows     uint64
}

// scan counts a group's rows by file and day. It reads the columns that decide
// on both: the timestamp and the project.
func (v *verifier) scan(ctx context.Context, g group) ([]scanned, error) {
	table, err := g.Source.Table(g.objects(), "Parquet", structure(v.r.feed, g.Layout))
	if err != nil {
		return nil, err
	}
	var counts []scanned
	err = v.r.s.each(ctx, statement{
		SQL: "SELECT _path, toBool(ifNull(" + accepted(v.r.feed, g.Layout) + ", 0)) AS stored, if(stored, ifNull(" +
			resolve(v.r.feed, g.Layout, v.r.feed.expr(v.r.feed.Day)) + ", toDate(0)), toDate(0)) AS day, count() FROM " + v.r.feed.from(table, g.Layout) +
			" GROUP BY _path, stored, day",
		Params: table.Params, Settings: v.spilling(table.Settings),
		Rows: func(n uint64) { v.r.cfg.Progress.update(func(s *Snapshot) { s.RowsDone += n }) },
	}, func(rows driver.Rows) error {
		var c scanned
		var t time.Time
		if err := rows.Scan(&c.path, &c.accepted, &t, &c.rows); err != nil {
			return err
		}
		c.day = dayOf(t)
		counts = append(counts, c)
		return nil
	})
	return counts, err
}

// expr is how the feed computes a column.
func (f feed) expr(column string) string {
	for _, c := range f.Columns {
		if c.Name == column {
			return c.Expr
		}
	}
	return ""
}

// take adds a group's counts up, without files whose rows are not as many as
// their footers promise.
func (v *verifier) take(g group, counts []scanned, states map[string]fileState) {
	sums := map[string]uint64{}
	for _, c := range counts {
		sums[c.path] += c.rows
	}
	index := map[string]int{}
	for _, f := range g.Files {
		if sums[f.Path] != f.Rows {
			v.unreadable(Failure{f.Object, fmt.Sprintf("its footer promises %d rows, but it holds %d", f.Rows, sums[f.Path])}, states[f.Name])
			continue
		}
		index[f.Path] = len(v.source.files)
		v.source.files = append(v.source.files, countedFile{name: f.Name, state: states[f.Name]})
	}
	for _, c := range counts {
		i, ok := index[c.path]
		switch {
		case !ok:
		case c.accepted:
			v.source.add(c.day, i, int64(c.rows))
		default:
			v.out.Rejected += c.rows
		}
	}
}
