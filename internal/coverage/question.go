// Package coverage asks the planner which table would answer each kind of
// question that there is about a project's days, and about all of PyPI: what a
// database's aggregates are worth. It is pure; the catalog's snapshot is handed
// in.
package coverage

import (
	"slices"
	"strings"

	"clickql/internal/cube"
)

// Question is a kind of question about downloads on some days.
type Question struct {
	// Global asks about all projects together.
	Global bool
	// Every is the step of a series; empty for a split.
	Every cube.Interval
	// Split is what a split is by; empty for a series.
	Split cube.Dimension
	// Filters are the dimensions of each of which one value is asked about, in the
	// enum's order.
	Filters []cube.Dimension
	// WithoutMirrors leaves out the installers that are mirrors; People also what ran
	// in continuous integration.
	WithoutMirrors, People bool
}

// ofClickPy lists the dimensions but the project that every raw table has.
var ofClickPy = cube.ClickPy[1:]

// OfProject lists the questions about one project: its days, and its split by
// each dimension that every raw table has over a range of days; everything, one
// value of another dimension, or without mirrors. There are 82.
func OfProject() []Question {
	list := filtered(Question{Every: cube.Daily})
	for _, d := range ofClickPy {
		list = append(list, filtered(Question{Split: d})...)
	}
	return list
}

// OfAll lists the questions about all projects together: days and months, and
// the split by each dimension but the version, whose numbers mean something
// only within a project.
func OfAll() []Question {
	list := append(filtered(Question{Global: true, Every: cube.Daily}), Question{Global: true, Every: cube.Monthly})
	for _, d := range ofClickPy {
		if d != cube.Version {
			list = append(list, filtered(Question{Global: true, Split: d})...)
		}
	}
	return list
}

// OfLater lists the questions about dimensions that came to the raw table later,
// of one project or of all: the split by each, and the days of one of its values.
func OfLater(global bool) []Question {
	var list []Question
	for _, d := range cube.Later {
		list = append(list, Question{Global: global, Split: d}, Question{Global: global, Every: cube.Daily, Filters: []cube.Dimension{d}})
	}
	return list
}

// OfLists lists the questions that rank projects: the most downloaded of all, of one
// value of each dimension but the version, without mirrors, and by people.
func OfLists() []Question {
	top := Question{Global: true, Split: cube.Project}
	list := []Question{top}
	for _, d := range cube.OfProject {
		if d != cube.Version {
			list = append(list, Question{Global: true, Split: cube.Project, Filters: []cube.Dimension{d}})
		}
	}
	top.WithoutMirrors = true
	list = append(list, top)
	top.People = true
	return append(list, top)
}

// OfFilters lists the questions about one project under so many filters at once:
// its days, and its split by each dimension that every raw table has. There are
// 196 with two, 336 with three.
func OfFilters(n int) []Question {
	var list []Question
	for _, filters := range choose(ofClickPy, n) {
		list = append(list, Question{Every: cube.Daily, Filters: filters})
	}
	for _, d := range ofClickPy {
		others := slices.DeleteFunc(slices.Clone(ofClickPy), func(o cube.Dimension) bool { return o == d })
		for _, filters := range choose(others, n) {
			list = append(list, Question{Split: d, Filters: filters})
		}
	}
	return list
}

// choose lists the sets of n of the dimensions.
func choose(from []cube.Dimension, n int) [][]cube.Dimension {
	if n == 0 {
		return [][]cube.Dimension{nil}
	}
	var sets [][]cube.Dimension
	for i, d := range from {
		for _, rest := range choose(from[i+1:], n-1) {
			sets = append(sets, append([]cube.Dimension{d}, rest...))
		}
	}
	return sets
}

// filtered is a question by itself and with each filter.
func filtered(q Question) []Question {
	list := []Question{q}
	for _, d := range ofClickPy {
		if d == q.Split || q.Global && d == cube.Version {
			continue
		}
		one := q
		one.Filters = []cube.Dimension{d}
		list = append(list, one)
	}
	q.WithoutMirrors = true
	return append(list, q)
}

// String says the question in words: "by PYTHON where SYSTEM is one value".
func (q Question) String() string {
	words := "by " + string(q.Split)
	if q.Split == "" {
		words = "per " + strings.ToLower(string(q.Every))
	}
	for i, d := range q.Filters {
		words += []string{" of one ", " and one "}[min(i, 1)] + string(d)
	}
	switch {
	case q.People:
		words += " of people"
	case q.WithoutMirrors:
		words += " without mirrors"
	}
	return words
}

// everyValue is how many values of a split are asked for: more than there are.
const everyValue = 100_000

// Request is the question about a project on some days. values has what the
// dimensions of filters must be.
func (q Question) Request(project string, days cube.Range, values map[cube.Dimension]string) cube.Request {
	s := cube.Slice{Days: days}
	if !q.Global {
		s.Projects = []string{project}
	}
	for _, d := range q.Filters {
		s = s.With(d, values[d])
	}
	switch {
	case q.People:
		s = s.People()
	case q.WithoutMirrors:
		s = s.WithoutMirrors()
	}
	if q.Split == "" {
		return cube.SeriesOf(s, q.Every)
	}
	return cube.SplitOf(s, q.Split, everyValue, nil)
}

// Days is the run of the data's newest days, about as many as asked, that no
// table of months can answer about.
func Days(data cube.Range, about int) cube.Range {
	days := cube.Range{From: max(data.From+1, data.To-cube.Day(about)+1), To: data.To}
	if days.From == days.From.StartOfMonth() {
		days.From++
	}
	return days
}
