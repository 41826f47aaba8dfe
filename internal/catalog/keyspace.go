package catalog

import (
	"math"
	"math/bits"
)

// keySpace is the K for which projects of n downloads each, thrown at random
// into K combinations of a table's other columns, fill as many different ones as
// the table has rows: the sum of K*(1-exp(-n/K)) over all projects. It corrects
// what a share of downloads says about a share of an aggregate's rows: the more
// a project is downloaded, the more of its downloads fall into one row. 0 where
// the index or the rows are unknown, or nothing falls together.
func (ix *Index) keySpace(rows uint64) float64 {
	if ix.Len() == 0 || rows == 0 || float64(rows) >= float64(ix.sum) {
		return 0
	}
	// Projects of about the same size count as so many of their mean.
	var count, sum [65]float64
	for _, n := range ix.totals {
		b := bits.Len64(uint64(max(n, 0)))
		count[b]++
		sum[b] += float64(n)
	}
	filled := func(k float64) (rows float64) {
		for b := range count {
			if count[b] > 0 {
				rows += count[b] * -k * math.Expm1(-sum[b]/count[b]/k)
			}
		}
		return rows
	}
	low, high := 0.0, 60.0 // of the logarithm of K to base 2
	for range 50 {
		if mid := (low + high) / 2; filled(math.Exp2(mid)) < float64(rows) {
			low = mid
		} else {
			high = mid
		}
	}
	return math.Exp2(high)
}
