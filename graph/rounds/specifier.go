package rounds

import (
	"context"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/pypi"
)

// Slice is a part of the cube as arguments say it. Versions may be said by a
// specifier, which means the versions that the slice's projects have: they have
// to be asked for before anything of the slice can be.
type Slice struct {
	cube.Slice
	Only *Specifier // nil for none
}

// Specifier is a PEP 440 specifier, and how it was written.
type Specifier struct {
	Text string
	*pypi.Specifier
}

// Of is the slice narrowed to projects, taken together.
func (s Slice) Of(names ...string) Slice {
	s.Slice = OfProject(s.Slice, names...)
	return s
}

// key is equal for slices whose specifiers select the same versions.
func (s Slice) key() string { return s.Only.Text + "\x00" + s.projects().Key() }

// projects is all of the slice's projects, of all time.
func (s Slice) projects() cube.Slice { return cube.Slice{Projects: s.Projects, AllTime: true} }

// among is the slice restricted to versions.
func (s Slice) among(versions []string) cube.Slice {
	return s.With(cube.Version, versions...)
}

// AllVersions asks for all versions of a slice, as far as they may be looked
// through.
func (op *Operation) AllVersions(s cube.Slice) cube.Request {
	return cube.SplitOf(s, cube.Version, op.cfg.Versions, nil).WithoutTotal()
}

// LoadVersions is all versions of a slice. That there are more than may be looked
// through is an error, which says what needs them, and the remedy.
func (op *Operation) LoadVersions(ctx context.Context, s cube.Slice, need, remedy string) (*cube.Result, error) {
	res, err := op.Load(ctx, op.AllVersions(s))
	if err == nil && res.More {
		err = fault.OverLimit(fault.BadUserInput, len(res.Groups)+1, op.cfg.Versions, "%s, and there are more than %d%s", need, op.cfg.Versions, remedy)
	}
	return res, err
}

// selections are what specifiers come to in an operation.
type selections struct {
	// known are the versions that have been selected, by Slice.key.
	known sync.Map
	// read are all versions, by the key of the projects that have them.
	read sync.Map
	// compared is how many comparisons of a clause with a version there were.
	compared atomic.Int64
}

// maxCompared bounds selections.compared: about half a second of work.
const maxCompared = 5_000_000

// compare notes the comparisons of a specifier with versions before they are made.
func (s *selections) compare(only *Specifier, versions pypi.Versions) error {
	if n := s.compared.Add(int64(len(versions) * (only.Clauses() + 1))); n > maxCompared {
		return fault.OverLimit(fault.CostLimit, n, maxCompared,
			"the specifiers come to %d comparisons with versions; at most %d are made: ask with fewer specifiers or of fewer projects", n, maxCompared)
	}
	return nil
}

// get is what has been selected.
func (s *selections) get(key string) (versions []string, known bool) {
	found, _ := s.known.Load(key)
	versions, known = found.([]string)
	return versions, known
}

// settled notes which versions a slice's specifier stands for, unless they are
// known already: requests that were made with them must be found again.
func (op *Operation) settled(s Slice, versions []string) {
	found := Seen
	if len(versions) == 0 {
		found = Nothing
	}
	op.seen.add(Term{cube.Version, s.Only.Text, Matched}, found, s.Projects)
	op.selected.known.LoadOrStore(s.key(), versions)
}

// Resolve is the slice with its specifier looked up.
func (op *Operation) Resolve(ctx context.Context, s Slice) (cube.Slice, error) {
	if s.Only == nil {
		return s.Slice, nil
	}
	if versions, known := op.selected.get(s.key()); known {
		return s.among(versions), nil
	}
	all, err := op.versions(ctx, s)
	if err == nil {
		err = op.selected.compare(s.Only, all)
	}
	if err != nil {
		return cube.Slice{}, err
	}
	op.settled(s, s.Only.Select(all))
	versions, _ := op.selected.get(s.key())
	return s.among(versions), nil
}

// versions is the versions of the slice's projects. They are read once.
func (op *Operation) versions(ctx context.Context, s Slice) (pypi.Versions, error) {
	key := s.projects().Key()
	if read, known := op.selected.read.Load(key); known {
		return read.(pypi.Versions), nil
	}
	res, err := op.LoadVersions(ctx, s.projects(), "a specifier needs the versions of the projects", ": name the project, or list the versions with in")
	if err != nil {
		return nil, err
	}
	read := pypi.ReadVersions(res.Listed())
	op.selected.read.Store(key, read)
	return read, nil
}

// unresolved is a slice with a specifier, and what is to be gathered of it.
type unresolved struct {
	Slice
	gather func(cube.Slice)
}

// Narrowed gathers what is asked of a slice, once its specifier is looked up.
func (r *Round) Narrowed(s Slice, gather func(cube.Slice)) {
	if s.Only == nil {
		gather(s.Slice)
		return
	}
	r.waiting = append(r.waiting, unresolved{s, gather})
}

// Waiting is the specifiers that are to be looked up, with the requests for the
// versions that they are looked up among.
func (r *Round) Waiting() iter.Seq2[string, cube.Request] {
	return func(yield func(string, cube.Request) bool) {
		for _, u := range r.waiting {
			if !yield(u.Only.Text, r.op.AllVersions(u.projects())) {
				return
			}
		}
	}
}

// settle looks the specifiers of a round up, all in one go, and gathers what
// waited for them. Where that fails the slice's own resolver tells why.
func (r *Round) settle(ctx context.Context) error {
	var asked Wanted
	for _, versions := range r.Waiting() {
		asked.Requests = append(asked.Requests, versions)
	}
	if err := r.op.Announce(ctx, asked); err != nil {
		return err
	}
	if r.op.dry == nil {
		if err := r.agree(ctx); err != nil {
			return err
		}
	}
	for _, u := range r.waiting {
		if r.op.dry != nil { // at most what it comes to without the specifier
			u.gather(u.Slice.Slice)
		} else if versions, known := r.op.selected.get(u.key()); known {
			u.gather(u.among(versions))
		}
	}
	r.waiting = nil
	return nil
}

// agree settles which versions the specifiers of a round select.
func (r *Round) agree(ctx context.Context) error {
	texts, seen := map[string]*agreement{}, map[string]bool{}
	for _, u := range r.waiting {
		if seen[u.key()] {
			continue
		}
		seen[u.key()] = true
		if err := ctx.Err(); err != nil {
			return err
		}
		all, err := r.op.versions(ctx, u.Slice)
		if err != nil || r.op.selected.compare(u.Only, all) != nil {
			continue
		}
		if texts[u.Only.Text] == nil {
			texts[u.Only.Text] = &agreement{}
		}
		texts[u.Only.Text].add(u.Slice, all)
	}
	for _, a := range texts {
		a.settle(r.op)
	}
	return nil
}

// agreement makes slices of one specifier use one list of versions: requests
// that differ in the project alone can be merged, those with lists of their own
// cannot. A version matches or not whoever's it is; whether pre-releases count
// depends on the project, so that there are two lists.
type agreement struct {
	slices           []Slice
	own              [][]string // what each selects by itself
	finals           []bool     // each selects from what the specifier prefers
	preferred, every []string
}

// add takes part with the versions of the slice's projects.
func (a *agreement) add(s Slice, versions pypi.Versions) {
	preferred, every := s.Only.Match(versions)
	own := every
	if len(preferred) > 0 {
		own = preferred
	}
	a.slices, a.own, a.finals = append(a.slices, s), append(a.own, own), append(a.finals, len(preferred) > 0)
	a.preferred, a.every = append(a.preferred, preferred...), append(a.every, every...)
}

// settle puts down what each slice selects.
func (a *agreement) settle(op *Operation) {
	slices.Sort(a.preferred)
	slices.Sort(a.every)
	a.preferred, a.every = slices.Compact(a.preferred), slices.Compact(a.every)
	shared := len(a.every) <= op.cfg.Versions
	for i, s := range a.slices {
		switch {
		case !shared || len(a.own[i]) == 0:
			op.settled(s, a.own[i])
		case a.finals[i]:
			op.settled(s, a.preferred)
		default:
			op.settled(s, a.every)
		}
	}
}
