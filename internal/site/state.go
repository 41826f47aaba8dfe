package site

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"clickql/internal/cube"
)

// The defaults of a page's address, left out of it.
const (
	defaultLast = "1y"
)

// units are the letters that end a length such as 90d, with the days that one
// is at least.
var units = map[byte]struct {
	name string
	days int
}{'d': {"DAY", 1}, 'w': {"WEEK", 7}, 'm': {"MONTH", 30}, 'q': {"QUARTER", 91}, 'y': {"YEAR", 365}}

// intervals are those of the schema, as addresses name them.
var intervals = []string{"day", "week", "month", "quarter", "year"}

// state is what a page's address says: which days, in which steps, of which
// downloads. The zero value is every page's default.
type state struct {
	last     string // such as 90d; empty where from or to are given, "all" for all time
	from, to string // YYYY-MM-DD
	interval string // empty: what suits the range
	mirrors  bool
	human    bool
	filters  []filter
	// split is what a project's page splits by beside what it always shows; empty for
	// nothing.
	split cube.Dimension
	// problem says what of the address was not understood and left away.
	problem string
}

// filter is one condition, as the address writes it: values with commas, "!"
// before them for all others; of versions also a specifier.
type filter struct{ param, field, text string }

// readState reads the address. What it does not understand is left away and told.
func readState(q url.Values) state {
	s := state{last: q.Get("last"), from: q.Get("from"), to: q.Get("to"), interval: strings.ToLower(q.Get("interval")), mirrors: q.Get("mirrors") != "false", human: q.Get("human") == "true"}
	s.readRange()
	if s.interval != "" && !slices.Contains(intervals, s.interval) {
		s.tell("interval is %q; it must be one of %s", s.interval, strings.Join(intervals, ", "))
		s.interval = ""
	}
	for _, d := range cube.OfProject {
		// Addresses name a dimension as those of charts do, or as the schema does.
		param := d.Parameter()
		for _, name := range slices.Compact([]string{param, d.FilterField()}) {
			if q.Has(name) {
				s.filters = append(s.filters, filter{param, d.FilterField(), q.Get(name)})
				break
			}
		}
	}
	if text := q.Get("split"); text != "" {
		at := slices.IndexFunc(moreSplits, func(d cube.Dimension) bool { return d.Parameter() == text })
		if at < 0 {
			s.tell("split is %q; it must be one of %s", text, strings.Join(parametersOf(moreSplits), ", "))
		} else {
			s.split = moreSplits[at]
		}
	}
	return s
}

// moreSplits are the dimensions that a project's page does not always show.
var moreSplits = cube.Later

// parametersOf are the dimensions as addresses name them.
func parametersOf(dimensions []cube.Dimension) []string {
	names := make([]string, len(dimensions))
	for i, d := range dimensions {
		names[i] = d.Parameter()
	}
	return names
}

// more is the dimension that a project's page splits by beside what it always shows:
// the address's, or one that it filters; empty for none.
func (s state) more() cube.Dimension {
	if s.split != "" {
		return s.split
	}
	for _, d := range moreSplits {
		if slices.ContainsFunc(s.filters, func(f filter) bool { return f.param == d.Parameter() }) {
			return d
		}
	}
	return ""
}

// readRange checks last, from and to, and puts the default in their place.
func (s *state) readRange() {
	for _, day := range []*string{&s.from, &s.to} {
		if _, err := time.Parse(time.DateOnly, *day); *day != "" && err != nil {
			s.tell("%q is no day; write it as 2026-11-29", *day)
			*day = ""
		}
	}
	if s.last != "" && s.last != "all" {
		if _, _, ok := parseLast(s.last); !ok {
			s.tell("last is %q; write a number and one of d, w, m, q, y, such as 90d, or all", s.last)
			s.last = ""
		}
	}
	switch {
	case s.from != "" || s.to != "":
		s.last = ""
	case s.last == "":
		s.last = defaultLast
	}
}

// tell notes what was not understood; the first counts.
func (s *state) tell(format string, parts ...any) {
	if s.problem == "" {
		s.problem = fmt.Sprintf(format, parts...)
	}
}

// parseLast reads a length such as 90d.
func parseLast(text string) (n int, unit string, ok bool) {
	if len(text) < 2 || len(text) > 6 {
		return 0, "", false
	}
	u, known := units[text[len(text)-1]]
	n, err := strconv.Atoi(text[:len(text)-1])
	return n, u.name, known && err == nil && n > 0
}

// days is about how many days the range has, 0 for all time. today stands for the
// newest day, which is not known before the data is asked.
func (s state) days(today time.Time) int {
	if s.last != "" && s.last != "all" {
		n, _, _ := parseLast(s.last)
		return n * units[s.last[len(s.last)-1]].days
	}
	from, err := time.Parse(time.DateOnly, s.from)
	if err != nil {
		return 0
	}
	if to, err := time.Parse(time.DateOnly, s.to); err == nil {
		today = to
	}
	return int(today.Sub(from).Hours()/24) + 1
}

// every is the interval that is asked for: the address's, or one with which a
// chart has a few dozens of points.
func (s state) every(today time.Time) string {
	switch n := s.days(today); {
	case s.interval != "":
		return strings.ToUpper(s.interval)
	case n > 0 && n <= 92:
		return "DAY"
	case n > 0 && n <= 2*366:
		return "WEEK"
	default:
		return "MONTH"
	}
}

// dateRange is the range as the schema has it; nil for all time.
func (s state) dateRange() map[string]any {
	if s.last == "all" {
		return nil
	}
	if n, unit, ok := parseLast(s.last); ok {
		return map[string]any{"last": n, "unit": unit}
	}
	r := map[string]any{}
	for name, day := range map[string]string{"from": s.from, "to": s.to} {
		if day != "" {
			r[name] = day
		}
	}
	return r
}

// filter is the conditions as the schema has them.
func (s state) filter() map[string]any {
	f := map[string]any{}
	for _, c := range s.filters {
		f[c.field] = c.condition()
	}
	if !s.mirrors {
		f["mirrors"] = false
	}
	if s.human {
		f["human"] = true
	}
	return f
}

// condition is the filter's condition as the schema has it.
func (c filter) condition() map[string]any {
	text, not := strings.CutPrefix(c.text, "!")
	switch {
	case c.field == "version" && (strings.ContainsAny(c.text, "<>~*") || strings.HasPrefix(c.text, "==") || strings.HasPrefix(c.text, "!=")):
		return map[string]any{"specifier": c.text}
	case not:
		return map[string]any{"notIn": strings.Split(text, ",")}
	}
	if values := strings.Split(text, ","); len(values) > 1 {
		return map[string]any{"in": values}
	}
	return map[string]any{"eq": text}
}

// query is the address's query with defaults left out and names sorted.
func (s state) query() url.Values {
	q := url.Values{}
	set := func(name, value, absent string) {
		if value != absent {
			q.Set(name, value)
		}
	}
	set("last", s.last, defaultLast)
	if s.last == "" {
		q.Del("last")
	}
	set("from", s.from, "")
	set("to", s.to, "")
	set("interval", s.interval, "")
	if !s.mirrors {
		q.Set("mirrors", "false")
	}
	if s.human {
		q.Set("human", "true")
	}
	for _, c := range s.filters {
		q.Set(c.param, c.text)
	}
	if s.split != "" {
		q.Set("split", s.split.Parameter())
	}
	return q
}

// Said is the range in words.
func (s state) Said() string {
	switch {
	case s.last == "all":
		return "all time"
	case s.last != "":
		n, unit, _ := parseLast(s.last)
		if n == 1 {
			return "the last " + strings.ToLower(unit)
		}
		return fmt.Sprintf("the last %d %ss", n, strings.ToLower(unit))
	case s.from != "" && s.to != "":
		return dayText(s.from) + " to " + dayText(s.to)
	case s.from != "":
		return "since " + dayText(s.from)
	}
	return "until " + dayText(s.to)
}
