package render

import (
	"fmt"
	"slices"
	"strings"

	"clickql/internal/draw"
)

// mostTold bounds the days out of line that are told in words.
const mostTold = 5

// outOfLine draws what days out of line belong to apart: a ring around the value of
// each one's interval, of the one series of the chart.
func (p *plot) outOfLine() {
	if len(p.t.Series) != 1 || p.t.Shape == Sparkline {
		return
	}
	var rings draw.Path
	seen := -1
	for _, s := range p.t.Spikes {
		j, found := slices.BinarySearch(p.t.Days, p.t.Interval.Start(s.Date))
		if !found || j == seen || p.t.absent[j] {
			continue
		}
		seen = j
		rings.Circle(p.at(j), p.y(p.t.tops[0][j]), 5)
	}
	p.Path(rings, draw.Style{Stroke: p.strong, Width: 1.5})
}

// toldSpikes are the days out of line in words, the furthest first.
func (t *table) toldSpikes() []string {
	if len(t.Spikes) == 0 || len(t.Series) != 1 {
		return nil
	}
	spikes := slices.Clone(t.Spikes)
	slices.SortStableFunc(spikes, func(a, b Spike) int { return further(b) - further(a) })
	var days []string
	for i, s := range spikes {
		if i == mostTold {
			days = append(days, fmt.Sprintf("and %d more", len(spikes)-i))
			break
		}
		days = append(days, fmt.Sprintf("%s (%s, about %s expected)", written(s.Date), Figure(float64(s.Total)), Figure(s.Expected)))
	}
	return []string{"Days out of line: " + strings.Join(days, ", ")}
}

// further orders spikes by how far they are out of line, in hundredths of a spread.
func further(s Spike) int { return int(min(max(s.Deviation, -s.Deviation)*100, 1<<30)) }
