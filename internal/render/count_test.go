package render

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 7: "7", 999: "999", 1000: "1k", 1049: "1k", 1050: "1.1k", 1234: "1.2k", 9949: "9.9k", 9950: "10k",
		12_345: "12k", 12_500: "13k", 99_499: "99k", 999_499: "999k", 999_500: "1M", 999_999: "1M", 1_000_000: "1M",
		1_249_999: "1.2M", 1_250_000: "1.3M", 273_000_000: "273M", 999_499_999: "999M", 999_500_000: "1B",
		3_400_000_000: "3.4B", 2_200_000_000_000: "2.2T", 999_500_000_000_000: "1Qa", math.MaxInt64: "9.2Qi",
		-1: "-1", -1500: "-1.5k", math.MinInt64: "-9.2Qi",
	} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %s, want %s", n, got, want)
		}
	}
}

// A count is within half of its last digit of the number, short, and has no
// four digits in a row.
func TestCountIsNear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Min(0).Draw(t, "n")
		text := Count(n)
		digits := strings.TrimRight(text, "kMBTQai")
		v, err := strconv.ParseFloat(digits, 64)
		if err != nil || len(digits) > 3 {
			t.Fatalf("Count(%d) = %q", n, text)
		}
		unit := map[string]float64{"": 1, "k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12, "Qa": 1e15, "Qi": 1e18}[text[len(digits):]]
		last := unit
		if v < 10 && unit > 1 {
			last = unit / 10
		}
		if math.Abs(v*unit-float64(n)) > last/2*(1+1e-9) {
			t.Fatalf("Count(%d) = %q is off by more than half of its last digit", n, text)
		}
	})
}

func TestPercent(t *testing.T) {
	for part, want := range map[float64]string{0: "0 %", .0004: "<0.1 %", .032: "3.2 %", .0994: "9.9 %", .0996: "10 %", .455: "46 %", 1: "100 %"} {
		if got := Percent(part); got != want {
			t.Errorf("Percent(%v) = %s, want %s", part, got, want)
		}
	}
}

func TestFigure(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 7: "7", 999: "999", 999.6: "1k", 1000: "1k", 1240: "1.24k", 12_400: "12.4k", 123_600: "124k",
		1_240_000: "1.24M", 999_499: "999k", 999_600: "1M", 2.2e12: "2.2T", .5: "0.5", 103.4: "103", -1500: "-1.5k"} {
		if got := Figure(v); got != want {
			t.Errorf("Figure(%v) = %s, want %s", v, got, want)
		}
	}
}

func TestChange(t *testing.T) {
	for v, want := range map[float64]string{0: "±0 %", .123: "+12 %", -.03: "−3.0 %", 13: "×14", -1: "−100 %"} {
		if got := Change(v); got != want {
			t.Errorf("Change(%v) = %s, want %s", v, got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"2024-06-01", "2024-08-31", "1 Jun – 31 Aug 2024"}, {"2024-06-01", "2024-06-30", "1 – 30 Jun 2024"},
		{"2023-11-01", "2024-06-30", "1 Nov 2023 – 30 Jun 2024"}, {"2024-06-01", "2024-06-01", "1 Jun 2024"}, {"2024-06-02", "2024-06-01", ""},
	} {
		if got := Span(Range{From: day(c.from), To: day(c.to)}); got != c.want {
			t.Errorf("%s to %s: %q, want %q", c.from, c.to, got, c.want)
		}
	}
}
