package cube

import (
	"math"
	"slices"
)

// The rule of days out of line (docs/API.md, "Days out of line").
const (
	// SpikeWeeks is how many weeks before a day are looked at; of its weekday
	// spikeLeast of them have to be settled.
	SpikeWeeks = 8
	spikeLeast = 4
	// spikeWidth is how many spreads from the median a day is out of line.
	spikeWidth = 5
)

// Spike is a day out of line.
type Spike struct {
	Date  Day
	Total int64
	// Expected is the median that it was held against, Deviation how many spreads it
	// lies above that, negative below.
	Expected, Deviation float64
}

// Everyone is all projects under the same conditions, but for what is a project's
// own.
func (s Slice) Everyone() Slice {
	s.Projects = nil
	s.Conditions = slices.DeleteFunc(slices.Clone(s.Conditions), func(c Condition) bool {
		return c.Dim == Project || c.Dim == Version
	})
	return s
}

// SpikesOf asks for what the days of a slice are held against: its own and
// everyone's, by day, with the weeks before, as far as there are data.
func SpikesOf(s Slice, data Range) (own, all Request) {
	if !s.AllTime && !s.Days.Empty() && s.Days.From > data.From {
		s.Days.From = max(data.From, s.Days.From-7*SpikeWeeks)
	}
	return SeriesOf(s, Daily), SeriesOf(s.Everyone(), Daily)
}

// Spikes are the days of a range that are out of line, of the answers to what
// SpikesOf asks. Where both are one there is nothing beside to hold it against.
func (c Calendar) Spikes(days Range, own, all *Result) (spikes []Spike) {
	for i, day := range own.Days {
		if !days.Contains(Range{From: day, To: day}) || !c.Whole(Range{From: day, To: day}) {
			continue
		}
		if spike, found := c.outOfLine(own, all, i); found {
			spikes = append(spikes, spike)
		}
	}
	return spikes
}

// outOfLine is the i-th day as a spike, unless it is in line with the same weekday
// of the weeks before, by its downloads or by its part of everyone's.
func (c Calendar) outOfLine(own, all *Result, i int) (s Spike, found bool) {
	var totals, rescaled []float64
	for at := i - 7; at >= 0 && at >= i-7*SpikeWeeks; at -= 7 {
		if day := own.Days[at]; c.Whole(Range{From: day, To: day}) {
			totals = append(totals, float64(own.Totals[at]))
			rescaled = append(rescaled, part(own.Totals[at], all.Totals[at])*float64(all.Totals[i]))
		}
	}
	if len(totals) < spikeLeast {
		return s, false
	}
	n, band := float64(own.Totals[i]), BandOf(totals)
	s = Spike{own.Days[i], own.Totals[i], band.Median, band.Deviation(n)}
	if own != all {
		beside := BandOf(rescaled)
		other := beside.Deviation(n)
		if math.Signbit(other) != math.Signbit(s.Deviation) {
			return s, false
		}
		if math.Abs(other) < math.Abs(s.Deviation) {
			s.Expected, s.Deviation = beside.Median, other
		}
	}
	return s, math.Abs(s.Deviation) >= spikeWidth
}

// part is the part of the whole that n is, 0 of nothing.
func part(n, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(n) / float64(whole)
}
