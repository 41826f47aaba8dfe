package rounds

import (
	"context"
	"slices"
	"sync"

	"clickql/internal/cube"
)

// Term is one thing that a filter says of a dimension: a value that is asked for,
// one that is left out, or versions' specifier.
type Term struct {
	Dim  cube.Dimension
	Text string
	How  How
}

// How a term means its text.
type How uint8

// The ways.
const (
	Only    How = iota // downloads with the value
	Without            // all others
	Matched            // versions that the specifier holds for
)

// Evidence is what answers tell of a term.
type Evidence uint8

// What there may be.
const (
	Unasked Evidence = iota // nothing was asked with it
	Nothing                 // asked for, and nothing found
	Unclear                 // found something with one of several values, or without it
	Seen                    // found
)

// seen is the evidence of an operation's answers.
type seen struct {
	mu   sync.Mutex
	that map[Term]Evidence
	// of are the projects that versions were asked of; nil for more than are told apart.
	of map[Term][]string
}

// maxTerms is how many values of a condition are told apart, maxOf how many projects:
// nobody reads about more.
const maxTerms, maxOf = 100, 10

// note takes in an answer.
func (s *seen) note(r cube.Request, res *cube.Result) {
	for _, c := range r.Slice.Conditions {
		if len(c.Values) > maxTerms {
			continue
		}
		found, how := Nothing, Only
		switch {
		case c.Not:
			found, how = Unclear, Without
		case holds(res) && len(c.Values) == 1:
			found = Seen
		case holds(res):
			found = Unclear
		}
		for _, v := range c.Values {
			s.add(Term{c.Dim, v, how}, found, r.Slice.Projects)
		}
	}
}

// add takes in what was found of a term in projects.
func (s *seen) add(t Term, found Evidence, projects []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.that == nil {
		s.that, s.of = map[Term]Evidence{}, map[Term][]string{}
	}
	if t.Dim == cube.Version {
		of, asked := s.of[t]
		if !asked {
			of = []string{}
		}
		s.of[t] = join(of, projects)
	}
	s.that[t] = max(s.that[t], found)
}

// join is two lists of projects as one; nil where one is of all of PyPI, or of too
// many.
func join(a, b []string) []string {
	if a == nil || b == nil {
		return nil
	}
	both := slices.Concat(a, b)
	slices.Sort(both)
	if both = slices.Compact(both); len(both) > maxOf {
		return nil
	}
	return both
}

// holds reports that an answer is of at least one download.
func holds(res *cube.Result) bool {
	return res.Total != 0 || len(res.Groups) > 0 || !res.Extent.Empty() && res.Extent != (cube.Range{}) || res.Position > 0 || res.Values > 0 ||
		slices.ContainsFunc(res.Totals, func(n int64) bool { return n != 0 })
}

// Load is the answer to one request, and evidence of the values that it asks for.
func (op *Operation) Load(ctx context.Context, r cube.Request) (*cube.Result, error) {
	res, err := op.Operation.Load(ctx, r)
	if err == nil && res != nil && len(r.Slice.Conditions) > 0 {
		op.seen.note(r, res)
	}
	return res, err
}

// EvidenceOf is what the answers so far tell of a term; of one about versions also
// the projects that they are of, nil for more than a few.
func (op *Operation) EvidenceOf(t Term) (found Evidence, projects []string) {
	op.seen.mu.Lock()
	defer op.seen.mu.Unlock()
	return op.seen.that[t], op.seen.of[t]
}
