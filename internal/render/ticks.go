package render

import (
	"fmt"
	"math"
	"strconv"
	"time"
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
var finest = map[Interval]step{
	daily: {days: 1}, weekly: {days: 7}, monthly: {months: 1},
	quarterly: {months: 3}, yearly: {months: 12},
}

// length is the step's number of days, the least it can be.
func (s step) length() int { return s.days + 28*s.months }

// epochMonday is the first Monday of ClickHouse's Date.
const epochMonday Day = 4 // 1970-01-05

// from is the first tick on or after d.
func (s step) from(d Day) Day {
	if s.days > 0 {
		n := Day(s.days)
		return d + ((epochMonday-d)%n+n)%n
	}
	y, m, _ := d.Time().Date()
	months := 12*y + int(m) - 1
	months -= months % s.months
	for {
		t := dayOf(time.Date(months/12, time.Month(months%12+1), 1, 0, 0, 0, 0, time.UTC))
		if t >= d {
			return t
		}
		months += s.months
	}
}

// label writes the tick on d, given the one before (nil: none): January is the
// year, and the first tick of all says which year it is in.
func (s step) label(d Day, before *Day, every Interval) tick {
	t := d.Time()
	at := float64(d)
	newYear := before == nil || before.Time().Year() != t.Year()
	switch {
	case s.months%12 == 0 && s.months > 0:
		return tick{at, strconv.Itoa(t.Year()), false}
	case s.months > 0 && t.Month() == time.January:
		return tick{at, strconv.Itoa(t.Year()), true}
	case s.months > 0 && every == quarterly:
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
func dateTicks(first, last Day, every Interval, fits func([]tick) bool) []tick {
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
func (s step) between(first, last Day, every Interval) []tick {
	var ticks []tick
	var before *Day
	for d := s.from(first); d <= last; {
		ticks = append(ticks, s.label(d, before, every))
		at := d
		before = &at
		if s.days > 0 {
			d += Day(s.days)
		} else {
			d = d.AddMonths(s.months)
		}
	}
	return ticks
}

// valueTicks are round numbers from zero upwards, one for every 48 to 90 pixels
// of high: two to seven of them, or where there is no room top alone. The axis
// ends at the last one, where that is little above top, or a little above top
// itself. Downloads are whole: there is no step below one, other than fractional.
func valueTicks(top float64, high float64, fractional bool) (ticks []tick, ceiling float64) {
	if top <= 0 {
		top = 1
	}
	if high < low {
		return []tick{{at: 0, label: "0"}, {at: top, label: Figure(top)}}, top
	}
	most, least := min(max(int(high/48), 2), 6), min(max(int(high/90), 2), 3)
	best := math.Inf(1)
	for n := least; n <= most; n++ {
		found, end := roundTicks(top, n, fractional)
		if waste := end / top; len(found)-1 <= most && (waste < best-.02 || waste < best+.02 && len(found) > len(ticks)) {
			best, ticks, ceiling = waste, found, end
		}
	}
	return ticks, ceiling
}

// roundTicks are about want steps of a round length, and where the axis ends.
func roundTicks(top float64, want int, fractional bool) (ticks []tick, ceiling float64) {
	raw := top / float64(want)
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	length := 10 * power
	for _, m := range []float64{1, 2, 5} {
		if m*power >= raw*.94 {
			length = m * power
			break
		}
	}
	if length < 1 && !fractional {
		length = 1
	}
	n := math.Floor(top/length + 1e-9)
	ceiling = top * 1.03
	switch next := (n + 1) * length; {
	case top == n*length:
		ceiling = top
	case next < top*1.12 || n == 0:
		n, ceiling = n+1, next
	}
	for i := 0.; i <= n; i++ {
		ticks = append(ticks, tick{at: i * length, label: exact(i * length)})
	}
	return ticks, ceiling
}

// logTicks are powers of ten, or 1-2-5 between them where there is room for
// most, from at or below least to at or above top, which are above zero.
func logTicks(least, top float64, most int) []tick {
	if math.IsInf(least, 0) || least <= 0 {
		least = 1
	}
	top = max(top, least*1.01)
	fine := steps125(least, top, []float64{1, 2, 5})
	if len(fine) <= max(most, 3) {
		return fine
	}
	ticks := steps125(least, top, []float64{1})
	for len(ticks) > max(most, 2) && len(ticks) > 2 { // every other, both ends staying
		last := ticks[len(ticks)-1]
		thinned := ticks[:0]
		for i := 0; i < len(ticks)-1; i += 2 {
			thinned = append(thinned, ticks[i])
		}
		ticks = append(thinned, last)
	}
	return ticks
}

// steps125 are the multiples of powers of ten around a range.
func steps125(least, top float64, of []float64) []tick {
	var ticks []tick
	for e := math.Floor(math.Log10(least)); ; e++ {
		for _, m := range of {
			v := m * math.Pow(10, e)
			if len(ticks) > 0 && v <= least*(1+1e-9) {
				ticks = ticks[:0] // only the last one below is needed
			}
			ticks = append(ticks, tick{at: v, label: exact(v)})
			if v >= top*(1-1e-9) && len(ticks) > 1 {
				return ticks
			}
		}
	}
}

// percentTicks are the ticks of parts of the whole, on an axis of high pixels.
func percentTicks(high float64) (ticks []tick) {
	n := 1
	switch {
	case high >= 160:
		n = 4
	case high >= 80:
		n = 2
	}
	for i := range n + 1 {
		ticks = append(ticks, tick{at: float64(i) / float64(n), label: strconv.Itoa(100*i/n) + " %"})
	}
	return ticks
}
