package catalog

import (
	"fmt"
	"maps"
	"slices"
)

// totals are downloads by the first day of each step of time that a table keeps
// apart; a table without time has one, under day 0.
type totals map[Day]int64

// sum adds them up.
func (t totals) sum() (n int64) {
	for _, v := range t {
		n += v
	}
	return n
}

// span is the run from the first to the last day with downloads.
func (t totals) span() Range {
	r := noDays
	for d, n := range t {
		switch {
		case n == 0:
		case r.Empty():
			r = Range{From: d, To: d}
		default:
			r = Range{From: min(r.From, d), To: max(r.To, d)}
		}
	}
	return r
}

// daily lists the days with downloads in order.
func (t totals) daily() (out []DayTotal) {
	for _, d := range slices.Sorted(maps.Keys(t)) {
		if t[d] != 0 {
			out = append(out, DayTotal{d, t[d]})
		}
	}
	return out
}

// months adds days up by month.
func (t totals) months() totals {
	out := totals{}
	for d, n := range t {
		out[d.StartOfMonth()] += n
	}
	return out
}

// reference is what tables are held against.
type reference struct {
	byDay totals
	days  Range  // the data set's days
	name  string // whose figures these are, for people
	// sampled reports that byDay holds a few projects' downloads only: a day
	// without any proves nothing.
	sampled bool
	// rawFrom is the raw table's first day, where others reach further back.
	rawFrom Day
	// disputed are days on which no figure can be called right.
	disputed map[Day]bool
}

// verdict is what a comparison found: the days that agree, and why not all do.
type verdict struct {
	covers Range
	reason string
	// over reports that the table holds more than there is.
	over bool
}

// judge compares a table's totals with the reference. The days covered are the
// run of agreeing steps that is nearest to the newest day. A table that holds
// too much anywhere is not trusted with anything.
func (r reference) judge(grain Grain, got totals) verdict {
	switch {
	case r.days.Empty():
		return r.judgeEmpty(got)
	case grain == GrainNone:
		return r.judgeWhole(got)
	case grain == GrainMonth:
		return r.judgeSteps(got, r.byDay.months(), Day.StartOfMonth, func(d Day) Day { return d.StartOfMonth().AddMonths(1) }, "in the month of")
	default:
		return r.judgeSteps(got, r.byDay, func(d Day) Day { return d }, func(d Day) Day { return d + 1 }, "on")
	}
}

// judgeEmpty is the verdict while there is no data to compare.
func (r reference) judgeEmpty(got totals) verdict {
	if n := got.sum(); n != 0 {
		return verdict{noDays, fmt.Sprintf("it holds %d downloads, %s none", n, r.name), true}
	}
	return verdict{covers: noDays}
}

// judgeWhole compares totals of all time.
func (r reference) judgeWhole(got totals) verdict {
	have, want := got.sum(), r.byDay.sum()
	switch {
	case len(r.disputed) > 0:
		return verdict{covers: noDays, reason: "the tables to compare it with disagree"}
	case have == want:
		return verdict{covers: r.days}
	}
	return verdict{noDays, fmt.Sprintf("it holds %d downloads%s, %s %d", have, r.ofSample(), r.name, want), have > want}
}

// ofSample says that figures are of a sample.
func (r reference) ofSample() string {
	if r.sampled {
		return " of sampled projects"
	}
	return ""
}

// judgeSteps compares step by step of time. step is the first day of the step
// that holds a day, next the first day of the following one.
func (r reference) judgeSteps(got, want totals, step, next func(Day) Day, at string) verdict {
	reason := ""
	mismatch := func(d Day) string {
		return fmt.Sprintf("%s %s it holds %d downloads%s, %s %d", at, d, got[d], r.ofSample(), r.name, want[d])
	}
	for _, d := range slices.Sorted(maps.Keys(got)) {
		if got[d] > want[d] && !r.disputedIn(d, next(d)) {
			return verdict{noDays, mismatch(d), true}
		}
	}
	agrees := func(d Day) bool { return got[d] == want[d] && !r.disputedIn(d, next(d)) }
	run := noDays
	for d := step(r.days.To); d >= step(r.days.From); d = step(d - 1) {
		switch ok := agrees(d); {
		case ok && run.Empty():
			run = Range{From: d, To: next(d) - 1}
		case ok:
			run.From = d
		case reason == "":
			reason = mismatch(d)
		}
		if !agrees(d) && !run.Empty() {
			break
		}
		if d == 0 {
			break
		}
	}
	run = r.proven(run, want, step, next)
	run = run.Within(r.days)
	if run != r.days && reason == "" {
		reason = "no sampled project has downloads on the other days"
	}
	return verdict{covers: run, reason: reason}
}

// disputedIn reports a disputed day in [from, to).
func (r reference) disputedIn(from, to Day) bool {
	if len(r.disputed) == 0 {
		return false
	}
	for d := from; d < to; d++ {
		if r.disputed[d] {
			return true
		}
	}
	return false
}

// proven cuts steps without any sampled download off both ends of a run: that
// nothing is there proves nothing.
func (r reference) proven(run Range, want totals, step, next func(Day) Day) Range {
	if !r.sampled {
		return run
	}
	for !run.Empty() && want[step(run.From)] == 0 {
		run.From = next(run.From)
	}
	for !run.Empty() && want[step(run.To)] == 0 {
		run.To = step(run.To) - 1
	}
	return run
}

// reachingBack adds the days before the raw table's first one on which the
// tables of days agree among themselves, two at the least: raw rows are
// sometimes dropped when they are old, and the aggregates stay. A lone table
// that reaches further back proves nothing.
func (r reference) reachingBack(agreed totals, disputed map[Day]bool) reference {
	if r.days.Empty() {
		return r
	}
	r.rawFrom = r.days.From
	older := totals{}
	for d, n := range agreed {
		if d < r.rawFrom && n > 0 && !disputed[d] {
			older[d] = n
		}
	}
	if len(older) == 0 {
		return r
	}
	byDay := maps.Clone(r.byDay)
	maps.Copy(byDay, older)
	r.byDay, r.days.From, r.disputed = byDay, older.span().From, map[Day]bool{}
	for d := range disputed {
		if d >= r.days.From && d < r.rawFrom {
			r.disputed[d] = true
		}
	}
	return r
}

// majority takes for each day the figure that most tables agree on. Where no
// figure has more votes than every other the day is disputed.
func majority(tables []totals) (byDay totals, disputed map[Day]bool) {
	votes := map[Day]map[int64]int{}
	for _, t := range tables {
		for d := range t {
			votes[d] = map[int64]int{}
		}
	}
	byDay, disputed = totals{}, map[Day]bool{}
	for d, v := range votes {
		for _, t := range tables {
			v[t[d]]++
		}
		best, most, tie := int64(0), 0, false
		for n, count := range v {
			switch {
			case count > most:
				best, most, tie = n, count, false
			case count == most:
				tie, best = true, max(best, n)
			}
		}
		if byDay[d] = best; tie {
			disputed[d] = true
		}
	}
	return byDay, disputed
}
