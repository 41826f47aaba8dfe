package render

import (
	"cmp"
	"fmt"
	"math"
	"strings"
)

// describe says in words what the chart shows, for those who do not see it: the
// range, first and last values, the peak, the parts, and what is lacking.
func (t *table) describe() string {
	switch {
	case t.empty():
		return "No downloads in this range."
	case t.Shape.OfParts():
		return t.describeParts()
	}
	var out []string
	for i, s := range t.Series {
		text := s.Label
		if text != "" {
			text += ": "
		}
		if t.Measure == Index {
			text += t.ends(i)
		} else {
			text += Figure(float64(s.Total)) + " downloads"
		}
		out = append(out, text)
	}
	if len(t.Series) == 1 {
		out[0] += ", " + t.ends(0)
		if j := t.highest(0); j >= 0 {
			out[0] += fmt.Sprintf(", at most %s in the %s", Figure(t.Series[0].Values[j]), bucketOf(t.Days[j], t.Interval))
		}
	}
	first, last := t.Days[0], t.Days[len(t.Days)-1]
	out = append(out, fmt.Sprintf("%d values from %s to %s", len(t.Days), written(first), written(last)))
	out = append(out, t.toldSpikes()...)
	out = append(out, t.notes()...)
	return strings.Join(out, ". ") + "."
}

// bucketOf names an interval after "the".
func bucketOf(d Day, every Interval) string {
	if every == weekly { // which says so itself
		return Bucket(d, every)
	}
	return cmp.Or(unitOf[every], "day") + " " + Bucket(d, every)
}

// ends says where a series begins and ends.
func (t *table) ends(i int) string {
	first, last := math.NaN(), math.NaN()
	for j, v := range t.Series[i].Values {
		if !math.IsNaN(v) && t.whole[j] && !t.absent[j] {
			if math.IsNaN(first) {
				first = v
			}
			last = v
		}
	}
	if math.IsNaN(first) {
		return "no complete interval"
	}
	return "from " + Figure(first) + " to " + Figure(last)
}

// highest is the interval with the series' largest value; -1 where there is
// none.
func (t *table) highest(i int) int {
	at := -1
	for j, v := range t.Series[i].Values {
		if !math.IsNaN(v) && (at < 0 || v > t.Series[i].Values[at]) {
			at = j
		}
	}
	return at
}

// describeParts lists the largest parts.
func (t *table) describeParts() string {
	var out []string
	for i, p := range t.Parts {
		if i == 12 {
			out = append(out, fmt.Sprintf("and %d more", len(t.Parts)-i))
			break
		}
		out = append(out, fmt.Sprintf("%s %s (%s)", p.Label, Figure(float64(p.Total)), share(p.Total, t.total)))
	}
	text := Figure(float64(t.total)) + " downloads: " + strings.Join(out, ", ") + "."
	for _, n := range t.notes() {
		text += " " + n + "."
	}
	return text
}
