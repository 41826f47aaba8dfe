package site

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"clickql/internal/render"
)

// countText writes a number of downloads as charts do, with three digits: 999,
// 1.24k, 12.4M. testdata/format.json holds it to the browser's.
func countText(n int64) string { return render.Figure(float64(n)) }

// exactText writes a whole number with thousands apart: 1,234,567.
func exactText(n int64) string { return humanize.Comma(n) }

// pointsText writes the difference of two parts: +2.3 points.
func pointsText(change float64) string {
	text := strconv.FormatFloat(math.Abs(change*100), 'f', 1, 64)
	switch {
	case text == "0.0":
		return "±0 points"
	case change < 0:
		return "−" + text + " points"
	}
	return "+" + text + " points"
}

// changeText writes a relative change: +12 %, −3.4 %, ×14; empty where there is
// nothing to compare with.
func changeText(change *float64) string {
	if change == nil {
		return ""
	}
	c := *change
	if c >= 9 {
		return "×" + strconv.FormatFloat(c+1, 'f', 0, 64)
	}
	sign := "+"
	if c < 0 {
		sign, c = "−", -c
	}
	digits := 0
	if c < .0995 {
		digits = 1
	}
	text := strings.TrimSuffix(strconv.FormatFloat(c*100, 'f', digits, 64), ".0")
	if text == "0" {
		return "±0 %"
	}
	return sign + text + " %"
}

// changeClass is the class of a change's text.
func changeClass(change *float64) string {
	switch {
	case change == nil || math.Abs(*change) < .0005:
		return "change"
	case *change > 0:
		return "change up"
	}
	return "change down"
}

// dayText writes a day for people: 2 Nov 2026. What is none stays as it is.
func dayText(day string) string {
	if len(day) < len(time.DateOnly) {
		return day
	}
	t, err := time.Parse(time.DateOnly, day[:len(time.DateOnly)])
	if err != nil {
		return day
	}
	return t.Format("2 Jan 2006")
}

// bucketText writes the interval that begins on a day: 2 Nov 2026, week of 2 Nov
// 2026, Nov 2026, Q4 2026, 2026.
func bucketText(day, interval string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	switch interval {
	case "WEEK":
		return "week of " + t.Format("2 Jan 2006")
	case "MONTH":
		return t.Format("Jan 2006")
	case "QUARTER":
		return "Q" + strconv.Itoa((int(t.Month())+2)/3) + t.Format(" 2006")
	case "YEAR":
		return t.Format("2006")
	}
	return t.Format("2 Jan 2006")
}
