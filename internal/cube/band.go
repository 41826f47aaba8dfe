package cube

import (
	"math"
	"slices"
)

// Band is what days that are alike have: the middle of their downloads, and how far
// they usually lie from it.
type Band struct{ Median, Spread float64 }

// A spread is the standard deviation as the median absolute deviation estimates it,
// robust against holidays and gaps; not less than that of counting as many downloads
// at random, nor than this part of the median, since the days are few.
const (
	madToDeviation = 1.4826
	leastSpread    = 0.05
)

// BandOf is the band of some days, of which there must be one at least.
func BandOf(days []float64) Band {
	middle := median(days)
	deviations := make([]float64, len(days))
	for i, n := range days {
		deviations[i] = math.Abs(n - middle)
	}
	return Band{middle, max(madToDeviation*median(deviations), math.Sqrt(middle), leastSpread*middle)}
}

// Deviation is how many spreads above the median a day lies, negative below.
func (b Band) Deviation(n float64) float64 {
	if b.Spread == 0 { // the days have nothing at all: one download is one spread
		return n
	}
	return (n - b.Median) / b.Spread
}

// median is the middle value of some, the mean of both where there are two.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
