package catalog

import (
	"context"
	"slices"

	"clickql/internal/catalog/judge"
	"clickql/internal/cube"
)

// SettledBy is how it is known which days are settled.
type SettledBy string

// The ways.
const (
	// ByLedger: every file named for the newest day is done in ClickQL's ledger, or
	// not all are.
	ByLedger SettledBy = "LEDGER"
	// ByTotals: the ledger has no file of the newest day, or there is none. A day is
	// settled when a later one has rows, or its total lies in the band of its
	// weekday.
	ByTotals SettledBy = "TOTALS"
)

// The band of a day: what days like it have, less three times their spread.
const (
	// bandWeeks is how many weeks before the day are looked at; the same weekday of
	// bandLeast of them makes a band, otherwise all days do.
	bandWeeks, bandLeast = 8, 3
	// bandWidth is how many spreads below the median the band begins. It has no upper
	// end: no day becomes too large by lacking rows.
	bandWidth = 3
)

// seenDays is what a look at the data told of its days, to be judged again when the
// ledger alone has changed.
type seenDays struct {
	known  bool
	gaps   []cube.Day
	totals judge.Totals
	ledger bool // there is one
}

// settle finds the days that are not settled, ascending: gaps, days that the ledger
// has files of which not all are done, and the newest one where nothing says that
// it is whole. totals are the downloads by day, of all projects or of a sample.
func settle(days cube.Range, gaps []cube.Day, totals judge.Totals, named ledgerDays) (unsettled []cube.Day, by SettledBy) {
	if days.Empty() {
		return nil, ByTotals
	}
	unsettled = slices.Clone(gaps)
	for d, done := range named {
		if !done && days.From <= d && d <= days.To {
			unsettled = append(unsettled, d)
		}
	}
	by = ByLedger
	if _, known := named[days.To]; !known {
		by = ByTotals
		if !inBand(days.To, totals, named) {
			unsettled = append(unsettled, days.To)
		}
	}
	slices.Sort(unsettled)
	return slices.Compact(unsettled), by
}

// settleAgain is the snapshot before with the days as the ledger has them now; nil
// where they are the same.
func (r *reader) settleAgain(ctx context.Context, before *Snapshot, now signature) (*Snapshot, error) {
	named, err := r.readLedger(ctx, r.seen.ledger)
	if err != nil {
		return nil, err
	}
	next := *before
	next.Missing, next.SettledBy = settle(before.Days, r.seen.gaps, r.seen.totals, named)
	r.signature = now
	if slices.Equal(next.Missing, before.Missing) && next.SettledBy == before.SettledBy {
		return nil, nil
	}
	next.ReadAt = r.opts.Now()
	if next.Version != "" {
		next.Version = r.versions.next(hashed(r.parts, r.stored, next.text()), false)
	}
	return r.date(ctx, before, &next)
}

// inBand reports that a day's total is as large as that of days like it. Where
// fewer than bandLeast are known there is nothing to hold it against.
func inBand(d cube.Day, totals judge.Totals, named ledgerDays) bool {
	like := before(d, 7, totals, named)
	if len(like) < bandLeast {
		like = before(d, 1, totals, named)
	}
	if len(like) < bandLeast {
		return true
	}
	return cube.BandOf(like).Deviation(float64(totals[d])) >= -bandWidth
}

// before are the totals of the days that lie a multiple of step before d, as far as
// bandWeeks go, that have any and that the ledger does not know to be partial.
func before(d, step cube.Day, totals judge.Totals, named ledgerDays) (found []float64) {
	for at := d - step; at >= d-7*bandWeeks; at -= step {
		if done, known := named[at]; totals[at] > 0 && (done || !known) {
			found = append(found, float64(totals[at]))
		}
	}
	return found
}
