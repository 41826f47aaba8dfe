package ingest

import (
	"cmp"
	"regexp"
	"slices"
	"sync"
)

// Step is an instant of the protocol at which tests do something: it lies before
// one statement and after another.
type Step string

// The steps, in the order in which a batch passes them.
const (
	StepLocked        Step = "locked"
	StepRecovered     Step = "recovered"
	StepPlanned       Step = "planned"
	StepStageCreated  Step = "stage-created"
	StepRawStaged     Step = "raw-staged"
	StepTableStaged   Step = "table-staged" // once for each aggregate
	StepChecked       Step = "checked"
	StepStaged        Step = "staged"
	StepStepsWritten  Step = "steps-written"
	StepPublishing    Step = "publishing"
	StepMoved         Step = "moved" // once for each partition of each table
	StepAllMoved      Step = "all-moved"
	StepDone          Step = "done"
	StepStageDropped  Step = "stage-dropped"
	StepFileFailed    Step = "file-failed"
	StepBatchFailed   Step = "batch-failed"
	StepRolledForward Step = "rolled-forward"
)

// The further steps of a repair.
const (
	StepDayStaged Step = "day-staged" // the days' rows and their aggregates are there
	StepNextBuilt Step = "next-built" // once for each table: its successor is complete
	StepSwapped   Step = "swapped"    // once for each table: its successor is public
)

// The further steps of a backfill.
const (
	StepSnapshot     Step = "snapshot"      // arrivals are collected, the source's content is kept
	StepReady        Step = "ready"         // noted
	StepColumnsAsked Step = "columns-asked" // the server fills what is kept of the raw table
	StepRangeFilled  Step = "range-filled"
	StepFillEmptied  Step = "fill-emptied" // all is public, and the private database about to go
)

// Steps lists those of loads.
func Steps() []Step {
	return []Step{StepLocked, StepRecovered, StepPlanned, StepStageCreated, StepRawStaged, StepTableStaged, StepChecked,
		StepStaged, StepStepsWritten, StepPublishing, StepMoved, StepAllMoved, StepDone, StepStageDropped,
		StepFileFailed, StepBatchFailed, StepRolledForward}
}

// instant is a step in terms of statements: it is passed before one that matches
// "before" (any, where there is none) and not "unless", when one that matches
// "after" has come since it was passed last.
type instant struct {
	step                  Step
	after, before, unless *regexp.Regexp
	armed                 bool
}

// Statements of the protocol.
const (
	ofStage   = "`?clickql_stage_.*"
	ofFill    = "`?clickql_fill_.*"
	recording = "^INSERT INTO .*clickql_ledger_batches /\\* "
	noting    = "^INSERT INTO .*clickql_ledger_files /\\* "
	planning  = "^INSERT INTO .*clickql_ledger_(steps|swaps) /"
	moving    = "^ALTER TABLE " + ofStage + " MOVE PARTITION ID .* TO TABLE "
	copying   = "^CREATE TABLE " + ofStage + " AS "
	dropping  = "^DROP DATABASE IF EXISTS " + ofStage
	adding    = "^\\(SELECT toUInt32\\(\\d+\\) AS query, toString\\(_partition_id\\) AS grouped, .* FROM " + ofStage
	listing   = "^SELECT name FROM system.databases WHERE startsWith"
)

// instants are the steps that one pair of statements tells, in the order in which
// they are passed where several are.
func instants() []*instant {
	re := func(pattern string) *regexp.Regexp {
		if pattern == "" {
			return nil
		}
		return regexp.MustCompile(pattern)
	}
	at := func(step Step, after, before, unless string) *instant {
		return &instant{step: step, after: re(after), before: re(before), unless: re(unless)}
	}
	return []*instant{
		at(StepLocked, "^CREATE TABLE .*clickql_ledger_lock_", listing, ""),
		at(StepFileFailed, noting+"failed", "", ""),
		at(StepBatchFailed, recording+"failed", "", ""),
		at(StepPlanned, recording+"planned", "", noting+"planned"),
		at(StepStageCreated, copying, "", copying),
		at(StepRawStaged, "^INSERT INTO "+ofStage+" FROM [^`c]", "^SELECT count\\(\\) FROM "+ofStage+"\\.(pypi|projects)$", ""),
		at(StepTableStaged, "^INSERT INTO "+ofStage+" FROM `?clickql_stage_", "", ""),
		at(StepChecked, adding, "", adding+"|^SELECT DISTINCT _path"),
		at(StepDayStaged, adding, "^CREATE TABLE "+ofStage+"__next", ""),
		at(StepSnapshot, "^CREATE TABLE "+ofFill+"\\.snapshot ", "^CREATE TABLE "+ofFill+"\\.ready ", ""),
		at(StepReady, "^CREATE TABLE "+ofFill+"\\.ready ", "", ""),
		at(StepColumnsAsked, "^ALTER TABLE "+ofFill+"\\.snapshot UPDATE ", "", ""),
		at(StepRangeFilled, "^RENAME TABLE "+ofFill, "", ""),
		at(StepFillEmptied, "", "^DROP DATABASE IF EXISTS "+ofFill, ""),
		at(StepStaged, recording+"(planned|staging)", planning, ""),
		at(StepStepsWritten, planning, recording+"publishing", ""),
		at(StepPublishing, recording+"publishing", moving+"|^SELECT toString\\(uuid\\)", ""),
		at(StepMoved, moving, moving+"|"+recording+"done", ""),
		at(StepSwapped, "^(EXCHANGE TABLES |RENAME TABLE "+ofStage+"|ALTER TABLE .* MODIFY QUERY |CREATE MATERIALIZED VIEW )", "", ""),
		at(StepRolledForward, "", recording+"done", ""),
		at(StepAllMoved, "", recording+"done", ""),
		at(StepDone, recording+"done", dropping, ""),
		at(StepStageDropped, dropping, "", dropping),
	}
}

// walk tells the steps that a command passes from its statements.
type walk struct {
	mu        sync.Mutex
	instants  []*instant
	listings  int    // of private databases since a lock was taken: recovery has three
	recovers  bool   // what others left behind is being brought to an end
	successor string // that is being built
}

// atSteps makes a hook on steps one on statements. Once it has ended the command,
// no other statement of that is let through: moves, which go side by side, wait for
// what is decided before the one that came first.
func atSteps(at func(Step) error) func(sql string) error {
	w, move := &walk{instants: instants()}, regexp.MustCompile(moving)
	var mu, turn sync.Mutex
	var ended error
	return func(sql string) error {
		if move.MatchString(sql) {
			turn.Lock()
			defer turn.Unlock()
		}
		mu.Lock()
		err := ended
		mu.Unlock()
		for _, step := range w.passes(sql) {
			if err == nil {
				err = at(step)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		ended = cmp.Or(ended, err)
		return ended
	}
}

// builds finds the successor that a statement builds.
var builds = regexp.MustCompile("`?clickql_stage_[^ ]*__next")

// passes lists the steps that lie before a statement.
func (w *walk) passes(sql string) (steps []Step) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.recovers && w.listings == 3 && !regexp.MustCompile("^SELECT batch, any|"+dropping).MatchString(sql) {
		w.recovers = false
		for _, i := range w.instants {
			i.armed = false
		}
		steps = append(steps, StepRecovered)
	}
	next := builds.FindString(sql)
	if w.successor != "" && next != w.successor && (next != "" || regexp.MustCompile(planning).MatchString(sql)) {
		steps = append(steps, StepNextBuilt)
		w.successor = ""
	}
	for _, i := range w.instants {
		if i.passed(sql) && w.counts(i.step) {
			i.armed = false
			steps = append(steps, i.step)
		}
		successors := next != "" && i.step != StepSwapped && i.step != StepDayStaged
		others := i.step == StepSwapped && regexp.MustCompile("clickql_(fill|shadow)_").MatchString(sql)
		if i.after != nil && i.after.MatchString(sql) && !successors && !others {
			i.armed = true
		}
	}
	if next != "" && !regexp.MustCompile("^(EXCHANGE|RENAME)").MatchString(sql) {
		w.successor = next
	}
	if len(steps) > 0 && slices.Contains(steps, StepLocked) {
		w.recovers, w.listings = true, 0
	}
	if regexp.MustCompile(listing).MatchString(sql) {
		w.listings++
	}
	return steps
}

// passed reports that a statement comes after the instant.
func (i *instant) passed(sql string) bool {
	return (i.armed || i.after == nil) && (i.before == nil || i.before.MatchString(sql)) && (i.unless == nil || !i.unless.MatchString(sql))
}

// counts tells steps of recovery from those of the command's own work.
func (w *walk) counts(step Step) bool {
	switch step {
	case StepRolledForward:
		return w.recovers
	case StepAllMoved, StepDone, StepStageDropped:
		return !w.recovers
	default:
		return true
	}
}
