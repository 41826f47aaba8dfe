package oracle

import (
	"math"
	"slices"
)

// Spikes are the days out of line: more than five spreads from what the same weekday
// had in the eight weeks before, both in downloads and as a part of everyone's.
func (s Slice) Spikes(d *Data) []any {
	own, all := s.byDay(), s.everyone().byDay()
	from, to := s.span(d)
	out := []any{}
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		if !d.Settled(day) {
			continue
		}
		var totals, parts []float64
		for week := 1; week <= 8; week++ {
			at := day.AddDate(0, 0, -7*week)
			if !d.Settled(at) {
				continue
			}
			n, whole := own[at.Unix()], all[at.Unix()]
			totals, parts = append(totals, float64(n)), append(parts, ratio(n, whole)*float64(all[day.Unix()]))
		}
		if len(totals) < 4 {
			continue
		}
		n := float64(own[day.Unix()])
		expected, deviation := middleOf(totals), spreads(totals, n)
		if other := spreads(parts, n); s.some {
			if (other < 0) != (deviation < 0) {
				continue
			}
			if math.Abs(other) < math.Abs(deviation) {
				expected, deviation = middleOf(parts), other
			}
		}
		if math.Abs(deviation) >= 5 {
			out = append(out, map[string]any{"date": date(day), "total": own[day.Unix()], "expected": expected, "deviation": deviation})
		}
	}
	return out
}

// spreads is how many spreads a number lies from the middle of others.
func spreads(others []float64, n float64) float64 {
	middle := middleOf(others)
	var away []float64
	for _, o := range others {
		away = append(away, math.Abs(o-middle))
	}
	spread := max(1.4826*middleOf(away), math.Sqrt(middle), middle/20)
	if spread == 0 {
		return n
	}
	return (n - middle) / spread
}

// middleOf is the median.
func middleOf(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}
