package graph

import (
	"cmp"
	"context"
	"math"
	"slices"

	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/projects"
	"clickql/internal/pypi"
)

// Shift is how a share moved around an interval in which releases came.
type Shift struct {
	Date                  cube.Day
	Releases              []*Release
	Before, After, Change float64
}

// shiftWindow is how many intervals before and after one are compared: about four
// weeks, so that every weekday is in them as often.
var shiftWindow = map[cube.Interval]int{cube.Daily: 28, cube.Weekly: 4, cube.Monthly: 1, cube.Quarterly: 1, cube.Yearly: 1}

func (a arguments) shifts() (any, error) { return a.first() }

// MovedBy resolves Dropping.movedBy.
func (d *Dropping) MovedBy(ctx context.Context) ([]*Shift, error) {
	op, _, first, err := field[int](ctx)
	if err != nil {
		return nil, err
	}
	if d.slice.Projects == nil {
		return nil, fault.BadInput("movedBy needs to know whose releases: ask for it of projects that are named")
	}
	releases, err := op.releasesAmong(ctx, d.slice.Projects, nil)
	if err != nil {
		return nil, err
	}
	list := []*Shift{}
	for i, came := range d.byInterval(releases) {
		before, known := d.shareOf(i-shiftWindow[d.Interval], i)
		after, alsoKnown := d.shareOf(i+1, i+1+shiftWindow[d.Interval])
		if known && alsoKnown {
			list = append(list, &Shift{Date: d.Dates[i], Releases: came, Before: before, After: after, Change: after - before})
		}
	}
	slices.SortFunc(list, func(a, b *Shift) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Change), math.Abs(a.Change)), cmp.Compare(b.Date, a.Date))
	})
	return list[:min(first, len(list))], nil
}

// byInterval are the final releases that came in each interval within the range,
// newest first.
func (d *Dropping) byInterval(releases projects.Releases) map[int][]*Release {
	days := d.op.days(d.slice)
	came := map[int][]*Release{}
	for _, r := range releases {
		day := cube.DayOf(r.Uploaded)
		if day < days.From || day > days.To || !pypi.IsVersion(r.Version) || pypi.IsPreRelease(r.Version) {
			continue
		}
		if i, found := slices.BinarySearch(d.Dates, d.Interval.Start(day)); found {
			came[i] = append(came[i], &Release{d.op, r})
		}
	}
	return came
}

// shareOf is the share over the intervals from one up to another; known is false
// where not all of them are complete, or nothing was reported.
func (d *Dropping) shareOf(from, behind int) (part float64, known bool) {
	if from < 0 || behind > len(d.Dates) || slices.Contains(d.Complete[from:behind], false) {
		return 0, false
	}
	var dropped, reported int64
	for i := from; i < behind; i++ {
		dropped, reported = dropped+d.Totals[i], reported+d.Reports[i]
	}
	return share(dropped, reported), reported > 0
}
