package count

import (
	"context"
	"slices"
	"strings"

	"clickql/ingest/export"
	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/internal/cube"
)

// FileState is what the ledger says of a file at its present generation.
type FileState int

// The states.
const (
	StateNew FileState = iota // never tried
	stateFailed
	stateInHand
	StateLoaded   // at the generation that it has now
	StateChanged  // loaded at another generation
	StateReplaced // its rows were taken out by a repair, which others took the place of
)

// String is the state's name in reports.
func (s FileState) String() string {
	return [...]string{"new", "failed", "inHand", "loaded", "changed", "replaced"}[s]
}

// waits reports that a load would take the file.
func (s FileState) waits() bool { return s <= stateInHand }

// FileStates asks the ledger about objects, and counts what it says.
func (c *Source) FileStates(ctx context.Context, objects []export.Object) (map[string]FileState, error) {
	found, err := c.ledgerStates(ctx, objects)
	if err != nil {
		return nil, err
	}
	states := make(map[string]FileState, len(objects))
	for _, o := range objects {
		state := found[o.Name].judge(o.Generation)
		states[o.Name] = state
		f := &c.Counts
		*[...]*int{&f.New, &f.Failed, &f.InHand, &f.Loaded, &f.Changed, &f.Replaced}[state]++
		if state.waits() {
			c.Loadable++
		}
		if state != StateLoaded && state != StateReplaced {
			reason := ""
			if state == stateFailed {
				reason = found[o.Name].why
			}
			c.problem(o.Name, state.String(), reason)
		}
	}
	return states, nil
}

// NotReplaced leaves out the files that others took the place of: nothing of
// them is in the tables, so that it does not matter what they hold.
func NotReplaced(objects []export.Object, states map[string]FileState) (others []export.Object) {
	for _, o := range objects {
		if states[o.Name] != StateReplaced {
			others = append(others, o)
		}
	}
	return others
}

// ledgerFile is what the ledger says of a file.
type ledgerFile struct {
	loaded   string               // the generation in the tables; empty: none
	replaced bool                 // its rows have been taken out
	other    map[string]FileState // of generations that failed or are in hand
	why      string               // the last try that failed did
}

// judge tells the file's state from its generation now.
func (l ledgerFile) judge(now string) FileState {
	switch {
	case l.replaced:
		return StateReplaced
	case l.loaded == now:
		return StateLoaded
	case l.loaded != "":
		return StateChanged
	}
	return l.other[now]
}

// ledgerStates reads what the ledger says of objects.
func (c *Source) ledgerStates(ctx context.Context, objects []export.Object) (map[string]ledgerFile, error) {
	type line struct {
		name, generation, why string
		state                 uint8
		replaced              bool
	}
	found := map[string]ledgerFile{}
	chosen, params := c.Finder.About(objects)
	l := c.Finder.Ledger
	tried, err := session.Scan(ctx, c.s, session.Statement{
		SQL: `SELECT name, generation, max(multiIf(outcome = 'failed', 1, outcome = 'planned' AND batch IN
				(SELECT batch FROM ` + l.Table(ledger.Batches) + ` GROUP BY batch HAVING max(state) < 5), 2, 0)) AS state,
				argMaxIf(reason, at, outcome = 'failed') AS why
			FROM ` + l.Table(ledger.Files) + ` WHERE ` + chosen + ` GROUP BY name, generation`,
		Params: params,
	}, func(l *line) []any { return []any{&l.name, &l.generation, &l.state, &l.why} })
	for _, t := range tried {
		f := found[t.name]
		if f.other == nil {
			f.other = map[string]FileState{}
		}
		if f.other[t.generation] = FileState(t.state); t.why != "" {
			f.why = t.why
		}
		found[t.name] = f
	}
	var loaded []line
	if err == nil {
		loaded, err = session.Scan(ctx, c.s, session.Statement{SQL: "SELECT name, generation, replaced FROM " + l.InForce(chosen), Params: params},
			func(l *line) []any { return []any{&l.name, &l.generation, &l.replaced} })
	}
	for _, t := range loaded {
		f := found[t.name]
		f.loaded, f.replaced = t.generation, t.replaced
		found[t.name] = f
	}
	if session.Gone(err) {
		err = nil
	}
	return found, session.Wrap(err, "ask the ledger which files are loaded")
}

// MaxNamed bounds the files named for one difference.
const MaxNamed = 5

// PeriodFiles are the source's files with rows of a period.
type PeriodFiles struct {
	Files      []CountedFile // rows are those of the period
	Unreadable int           // files that could not be counted
	many       bool          // too many files to tell
}

// FilesOf lists the files with rows of a period.
func (c *Source) FilesOf(g Grain, p cube.Day) PeriodFiles {
	out := PeriodFiles{Unreadable: c.Counts.Unreadable}
	if g == InTotal {
		out.Files = c.Files
		return out
	}
	rows := map[int]int64{}
	for d, counts := range c.Days {
		if g.Period(d) != p {
			continue
		}
		out.many = out.many || counts.Many
		for _, f := range counts.Files {
			rows[f.File] += f.Rows
		}
	}
	for i, n := range rows {
		f := c.Files[i]
		f.Rows = n
		out.Files = append(out.Files, f)
	}
	slices.SortFunc(out.Files, func(a, b CountedFile) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// ChangedSpans are the days that files hold which were replaced since they were
// loaded, of each file from its first to its last.
func (c *Source) ChangedSpans() map[int]ledger.Span {
	changed := map[int]ledger.Span{}
	for d, counts := range c.Days {
		for _, f := range counts.Files {
			if c.Files[f.File].State != StateChanged {
				continue
			}
			s, known := changed[f.File]
			if !known {
				s = ledger.Span{From: d, To: d}
			}
			changed[f.File] = ledger.Span{From: min(s.From, d), To: max(s.To, d)}
		}
	}
	return changed
}

// Sum adds up the rows of the files in some state, and names some of them.
func (p PeriodFiles) Sum(in func(FileState) bool) (rows int64, names []string) {
	for _, f := range p.Files {
		if f.Rows > 0 && in(f.State) {
			rows += f.Rows
			names = named(names, f.Name)
		}
	}
	return rows, names
}

// Of names loaded files with exactly that many rows.
func (p PeriodFiles) Of(rows int64) (names []string) {
	for _, f := range p.Files {
		if f.State == StateLoaded && f.Rows == rows {
			names = named(names, f.Name)
		}
	}
	return names
}

// As are the same files, each taken to hold the rows by which a period differs:
// they explain all periods together.
func (p PeriodFiles) As(delta int64) PeriodFiles {
	out := p
	out.Files = slices.Clone(p.Files)
	for i := range out.Files {
		out.Files[i].Rows = max(delta, -delta)
	}
	return out
}

// named adds a name while there are few.
func named(names []string, n string) []string {
	if len(names) < MaxNamed {
		return append(names, n)
	}
	return names
}
