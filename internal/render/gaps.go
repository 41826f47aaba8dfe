package render

import (
	"slices"

	"github.com/dustin/go-humanize/english"

	"clickql/internal/catalog"
)

// maxGaps bounds the gaps that are drawn, and with them the SVG: beyond, days
// that are missing are told in words only.
const maxGaps = 100

// findGaps tells which intervals have no data at all, and counts the days
// without.
func (d *data) findGaps() {
	if len(d.Missing) == 0 {
		return
	}
	absent := make([]bool, len(d.Days))
	gaps := 0
	for j, first := range d.Days {
		last := d.Interval.Next(first) - 1
		if d.Covered != (catalog.Range{}) {
			first, last = max(first, d.Covered.From), min(last, d.Covered.To)
		}
		lo, _ := slices.BinarySearch(d.Missing, first)
		hi, _ := slices.BinarySearch(d.Missing, last+1)
		n := max(hi-lo, 0)
		d.lacking += n
		absent[j] = n > 0 && n == int(last-first)+1
		if absent[j] && (j == 0 || !absent[j-1]) {
			gaps++
		}
	}
	if gaps <= maxGaps {
		d.absent = absent
	}
}

// isAbsent tells that interval j has no data, and is drawn as a gap.
func (d *data) isAbsent(j int) bool { return d.absent != nil && d.absent[j] }

// lacks says how many days have no data, or nothing.
func (d *data) lacks() string {
	if d.lacking == 0 || d.empty() {
		return ""
	}
	return english.Plural(d.lacking, "day", "") + " without data"
}

// split cuts a run at the gaps.
func (p *plot) split(whole run) (runs []run) {
	for j := whole.lo; j <= whole.hi; j++ {
		switch n := len(runs); {
		case p.d.isAbsent(j):
		case j == whole.lo || p.d.isAbsent(j-1):
			runs = append(runs, run{j, j})
		default:
			runs[n-1].hi = j
		}
	}
	return runs
}

// gaps marks the intervals without data by bands from the values before them to
// those after.
func (p *plot) gaps() {
	var pen pen
	n := len(p.d.Days)
	for j := 0; j < n; j++ {
		if !p.d.isAbsent(j) {
			continue
		}
		from := j
		for j+1 < n && p.d.isAbsent(j+1) {
			j++
		}
		left, right := p.x(float64(p.d.Days[from])), p.x(float64(p.d.Interval.Next(p.d.Days[j])))
		if p.shape != Bars && from > 0 {
			left = p.at(from - 1)
		}
		left, right = max(left, p.x0), min(right, p.x1)
		pen.move(left, p.y0)
		pen.line(right, p.y0)
		pen.line(right, p.y1)
		pen.line(left, p.y1)
		pen.close()
	}
	if len(pen.buf) > 0 {
		p.Path(pen.String(), p.paint("fill", grid), faint)
	}
}
