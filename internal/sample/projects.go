package sample

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed roster.txt
var rosterText string

// project is one project of the sample.
type project struct {
	name     string // as the author writes it
	key      string // normalised as PEP 503 says
	id       uint64 // a hash of the key
	weight   float64
	form     form
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

// What the wheels of a release are for, as the queries know it.
const (
	noWheel        = iota
	oneWheel       // everything
	platformWheels // one for each platform
	pythonWheels   // one for each Python and platform
)

// Platforms as bits of a form, in the order of platformTags.
const (
	allPlatforms = 0b1111110
	linuxOnly    = 0b0000110
	windowsOnly  = 0b1000000
)

// platformTags are the tags of the platforms in the names of wheels, those of one
// era behind those of the one before. machines.txt numbers those of an era from 1.
func platformTags() []string {
	var tags []string
	for _, linux := range [][3]string{
		{"manylinux1_x86_64", "manylinux2014_aarch64", "musllinux_1_1_x86_64"},
		{"manylinux_2_12_x86_64.manylinux2010_x86_64", "manylinux2014_aarch64", "musllinux_1_1_x86_64"},
		{"manylinux_2_17_x86_64.manylinux2014_x86_64", "manylinux_2_17_aarch64.manylinux2014_aarch64", "musllinux_1_2_x86_64"},
		{"manylinux_2_27_x86_64.manylinux_2_28_x86_64", "manylinux_2_27_aarch64.manylinux_2_28_aarch64", "musllinux_1_2_x86_64"},
	} {
		tags = append(append(tags, linux[:]...), "macosx_11_0_arm64", "macosx_10_9_x86_64", "win_amd64")
	}
	return tags
}

// eraOf is the era of the platforms that a release is built for. Every other
// project stays with manylinux2014.
func eraOf(p *project, r *release) uint8 {
	switch {
	case r.day < dayOf(2019, 9, 1):
		return 0
	case r.day < dayOf(2022, 6, 1):
		return 1
	case r.day < dayOf(2025, 3, 1) || p.id%2 == 0:
		return 2
	}
	return 3
}

// form says what files the releases of a kind of project consist of.
type form struct {
	wheels    uint8
	tag       string // what their tag begins with; of pure wheels it is whole
	platforms uint8
	sdist     bool
	sdistPart uint8 // of 256: installed from source although there is a wheel
	anyPython bool  // goes on running on the oldest Python
}

// forms are the kinds of the roster. The pure wheels of p were py2.py3 while it
// ran on 2.7; e is an egg.
func forms() map[string]form {
	return map[string]form{
		"p": {oneWheel, "py3-none-any", allPlatforms, true, 9, false},
		"u": {oneWheel, "py2.py3-none-any", allPlatforms, true, 9, true},
		"n": {pythonWheels, "", allPlatforms, true, 4, false},
		"y": {pythonWheels, "", allPlatforms, false, 0, false},
		"w": {pythonWheels, "", windowsOnly, false, 0, false},
		"a": {platformWheels, "cp37-abi3", allPlatforms, true, 4, false},
		"r": {platformWheels, "py3-none", allPlatforms, true, 4, false},
		"z": {platformWheels, "py3-none", allPlatforms, false, 0, false},
		"l": {platformWheels, "py3-none", linuxOnly, false, 0, false},
		"s": {noWheel, "", allPlatforms, true, 0, true},
		"e": {oneWheel, "py2.7", allPlatforms, true, 150, true},
	}
}

// audience says where a project is mostly installed.
type audience struct {
	letter              string  // in the roster
	number              uint16  // its place in audiences
	weekend             float64 // downloads at weekends: machines work on them, people do not
	linux, mac, windows float64 // how much more or less than others on each system
}

func audiences() []audience {
	return []audience{
		{"g", 0, 1, 1, 0.8, 0.8},       // general
		{"c", 1, 1.07, 1.1, 0.5, 0.35}, // cloud
		{"d", 2, 0.99, 0.9, 1.1, 1.6},  // data
		{"m", 3, 1.02, 1, 0.9, 0.9},    // machine learning
		{"v", 4, 0.9, 1, 1.5, 1},       // developers
		{"n", 5, 0.86, 0.6, 2, 2.6},    // notebooks
		{"w", 6, 0.8, 0, 0, 1},         // Windows
		{"l", 7, 1.02, 1, 0, 0},        // Linux
	}
}

// knownProjects reads the roster, most downloaded first. A test reads it: a
// mistake in it is a panic.
func knownProjects() []project {
	var list []project
	for _, line := range tableLines(rosterText) {
		p, err := parseProject(line)
		if err != nil {
			panic(fmt.Sprintf("sample: roster: %q: %v", line, err))
		}
		list = append(list, p)
	}
	slices.SortStableFunc(list, func(a, b project) int { return cmp.Compare(b.weight, a.weight) })
	return list
}

// tableLines are a table's lines without comments and empty ones, each cut at
// its bars.
func tableLines(text string) [][]string {
	var lines [][]string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Split(line, "|")
		for i, f := range fields {
			fields[i] = strings.TrimSpace(f)
		}
		lines = append(lines, fields)
	}
	return lines
}

// parseProject reads one line of the roster.
func parseProject(line []string) (p project, err error) {
	fields := strings.Fields(line[0])
	if len(line) != 3 || len(fields) < 9 {
		return p, errors.New("want nine fields and two bars")
	}
	p = newProject(fields[0])
	form, ok := forms()[fields[2]]
	who := slices.IndexFunc(audiences(), func(a audience) bool { return a.letter == fields[3] })
	if !ok || who < 0 {
		return p, errors.New("unknown kind or audience")
	}
	p.form, p.audience, p.versions, p.repo = form, audiences()[who], fields[5], fields[7]
	p.license, p.summary = strings.Join(fields[8:], " "), line[2]
	p.weight, p.cadence = number(fields[1]), number(fields[6])
	for r := range strings.SplitSeq(line[1], "; ") {
		if r != "" {
			p.requires = append(p.requires, strings.Replace(r, " @ ", " ; ", 1))
		}
	}
	return p, p.setLife(fields[4])
}

// separators are what PEP 503 makes one dash of.
var separators = regexp.MustCompile(`[-_.]+`)

func newProject(name string) project {
	key := strings.ToLower(separators.ReplaceAllString(name, "-"))
	return project{name: name, key: key, id: hashString(key)}
}

// setLife reads the span of a project's releases: 2013-01, 2013-01/2020-05, ~3
// or ~9/7.
func (p *project) setLife(span string) (err error) {
	from, to, ended := strings.Cut(span, "/")
	if months, recent := strings.CutPrefix(from, "~"); recent {
		if p.age, err = strconv.Atoi(months); err == nil && ended {
			p.rest, err = strconv.Atoi(to)
		}
		return err
	}
	if p.since, err = month(from); err == nil && ended {
		p.last, err = month(to)
		p.last += day(p.id % 28)
	}
	p.since += day(p.id % 28)
	return err
}

// settle fixes the life of a project that is new whenever the sample ends.
func (p *project) settle(until day) {
	if p.age == 0 {
		return
	}
	p.since = until - day(30*p.age) + 3
	if p.rest > 0 {
		p.last = until - day(30*p.rest)
	}
}

// tailProjects invents the projects of the ranks after the known ones, each less
// downloaded than the one before; what one is depends on its number alone.
func tailProjects(known, count int) []project {
	heads := strings.Fields("async data fast lazy tiny open geo micro auto json graph text bio image task typed stream kube mini edge")
	tails := strings.Fields("kit toolbelt utils bridge store hub runner models loader forge pipe mapper engine shell mesh crawler works base guard lab")
	owners := strings.Fields("northlabs bluecode riverdata papersoft silverworks greentools quietbyte stonedev")
	popular := []string{"requests>=2.28", "numpy>=1.24", "click>=8.0", "pydantic>=2", "pandas>=2.0", `rich>=13.0 ; extra == "cli"`}
	var list []project
	for i := range uint64(count) {
		draw := func(k uint64) uint64 { return hash(forTail, i, k) }
		name := heads[i%20] + "-" + tails[i/20%20]
		if i >= 400 {
			name += strconv.FormatUint(1+i/400, 10)
		}
		p := newProject(name)
		p.weight = 70 * math.Pow(float64(uint64(max(known, 350))+i)/350, -1.5)
		p.form, p.audience = forms()["pppppppuuuunnaas"[draw(1)%16:][:1]], audiences()[draw(2)%6]
		p.since = earliest() - 150 + day(draw(3)%4400)
		p.cadence = float64(1 + draw(4)%9)
		p.versions = fmt.Sprintf("0.1..%d.%d", draw(5)%4, 1+draw(6)%12)
		p.repo = owners[draw(7)%8] + "/" + name
		p.license = []string{"MIT", "MIT", "Apache-2.0", "BSD-3-Clause"}[draw(8)%4]
		p.summary = strings.ToUpper(name[:1]) + strings.ReplaceAll(name[1:], "-", " ") + " for applications and services"
		if draw(9)%3 == 0 {
			p.last = p.since + day(30+draw(10)%2000)
		}
		for k := range draw(11) % 4 {
			p.requires = append(p.requires, popular[(draw(12)+k)%6])
		}
		list = append(list, p)
	}
	return list
}
