package sample

import (
	"math"
	"time"
)

// weekdays are relative totals of the days of a week, Sunday first, as the real
// series of widely used projects show them.
func weekdays() [7]float64 { return [7]float64{0.615, 0.985, 1, 0.985, 0.96, 0.95, 0.61} }

// weekendFactor raises or lowers weekends: machines work on them, people do not.
func (a audience) weekendFactor() float64 {
	return [audiences]float64{1, 1.07, 0.99, 1.02, 0.9, 0.86, 0.8, 1.02}[a]
}

// growthPerYear of all downloads.
const growthPerYear = 0.24

// dayWeight is the relative total of a day.
func dayWeight(d day) float64 {
	w := weekdays()[d.weekday()]
	t := d.time()
	switch t.Month() {
	case time.December:
		if t.Day() >= 24 {
			w *= 0.62
		}
		if t.Day() == 25 {
			w *= 0.8
		}
	case time.January:
		if t.Day() == 1 {
			w *= 0.55
		} else if t.Day() <= 3 {
			w *= 0.82
		}
	case time.May:
		if t.Day() == 1 {
			w *= 0.9
		}
	case time.August:
		w *= 0.96
	}
	return w * math.Exp(growthPerYear*years(defaultUntil, d))
}

// rowsPerDay divides rows over consecutive days by their weights; they add up.
// Days before anything can be downloaded have none.
func rowsPerDay(rows int64, first day, days int, begins day) []int64 {
	weights := make([]float64, days)
	for i := range weights {
		if d := first + day(i); d >= begins {
			weights[i] = dayWeight(d)
		}
	}
	total := sum(weights)
	counts := make([]int64, days)
	done, given := 0.0, int64(0)
	for i, w := range weights {
		if w == 0 {
			continue
		}
		done += w
		upTo := int64(math.Round(done / total * float64(rows)))
		if i == days-1 {
			upTo = rows
		}
		counts[i] = upTo - given
		given = upTo
	}
	return counts
}

// demand is the relative number of downloads of a project on a day: its weight,
// its own rise or fall against all others, and noise; nothing before it begins.
func (p *project) demand(d, until day, seed uint64) float64 {
	begins := p.begins()
	if d < begins {
		return 0
	}
	id := hashString(p.key)
	w := p.weight
	if wd := d.weekday(); wd == time.Saturday || wd == time.Sunday {
		w *= p.audience.weekendFactor()
	}
	age := years(begins, d)
	if p.age > 0 {
		// New projects are judged by where they are at the sample's end.
		w *= math.Exp(3 * years(until, d) * 12 / float64(p.age) * 0.6)
	} else {
		w *= (1 - math.Exp(-2.2*math.Max(age, 0.01)))
		w *= math.Exp(p.drift(id) * years(horizon, d))
	}
	w *= 1 + p.surge(id, d)
	return w * math.Exp(0.045*bell(forNoise, seed, id, uint64(d)))
}

// drift is a project's own growth a year, relative to all downloads.
func (p *project) drift(id uint64) float64 {
	drift := 0.10 * bell(forGrowth, id)
	switch {
	case p.last != 0 && p.last < horizon-3*365:
		drift -= 0.22
	case p.audience == machine:
		drift += 0.30
	case p.name == "uv":
		drift += 0.7
	}
	return drift
}

// surge is a passing rise of some projects: a new dependent, a careless
// pipeline. Each project has a chance of one in each half year.
func (p *project) surge(id uint64, d day) float64 {
	const period = 182
	n := uint64(d) / period
	if unit(forGrowth, id, n) > 0.10 {
		return 0
	}
	height := 0.15 + 0.9*unit(forGrowth, id, n, 1)
	centre := float64(period) * (0.3 + 0.4*unit(forGrowth, id, n, 2))
	x := (float64(uint64(d)%period) - centre) / (6 + 14*unit(forGrowth, id, n, 3))
	return height * math.Exp(-x*x)
}
