package sample

import (
	"math"
	"slices"
	"sort"
)

// release is one version of a project.
type release struct {
	version  string
	day      day // of the upload
	second   int // of that day
	pre      bool
	pin      float64 // how much it is preferred to others: some versions stay pinned
	oldest   minor   // that requires_python admits
	newest   minor   // that has wheels, where wheels are for one Python each; otherwise the newest it is run on
	wheelTag string
}

// horizon is the day at which projects reach the latest version of the roster;
// those in development go on after it.
const horizon = defaultUntil

// makeReleases gives a project its history up to the last day, in order of
// upload. Projects that begin after that day have none.
func makeReleases(p *project, lines []pythonLine, until day) []release {
	if p.age > 0 {
		p.since = until - day(30*p.age) + 3
		p.last = 0
		if p.rest > 0 {
			p.last = until - day(30*p.rest)
		}
	}
	plan := planReleases(p, until)
	slices.SortStableFunc(plan, func(a, b planned) int { return int(a.day - b.day) })
	var list []release
	seen := map[string]bool{}
	for _, r := range plan {
		if r.day > until || seen[r.version] {
			continue
		}
		seen[r.version] = true
		list = append(list, newRelease(p, r, lines, len(list)))
	}
	return list
}

// newRelease completes a planned release with what follows from its day.
func newRelease(p *project, r planned, lines []pythonLine, n int) release {
	id, i := hashString(p.key), uint64(n)
	rel := release{version: r.version, day: r.day, pre: r.pre, pin: math.Exp(0.7 * bell(forPin, id, i))}
	rel.second = 7*3600 + int(unit(forRelease, id, i)*14*3600)
	rel.oldest = oldestPython(p, lines, r.day)
	reach := 4 * 365
	if perPython(p.kind) {
		reach = 0
	}
	for m, l := range lines {
		if l.released <= r.day+day(reach) {
			rel.newest = minor(m)
		}
	}
	rel.newest = max(rel.newest, rel.oldest)
	rel.wheelTag = wheelTag(p, rel.oldest, r.day)
	return rel
}

func perPython(k kind) bool {
	return k == native || k == nativeNoWin || k == nativeNoSdist || k == windowsOnly
}

// oldestPython is the oldest that a project supports on a day: each project
// drops a Python some time after its end of life.
func oldestPython(p *project, lines []pythonLine, d day) minor {
	grace := day(-60 + 500*unit(forGrace, hashString(p.key)))
	if p.kind == universal || p.kind == sdistOnly || p.kind == egg {
		return 0
	}
	for m, l := range lines {
		if l.eol+grace > d {
			return minor(m)
		}
	}
	return minor(len(lines) - 1)
}

// wheelTag is the constant part of a wheel's tag.
func wheelTag(p *project, oldest minor, d day) string {
	switch p.kind {
	case universal:
		return "py2.py3-none-any"
	case pure:
		if oldest == 0 {
			return "py2.py3-none-any"
		}
		return "py3-none-any"
	case stableABI:
		switch {
		case d < dayOf(2021, 6, 1):
			return "cp36-abi3"
		case d < dayOf(2024, 9, 1):
			return "cp37-abi3"
		}
		return "cp39-abi3"
	case program, binary, linuxOnly:
		return "py3-none"
	case egg:
		return "py2.7"
	}
	return ""
}

// begins is the first day on which a project can be downloaded: the day after
// its first upload.
func (p *project) begins() day {
	if len(p.releases) == 0 {
		return math.MaxInt32
	}
	return p.releases[0].day + 1
}

// adoption is the share of downloads, of 1, that are at most so many days
// behind the newest release: a part follows within weeks, a part within
// months, and pinned ones for years.
type adoption []float64

func newAdoption() adoption {
	a := make(adoption, 7000)
	for x := range a {
		t := float64(x)
		a[x] = 0.46*(1-math.Exp(-t/14)) + 0.27*(1-math.Exp(-t/100)) + 0.27*(1-math.Exp(-t/650))
	}
	return a
}

func (a adoption) at(days day) float64 { return a[min(max(int(days), 0), len(a)-1)] }

// shares appends the weight of each of a project's releases on a day: what of
// the day's downloads wants it, none before the day after its upload.
func (p *project) shares(to []float64, a adoption, d day) (weights []float64, total float64) {
	n := sort.Search(len(p.releases), func(i int) bool { return p.releases[i].day >= d })
	for range n {
		to = append(to, 0)
	}
	newer := 0.0
	last := -1 // the oldest regular release
	for i := n - 1; i >= 0; i-- {
		r := &p.releases[i]
		age := d - r.day
		if r.pre {
			to[i] = 0.012 * math.Exp(-float64(age)/60)
			total += to[i]
			continue
		}
		g := a.at(age)
		to[i] = (g - newer) * r.pin
		newer = max(newer, g)
		total += to[i]
		last = i
	}
	if last < 0 {
		last = 0
	}
	// Those who would be behind the oldest release take it.
	if n > 0 {
		rest := (1 - newer) * min(p.releases[last].pin, 1)
		to[last] += rest
		total += rest
	}
	return to, total
}
