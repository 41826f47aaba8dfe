package render

import (
	"math"
	"strconv"
	"strings"
)

// Figure writes a number as charts do, with three significant digits: 999,
// 1.24k, 12.4k, 124k, 1.24M. Counts below a thousand are whole.
func Figure(v float64) string {
	if v < 0 {
		return "-" + Figure(-v)
	}
	if v < 999.5 {
		if v == math.Trunc(v) || v >= 100 {
			return strconv.FormatFloat(v, 'f', 0, 64)
		}
		return digits(v)
	}
	step := 0
	for v >= 999.5 && step < len(suffixes)-1 {
		v /= 1000
		step++
	}
	return digits(v) + suffixes[step]
}

// digits writes a number below a thousand with three significant digits,
// without zeros at the end.
func digits(v float64) string {
	places := 0
	switch {
	case v < 9.995:
		places = 2
	case v < 99.95:
		places = 1
	}
	text := strconv.FormatFloat(v, 'f', places, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// Percent writes a part of the whole: 45 %, 3.2 %, <0.1 %.
func Percent(part float64) string {
	switch p := part * 100; {
	case p > 0 && p < .1:
		return "<0.1 %"
	case p < 9.95:
		return strings.TrimSuffix(strconv.FormatFloat(p, 'f', 1, 64), ".0") + " %"
	default:
		return strconv.FormatFloat(p, 'f', 0, 64) + " %"
	}
}

// Change writes a relative change: +12 %, -3 %, and ×14 where it is tenfold or
// more.
func Change(v float64) string {
	switch {
	case v >= 9:
		return "×" + digits(math.Round(v+1))
	case math.Abs(v) < .0005:
		return "±0 %"
	case math.Abs(v) < .0995:
		return signed(v*100, 1) + " %"
	default:
		return signed(v*100, 0) + " %"
	}
}

// signed writes a number with its sign and so many decimals.
func signed(v float64, places int) string {
	text := strconv.FormatFloat(v, 'f', places, 64)
	if v > 0 {
		return "+" + text
	}
	return "−" + strings.TrimPrefix(text, "-")
}

// share writes the part that n is of all.
func share(n, all int64) string {
	if all <= 0 {
		return ""
	}
	return Percent(float64(n) / float64(all))
}

// exact writes a tick's number without rounding: 12.5M, where Figure would cut.
func exact(v float64) string {
	i := 0
	for v >= 1000 && i < len(suffixes)-1 {
		v /= 1000
		i++
	}
	return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64) + suffixes[i]
}
