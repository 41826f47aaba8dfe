package verify

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"clickql/ingest/count"
	"clickql/ingest/ledger"
	"clickql/internal/cube"
)

// mend is the kind of command that makes a difference go away.
type mend int

const (
	mendNone mend = iota // no command alone: the explanation says what to do
	mendLoad
	mendRepair
	mendBackfill
)

// mends tells what mends a table in which a period differs for a cause.
func (e evidence) mends(p cube.Day, c Cause) mend {
	switch {
	case c == CauseAsRaw || c == CauseUnreadable || e.raw && c == CauseAdded && e.expected.Counts[p] == 0:
		return mendNone
	case c == CauseNotLoaded:
		return mendLoad
	case e.raw:
		return mendRepair
	}
	return mendBackfill
}

// prescriber writes the commands that mend what a verification found.
type prescriber struct {
	v       *verifier
	source  string // the flags and sources of a command that reads them
	repairs []ledger.Span
	load    string // empty: nothing is to be loaded
}

// prescribe notes the command for each difference, and all of them once in the
// order in which they are to be run: what is not loaded first, since a repair
// wants every file of its days, and aggregates last, since they are computed
// from the raw table.
func (v *verifier) prescribe(sources []string) {
	p := prescriber{v: v, source: v.cfg.RepeatSource}
	if len(v.cfg.Named) > 0 {
		sources = v.cfg.Named
	}
	for _, s := range sources {
		p.source += " " + ShellQuote(s)
	}
	if v.source.Loadable > 0 {
		p.load = "clickql ingest run" + p.source
		if v.out.Files.Failed > 0 {
			p.load += " --retry"
		}
	}
	p.chooseDays()
	var fills []string
	vague := v.out.Quick && v.out.Files.Changed > 0
	for i := range v.out.Differences {
		d := &v.out.Differences[i]
		switch {
		case d.mend == mendLoad:
			d.Remedy = p.load
		case d.mend == mendRepair && d.Grain != count.ByDay: // of a quick look at an old ledger
			d.Remedy, vague = p.verify(), true
		case d.mend == mendRepair, p.covers(*d):
			d.Remedy = p.repair(p.spanOf(d.at))
		case d.mend == mendBackfill:
			d.Remedy = "clickql ingest backfill" + v.cfg.Repeat + " " + ShellQuote(d.table)
			fills = append(fills, d.Remedy)
		}
	}
	out := &v.out.Remedies
	if p.load != "" {
		*out = append(*out, p.load)
	}
	if vague {
		*out = append(*out, p.verify())
	}
	for _, s := range p.repairs {
		*out = append(*out, p.repair(s))
	}
	*out = append(*out, slices.Compact(fills)...)
}

// chooseDays finds the ranges of days to rebuild: those that differ, and those
// that a replaced file holds, which are repaired together.
func (p *prescriber) chooseDays() {
	days := map[cube.Day]bool{}
	for _, d := range p.v.out.Differences {
		if d.mend == mendRepair && d.Grain == count.ByDay {
			days[d.at] = true
		}
	}
	for _, s := range p.v.source.ChangedSpans() {
		for d := s.From; d <= s.To; d++ {
			days[d] = true
		}
	}
	for _, d := range slices.Sorted(maps.Keys(days)) {
		if n := len(p.repairs); n > 0 && p.repairs[n-1].To+1 == d {
			p.repairs[n-1].To = d
		} else {
			p.repairs = append(p.repairs, ledger.Span{From: d, To: d})
		}
	}
}

// covers tells whether a repair that is due anyway mends an aggregate: it
// rebuilds its days, their months, and all that has no days, as far as a view
// is registered.
func (p *prescriber) covers(d Difference) bool {
	if len(p.repairs) == 0 || d.views != 1 && d.Cause != CauseAsRaw {
		return false
	}
	switch d.Grain {
	case count.ByDay:
		return p.within(d.at, d.at+1)
	case count.ByMonth:
		return p.within(d.at, d.at.StartOfMonth().AddMonths(1))
	}
	return true
}

// within tells whether days from one on to before another are rebuilt.
func (p *prescriber) within(from, before cube.Day) bool {
	return slices.ContainsFunc(p.repairs, func(s ledger.Span) bool { return s.From < before && s.To >= from })
}

// spanOf is the range that a day is rebuilt with, the first for what has no days.
func (p *prescriber) spanOf(d cube.Day) ledger.Span {
	return p.repairs[max(0, slices.IndexFunc(p.repairs, func(s ledger.Span) bool { return d <= s.To }))]
}

// repair is the command that rebuilds days.
func (p *prescriber) repair(s ledger.Span) string {
	if s.From == s.To {
		return fmt.Sprintf("clickql ingest repair%s --date %s%s", p.source, s.From, p.v.cfg.RepeatShard)
	}
	return fmt.Sprintf("clickql ingest repair%s --from %s --to %s%s", p.source, s.From, s.To, p.v.cfg.RepeatShard)
}

// verify is the command that finds the days which a quick look does not know.
func (p *prescriber) verify() string { return "clickql ingest verify" + p.source }

// plainWord is one that means the same to a shell without quotes.
var plainWord = regexp.MustCompile(`^[-a-zA-Z0-9._/:=@%+,]+$`)

// ShellQuote writes a word so that a POSIX shell takes it as it is.
func ShellQuote(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
