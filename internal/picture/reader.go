package picture

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"

	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/render"
)

// reader reads the parameters of an address. It is strict: what is no parameter,
// or is given twice, is an error, since a picture that ignores a parameter shows
// something else than its author thinks. What caches and trackers add is let
// pass. The first error wins and later reads give defaults, so that an address
// can be read to its end.
type reader struct {
	values map[string]string // by the parameter's own name
	use    Use
	read   map[string]bool
	err    error
}

// newReader sorts the parameters of an address.
func newReader(raw string, use Use) *reader {
	r := &reader{values: map[string]string{}, use: use, read: map[string]bool{}}
	values, err := url.ParseQuery(raw)
	if err != nil {
		r.fail("the address's parameters cannot be read: use name=value&name=value, with %% written as %%25")
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		r.take(name, values[name])
	}
	return r
}

// maxValue is the longest value in bytes.
const maxValue = 300

// take keeps a parameter's value, or says what is wrong with it.
func (r *reader) take(name string, all []string) {
	p := find(name, r.use)
	if p == nil {
		if !ignored(name) {
			r.unknown(name)
		}
		return
	}
	_, twice := r.values[p.Name]
	switch {
	case len(all) > 1 || twice:
		r.fail("%s is given several times", p.Name)
	case len(all[0]) > maxValue:
		r.fail("%s is longer than %d bytes", p.Name, maxValue)
	default:
		r.values[p.Name] = all[0]
	}
}

// strangers are parameters of others: what README authors add to have a picture
// fetched anew, what trackers add to links, and a key, which is read elsewhere.
var strangers = []string{"_", "v", "t", "ts", "cb", "cachebust", "cachebuster", "nocache", "cacheseconds", "maxage", "key", "ref", "fbclid", "gclid", "msclkid", "mccid", "mceid", "igshid"}

// ignored tells a parameter that is none of ours.
func ignored(name string) bool {
	return strings.HasPrefix(strings.ToLower(name), "utm_") || name == "_" || slices.Contains(strangers, plain(name))
}

// unknown says that there is no such parameter, and which one may be meant.
func (r *reader) unknown(name string) {
	best, least := "", 3
	var known []string
	for _, p := range ParametersOf(r.use) {
		known = append(known, p.Name)
		if n := levenshtein.ComputeDistance(plain(name), plain(p.Name)); n < least && n < len(name) {
			best, least = p.Name, n
		}
	}
	if best != "" {
		r.fail("%q is not a parameter; is %s meant?", Shorten(name), best)
		return
	}
	r.fail("%q is not a parameter; there are %s", Shorten(name), strings.Join(known, ", "))
}

// fail notes what is wrong.
func (r *reader) fail(format string, parts ...any) {
	if r.err == nil {
		r.err = fault.BadInput(format, parts...)
	}
}

// check notes err, which is for the reader.
func (r *reader) check(err error) {
	if r.err == nil {
		r.err = err
	}
}

// text is the parameter's value; ok is false where it is not there.
func (r *reader) text(name string) (value string, ok bool) {
	r.read[name] = true
	value, ok = r.values[name]
	return value, ok
}

// number is the parameter's whole number, absent where it is not there or
// is none.
func (r *reader) number(name string, absent int) int {
	text, ok := r.text(name)
	if !ok {
		return absent
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		r.fail("%s is %q; it must be a whole number", name, Shorten(text))
		return absent
	}
	return n
}

// boolean is the parameter's true or false.
func (r *reader) boolean(name string, absent bool) bool {
	return r.choice(name, strconv.FormatBool(absent)) == "true"
}

// choice is the one of the parameter's choices that it names, in any case, absent
// where it is not there or names none.
func (r *reader) choice(name, absent string) string {
	text, ok := r.text(name)
	if !ok {
		return absent
	}
	choices := find(name, r.use).Choices
	for _, c := range choices {
		if plain(text) == plain(c) {
			return c
		}
	}
	r.fail("%s is %q; it must be one of %s", name, Shorten(text), strings.Join(choices, ", "))
	return absent
}

// day is the parameter's date, nil where it is not there.
func (r *reader) day(name string) *cube.Day {
	text, ok := r.text(name)
	if !ok {
		return nil
	}
	d, err := cube.ParseDay(text)
	if err != nil {
		r.fail("%s: %s", name, err)
		return nil
	}
	return &d
}

// color is the parameter's colour; empty where it is not there or is none.
func (r *reader) color(name string) string {
	text, _ := r.text(name)
	if text == "" {
		return ""
	}
	c, err := render.ParseColor(text)
	r.check(err)
	return c
}

// density is how many pixels a PNG has for each of CSS.
func (r *reader) density() float64 {
	text, ok := r.text("dpr")
	if !ok {
		return 1
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v < 1 || v > 4 {
		r.fail("dpr is %q; it must be between 1 and 4", Shorten(text))
		return 1
	}
	return v
}

// defaultLast is the range where an address says none.
const defaultLast = "12m"

// units are the letters that end the parameter last.
var units = map[byte]cube.Interval{'d': cube.Daily, 'w': cube.Weekly, 'm': cube.Monthly, 'q': cube.Quarterly, 'y': cube.Yearly}

// bounds reads from and to, or last, which is absent where none of them is given.
func (r *reader) bounds(absent string) cube.Bounds {
	b := cube.Bounds{From: r.day("from"), To: r.day("to")}
	last, ok := r.text("last")
	dated := b.From != nil || b.To != nil
	switch {
	case ok && dated:
		r.fail("a range has either from/to or last, not both")
		return b
	case !ok && dated:
		return b
	case !ok:
		last = absent
	}
	if strings.EqualFold(last, "all") {
		return b
	}
	n, unit, ok := parseLast(last)
	if !ok {
		r.fail("last is %q; write a number and one of d, w, m, q, y, such as 90d or 12m, or all", Shorten(last))
		return b
	}
	b.Last, b.Unit = &n, unit
	return b
}

// parseLast reads a number of units such as 90d.
func parseLast(text string) (n int, unit cube.Interval, ok bool) {
	if text == "" {
		return 0, "", false
	}
	unit, known := units[strings.ToLower(text)[len(text)-1]]
	n, err := strconv.Atoi(text[:len(text)-1])
	return n, unit, known && err == nil && n > 0
}

// maxShown is the length at which texts of strangers are cut, in runes.
const maxShown = 60

// Shorten cuts a stranger's text to a length that can be shown.
func Shorten(text string) string {
	if r := []rune(text); len(r) > maxShown {
		return string(r[:maxShown-1]) + "…"
	}
	return text
}
