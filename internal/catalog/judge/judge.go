// Package judge decides whether an aggregate agrees with the raw table: the one
// judge of that, for what the gateway serves from, for what `clickql schema check`
// reports, and for what loading compares.
//
// It is handed Totals, by day or by a coarser step of time, and reads nothing. What
// is right is a Reference: the raw table's totals by day, or what most tables of
// days hold; of all projects or of a sample. A Verdict is the run of days on which
// a table agrees, and why not on all.
package judge

import (
	"fmt"
	"maps"

	"clickql/internal/cube"
)

// Reference is what tables are held against.
type Reference struct {
	ByDay Totals
	Days  cube.Range // the data set's days
	Name  string     // whose figures these are, for people
	// Sampled reports that ByDay holds a few projects' downloads only: a day
	// without any proves nothing.
	Sampled bool
	// RawFrom is the raw table's first day, where others reach further back.
	RawFrom cube.Day
	// Disputed are days on which no figure can be called right.
	Disputed map[cube.Day]bool
}

// Verdict is what a comparison found: the days that agree, and why not all do.
type Verdict struct {
	Covers cube.Range
	Reason string
	// Over reports that the table holds more than there is.
	Over bool
}

// Judge compares a table's totals, by steps of the grain, with the reference. The
// days covered are the run of agreeing steps that is nearest to the newest day. A
// table that holds too much anywhere is not trusted with anything.
func (r Reference) Judge(g cube.Grain, got Totals) Verdict {
	switch {
	case r.Days.Empty():
		return r.judgeEmpty(got)
	case g == cube.GrainNone:
		return r.judgeWhole(got)
	}
	return r.judgeSteps(got, r.ByDay.At(g), g)
}

// judgeEmpty is the verdict while there is no data to compare.
func (r Reference) judgeEmpty(got Totals) Verdict {
	if n := got.Sum(); n != 0 {
		return Verdict{cube.NoDays, fmt.Sprintf("it holds %d downloads, %s none", n, r.Name), true}
	}
	return Verdict{Covers: cube.NoDays}
}

// judgeWhole compares totals of all time.
func (r Reference) judgeWhole(got Totals) Verdict {
	have, want := got.Sum(), r.ByDay.Sum()
	switch {
	case len(r.Disputed) > 0:
		return Verdict{Covers: cube.NoDays, Reason: "the tables to compare it with disagree"}
	case have == want:
		return Verdict{Covers: r.Days}
	}
	return Verdict{cube.NoDays, fmt.Sprintf("it holds %d downloads%s, %s %d", have, r.ofSample(), r.Name, want), have > want}
}

// ofSample says that figures are of a sample.
func (r Reference) ofSample() string {
	if r.Sampled {
		return " of sampled projects"
	}
	return ""
}

// judgeSteps compares step by step of time.
func (r Reference) judgeSteps(got, want Totals, g cube.Grain) Verdict {
	at := "on"
	if g == cube.GrainMonth {
		at = "in the month of"
	}
	mismatch := func(d cube.Day) string {
		return fmt.Sprintf("%s %s it holds %d downloads%s, %s %d", at, d, got[d], r.ofSample(), r.Name, want[d])
	}
	for _, d := range got.Differing(want) {
		if got[d] > want[d] && !r.disputedIn(d, g.Next(d)) {
			return Verdict{cube.NoDays, mismatch(d), true}
		}
	}
	run, reason := cube.NoDays, ""
	for d := g.Step(r.Days.To); d >= g.Step(r.Days.From); d = g.Step(d - 1) {
		agrees := got[d] == want[d] && !r.disputedIn(d, g.Next(d))
		switch {
		case agrees:
			run = run.Hull(cube.Range{From: d, To: g.Next(d) - 1})
		case reason == "":
			reason = mismatch(d)
		}
		if !agrees && !run.Empty() || d == 0 {
			break
		}
	}
	run = r.proven(run, want, g).Within(r.Days)
	if run != r.Days && reason == "" {
		reason = "no sampled project has downloads on the other days"
	}
	return Verdict{Covers: run, Reason: reason}
}

// disputedIn reports a disputed day in [from, to).
func (r Reference) disputedIn(from, to cube.Day) bool {
	if len(r.Disputed) == 0 {
		return false
	}
	for d := from; d < to; d++ {
		if r.Disputed[d] {
			return true
		}
	}
	return false
}

// proven cuts steps without any sampled download off both ends of a run: that
// nothing is there proves nothing.
func (r Reference) proven(run cube.Range, want Totals, g cube.Grain) cube.Range {
	if !r.Sampled {
		return run
	}
	for !run.Empty() && want[g.Step(run.From)] == 0 {
		run.From = g.Next(run.From)
	}
	for !run.Empty() && want[g.Step(run.To)] == 0 {
		run.To = g.Step(run.To) - 1
	}
	return run
}

// ReachingBack adds the days before the raw table's first one on which the
// tables of days agree among themselves, two at the least: raw rows are
// sometimes dropped when they are old, and the aggregates stay. A lone table
// that reaches further back proves nothing.
func (r Reference) ReachingBack(agreed Totals, disputed map[cube.Day]bool) Reference {
	if r.Days.Empty() {
		return r
	}
	r.RawFrom = r.Days.From
	older := Totals{}
	for d, n := range agreed {
		if d < r.RawFrom && n > 0 && !disputed[d] {
			older[d] = n
		}
	}
	if len(older) == 0 {
		return r
	}
	byDay := maps.Clone(r.ByDay)
	maps.Copy(byDay, older)
	r.ByDay, r.Days.From, r.Disputed = byDay, older.Span().From, map[cube.Day]bool{}
	for d := range disputed {
		if d >= r.Days.From && d < r.RawFrom {
			r.Disputed[d] = true
		}
	}
	return r
}

// Gaps are the days between the first and the last one without any download.
func (r Reference) Gaps() (out []cube.Day) {
	for d := r.Days.From + 1; d < r.Days.To; d++ {
		if r.ByDay[d] == 0 && !r.Disputed[d] {
			out = append(out, d)
		}
	}
	return out
}
