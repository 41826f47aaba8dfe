package verify

import (
	"fmt"

	"clickql/ingest/count"
	"clickql/ingest/ledger"
	"clickql/internal/cube"
)

// Cause is the likely reason for a difference.
type Cause string

// The causes.
const (
	CauseNotLoaded   Cause = "not-loaded"        // the source has rows that were never loaded
	CauseChanged     Cause = "changed-file"      // a file was loaded with other content
	CauseMissingFile Cause = "missing-file"      // loaded, as the ledger says, and gone
	CauseMissing     Cause = "missing-rows"      // the same, of no particular file
	CauseDoubled     Cause = "doubled-file"      // in the table twice or more
	CauseAdded       Cause = "added-rows"        // more than the source has, of no particular file
	CauseUnreadable  Cause = "unreadable-file"   // or of a file that could not be counted
	CauseAsRaw       Cause = "as-raw"            // the table agrees with the raw table, which differs
	CauseViewMissing Cause = "view-missing"      // no view fills the table
	CauseViewLate    Cause = "view-late"         // created when there were rows already
	CauseAggDoubled  Cause = "aggregate-doubled" // filled twice
	CauseKeys        Cause = "wrong-keys"        // right as a whole, and wrong for some keys, such as projects
)

// verdictOn is the likely cause of a difference.
type verdictOn struct {
	cause Cause
	words string
	files []string
}

// judge notes the cause.
func (d *Difference) judge(c count.Table, p cube.Day, v verdictOn, m mend) {
	d.Cause, d.Explanation, d.Files = v.cause, v.words, v.files
	d.at, d.table, d.views, d.mend = p, c.ID.Table, c.Views, m
}

// evidence is what the cause of one table's differences is judged by. All
// counts are at the table's grain.
type evidence struct {
	table                  count.Table
	raw                    bool // it is the raw table
	found, inRaw, expected count.Counts
	loads                  ledger.Loads
	late                   bool // missesStart
}

// judge finds the likely cause of a period's difference.
func (e evidence) judge(p cube.Day, files count.PeriodFiles) verdictOn {
	found, raw, expected := e.found.Counts[p], e.inRaw.Counts[p], e.expected.Counts[p]
	if e.raw {
		return judgeRaw(found, expected, files)
	}
	if found == raw {
		return verdictOn{CauseAsRaw, "it agrees with the raw table, which differs from the source", nil}
	}
	return e.judgeAggregate(found, raw, files)
}

// judgeRaw finds why the raw table differs from the source.
func judgeRaw(found, expected int64, files count.PeriodFiles) verdictOn {
	waiting, waitingFiles := files.Sum(func(s count.FileState) bool { return s != count.StateLoaded && s != count.StateChanged })
	changed, changedFiles := files.Sum(func(s count.FileState) bool { return s == count.StateChanged })
	lacks, extra := expected-waiting-found, found-(expected-waiting)
	switch {
	case lacks == 0:
		return verdictOn{CauseNotLoaded, "rows of files that the ledger does not hold as loaded", waitingFiles}
	case changed > 0:
		return verdictOn{CauseChanged, "files have been replaced at the source since they were loaded", changedFiles}
	case files.Unreadable > 0 && extra > 0:
		return verdictOn{CauseUnreadable, "files that cannot be read now may have brought the rows: restore them, and verify again", nil}
	}
	loaded, loadedFiles := files.Sum(func(s count.FileState) bool { return s == count.StateLoaded })
	switch same := files.Of(max(lacks, extra)); {
	case lacks > 0 && found == 0 && loaded > 0:
		return verdictOn{CauseMissingFile, "every row is gone, though the ledger holds the files as loaded", loadedFiles}
	case lacks > 0 && len(same) > 0:
		return verdictOn{CauseMissingFile, fmt.Sprintf("the %d rows of one file are gone, though the ledger holds it as loaded", lacks), same}
	case lacks > 0:
		return verdictOn{CauseMissing, fmt.Sprintf("%d rows are gone, though the ledger holds their files as loaded", lacks), nil}
	case len(same) > 0:
		return verdictOn{CauseDoubled, fmt.Sprintf("the %d rows of one file are there once more", extra), same}
	case loaded > 0 && extra%loaded == 0:
		return verdictOn{CauseDoubled, fmt.Sprintf("every row is there %d times", extra/loaded+1), loadedFiles}
	case expected == 0:
		return verdictOn{CauseAdded, "SOURCE has none of these rows: name the files that they came from too, or, if none has them, load SOURCE beside with clickql ingest shadow run and promote that", nil}
	default:
		return verdictOn{CauseAdded, fmt.Sprintf("%d rows more than in the files of SOURCE: name all files, or, if none has them, something else has inserted rows", extra), nil}
	}
}

// judgeAggregate finds why an aggregate differs from the raw table.
func (e evidence) judgeAggregate(found, raw int64, files count.PeriodFiles) verdictOn {
	switch {
	case e.table.Views == 0:
		return verdictOn{CauseViewMissing, "no view fills it", nil}
	case e.table.Views > 1 && found > raw:
		return verdictOn{CauseAggDoubled, fmt.Sprintf("%d views fill it: drop all but one with DROP VIEW first", e.table.Views), nil}
	case found < raw && e.late:
		return verdictOn{CauseViewLate, "its view was created when there were rows already, which it lacks", nil}
	}
	same := files.Of(max(raw-found, found-raw))
	switch {
	case found < raw && len(same) > 0:
		return verdictOn{CauseMissingFile, fmt.Sprintf("it lacks the %d rows of one file, which the raw table has", raw-found), same}
	case found < raw:
		return verdictOn{CauseMissing, fmt.Sprintf("it lacks %d downloads that the raw table has", raw-found), nil}
	case raw > 0 && found%raw == 0:
		return verdictOn{CauseAggDoubled, fmt.Sprintf("it counts every download %d times: rows were put into it beside its view", found/raw), nil}
	case len(same) > 0:
		return verdictOn{CauseDoubled, fmt.Sprintf("it counts the %d rows of one file more often than the raw table", found-raw), same}
	default:
		return verdictOn{CauseAdded, fmt.Sprintf("it counts %d downloads more than the raw table", found-raw), nil}
	}
}

// missesStart reports that a table lacks what was loaded first and nothing
// else: the rows of the ledger's first batches, or whole periods before its
// first.
func (e evidence) missesStart() bool {
	lacks := e.inRaw.Total() - e.found.Total()
	if lacks <= 0 {
		return false
	}
	var loaded int64
	for _, stored := range e.loads.Stored {
		if loaded += int64(stored); loaded == lacks {
			return true
		}
	}
	var first cube.Day
	for p, n := range e.found.Counts {
		if n != 0 && (first == 0 || p < first) {
			first = p
		}
	}
	for p, n := range e.inRaw.Counts {
		if got := e.found.Counts[p]; got != n && (got != 0 || first != 0 && p > first) {
			return false
		}
	}
	return e.table.Grain != count.InTotal
}

// judgeEnd finds why a table's first or last day is wrong: end is 0 or 1.
func judgeEnd(c count.Table, end int, found, raw, expected cube.Day) verdictOn {
	switch {
	case found == raw:
		return verdictOn{CauseAsRaw, "it agrees with the raw table, which differs from the source", nil}
	case c.Views == 0:
		return verdictOn{CauseViewMissing, "no view fills it", nil}
	case found == 0 || end == 0 && found > expected:
		return verdictOn{CauseViewLate, "its view was created when there were rows already, which it lacks", nil}
	case end == 1 && found < expected:
		return verdictOn{CauseMissing, "it lacks the newest days, which the raw table has", nil}
	default:
		return verdictOn{CauseAdded, "it holds a day that the raw table does not: the rows of that day were taken out of the raw table alone", nil}
	}
}
