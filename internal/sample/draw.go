package sample

import (
	"hash/fnv"
	"math"
	"time"
)

// day is a number of days since 1970-01-01, in UTC.
type day int32

const secondsPerDay = 86400

func dayAt(t time.Time) day { return day(math.Floor(float64(t.Unix()) / secondsPerDay)) }

func dayOf(year int, month time.Month, d int) day {
	return dayAt(time.Date(year, month, d, 0, 0, 0, 0, time.UTC))
}

// month reads the first day of a month, written 2006-01.
func month(text string) (day, error) {
	t, err := time.Parse("2006-01", text)
	return dayAt(t), err
}

func (d day) time() time.Time { return time.Unix(d.unix(), 0).UTC() }

// unix is the day's midnight UTC in seconds.
func (d day) unix() int64 { return int64(d) * secondsPerDay }

func (d day) String() string { return d.time().Format(time.DateOnly) }

// years between two days.
func years(from, to day) float64 { return float64(to-from) / 365.25 }

// hash folds keys into 64 random bits, by the finaliser of SplitMix64 (Steele,
// Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
func hash(keys ...uint64) uint64 {
	x := uint64(0)
	for _, k := range keys {
		x = (x ^ k) + 0x9e3779b97f4a7c15
		x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
		x = (x ^ x>>27) * 0x94d049bb133111eb
		x ^= x >> 31
	}
	return x
}

func hashString(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // never fails
	return h.Sum64()
}

// unit is a number in [0, 1) determined by the keys.
func unit(keys ...uint64) float64 { return float64(hash(keys...)>>11) / (1 << 53) }

// bell is a number determined by the keys, about normal with mean 0 and
// deviation 1 (the sum of four uniform ones).
func bell(keys ...uint64) float64 {
	sum := -2.0
	for h := hash(keys...); h != 0; h >>= 16 {
		sum += float64(h&0xffff) / 65536
	}
	return sum * math.Sqrt(3)
}

// Purposes keep draws apart that share their other keys.
const (
	forRelease = iota + 1
	forPin
	forNoise
	forShift
	forGrowth
	forTail
	forText
	forGitHub
)

// slots are n numbers from 1, in order, each as often as its weight. Drawing is
// then to take one of them, which a query does by an index.
func slots(weights []float64, n int) []int64 {
	total, done := sum(weights), 0.0
	out := make([]int64, 0, n)
	for i, w := range weights {
		done += w
		for float64(len(out)) < math.Round(done/total*float64(n)) {
			out = append(out, int64(i)+1)
		}
	}
	return out
}

func sum(w []float64) float64 {
	total := 0.0
	for _, x := range w {
		total += x
	}
	return total
}
