package projects

import (
	"math"
	"slices"

	"clickql/internal/cube"
)

// Floor is about what machines that fetch every file of every release add to a
// project's downloads.
type Floor struct {
	// PerFile is the downloads of a file on a day, Low and High where it lies between.
	PerFile, Low, High float64
	// FileDays is how many days the project's files were there, all together: what
	// PerFile is times, for the downloads of all of them.
	FileDays int64
	// Dead is how many versions it was told by.
	Dead int
}

// The rule of the floor (docs/API.md, "The floor").
const (
	// deadAfter is how many days before the range a version came that is long dead.
	deadAfter = 365
	// leastDead is of how many such versions something can be told.
	leastDead = 8
	// floorQuantile is the quantile of their downloads per file and day that is taken
	// for machines': some old versions still have people.
	floorQuantile = 0.25
	// floorTail is how seldom the true quantile lies below Low, and above High.
	floorTail = 0.025
)

// FloorOf tells the floor of the days by the downloads of each version on them,
// with its files and when they came; known is false where too few versions are
// dead. Equal ranges and releases give equal floors.
func FloorOf(days cube.Range, releases Releases, downloads func(version string) int64) (f Floor, known bool) {
	var rates []float64
	for _, r := range releases {
		came := cube.DayOf(r.Uploaded)
		there := cube.Range{From: max(days.From, came), To: days.To}
		exposed := r.Files * int64(max(0, there.Days()))
		f.FileDays += exposed
		if exposed > 0 && came <= days.From-deadAfter {
			rates = append(rates, float64(downloads(r.Version))/float64(exposed))
		}
	}
	if f.Dead = len(rates); f.Dead < leastDead {
		return f, false
	}
	slices.Sort(rates)
	low, high := quantileRanks(f.Dead)
	f.PerFile = rates[int(floorQuantile*float64(f.Dead))]
	if low > 0 {
		f.Low = rates[low-1]
	}
	f.High = rates[min(high, f.Dead)-1]
	return f, true
}

// quantileRanks are the ranks, from 1, of the values of a sample between which its
// distribution's quantile lies, whatever the distribution: how many values are below
// the quantile is binomial. A rank of 0 is no value: 0.
func quantileRanks(n int) (low, high int) {
	term, sum := math.Pow(1-floorQuantile, float64(n)), 0.0
	for k := 0; k <= n; k++ {
		sum += term // the chance that at most k values are below
		if sum <= floorTail {
			low = k + 1
		}
		if sum >= 1-floorTail {
			return low, k + 1
		}
		term *= float64(n-k) / float64(k+1) * floorQuantile / (1 - floorQuantile)
	}
	return low, n
}
