package fetch

import (
	"context"
	"sync"
)

const (
	// quickCost is the cost (query.Query.Cost) up to which a statement is quick:
	// about ten milliseconds of work.
	quickCost = 10
	// unitedCost is the most that statements may cost together to be united: a
	// small one that rides along waits no longer than for a few of its kind.
	unitedCost = 2 * quickCost
	// unitedMost is how many statements are united at the most.
	unitedMost = 64
)

// lane lets a number of statements run at one time. The others wait in the
// order in which they came, and when a place becomes free, the first of them
// goes, with those that can be asked in one query with it: the longer the
// queue, the more go together, as transactions do in a group commit. Nothing
// waits while there is a free place, and nothing waits for time to pass.
type lane struct {
	mu      sync.Mutex
	places  int
	busy    int
	waiting []*statement
}

// widen sets how many statements run at one time.
func (l *lane) widen(places int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.places = places
}

// enter takes a place for s, or else lets it wait.
func (l *lane) enter(s *statement) (entered bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy < l.places {
		l.busy++
		return true
	}
	l.waiting = append(l.waiting, s)
	return false
}

// back lets statements wait that have been at the head already.
func (l *lane) back(group []*statement) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(group[:len(group):len(group)], l.waiting...)
}

// next is what goes at the place that has become free; nil gives the place up.
func (l *lane) next() []*statement {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 || l.busy > l.places {
		l.busy--
		return nil
	}
	head := l.waiting[0]
	group, rest := []*statement{head}, l.waiting[:0]
	effort := head.effort
	for _, s := range l.waiting[1:] {
		alike := head.kind != "" && s.kind == head.kind && s.snap == head.snap
		if alike && len(group) < unitedMost && effort+s.effort <= unitedCost {
			group, effort = append(group, s), effort+s.effort
			continue
		}
		rest = append(rest, s)
	}
	clear(l.waiting[len(rest):])
	l.waiting = rest
	return group
}

// load is how many statements run and how many wait.
func (l *lane) load() (busy, waiting int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.busy, len(l.waiting)
}

// send lets a statement run as soon as its lane has a place.
func (l *Loader) send(s *statement) {
	if away := l.cfg.Pulse.Err(); away != nil && away.Gone {
		l.fail(s, failure(away), nil)
		return
	}
	lane := &l.quick
	if s.effort > quickCost {
		lane = &l.long
	}
	if lane.enter(s) {
		go l.drive(lane, s)
	}
}

// drive runs statements at one place of a lane, until none waits.
func (l *Loader) drive(lane *lane, first *statement) {
	for group := []*statement{first}; group != nil; group = lane.next() {
		if s := l.together(lane, group); s != nil {
			l.run(lane, s)
		}
	}
}

// together is one statement for a group; where the group cannot be one, it is
// the first, and the others wait again. Those that nobody waits for any more are
// left out; it is nil where that is all.
func (l *Loader) together(lane *lane, group []*statement) *statement {
	wanted := group[:0]
	for _, s := range group {
		if l.flights.wanted(s) {
			wanted = append(wanted, s)
		} else {
			l.fail(s, failure(context.Canceled), nil)
		}
	}
	switch len(wanted) {
	case 0:
		return nil
	case 1:
		return wanted[0]
	}
	if all := unite(wanted); all != nil {
		l.flights.assign(all)
		return all
	}
	l.apart(lane, wanted[1:])
	return wanted[0]
}

// apart lets statements run one by one.
func (l *Loader) apart(lane *lane, group []*statement) {
	for _, s := range group {
		s.kind = ""
		l.flights.assign(s)
	}
	lane.back(group)
}
