package sample

import (
	"fmt"
	"math"
	"time"
)

// minor is an index into the Python minor versions, oldest first.
type minor int

// pythonLine is the life of one Python minor version.
type pythonLine struct {
	name     string // 3.11
	tag      string // cp311
	released day
	eol      day
	patches  int
}

// pythonLines are the versions that downloads report, by their dates of first
// release and end of life (devguide.python.org/versions).
func pythonLines() []pythonLine {
	line := func(name, tag string, released, eol day, patches int) pythonLine {
		return pythonLine{name, tag, released, eol, patches}
	}
	return []pythonLine{
		line("2.7", "cp27", dayOf(2010, 7, 3), dayOf(2020, 1, 1), 18),
		line("3.4", "cp34", dayOf(2014, 3, 16), dayOf(2019, 3, 18), 10),
		line("3.5", "cp35", dayOf(2015, 9, 13), dayOf(2020, 9, 30), 10),
		line("3.6", "cp36", dayOf(2016, 12, 23), dayOf(2021, 12, 23), 15),
		line("3.7", "cp37", dayOf(2018, 6, 27), dayOf(2023, 6, 27), 17),
		line("3.8", "cp38", dayOf(2019, 10, 14), dayOf(2024, 10, 7), 20),
		line("3.9", "cp39", dayOf(2020, 10, 5), dayOf(2025, 10, 31), 24),
		line("3.10", "cp310", dayOf(2021, 10, 4), dayOf(2026, 10, 31), 20),
		line("3.11", "cp311", dayOf(2022, 10, 24), dayOf(2027, 10, 31), 16),
		line("3.12", "cp312", dayOf(2023, 10, 2), dayOf(2028, 10, 31), 14),
		line("3.13", "cp313", dayOf(2024, 10, 7), dayOf(2029, 10, 31), 16),
		line("3.14", "cp314", dayOf(2025, 10, 7), dayOf(2030, 10, 31), 16),
	}
}

// popularity of a Python line on a day, relative. None before the first
// release; then two years of adoption, a plateau, and a decay that takes years.
func (p pythonLine) popularity(d day) float64 {
	age := years(p.released, d)
	if age <= 0 {
		return 0
	}
	if p.name == "2.7" {
		return 0.012 + 0.6/(1+math.Exp(years(dayOf(2018, time.June, 1), d)*1.1))
	}
	rise := 1 - math.Exp(-age*age/1.44)
	fade := math.Exp(-math.Max(0, age-2.8) / 1.5)
	return rise*fade + 0.002
}

// patch is the newest patch release on a day.
func (p pythonLine) patch(d day) int {
	return min(p.patches, int(float64(d-p.released)/70))
}

const (
	pythonSlots   = 1024
	patchesOfLine = 4
)

// pythonMix is what installations report on one day. Slot s stands for
// versions[slots[s]]; slots are in the order of the versions, so that a release
// that runs on some Pythons only draws from a range of slots.
type pythonMix struct {
	versions []string
	minors   []minor
	slots    []int
	from     []int // first slot of each minor, and one past the last
}

// newPythonMix is the mix on a day.
func newPythonMix(lines []pythonLine, d day) pythonMix {
	var m pythonMix
	var weights []float64
	for i, l := range lines {
		newest := l.patch(d)
		for k, share := range [patchesOfLine]float64{0.44, 0.27, 0.17, 0.12} {
			// Systems pin a patch release and stay: every few behind.
			m.versions = append(m.versions, fmt.Sprintf("%s.%d", l.name, max(0, newest-k*(1+k))))
			m.minors = append(m.minors, minor(i))
			weights = append(weights, share*l.popularity(d))
		}
	}
	total := sum(weights)
	done := 0.0
	for v, w := range weights {
		if v%patchesOfLine == 0 {
			m.from = append(m.from, len(m.slots))
		}
		done += w
		for len(m.slots) < int(math.Round(done/total*pythonSlots)) {
			m.slots = append(m.slots, v)
		}
	}
	m.from = append(m.from, len(m.slots))
	return m
}

// between gives the range of slots [lo, hi) of the Pythons from one minor to
// another, widened towards newer and then older ones where nobody has those.
func (m pythonMix) between(oldest, newest minor) (lo, hi int) {
	last := minor(len(m.from) - 2)
	lo, hi = m.from[oldest], m.from[newest+1]
	for newest < last && hi <= lo {
		newest++
		hi = m.from[newest+1]
	}
	for oldest > 0 && hi <= lo {
		oldest--
		lo = m.from[oldest]
	}
	return lo, hi
}

func sum(w []float64) float64 {
	total := 0.0
	for _, x := range w {
		total += x
	}
	return total
}
