package sample

import (
	"fmt"
	"math"
	"sort"
)

// world is everything that the options determine before any row is drawn. It is
// not changed after newWorld, and used from several goroutines.
type world struct {
	options   Options
	first     day
	until     day
	lines     []pythonLine
	systems   []system
	countries []country
	adoption  adoption
	projects  []project // in the order of their keys, as the exports are clustered
	perDay    []int64
	starts    []int64 // rows before each day
}

// newWorld builds the model for valid options. It fails where there are rows but
// none of the projects is old enough to be downloaded.
func newWorld(o Options) (*world, error) {
	w := &world{
		options: o, until: dayAt(o.Until),
		lines: pythonLines(), systems: knownSystems(), countries: knownCountries(), adoption: newAdoption(),
	}
	w.first = w.until - day(o.Days) + 1
	list := knownProjects()
	if o.Projects <= len(list) {
		list = list[:o.Projects]
	} else {
		list = append(list, tailProjects(o.Projects-len(list), list)...)
	}
	w.projects = list
	for i := range w.projects {
		p := &w.projects[i]
		p.releases = makeReleases(p, w.lines, w.until)
	}
	sort.Slice(w.projects, func(i, j int) bool { return w.projects[i].key < w.projects[j].key })
	begins := day(math.MaxInt32)
	for i := range w.projects {
		begins = min(begins, w.projects[i].begins())
	}
	if begins > w.until && o.Rows > 0 {
		return nil, fmt.Errorf("%w: until is %s, when none of the first %d projects had been released; give a later day or more projects",
			ErrOptions, w.until, o.Projects)
	}
	w.perDay = rowsPerDay(o.Rows, w.first, o.Days, begins)
	w.starts = make([]int64, len(w.perDay))
	for i := 1; i < len(w.perDay); i++ {
		w.starts[i] = w.starts[i-1] + w.perDay[i-1]
	}
	return w, nil
}

// cell is a run of rows of one release on one day.
type cell struct {
	project *project
	release *release
	day     day
	first   int64 // number of the first row in the whole sample
	rows    int64
	// anonymous rows lack the project.
	anonymous bool
}

// One row in nullProjectOf lacks its project, and among those in the older shape
// one in nullTimeOf its timestamp, as a few rows of the real export do. The
// row's number in the whole sample decides.
const (
	nullProjectOf, nullProjectAt = 20011, 7
	nullTimeOf, nullTimeAt       = 25013, 11
)

// maxCellRows bounds a run, so that expanding one keeps little in memory.
const maxCellRows = 4096

// eachCell divides a segment's rows over projects and releases by systematic
// sampling: the rows stand at equal distances on the line of all weights, which
// starts at a random offset each day. Counts are as close to the weights as
// whole numbers can be, and what is rare comes at its rate in the long run.
func (w *world) eachCell(s segment, emit func(cell)) {
	rows := w.perDay[s.day-w.first]
	demands := make([]float64, len(w.projects))
	for i := range w.projects {
		demands[i] = w.projects[i].demand(s.day, w.until, w.options.Seed)
	}
	total := sum(demands)
	shift := unit(forShift, w.options.Seed, uint64(s.day))
	last := len(demands) - 1
	for last > 0 && demands[last] == 0 {
		last--
	}
	done, at := 0.0, int64(0)
	var shares []float64
	for i, demand := range demands {
		if demand == 0 {
			continue
		}
		before := done
		done += demand
		end := position(done/total, rows, shift)
		if i == last {
			end = rows
		}
		if end <= at {
			continue
		}
		p := &w.projects[i]
		var all float64
		shares, all = p.shares(shares[:0], w.adoption, s.day)
		part := 0.0
		for r, share := range shares {
			part += share
			next := min(end, position((before+demand*part/all)/total, rows, shift))
			if r == len(shares)-1 {
				next = end
			}
			w.emitCell(cell{project: p, release: &p.releases[r], day: s.day}, s, at, next, emit)
			at = max(at, next)
		}
	}
}

// position is the number of rows that stand before a point of the line of
// weights, the whole of which is 1.
func position(x float64, rows int64, shift float64) int64 {
	return min(rows, int64(math.Floor(x*float64(rows)+shift)))
}

// emitCell clips a run to the segment and cuts it into bounded pieces.
func (w *world) emitCell(c cell, s segment, from, to int64, emit func(cell)) {
	from, to = max(from, s.from), min(to, s.to)
	start := w.starts[s.day-w.first]
	for from < to {
		c.first, c.rows = start+from, min(maxCellRows, to-from)
		ahead := nullProjectAt - c.first%nullProjectOf
		if ahead < 0 {
			ahead += nullProjectOf
		}
		if c.anonymous = ahead == 0; c.anonymous {
			c.rows = 1
		} else {
			c.rows = min(c.rows, ahead)
		}
		emit(c)
		from += c.rows
	}
}
