package graph

import (
	"context"
	"slices"
	"sync"

	"clickql/internal/catalog"
	"clickql/internal/pypi"
	"clickql/internal/query"
)

// slice is a part of the cube as the arguments say it. Versions may be said by a
// specifier, which means the versions that the slice's projects have: they have
// to be asked for before anything of the slice can be.
type slice struct {
	query.Slice
	only *specifier // nil for none
}

// specifier is a PEP 440 specifier, and how it was written.
type specifier struct {
	text string
	*pypi.Specifier
}

// of is the slice narrowed to projects, taken together.
func (s slice) of(names ...string) slice {
	s.Slice = s.Narrow(query.Condition{Dim: catalog.Project, Values: names})
	return s
}

// ofVersion is the slice narrowed to one version.
func (s slice) ofVersion(version string) slice {
	s.Slice = ofValue(s.Slice, catalog.Version, version)
	return s
}

// key is equal for slices whose specifiers select the same versions.
func (s slice) key() string { return s.only.text + "\x00" + s.projects().Key() }

// projects is all of the slice's projects, of all time.
func (s slice) projects() query.Slice { return query.Slice{Projects: s.Projects, AllTime: true} }

// among is the slice restricted to versions.
func (s slice) among(versions []string) query.Slice {
	return s.Narrow(query.Condition{Dim: catalog.Version, Values: versions})
}

// versions asks for the versions of the slice's projects.
func (a asker) versions(s slice) query.Request {
	return query.SplitOf(s.projects(), catalog.Version, a.limits.Versions, nil).WithoutTotal()
}

// selections are what specifiers come to in an operation.
type selections struct {
	mu sync.Mutex
	// known are the versions that have been selected, by slice.key.
	known map[string][]string
	// read are all versions, by the key of the projects that have them.
	read map[string]pypi.Versions
	// compared is how many comparisons of a clause with a version there were.
	compared int
}

// maxCompared bounds selections.compared: about half a second of work.
const maxCompared = 5_000_000

// compare notes the comparisons of a specifier with versions before they are made.
func (s *selections) compare(only *specifier, versions pypi.Versions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.compared += len(versions) * (only.Clauses() + 1); s.compared > maxCompared {
		return overLimit(query.CostLimit, s.compared, maxCompared,
			"the specifiers come to %d comparisons with versions; at most %d are made: ask with fewer specifiers or of fewer projects", s.compared, maxCompared)
	}
	return nil
}

func (s *selections) get(key string) ([]string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	versions, ok := s.known[key]
	return versions, ok
}

// put keeps what was selected, unless it is known already: requests that were
// made with it must be found again.
func (s *selections) put(key string, versions []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.known[key]; !known {
		if s.known == nil {
			s.known = map[string][]string{}
		}
		s.known[key] = versions
	}
}

// resolve is the slice with its specifier looked up.
func (op *operation) resolve(ctx context.Context, s slice) (query.Slice, error) {
	if s.only == nil {
		return s.Slice, nil
	}
	if versions, known := op.selected.get(s.key()); known {
		return s.among(versions), nil
	}
	all, err := op.loadVersions(ctx, s)
	if err == nil {
		err = op.selected.compare(s.only, all)
	}
	if err != nil {
		return query.Slice{}, err
	}
	op.selected.put(s.key(), s.only.Select(all))
	versions, _ := op.selected.get(s.key())
	return s.among(versions), nil
}

// loadVersions is the versions of the slice's projects. They are read once.
func (op *operation) loadVersions(ctx context.Context, s slice) (pypi.Versions, error) {
	key := s.projects().Key()
	op.selected.mu.Lock()
	read, known := op.selected.read[key]
	op.selected.mu.Unlock()
	if known {
		return read, nil
	}
	res, err := op.loads.Load(ctx, op.versions(s))
	if err != nil {
		return nil, err
	}
	if res.More {
		return nil, overLimit(query.BadUserInput, len(res.Groups)+1, op.limits.Versions,
			"a specifier needs the versions of the projects, and there are more than %d: name the project, or list the versions with in", op.limits.Versions)
	}
	versions := make([]string, len(res.Groups))
	for i, g := range res.Groups {
		versions[i] = g.Value
	}
	read = pypi.ReadVersions(versions)
	op.selected.mu.Lock()
	defer op.selected.mu.Unlock()
	if op.selected.read == nil {
		op.selected.read = map[string]pypi.Versions{}
	}
	op.selected.read[key] = read
	return read, nil
}

// unresolved is a slice with a specifier, and what is to be gathered of it.
type unresolved struct {
	slice
	gather func(query.Slice)
}

// settle looks the specifiers of a round up, all in one go, and gathers what
// waited for them. Where that fails the slice's own resolver tells why.
func (c *collector) settle(ctx context.Context) error {
	var asked wanted
	for _, u := range c.waiting {
		asked.requests = append(asked.requests, c.op.versions(u.slice))
	}
	if err := c.op.announce(ctx, asked); err != nil {
		return err
	}
	if c.op.dry != nil { // at most what it comes to without the specifier
		for _, u := range c.waiting {
			u.gather(u.Slice)
		}
		c.waiting = nil
		return nil
	}
	texts, seen := map[string]*agreement{}, map[string]bool{}
	for _, u := range c.waiting {
		if seen[u.key()] {
			continue
		}
		seen[u.key()] = true
		if err := ctx.Err(); err != nil {
			return err
		}
		all, err := c.op.loadVersions(ctx, u.slice)
		if err != nil || c.op.selected.compare(u.only, all) != nil {
			continue
		}
		if texts[u.only.text] == nil {
			texts[u.only.text] = &agreement{}
		}
		texts[u.only.text].add(u.slice, all)
	}
	for _, a := range texts {
		a.agree(c.op)
	}
	for _, u := range c.waiting {
		if versions, known := c.op.selected.get(u.key()); known {
			u.gather(u.among(versions))
		}
	}
	c.waiting = nil
	return nil
}

// agreement makes slices of one specifier use one list of versions: requests
// that differ in the project alone can be merged, those with lists of their own
// cannot. A version matches or not whoever's it is; whether pre-releases count
// depends on the project, so that there are two lists.
type agreement struct {
	slices           []slice
	own              [][]string // what each selects by itself
	finals           []bool     // each selects from what the specifier prefers
	preferred, every []string
}

// add takes part with the versions of the slice's projects.
func (a *agreement) add(s slice, versions pypi.Versions) {
	preferred, every := s.only.Match(versions)
	own := every
	if len(preferred) > 0 {
		own = preferred
	}
	a.slices, a.own, a.finals = append(a.slices, s), append(a.own, own), append(a.finals, len(preferred) > 0)
	a.preferred, a.every = append(a.preferred, preferred...), append(a.every, every...)
}

// agree settles what each slice selects.
func (a *agreement) agree(op *operation) {
	slices.Sort(a.preferred)
	slices.Sort(a.every)
	a.preferred, a.every = slices.Compact(a.preferred), slices.Compact(a.every)
	shared := len(a.every) <= op.limits.Versions
	for i, s := range a.slices {
		switch {
		case !shared || len(a.own[i]) == 0:
			op.selected.put(s.key(), a.own[i])
		case a.finals[i]:
			op.selected.put(s.key(), a.preferred)
		default:
			op.selected.put(s.key(), a.every)
		}
	}
}
