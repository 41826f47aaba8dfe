package site

import (
	"cmp"
	"html/template"
	"slices"

	"clickql/internal/country"
	"clickql/internal/cube"
	"clickql/internal/render"
)

// widget is one part of a page: a picture, and its numbers as a table.
type widget struct {
	ID, Title, Note string
	// Wide is the part's width of the row, as the style sheet knows it.
	Wide string
	// Chart is a drawing, empty where the table says it all.
	Chart template.HTML
	Head  []string
	Rows  [][]cell
	// Error is what failed; Empty what is said where there is nothing.
	Error, Empty string
}

// cell is one of a table's cells.
type cell struct {
	Text, Exact, Href, Class string
	// Bar is drawn before the text where it is positive: a part of the longest.
	Bar float64
}

// number is a cell with a count, exact in its tooltip.
func number(n int64) cell { return cell{Text: countText(n), Exact: exactText(n), Class: "num"} }

// parted is a cell with a part of a whole.
func parted(part float64) cell { return cell{Text: render.Percent(part), Class: "num"} }

// changed is a cell with a relative change.
func changed(c *float64) cell { return cell{Text: changeText(c), Class: "num " + changeClass(c)} }

// bar is a cell with a bar, a part of the longest.
func bar(part float64) cell { return cell{Bar: part, Class: "bar"} }

// slice is one value of a split, as the operations select it.
type slice struct {
	Value     *string
	Label     string
	Release   *string
	Total     int64
	Share     float64
	Downloads *counted
	Series    *series
}

// counted is a part of the downloads with its change against the period before, as
// far as it is selected.
type counted struct {
	Total  *int64
	Change *float64
	Series *series
}

// total is its downloads; 0 where they are not told.
func (c *counted) total() int64 {
	if c == nil || c.Total == nil {
		return 0
	}
	return *c.Total
}

// change is its change; nil where it is not told.
func (c *counted) change() *float64 {
	if c == nil {
		return nil
	}
	return c.Change
}

// mostOf is the most downloads of any, 1 at least: what bars are drawn against.
func mostOf[T any](list []T, total func(T) int64) int64 {
	most := int64(1)
	for _, one := range list {
		most = max(most, total(one))
	}
	return most
}

// series is downloads over time.
type series struct {
	Dates  []string
	Totals []int64
	// Complete tells of each interval that all of it is settled, Missing which days
	// are not.
	Complete []bool
	Missing  []string
	Spikes   []spike
}

// spike is a day out of line.
type spike struct {
	Date      string
	Total     int64
	Expected  float64
	Deviation float64
}

// split is a widget of a dimension's values.
func split(id, title string, slices []slice, failed string) widget {
	w := widget{ID: id, Title: title, Head: []string{title, "", "Share", "Change", "Downloads"}, Error: failed, Empty: "No downloads in this range."}
	most := mostOf(slices, func(s slice) int64 { return s.Total })
	withChange := false
	for _, s := range slices {
		change := s.Downloads.change()
		withChange = withChange || change != nil
		w.Rows = append(w.Rows, []cell{{Text: labelOf(id, s)}, bar(float64(s.Total) / float64(most)), parted(s.Share), changed(change), number(s.Total)})
	}
	if !withChange {
		w.Head = []string{title, "", "Share", "Downloads"}
		for i, row := range w.Rows {
			w.Rows[i] = append(row[:3:3], row[4])
		}
	}
	return w
}

// labelOf is a value as people know it.
func labelOf(id string, s slice) string {
	switch {
	case s.Value == nil:
		return s.Label
	case id == "ci":
		return cmp.Or(ciLabels[*s.Value], s.Label)
	case id == "country":
		return cmp.Or(country.Name(*s.Value), s.Label)
	}
	return s.Label
}

var ciLabels = map[string]string{"true": "In CI", "false": "Not in CI", "unknown": "Not told"}

// overTime is a widget of one series: a picture, and the numbers by interval.
func overTime(id, title, interval string, s *series, failed string) widget {
	w := widget{ID: id, Title: title, Head: []string{"Interval", "Downloads"}, Error: failed, Empty: "No downloads in this range."}
	if s == nil {
		return w
	}
	w.Chart = lineOf(title, interval, s)
	switch n := len(s.Missing); n {
	case 0:
	case 1:
		w.Note = dayText(s.Missing[0]) + " is not loaded"
	default:
		w.Note = exactText(int64(n)) + " days are not loaded"
	}
	for i := range s.Dates {
		name := s.named(i, interval)
		for _, day := range s.Spikes {
			if at, found := slices.BinarySearch(s.Dates, day.Date); found && at == i || !found && at == i+1 {
				name += " (" + dayText(day.Date) + " is out of line)"
			}
		}
		w.Rows = append(w.Rows, []cell{{Text: name}, s.number(i, interval)})
	}
	return w
}

// named is an interval in words, with what is lacking of it.
func (s *series) named(i int, interval string) string {
	switch name := bucketText(s.Dates[i], interval); {
	case s.absent(i, cube.Interval(interval)):
		return name + " (not loaded)"
	case i < len(s.Complete) && !s.Complete[i]:
		return name + " (incomplete)"
	default:
		return name
	}
}

// number is a cell with an interval's downloads; of what is not loaded none are known.
func (s *series) number(i int, interval string) cell {
	if i >= len(s.Totals) || s.absent(i, cube.Interval(interval)) {
		return cell{Text: "–", Class: "num"}
	}
	return cell{Text: exactText(s.Totals[i]), Class: "num"}
}

// absent reports that nothing is known of an interval: every day of it is missing, or
// some are and there is no download on the others.
func (s *series) absent(i int, every cube.Interval) bool {
	first, err := cube.ParseDay(s.Dates[i])
	if err != nil || i >= len(s.Complete) || s.Complete[i] {
		return false
	}
	gone := 0
	next := every.Next(first)
	for _, day := range s.Missing {
		if d, err := cube.ParseDay(day); err == nil && d >= first && d < next {
			gone++
		}
	}
	return gone == int(next-first) || gone > 0 && s.Totals[i] == 0
}
