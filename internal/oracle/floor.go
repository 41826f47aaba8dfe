package oracle

import (
	"math"
	"math/big"
	"sort"
	"time"

	"clickql/internal/cube"
)

// Upload is a version with its files: when the first came, and how many there are.
type Upload struct {
	Version string
	Came    time.Time
	Files   int
}

// Floor is what Project.floor must give of the slice, which is of one project: nil where
// fewer than eight of its versions came a year before the days.
func (s Slice) Floor(d *Data, uploads []Upload) any {
	from, to := s.span(d)
	from, to = later(from, d.First), earlier(to, d.Last)
	var rates []float64
	fileDays := 0
	for _, u := range uploads {
		came, there := u.Came.Truncate(24*time.Hour), 0
		for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
			if !day.Before(came) {
				there += u.Files
			}
		}
		fileDays += there
		if there > 0 && !came.AddDate(0, 0, 365).After(from) {
			rates = append(rates, float64(s.With(cube.Version, u.Version).Total())/float64(there))
		}
	}
	n := len(rates)
	if n < 8 {
		return nil
	}
	sort.Float64s(rates)
	low, high := quartileRanks(n)
	lowest := 0.0
	if low > 0 {
		lowest = rates[low-1]
	}
	all := func(rate float64) int { return int(math.Round(rate * float64(fileDays))) }
	return map[string]any{"estimate": all(rates[n/4]), "low": all(lowest), "high": all(rates[high-1]), "perFile": rates[n/4], "deadVersions": n}
}

// quartileRanks are the ranks, from 1, between which the lower quartile of what a sample
// of n is of lies in 95 of 100 cases: the last that it is above in all but 2.5, and the
// first that it is below in all but 2.5; 0 for no such rank. How many of the sample are
// below the quartile is binomial, and counted here in units of 4 to the power of -n.
func quartileRanks(n int) (low, high int) {
	whole := new(big.Int).Exp(big.NewInt(4), big.NewInt(int64(n)), nil)
	sum := new(big.Int)
	for k := 0; ; k++ {
		above := new(big.Int).Exp(big.NewInt(3), big.NewInt(int64(n-k)), nil)
		sum.Add(sum, above.Mul(above, new(big.Int).Binomial(int64(n), int64(k))))
		part := new(big.Int).Mul(sum, big.NewInt(40))
		if part.Cmp(whole) <= 0 {
			low = k + 1
		}
		if part.Cmp(new(big.Int).Mul(whole, big.NewInt(39))) >= 0 {
			return low, min(k+1, n)
		}
	}
}
