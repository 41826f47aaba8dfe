package fetch

import (
	"context"

	"clickql/internal/chconn"
	"clickql/internal/fault"
)

// send lets a statement run as soon as its lane has a place.
func (l *Loader) send(s *statement) {
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

// run runs a statement and finishes its calls. What several operations asked
// and failed is asked for each by itself, so that none fails for another's
// question.
func (l *Loader) run(lane *lane, s *statement) {
	ctx, end, ok := l.flights.start(s, l.cfg.QueryTimeout)
	if !ok {
		l.fail(s, failure(context.Canceled), nil)
		return
	}
	defer end()
	rows := s.reader()
	ran, err := l.execute(ctx, s, rows.take)
	switch {
	case err == nil && l.outdated(ctx, s):
		l.askExactly(s)
	case err == nil:
		l.deliver(s, rows, ran)
	case len(s.parts) > 0 && chconn.Classify(err) != chconn.Unavailable:
		l.apart(lane, s.parts)
	default:
		l.fail(s, failure(err), ran)
	}
}

// deliver finishes the calls of a statement that ran, and keeps all answers.
// Unasked ones go along with the others: who asked for a list is likely to ask
// about its elements.
func (l *Loader) deliver(s *statement, rows reader, ran *Ran) {
	values, more := make(map[string]any, len(s.calls)), map[string]kept{}
	rows.each(func(key string, value any) {
		if s.calls[key] != nil {
			values[key] = value
			return
		}
		more[key] = kept{value, ran, s.plannedFor(key)}
		l.store(s.snap.Version, key, more[key])
	})
	for key, c := range s.calls {
		c.more, c.planned = more, s.plannedFor(key)
		l.keep(c, values[key], ran)
	}
}

// fail finishes the calls of a statement with an error.
func (l *Loader) fail(s *statement, err *fault.Error, ran *Ran) {
	for key, c := range s.calls {
		c.planned = s.plannedFor(key)
		l.flights.finish(c, nil, err, ran)
	}
}
