package sample

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed roster.txt
var rosterText string

// kind says what files a project's releases consist of.
type kind byte

const (
	pure          kind = 'p' // py3-none-any (py2.py3 while it ran on 2.7) and sdist
	universal     kind = 'u' // py2.py3-none-any and sdist
	native        kind = 'n' // a wheel for each CPython and platform, and sdist
	nativeNoWin   kind = 'x' // native without Windows
	nativeNoSdist kind = 'y' // native without sdist
	stableABI     kind = 'a' // a wheel for each platform, and sdist
	program       kind = 'r' // py3-none-PLATFORM and sdist
	binary        kind = 'z' // py3-none-PLATFORM without sdist
	linuxOnly     kind = 'l' // py3-none-manylinux without sdist
	windowsOnly   kind = 'w' // native for Windows without sdist
	sdistOnly     kind = 's'
	egg           kind = 'e' // sdist and bdist_egg
)

// audience says where a project is mostly installed.
type audience int

// Audiences, in the order of audienceLetters.
const (
	general audience = iota
	cloud
	data
	machine
	developer
	interactive
	windows
	linux
	audiences
)

const audienceLetters = "gcdmvnwl"

// project is one project of the sample.
type project struct {
	name     string // as the author writes it
	key      string // normalised as PEP 503 says
	weight   float64
	kind     kind
	audience audience
	// since and last bound the releases; last is 0 while releases go on.
	since, last day
	// age and rest are the same in months before the sample's end, for
	// projects that are new whenever the sample ends; 0 for none.
	age, rest int
	versions  string
	cadence   float64
	repo      string
	license   string
	requires  []string
	summary   string
	releases  []release
}

// knownProjects reads the list that is part of the program, most downloaded
// first. The list is checked by a test: a mistake in it is a panic.
func knownProjects() []project {
	var list []project
	for line := range strings.Lines(rosterText) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		p, err := parseProject(line)
		if err != nil {
			panic(fmt.Sprintf("sample: roster: %q: %v", line, err))
		}
		list = append(list, p)
	}
	slices.SortStableFunc(list, func(a, b project) int {
		switch {
		case a.weight > b.weight:
			return -1
		case a.weight < b.weight:
			return 1
		}
		return 0
	})
	return list
}

// parseProject reads one line of the roster.
func parseProject(line string) (project, error) {
	parts := strings.SplitN(line, "|", 3)
	fields := strings.Fields(parts[0])
	if len(parts) != 3 || len(fields) < 9 {
		return project{}, fmt.Errorf("want nine fields and two bars")
	}
	weight, err := strconv.ParseFloat(fields[1], 64)
	if err != nil {
		return project{}, err
	}
	cadence, err := strconv.ParseFloat(fields[6], 64)
	if err != nil {
		return project{}, err
	}
	who := strings.Index(audienceLetters, fields[3])
	if len(fields[2]) != 1 || who < 0 {
		return project{}, fmt.Errorf("unknown kind or audience")
	}
	p := project{
		name: fields[0], key: normalise(fields[0]), weight: weight,
		kind: kind(fields[2][0]), audience: audience(who),
		versions: fields[5], cadence: cadence, repo: fields[7],
		license: strings.Join(fields[8:], " "),
		summary: strings.TrimSpace(parts[2]),
	}
	if p.kind == linuxOnly {
		p.audience = linux
	}
	for r := range strings.SplitSeq(parts[1], "; ") {
		if r = strings.TrimSpace(r); r != "" {
			p.requires = append(p.requires, strings.Replace(r, " @ ", " ; ", 1))
		}
	}
	return p, p.setLife(fields[4])
}

// setLife reads the span of a project's releases: 2013-01, 2013-01/2020-05, ~3
// or ~9/7.
func (p *project) setLife(span string) error {
	from, to, ended := strings.Cut(span, "/")
	if months, recent := strings.CutPrefix(from, "~"); recent {
		var err error
		if p.age, err = strconv.Atoi(months); err != nil || !ended {
			return err
		}
		p.rest, err = strconv.Atoi(to)
		return err
	}
	first, err := time.Parse("2006-01", from)
	if err != nil {
		return err
	}
	p.since = dayAt(first) + day(hashString(p.key)%28)
	if ended {
		end, err := time.Parse("2006-01", to)
		if err != nil {
			return err
		}
		p.last = dayAt(end) + day(hashString(p.key)%28)
	}
	return nil
}

// normalise is the normalisation of PEP 503.
func normalise(name string) string {
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(name) {
		if r == '-' || r == '_' || r == '.' {
			dash = true
			continue
		}
		if dash {
			b.WriteByte('-')
			dash = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// underscored is the form of a name in file names (PEP 427, PEP 625).
func underscored(key string) string { return strings.ReplaceAll(key, "-", "_") }
