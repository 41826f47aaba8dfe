package ingest

import (
	"context"
)

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

// fileStates asks the ledger about objects, and counts what it says.
func (c *sourceCounter) fileStates(ctx context.Context, objects []Object) (map[string]fileState, error) {
	found, err := c.ledgerStates(ctx, objects)
	if err != nil {
		return nil, err
	}
	states := make(map[string]fileState, len(objects))
	for _, o := range objects {
		state := found[o.Name].judge(o.Generation)
		states[o.Name] = state
		f := &c.counts
		*[...]*int{&f.New, &f.Failed, &f.InHand, &f.Loaded, &f.Changed, &f.Replaced}[state]++
		if state.waits() {
			c.loadable++
		}
		if state != stateLoaded && state != stateReplaced {
			reason := ""
			if state == stateFailed {
				reason = found[o.Name].why
			}
			c.problem(o.Name, state.String(), reason)
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
func (c *sourceCounter) ledgerStates(ctx context.Context, objects []Object) (map[string]ledgerFile, error) {
	type line struct {
		name, generation, why string
		state                 uint8
		replaced              bool
	}
	found := map[string]ledgerFile{}
	chosen, params := c.finder.about(objects)
	l := c.finder.ledger
	tried, err := scanAll(ctx, c.s, statement{
		SQL: `SELECT name, generation, max(multiIf(outcome = 'failed', 1, outcome = 'planned' AND batch IN
				(SELECT batch FROM ` + l.table(ledgerBatches) + ` GROUP BY batch HAVING max(state) < 5), 2, 0)) AS state,
				argMaxIf(reason, at, outcome = 'failed') AS why
			FROM ` + l.table(ledgerFiles) + ` WHERE ` + chosen + ` GROUP BY name, generation`,
		Params: params,
	}, func(l *line) []any { return []any{&l.name, &l.generation, &l.state, &l.why} })
	for _, t := range tried {
		f := found[t.name]
		if f.other == nil {
			f.other = map[string]fileState{}
		}
		if f.other[t.generation] = fileState(t.state); t.why != "" {
			f.why = t.why
		}
		found[t.name] = f
	}
	var loaded []line
	if err == nil {
		loaded, err = scanAll(ctx, c.s, statement{SQL: "SELECT name, generation, replaced FROM " + l.inForce(chosen), Params: params},
			func(l *line) []any { return []any{&l.name, &l.generation, &l.replaced} })
	}
	for _, t := range loaded {
		f := found[t.name]
		f.loaded, f.replaced = t.generation, t.replaced
		found[t.name] = f
	}
	if gone(err) {
		err = nil
	}
	return found, failing(err, "ask the ledger which files are loaded")
}
