package main

import (
	"math"
	"slices"
	"time"
)

// quantile is the value below which the part q (0 to 1) of the values lies, by
// nearest rank; NaN without values. The values need no order.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	rank := int(math.Ceil(q * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// median is the middle value, the mean of both middle ones for an even number;
// NaN without values.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	mid := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[mid]
	}
	return (sorted[mid-1] + sorted[mid]) / 2
}

// medianRatio is the median of a[i]/b[i]: the two sides of one turn are divided
// before turns are compared. Turns without a figure on either side are left
// out.
func medianRatio(a, b []float64) float64 {
	var ratios []float64
	for i := range min(len(a), len(b)) {
		if r := a[i] / b[i]; !math.IsNaN(r) && !math.IsInf(r, 0) {
			ratios = append(ratios, r)
		}
	}
	return median(ratios)
}

// geomean is the geometric mean, the only mean that makes sense of ratios; NaN
// without values. NaNs are left out.
func geomean(values []float64) float64 {
	sum, n := 0.0, 0
	for _, v := range values {
		if !math.IsNaN(v) && v > 0 {
			sum += math.Log(v)
			n++
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return math.Exp(sum / float64(n))
}

// turn is what one side did in one turn.
type turn struct {
	millis []float64 // of each request
	took   time.Duration
	used   processor
}

// perSecond is the requests answered per second.
func (t turn) perSecond() float64 {
	if t.took <= 0 {
		return math.NaN()
	}
	return float64(len(t.millis)) / t.took.Seconds()
}

// turns are what one side did in all turns.
type turns []turn

// p50s is the median latency of each turn, in milliseconds.
func (ts turns) p50s() []float64 {
	out := make([]float64, len(ts))
	for i, t := range ts {
		out[i] = quantile(t.millis, 0.5)
	}
	return out
}

// rates is the requests per second of each turn.
func (ts turns) rates() []float64 {
	out := make([]float64, len(ts))
	for i, t := range ts {
		out[i] = t.perSecond()
	}
	return out
}

// all is the latency of every request of all turns.
func (ts turns) all() []float64 {
	var out []float64
	for _, t := range ts {
		out = append(out, t.millis...)
	}
	return out
}

// sum adds values up.
func sum(values []float64) (n float64) {
	for _, v := range values {
		n += v
	}
	return n
}
