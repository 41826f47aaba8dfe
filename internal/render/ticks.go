package render

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"clickql/internal/catalog"
	"clickql/internal/query"
)

// tick is a labelled place on an axis.
type tick struct {
	at    float64 // days or downloads
	label string
	major bool // a year among months, a month among days
}

// step is a distance of ticks on the axis of time: days or months.
type step struct{ days, months int }

// steps are the distances that people read dates in, finest first. Days count
// from Mondays, months from January.
var steps = []step{
	{days: 1}, {days: 2}, {days: 7}, {days: 14}, {months: 1}, {months: 2}, {months: 3}, {months: 6},
	{months: 12}, {months: 24}, {months: 60}, {months: 120}, {months: 240}, {months: 600},
}

// finest is the finest step that makes sense for an interval.
var finest = map[query.Interval]step{
	query.Daily: {days: 1}, query.Weekly: {days: 7}, query.Monthly: {months: 1},
	query.Quarterly: {months: 3}, query.Yearly: {months: 12},
}

// length is the step's number of days, the least it can be.
func (s step) length() int { return s.days + 28*s.months }

// epochMonday is the first Monday of ClickHouse's Date.
const epochMonday catalog.Day = 4 // 1970-01-05

// from is the first tick on or after d.
func (s step) from(d catalog.Day) catalog.Day {
	if s.days > 0 {
		n := catalog.Day(s.days)
		return d + ((epochMonday-d)%n+n)%n
	}
	y, m, _ := d.Time().Date()
	months := 12*y + int(m) - 1
	months -= months % s.months
	for {
		t := catalog.DayOf(time.Date(months/12, time.Month(months%12+1), 1, 0, 0, 0, 0, time.UTC))
		if t >= d {
			return t
		}
		months += s.months
	}
}

// label writes the tick on d, given the one before (nil: none): January is the
// year, and the first tick of all says which year it is in.
func (s step) label(d catalog.Day, before *catalog.Day, every query.Interval) tick {
	t := d.Time()
	at := float64(d)
	newYear := before == nil || before.Time().Year() != t.Year()
	switch {
	case s.months%12 == 0 && s.months > 0:
		return tick{at, strconv.Itoa(t.Year()), false}
	case s.months > 0 && t.Month() == time.January:
		return tick{at, strconv.Itoa(t.Year()), true}
	case s.months > 0 && every == query.Quarterly:
		text := fmt.Sprintf("Q%d", (t.Month()+2)/3)
		if newYear {
			text += t.Format(" 2006")
		}
		return tick{at, text, false}
	case s.months > 0 && newYear:
		return tick{at, t.Format("Jan 2006"), false}
	case s.months > 0:
		return tick{at, t.Format("Jan"), false}
	case newYear:
		return tick{at, t.Format("2 Jan 2006"), before != nil}
	}
	return tick{at, t.Format("2 Jan"), false}
}

// dateTicks are the ticks between two days, as close as place allows. fits
// tells whether a set of labels has room.
func dateTicks(first, last catalog.Day, every query.Interval, fits func([]tick) bool) []tick {
	for _, s := range steps {
		if s.length() < finest[every].length() {
			continue
		}
		if span := int(last-first) + 1; span/s.length() > 200 {
			continue
		}
		ticks := s.between(first, last, every)
		if len(ticks) == 0 {
			break
		}
		if fits(ticks) {
			return ticks
		}
	}
	return []tick{{at: float64(first), label: first.Time().Format("2 Jan 2006")}}
}

// between lists the step's ticks from first to last.
func (s step) between(first, last catalog.Day, every query.Interval) []tick {
	var ticks []tick
	var before *catalog.Day
	for d := s.from(first); d <= last; {
		ticks = append(ticks, s.label(d, before, every))
		at := d
		before = &at
		if s.days > 0 {
			d += catalog.Day(s.days)
		} else {
			d = d.AddMonths(s.months)
		}
	}
	return ticks
}

// valueTicks are round numbers from zero to the first at or above top: least to
// most steps of them, as few as leave the least room above top.
func valueTicks(top float64, least, most int) []tick {
	best := roundTicks(top, least)
	for n := least + 1; n <= most; n++ {
		if ticks := roundTicks(top, n); ticks[len(ticks)-1].at < best[len(best)-1].at && len(ticks) <= most+1 {
			best = ticks
		}
	}
	return best
}

// roundTicks are about want steps of a round length, never less than 1:
// downloads are whole.
func roundTicks(top float64, want int) []tick {
	raw := max(top, 1) / float64(max(want, 1))
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	length := 10 * power
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m*power >= raw*(1-1e-9) {
			length = m * power
			break
		}
	}
	if length < 10 {
		length = math.Ceil(length)
	}
	ticks := []tick{{at: 0, label: "0"}}
	for i := 1; ticks[len(ticks)-1].at < max(top, 1); i++ {
		v := float64(i) * length
		ticks = append(ticks, tick{at: v, label: exact(v)})
	}
	return ticks
}

// exact writes a tick's number without rounding: 12.5M, where Count has 13M.
func exact(v float64) string {
	i := 0
	for v >= 1000 && i < len(suffixes)-1 {
		v /= 1000
		i++
	}
	return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64) + suffixes[i]
}

// percentTicks are the ticks of parts of the whole.
func percentTicks(most int) []tick {
	n := 2
	if most >= 4 {
		n = 4
	}
	var ticks []tick
	for i := 0; i <= n; i++ {
		ticks = append(ticks, tick{at: float64(i) / float64(n), label: strconv.Itoa(100*i/n) + "%"})
	}
	return ticks
}
