package rounds

import (
	"context"
	"slices"
	"sync"

	"clickql/internal/cube"
)

// Evidence is what answers tell of a value that a condition asks for.
type Evidence uint8

// What there may be.
const (
	Unasked Evidence = iota // nothing was asked with it
	Nothing                 // asked for, and nothing found
	Unclear                 // found something with one of several values
	Seen                    // found
)

// seen is the evidence of an operation's answers.
type seen struct {
	mu   sync.Mutex
	that map[[2]string]Evidence // by dimension and value
}

// note takes in an answer.
func (s *seen) note(r cube.Request, res *cube.Result) {
	for _, c := range r.Slice.Conditions {
		if c.Not {
			continue
		}
		found := Nothing
		switch {
		case holds(res) && len(c.Values) == 1:
			found = Seen
		case holds(res):
			found = Unclear
		}
		s.mu.Lock()
		for _, v := range c.Values {
			if s.that == nil {
				s.that = map[[2]string]Evidence{}
			}
			key := [2]string{string(c.Dim), v}
			s.that[key] = max(s.that[key], found)
		}
		s.mu.Unlock()
	}
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

// EvidenceOf is what the answers so far tell of a value.
func (op *Operation) EvidenceOf(d cube.Dimension, value string) Evidence {
	op.seen.mu.Lock()
	defer op.seen.mu.Unlock()
	return op.seen.that[[2]string{string(d), value}]
}
