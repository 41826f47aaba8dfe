package sample

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// planned is a release as its project's scheme of versions has it.
type planned struct {
	version string
	day     day
	pre     bool
}

// maxReleases bounds the history of one project; frequent releases are thinned
// and their version numbers have gaps.
const maxReleases = 110

// planReleases gives all releases of a project until a day, in no order.
func planReleases(p *project, until day) []planned {
	if layout, ok := strings.CutPrefix(p.versions, "cal:"); ok {
		return planCalendar(p, layout, until)
	}
	return planSemantic(p, until)
}

// planCalendar plans versions that are dates: Y and y the year with and
// without the century, M the month, D the day, N the number in that year.
func planCalendar(p *project, layout string, until day) []planned {
	id := hashString(p.key)
	end := until
	if p.last != 0 {
		end = min(end, p.last)
	}
	cadence := math.Min(p.cadence, maxReleases/math.Max(1, years(p.since, end)))
	gap := 365.25 / cadence
	var list []planned
	number, inYear := 0, 0
	for i := uint64(0); ; i++ {
		d := p.since + day(gap*(float64(i)+0.7*unit(forRelease, id, i)))
		if d > end {
			return list
		}
		t := d.time()
		if number++; t.Year() != inYear {
			number, inYear = 0, t.Year()
			if !strings.Contains(layout, ".0") && !strings.HasPrefix(layout, "y") {
				number = 1
			}
		}
		v := strings.NewReplacer(
			"Y", strconv.Itoa(t.Year()), "y", strconv.Itoa(t.Year()%100), "M", strconv.Itoa(int(t.Month())),
			"D", strconv.Itoa(t.Day()), "N", strconv.Itoa(number),
		).Replace(layout)
		list = append(list, planned{version: v, day: d})
	}
}

// series is one minor line of a project: major.minor.
type series struct{ major, minor int }

// planSemantic plans versions from a first to a latest minor line, which is
// reached at the end of development or at the horizon; lines follow one
// another at even distances, each with patches soon after it.
func planSemantic(p *project, until day) []planned {
	lines := seriesOf(p)
	id := hashString(p.key)
	end := max(horizon, p.since+1)
	if p.age > 0 {
		end = until
	}
	if p.last != 0 {
		end = max(p.last, p.since+1)
	}
	gap := float64(end-p.since) / float64(len(lines))
	span := math.Max(0.5, years(p.since, end))
	releases := math.Min(p.cadence*span, maxReleases)
	patches := math.Max(0, releases/float64(len(lines))-1)
	goesOn := p.last == 0
	var list []planned
	for i := 0; ; i++ {
		if i >= len(lines) {
			if !goesOn {
				break
			}
			s := lines[len(lines)-1]
			lines = append(lines, series{s.major, s.minor + 1})
		}
		jitter := 0.5 * unit(forRelease, id, uint64(i))
		if i == 0 {
			jitter = 0
		}
		at := p.since + day(gap*(float64(i)+jitter))
		if at > until {
			break
		}
		list = append(list, planLine(p, lines[i], at, gap, patches, i)...)
	}
	return list
}

// planLine plans one minor line: perhaps a pre-release, the line, its patches.
func planLine(p *project, s series, at day, gap, patches float64, n int) []planned {
	id, i := hashString(p.key), uint64(n)
	base := fmt.Sprintf("%d.%d", s.major, s.minor)
	first := base + ".0"
	if p.kind == windowsOnly { // pywin32 has a single number
		first, base = strconv.Itoa(s.major), strconv.Itoa(s.major)
	}
	list := []planned{{version: first, day: at}}
	if n > 0 && gap > 45 && unit(forPre, id, i) < 0.22 {
		suffix := []string{"rc1", "b1", "a1", "rc1"}[hash(forPre, id, i, 1)%4]
		list = append(list, planned{version: first + suffix, day: at - 14, pre: true})
	}
	if p.kind == windowsOnly {
		return list
	}
	want := patches * (0.4 + 1.2*unit(forPatch, id, i))
	count := int(want + unit(forPatch, id, i, 1))
	number := 0
	end := p.last
	if end == 0 {
		end = math.MaxInt32
	}
	for k := range count {
		number++
		if p.cadence >= 30 {
			number += int(hash(forPatch, id, i, uint64(k), 2) % 4)
		}
		x := (float64(k) + 0.3 + 0.6*unit(forPatch, id, i, uint64(k))) / float64(count+1)
		d := at + max(1, day(gap*x*math.Sqrt(x)*0.95))
		if d <= end {
			list = append(list, planned{version: fmt.Sprintf("%s.%d", base, number), day: d})
		}
	}
	if hash(forPatch, id, i, 9)%40 == 0 {
		list = append(list, planned{version: first + ".post1", day: at + 1})
	}
	return list
}

// seriesOf expands a scheme such as 0.20..2.3 into its minor lines.
func seriesOf(p *project) []series {
	first, latest, _ := strings.Cut(p.versions, "..")
	a, b := parseSeries(first), parseSeries(latest)
	if a.major == b.major {
		return thin(a, b.minor)
	}
	middle := 4
	if b.major-a.major > 6 {
		middle = 1
	}
	list := thin(a, a.minor+middle+2)
	for m := a.major + 1; m < b.major; m++ {
		for n := range middle {
			list = append(list, series{m, n})
		}
	}
	return append(list, thin(series{b.major, 0}, b.minor)...)
}

// thin lists the minor lines from one to the latest, with gaps in the older
// ones where there are too many for a history.
func thin(from series, latest int) []series {
	const most = 60
	step := 1 + (latest-from.minor)/most
	var list []series
	for n := from.minor; n < latest; n += step {
		list = append(list, series{from.major, n})
	}
	return append(list, series{from.major, latest})
}

func parseSeries(s string) series {
	major, minor, _ := strings.Cut(s, ".")
	a, _ := strconv.Atoi(major)
	b, _ := strconv.Atoi(minor)
	return series{a, b}
}
