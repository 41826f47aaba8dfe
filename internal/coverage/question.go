// Package coverage asks the planner which table would answer each kind of
// question that there is about a project's days, and about all of PyPI: what a
// database's aggregates are worth. It is pure; the catalog's snapshot is handed
// in.
package coverage

import (
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
	// Filter is the dimension of which one value is asked about; empty for none.
	Filter cube.Dimension
	// WithoutMirrors leaves out the installers that are mirrors.
	WithoutMirrors bool
}

// OfProject lists the questions about one project: its days, and its split by
// each dimension over a range of days; everything, one value of another
// dimension, or without mirrors. There are 82.
func OfProject() []Question {
	list := filtered(Question{Every: cube.Daily})
	for _, d := range cube.OfProject {
		list = append(list, filtered(Question{Split: d})...)
	}
	return list
}

// OfAll lists the questions about all projects together: days and months, and
// the split by each dimension but the version, whose numbers mean something
// only within a project.
func OfAll() []Question {
	list := append(filtered(Question{Global: true, Every: cube.Daily}), Question{Global: true, Every: cube.Monthly})
	for _, d := range cube.OfProject {
		if d != cube.Version {
			list = append(list, filtered(Question{Global: true, Split: d})...)
		}
	}
	return list
}

// filtered is a question by itself and with each filter.
func filtered(q Question) []Question {
	list := []Question{q}
	for _, d := range cube.OfProject {
		if d == q.Split || q.Global && d == cube.Version {
			continue
		}
		one := q
		one.Filter = d
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
	switch {
	case q.WithoutMirrors:
		words += " without mirrors"
	case q.Filter != "":
		words += " of one " + string(q.Filter)
	}
	return words
}

// everyValue is how many values of a split are asked for: more than there are.
const everyValue = 100_000

// Request is the question about a project on some days. value is what the
// filter's dimension must be.
func (q Question) Request(project string, days cube.Range, value string) cube.Request {
	s := cube.Slice{Days: days}
	if !q.Global {
		s.Projects = []string{project}
	}
	if q.Filter != "" {
		s = s.With(q.Filter, value)
	}
	if q.WithoutMirrors {
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
