package sample

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// world is everything that the options determine before any row is drawn. It is
// not changed after newWorld, and used from several goroutines.
type world struct {
	options  Options
	first    day
	until    day
	lines    []pythonLine
	mix      mix
	projects []project // in the order of their keys, as the exports are clustered
	perDay   []int64
	starts   []int64 // rows before each day
}

// newWorld builds the model for valid options. It fails where there are rows but
// none of the projects is old enough to be downloaded.
func newWorld(o Options) (*world, error) {
	w := &world{options: o, until: dayAt(o.Until), lines: pythonLines(), mix: newMix(), projects: knownProjects()}
	w.first = w.until - day(o.Days) + 1
	if known := len(w.projects); o.Projects <= known {
		w.projects = w.projects[:o.Projects]
	} else {
		w.projects = append(w.projects, tailProjects(known, o.Projects-known)...)
	}
	begins := day(math.MaxInt32)
	for i := range w.projects {
		p := &w.projects[i]
		p.settle(w.until)
		p.releases = makeReleases(p, w.lines, w.until)
		begins = min(begins, p.begins())
	}
	slices.SortFunc(w.projects, func(a, b project) int { return strings.Compare(a.key, b.key) })
	if begins > w.until && o.Rows > 0 {
		return nil, fmt.Errorf("%w: until is %s, when none of the first %d projects had been released; give a later day or more projects",
			ErrOptions, w.until, o.Projects)
	}
	w.divide(begins)
	return w, nil
}

// divide gives each day its rows, in proportion to its weight; they add up.
// Days before anything can be downloaded have none.
func (w *world) divide(begins day) {
	weights := make([]float64, w.options.Days)
	for i := range weights {
		if d := w.first + day(i); d >= begins {
			weights[i] = dayWeight(d)
		}
	}
	total, done, given := sum(weights), 0.0, int64(0)
	for _, weight := range weights {
		upTo := given
		if done += weight; weight > 0 {
			upTo = int64(math.Round(done / total * float64(w.options.Rows)))
		}
		w.starts, w.perDay = append(w.starts, given), append(w.perDay, upTo-given)
		given = upTo
	}
	if last := len(w.perDay) - 1; total > 0 {
		w.perDay[last] += w.options.Rows - given // what rounding left
	}
}

// dayWeight is the relative total of a day: weeks as the real series of widely
// used projects show them, quiet holidays at the end of the year, and growth.
func dayWeight(d day) float64 {
	t := d.time()
	weight := [7]float64{0.615, 0.985, 1, 0.985, 0.96, 0.95, 0.61}[t.Weekday()] * math.Exp(0.24*years(defaultUntil, d))
	if t.Month() == time.December && t.Day() >= 24 || t.YearDay() == 1 {
		weight *= 0.6
	}
	return weight
}

// demand is the relative number of downloads of a project on a day: its weight,
// its own rise or fall against all others, and noise; nothing before it begins.
func (p *project) demand(d, until day, seed uint64) float64 {
	begins := p.begins()
	if d < begins {
		return 0
	}
	weight := p.weight
	if wd := d.time().Weekday(); wd == time.Saturday || wd == time.Sunday {
		weight *= p.audience.weekend
	}
	if p.age > 0 { // new projects are judged by where they are at the sample's end
		weight *= math.Exp(1.8 * years(until, d) * 12 / float64(p.age))
	} else {
		weight *= (1 - math.Exp(-2.2*math.Max(years(begins, d), 0.01))) * math.Exp(p.drift()*years(defaultUntil, d))
	}
	return weight * math.Exp(0.045*bell(forNoise, seed, p.id, uint64(d)))
}

// drift is a project's own growth a year, relative to all downloads.
func (p *project) drift() float64 {
	drift := 0.10 * bell(forGrowth, p.id)
	switch {
	case p.last != 0 && p.last < defaultUntil-3*365:
		drift -= 0.22
	case p.audience.number == 3: // machine learning
		drift += 0.30
	case p.key == "uv":
		drift += 0.7
	}
	return drift
}

// cell is a run of rows of one release on one day.
type cell struct {
	project *project
	release *release
	day     day
	first   int64 // number of the first row in the whole sample
	rows    int64
}

// maxCellRows bounds a run, so that expanding one keeps little in memory.
const maxCellRows = 4096

// eachCell divides a day's rows over projects and releases by systematic
// sampling: the rows stand at equal distances on the line of all weights, which
// starts at a random offset each day. Counts are as close to the weights as
// whole numbers can be, and what is rare comes at its rate in the long run.
func (w *world) eachCell(d day, emit func(cell)) {
	rows, start := w.perDay[d-w.first], w.starts[d-w.first]
	demands := make([]float64, len(w.projects))
	for i := range w.projects {
		demands[i] = w.projects[i].demand(d, w.until, w.options.Seed)
	}
	total, shift := sum(demands), unit(forShift, w.options.Seed, uint64(d))
	done, at := 0.0, int64(0)
	var shares []float64
	var c cell
	upTo := func(end int64) {
		for ; at < end; at += c.rows {
			c.first, c.rows = start+at, min(maxCellRows, end-at)
			emit(c)
		}
	}
	for i, demand := range demands {
		p := &w.projects[i]
		if demand > 0 && position((done+demand)/total, rows, shift) > at {
			var all float64
			shares, all = p.shares(shares[:0], d)
			part := done
			for k, share := range shares {
				part += demand * share / all
				c = cell{project: p, release: &p.releases[k], day: d}
				upTo(position(part/total, rows, shift))
			}
		}
		done += demand
	}
	upTo(rows) // what rounding left
}

// position is the number of rows that stand before a point of the line of
// weights, the whole of which is 1.
func position(x float64, rows int64, shift float64) int64 {
	return min(rows, int64(math.Floor(x*float64(rows)+shift)))
}

// One row in nullProjectOf lacks its project, and among those in the older shape
// one in nullTimeOf its timestamp, as a few rows of the real export do. The
// row's number in the whole sample decides.
const (
	nullProjectOf, nullProjectAt = 20011, 7
	nullTimeOf, nullTimeAt       = 25013, 11
)

// besideUntil is the day from which on downloads of what lies beside a file, its
// metadata and its signature, are counted no longer, as on PyPI.
func besideUntil() day { return dayOf(2026, time.August, 24) }

// rejected is the number of rows without a project or without a timestamp.
func (w *world) rejected() (n int64) {
	older := w.options.Rows // rows in the older shape, which come first
	if b := bulkDays(w.options.Days); b < len(w.starts) {
		older = w.starts[b]
	}
	for at := int64(nullProjectAt); at < w.options.Rows; at += nullProjectOf {
		n++
	}
	for at := int64(nullTimeAt); at < older; at += nullTimeOf {
		if at%nullProjectOf != nullProjectAt {
			n++
		}
	}
	return n
}
