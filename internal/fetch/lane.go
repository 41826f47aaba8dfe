package fetch

import (
	"context"
	"maps"
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

// lane lets a number of statements run at one time, fairly between clients. The
// others wait, and when a place becomes free, the one whose turn it is goes, with
// those that can be asked in one query with it: the longer the queue, the more go
// together, as transactions do in a group commit. Nothing waits while there is a free
// place, and nothing waits for time to pass.
//
// Turns are those of start-time fair queueing (Goyal, Vin and Cheng, 1996): each
// client's statements follow one another on a clock that goes on by what they are
// expected to cost, and the smallest time goes first. Who has asked little is next,
// however much others have waiting. One client, where clients are told apart, may not
// have all places of a lane, so that the next one does not wait for a statement to end;
// and a crowd, where others ask as well, leaves each but a share of the long ones, as
// what runs beside short ones takes processors from them.
type lane struct {
	mu      sync.Mutex
	places  int
	spare   int // more places, for those like none that runs
	busy    int
	crowd   *crowd       // nil where a client's share does not depend on others
	apart   bool         // what different clients ask is not united
	waiting []*statement // as they came

	clock   float64            // the turn of the statement that went last
	ends    map[string]float64 // when each client's last statement is over, on the clock
	running map[string]int     // statements of each client
	kinds   map[string]int     // and of each kind
	most    int                // of ends, before some are forgotten
}

const (
	// keptShare is which part of a lane's places one client cannot have: one in four.
	keptShare = 4
	// crowdShare is which part one client can have where others ask too: one statement
	// of eight, which then has half of the processors (Loader.hintsOf).
	crowdShare = 8
	// dearest is the most that a statement counts, in costs (query.Query.Cost): what a
	// statement of unknown cost counts as.
	dearest = 10_000
	// mostClients is how many clients are remembered at least.
	mostClients = 1024
)

// widen sets how many statements run at one time, and how many more of those that
// nothing is likely to go together with.
func (l *lane) widen(places, spare int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.places, l.spare = places, spare
}

// has reports that there is a place for s beside as many as are busy. What is like one
// that runs is likely to find company if it waits, and so has none of the spare ones.
func (l *lane) has(s *statement, busy int) bool {
	return busy < l.places || busy < l.places+l.spare && l.kinds[s.kind] == 0
}

// enter takes a place for s, or else lets it wait.
func (l *lane) enter(s *statement) (entered bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ends == nil {
		l.ends, l.running, l.kinds = map[string]float64{}, map[string]int{}, map[string]int{}
	}
	s.turn = max(l.clock, l.ends[s.client])
	l.ends[s.client] = s.turn + s.weight()
	if l.has(s, l.busy) && l.may(s) {
		l.busy++
		l.goes(s)
		return true
	}
	l.waiting = append(l.waiting, s)
	return false
}

// may reports that the statement's client has not all the places that one may have.
func (l *lane) may(s *statement) bool {
	most := l.places - l.places/keptShare
	if l.crowd.besides(s.client) {
		most = max(1, l.places/crowdShare)
	}
	return s.client == "" || l.running[s.client] < most
}

// goes notes that a statement runs.
func (l *lane) goes(s *statement) {
	l.running[s.client]++
	if s.kind != "" {
		l.kinds[s.kind]++
	}
	l.clock = max(l.clock, s.turn)
	if len(l.ends) > max(l.most, mostClients) {
		l.forget()
	}
}

// forget forgets the clients that have nothing running or waiting.
func (l *lane) forget() {
	here := make(map[string]bool, len(l.waiting))
	for _, s := range l.waiting {
		here[s.client] = true
	}
	maps.DeleteFunc(l.ends, func(client string, _ float64) bool { return l.running[client] == 0 && !here[client] })
	l.most = 2 * len(l.ends)
}

// back lets statements wait that have been at the head already.
func (l *lane) back(group []*statement) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(group[:len(group):len(group)], l.waiting...)
}

// next is what goes at the place of a client's statement of a kind that has ended; nil
// gives the place up. What waits though there is a place is of clients that have enough
// of them, one of which becomes free before long.
func (l *lane) next(client, kind string) []*statement {
	l.mu.Lock()
	defer l.mu.Unlock()
	less(l.running, client)
	less(l.kinds, kind)
	if group := l.take(l.busy - 1); group != nil {
		return group
	}
	if l.busy--; l.busy == 0 && len(l.waiting) == 0 {
		l.clock = 0
		clear(l.ends)
	}
	return nil
}

// less counts one off.
func less(counts map[string]int, of string) {
	if counts[of]--; counts[of] <= 0 {
		delete(counts, of)
	}
}

// more is what goes at a place that is free, as clients may have more of them now; nil
// where there is none, or nothing for it.
func (l *lane) more() []*statement {
	l.mu.Lock()
	defer l.mu.Unlock()
	group := l.take(l.busy)
	if group != nil {
		l.busy++
	}
	return group
}

// take takes out of what waits the statement whose turn it is, and those that go with
// it, beside as many as are busy; nil where nothing may go. l.mu is held.
func (l *lane) take(busy int) []*statement {
	if busy >= l.places+l.spare {
		return nil
	}
	var head *statement
	for _, s := range l.waiting {
		if (head == nil || s.turn < head.turn) && l.has(s, busy) && l.may(s) {
			head = s
		}
	}
	if head == nil {
		return nil
	}
	group, rest := []*statement{head}, l.waiting[:0]
	effort := head.effort
	for _, s := range l.waiting {
		alike := head.kind != "" && s.kind == head.kind && s.snap == head.snap && (!l.apart || s.client == head.client)
		switch {
		case s == head:
		case alike && len(group) < unitedMost && effort+s.effort <= unitedCost:
			group, effort = append(group, s), effort+s.effort
		default:
			rest = append(rest, s)
		}
	}
	clear(l.waiting[len(rest):])
	l.waiting = rest
	l.goes(head)
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
	l.crowd.note(s.client)
	if lane.enter(s) {
		go l.drive(lane, []*statement{s})
	}
}

// drive runs statements at one place of a lane, until none waits.
func (l *Loader) drive(lane *lane, group []*statement) {
	for group != nil {
		client, kind := group[0].client, group[0].kind // together changes the group
		if s := l.together(lane, group); s != nil {
			l.run(lane, s)
		}
		group = lane.next(client, kind)
		for more := lane.more(); more != nil; more = lane.more() {
			go l.drive(lane, more)
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
