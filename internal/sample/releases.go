package sample

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// pythonLine is the life of one Python minor version.
type pythonLine struct {
	name          string // 3.11
	released, eol day
}

// pythonLines are the versions that downloads report, oldest first, by their
// dates of first release and end of life (devguide.python.org/versions).
func pythonLines() []pythonLine {
	line := func(name string, y int, m time.Month, d, eolYear int, eolMonth time.Month) pythonLine {
		return pythonLine{name, dayOf(y, m, d), dayOf(eolYear, eolMonth, 28)}
	}
	return []pythonLine{
		line("2.7", 2010, 7, 3, 2020, 1), line("3.4", 2014, 3, 16, 2019, 3), line("3.5", 2015, 9, 13, 2020, 9), line("3.6", 2016, 12, 23, 2021, 12),
		line("3.7", 2018, 6, 27, 2023, 6), line("3.8", 2019, 10, 14, 2024, 10), line("3.9", 2020, 10, 5, 2025, 10), line("3.10", 2021, 10, 4, 2026, 10),
		line("3.11", 2022, 10, 24, 2027, 10), line("3.12", 2023, 10, 2, 2028, 10), line("3.13", 2024, 10, 7, 2029, 10), line("3.14", 2025, 10, 7, 2030, 10),
	}
}

// popularity of a line on a day, relative: none before its release, two years of
// adoption, a plateau, and a decay that takes years.
func (l pythonLine) popularity(d day) float64 {
	age := years(l.released, d)
	if age <= 0 {
		return 0
	}
	return (1-math.Exp(-age*age/1.44))*math.Exp(-math.Max(0, age-2.8)/1.5) + 0.002
}

// patches are the four patch releases of a line in use on a day: systems pin one
// and stay.
func (l pythonLine) patches(d day) [4]string {
	var list [4]string
	for i := range list {
		list[i] = fmt.Sprintf("%s.%d", l.name, max(0, min(18, int(d-l.released)/70)-2*i))
	}
	return list
}

// tag is what a wheel for the line alone is marked with.
func (l pythonLine) tag() string {
	cp := "cp" + strings.ReplaceAll(l.name, ".", "")
	if l.released < dayOf(2019, 10, 1) { // the m of pymalloc went with 3.8
		return cp + "-" + cp + "m"
	}
	return cp + "-" + cp
}

// freeThreaded is what a wheel for the line without the global interpreter lock is
// marked with; empty where there is no such Python.
func (l pythonLine) freeThreaded() string {
	if l.released < dayOf(2024, 10, 1) {
		return ""
	}
	cp := "cp" + strings.ReplaceAll(l.name, ".", "")
	return cp + "-" + cp + "t"
}

// release is one version of a project.
type release struct {
	version string
	day     day // of the upload
	pre     bool
	pin     float64 // how much it is preferred to others: some versions stay pinned
	// The Pythons that it has wheels for, where wheels are for one Python each;
	// otherwise those that it is run on. Indices of pythonLines.
	oldest, newest int
}

// maxReleases bounds the history of one project; frequent releases are thinned
// and their version numbers have gaps.
const maxReleases = 110

// makeReleases gives a project its history up to the last day, in order of
// upload: at even distances, give or take, each with the next number of its
// scheme. The latest version of the roster is reached at the end of development,
// or at the default sample's end, after which it goes on.
func makeReleases(p *project, lines []pythonLine, until day) []release {
	end := max(defaultUntil, p.since+1)
	if p.age > 0 {
		end = until
	}
	if p.last != 0 {
		end = max(p.last, p.since+1)
	}
	count := max(1, math.Min(maxReleases, math.Round(p.cadence*years(p.since, end))))
	gap := float64(end-p.since) / count
	next := schemeOf(p.versions, int(count))
	var list []release
	seen := map[string]bool{}
	add := func(version string, d day, pre bool) {
		if d <= until && d >= p.since && !seen[version] {
			seen[version] = true
			list = append(list, newRelease(p, lines, version, d, pre))
		}
	}
	for i := 0; p.last == 0 || i < int(count); i++ {
		d := p.since + day(gap*(float64(i)+0.7*unit(forRelease, p.id, uint64(i))))
		if d > until {
			break
		}
		version, first := next(i, d)
		if first && gap > 10 && unit(forRelease, p.id, uint64(i), 1) < 0.22 {
			add(version+[]string{"rc1", "b1", "a1"}[hash(p.id, uint64(i))%3], d-min(14, day(gap/4)), true)
		}
		add(version, d, false)
	}
	slices.SortStableFunc(list, func(a, b release) int { return int(a.day - b.day) })
	return list
}

// schemeOf gives the version of a project's i-th release, and whether it begins
// a minor line. A scheme is minor lines, such as 0.20..2.3, single numbers, such
// as 216..312, or a date (cal:): Y and y the year with and without the century, M
// the month, D the day, N the number in that year.
func schemeOf(scheme string, count int) func(i int, d day) (version string, first bool) {
	if layout, ok := strings.CutPrefix(scheme, "cal:"); ok {
		number, year := -1, 0
		return func(_ int, d day) (string, bool) {
			t := d.time()
			if number++; t.Year() != year {
				number, year = 0, t.Year()
			}
			return strings.NewReplacer("Y", strconv.Itoa(year), "y", strconv.Itoa(year%100), "M", strconv.Itoa(int(t.Month())),
				"D", strconv.Itoa(t.Day()), "N", strconv.Itoa(number)).Replace(layout), false
		}
	}
	lines := minorLines(scheme)
	line, patch := -1, 0
	return func(i int, _ day) (string, bool) {
		at := i * len(lines) / count
		first := at != line
		if patch++; first {
			line, patch = at, 0
		}
		s := lines[min(at, len(lines)-1)]
		number := s[len(s)-1] + max(0, at-len(lines)+1) // it goes on after the latest
		if len(s) == 1 {
			return strconv.Itoa(number), false
		}
		return fmt.Sprintf("%d.%d.%d", s[0], number, patch), first
	}
}

// minorLines expands a scheme into its minor lines: from the first to the latest
// of a major version, and few of each of those between.
func minorLines(scheme string) [][]int {
	from, to, _ := strings.Cut(scheme, "..")
	a, b := numbers(from), numbers(to)
	var lines [][]int
	if len(a) == 1 {
		for n := a[0]; n <= b[0]; n++ {
			lines = append(lines, []int{n})
		}
		return lines
	}
	for major := a[0]; major <= b[0]; major++ {
		first, last := 0, 3
		if major == a[0] {
			first, last = a[1], a[1]+5
		}
		if major == b[0] {
			last = b[1]
		}
		for n := first; n <= last; n++ {
			lines = append(lines, []int{major, n})
		}
	}
	return lines
}

// numbers reads 1.2.
func numbers(s string) []int {
	var list []int
	for part := range strings.SplitSeq(s, ".") {
		n, _ := strconv.Atoi(part) // a test reads the roster
		list = append(list, n)
	}
	return list
}

// newRelease is a release with what follows from its day: each project drops a
// Python some time after its end of life.
func newRelease(p *project, lines []pythonLine, version string, d day, pre bool) release {
	r := release{version: version, day: d, pre: pre, pin: math.Exp(0.7 * bell(forPin, p.id, hashString(version)))}
	reach := day(4 * 365) // how long a release goes on being run on newer Pythons
	if p.form.wheels == pythonWheels {
		reach = 0
	}
	grace := day(p.id%500) - 60
	for m, l := range lines {
		if l.eol+grace <= d && !p.form.anyPython && m+1 < len(lines) {
			r.oldest = m + 1
		}
		if l.released <= d+reach {
			r.newest = m
		}
	}
	r.newest = max(r.newest, r.oldest)
	return r
}

// begins is the first day on which a project can be downloaded: the day after
// its first upload.
func (p *project) begins() day {
	if len(p.releases) == 0 {
		return math.MaxInt32
	}
	return p.releases[0].day + 1
}

// adopted is the share of downloads, of 1, that are at most so many days behind
// the newest release: a part follows within weeks, a part within months, and
// pinned ones for years.
func adopted(days day) float64 {
	t := float64(days)
	return 1 - 0.46*math.Exp(-t/14) - 0.27*math.Exp(-t/100) - 0.27*math.Exp(-t/650)
}

// shares appends the weight of each of a project's releases on a day: what of
// the day's downloads wants it, none before the day after its upload.
func (p *project) shares(to []float64, d day) (weights []float64, total float64) {
	n := sort.Search(len(p.releases), func(i int) bool { return p.releases[i].day >= d })
	to = append(to, make([]float64, n)...)
	newer, regular := 0.0, 0 // regular is the oldest release that is no pre-release
	for i := n - 1; i >= 0; i-- {
		r := &p.releases[i]
		age := d - r.day
		if r.pre {
			to[i] = 0.012 * math.Exp(-float64(age)/60)
			continue
		}
		g := adopted(age)
		to[i] = (g - newer) * r.pin
		newer, regular = max(newer, g), i
	}
	if n > 0 { // who would be behind the oldest release takes it
		to[regular] += (1 - newer) * min(p.releases[regular].pin, 1)
	}
	return to, sum(to)
}
