package oracle

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"clickql/internal/cube"
)

// Question is the arguments range and filter, and what they mean.
type Question struct {
	allTime    bool
	from, to   time.Time
	conditions []condition
	specifier  string // of specifiers; none where empty
	// Args are the arguments as GraphQL writes them.
	Args []string
}

// Arguments are all of Args, in parentheses.
func (q Question) Arguments() string { return arguments(q.Args...) }

// Of is the slice of the projects, all where names is nil.
func (q Question) Of(d *Data, names []string) Slice {
	s := Slice{AllTime: q.allTime, From: q.from, To: q.to, Rows: d.Rows, all: d.Rows}
	if names != nil {
		s = s.Of(names...)
	}
	theirs := s.Rows
	for _, c := range q.conditions {
		s = s.narrow(c)
	}
	if q.specifier == "" {
		return s
	}
	lists := specifiers[q.specifier]
	list := lists[1]
	if slices.ContainsFunc(theirs, func(r *Row) bool { return slices.Contains(lists[0], r.Of(cube.Version)) }) {
		list = lists[0]
	}
	return s.With(cube.Version, list...)
}

// specifiers are the versions of the data that each specifier holds for, by
// hand: as long as there is one in the first list, and else.
var specifiers = map[string][2][]string{
	" >= 1.1 ":  {{"1.1", "1.10", "2.0"}, {"2.0rc1", "2.1.dev3"}},
	">=2.0,<3":  {{"2.0"}, {"2.1.dev3"}},
	">2":        {{}, {"2.1.dev3"}},
	"==1.*":     {{"1.0", "1.1", "1.10"}, {}},
	"~=1.1":     {{"1.1", "1.10"}, {}},
	"!=1.0":     {{"1.1", "1.10", "2.0"}, {"2.0rc1", "2.1.dev3"}},
	"<2.0":      {{"1.0", "1.1", "1.10"}, {}},
	">=2.0rc1":  {{"2.0rc1", "2.0", "2.1.dev3"}, {}},
	"===2.0RC1": {{"2.0rc1"}, {}},
	">=9":       {{}, {}},
	",":         {{"1.0", "1.1", "1.10", "2.0"}, {"2.0rc1", "2.1.dev3"}},
}

// Versions are those that the specifiers' meanings are known for.
var Versions = []string{"1.0", "1.1", "1.10", "2.0", "2.0rc1", "2.1.dev3"}

// mirrors are the installers that `mirrors: false` leaves out.
var mirrors = []string{"bandersnatch", "z3c.pypimirror", "Artifactory", "devpi", "Nexus", "pep381client"}

// arguments writes arguments with their parentheses.
func arguments(args ...string) string {
	if len(args) == 0 {
		return ""
	}
	return "(" + strings.Join(args, ", ") + ")"
}

// quoted writes a value as GraphQL, whose strings and lists are JSON's.
func quoted(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
