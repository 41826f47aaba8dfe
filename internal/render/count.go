package render

import (
	"strconv"
	"strings"
)

// suffixes are the powers of a thousand as people write them; billions are B,
// not the SI's G. An int64 needs no more.
var suffixes = [...]string{"", "k", "M", "B", "T", "Qa", "Qi"}

// Count writes a number of downloads as people do, with two significant digits
// below ten of a unit: 999, 1.2k, 12k, 123k, 1.2M, 3.4B, 2.2T. Halves round
// away from zero, and what rounds to 1000 goes to the next unit (999,500 is
// 1M, never 1000k).
func Count(n int64) string {
	if n < 0 {
		return "-" + count(uint64(-(n+1))+1)
	}
	return count(uint64(n))
}

// count writes a magnitude. Integers throughout: a float would round some
// halves down.
func count(n uint64) string {
	if n < 1000 {
		return strconv.FormatUint(n, 10)
	}
	unit, step := uint64(1000), 1
	for step < len(suffixes)-1 && n/unit >= 1000 {
		unit *= 1000
		step++
	}
	if tenths := (n + unit/20) / (unit / 10); tenths < 100 {
		return strings.TrimSuffix(strconv.FormatUint(tenths/10, 10)+"."+strconv.FormatUint(tenths%10, 10), ".0") + suffixes[step]
	}
	whole := (n + unit/2) / unit
	if whole >= 1000 && step < len(suffixes)-1 {
		return "1" + suffixes[step+1]
	}
	return strconv.FormatUint(whole, 10) + suffixes[step]
}
