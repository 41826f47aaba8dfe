package graph

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"

	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/fault"
)

// Changes tells when the data is new. *catalog.Catalog is one.
type Changes interface {
	// Snapshot is the newest, never nil.
	Snapshot() *catalog.Snapshot
	// Changed is closed when a newer snapshot is there.
	Changed() <-chan struct{}
}

// subscriptionResolver resolves the fields of Subscription.
type subscriptionResolver struct{}

// DatasetChange is what is different since the last event.
type DatasetChange struct {
	Landed, Changed []cube.Day
	cfg             *HandlerConfig
}

// Dataset is the data set after the change.
func (c *DatasetChange) Dataset(ctx context.Context) *Dataset {
	return newDataset(c.cfg.begin(ctx, false))
}

// DatasetChanged resolves Subscription.datasetChanged.
func (subscriptionResolver) DatasetChanged(ctx context.Context) (<-chan *DatasetChange, error) {
	op := operationOf(ctx)
	if op == nil || op.cfg.Changes == nil {
		return nil, &fault.Error{Code: fault.Internal, Message: "this server offers no subscriptions", Cause: errors.New("no source of changes is configured")}
	}
	return op.cfg.news.subscribe(ctx), nil
}

// news tells every subscriber what is new. It works while there are any, in one
// goroutine for all, and waits for none: a subscriber's channel holds one event,
// which later ones are added to until it is taken.
type news struct {
	cfg *HandlerConfig

	sharing     sync.Mutex
	subscribers map[chan *DatasetChange]struct{}
	stop        context.CancelFunc // ends the goroutine
	newcomers   int                // since the last collection
}

// manyNewcomers is how many subscribers may begin before their stacks are shrunk.
const manyNewcomers = 200

// subscribe gives events until ctx ends.
func (n *news) subscribe(ctx context.Context) <-chan *DatasetChange {
	events := make(chan *DatasetChange, 1)
	n.sharing.Lock()
	defer n.sharing.Unlock()
	if len(n.subscribers) == 0 {
		n.subscribers = map[chan *DatasetChange]struct{}{}
		following, stop := context.WithCancel(context.WithoutCancel(ctx))
		n.stop = stop
		changed := n.cfg.Changes.Changed() // before looking, so that nothing is missed
		go n.follow(following, changed, stateOf(n.cfg.Changes.Snapshot()))
	}
	n.subscribers[events] = struct{}{}
	if n.newcomers++; n.newcomers >= manyNewcomers {
		// Reading and checking their requests has grown the stacks of goroutines
		// that from now on wait. Only a collection shrinks them, and there may be
		// none for long.
		n.newcomers = 0
		go runtime.GC()
	}
	context.AfterFunc(ctx, func() { n.leave(events) })
	return events
}

// leave forgets a subscriber.
func (n *news) leave(events chan *DatasetChange) {
	n.sharing.Lock()
	defer n.sharing.Unlock()
	delete(n.subscribers, events)
	if len(n.subscribers) == 0 {
		n.stop()
	}
}

// follow compares each snapshot with the one before, until ctx ends.
func (n *news) follow(ctx context.Context, changed <-chan struct{}, known dataState) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
		changed = n.cfg.Changes.Changed()
		snap := n.cfg.Changes.Snapshot()
		if snap.Err != nil { // says nothing of the data
			continue
		}
		now := stateOf(snap)
		if landed, changed, different := now.since(known); different {
			n.tell(ctx, landed, changed)
		}
		known = now
	}
}

// tell adds what is new to what each subscriber has not yet taken.
func (n *news) tell(ctx context.Context, landed, changed []cube.Day) {
	n.sharing.Lock()
	defer n.sharing.Unlock()
	if ctx.Err() != nil { // those who are here now began after these changes
		return
	}
	for events := range n.subscribers {
		event := &DatasetChange{landed, changed, n.cfg}
		select {
		case waiting := <-events:
			event = waiting.and(event)
		default:
		}
		events <- event // there is room: nobody else adds
	}
}

// and is the two changes as one. A day that landed and then changed has landed.
func (c *DatasetChange) and(later *DatasetChange) *DatasetChange {
	landed := union(c.Landed, later.Landed)
	changed := slices.DeleteFunc(union(c.Changed, later.Changed), func(d cube.Day) bool {
		_, found := slices.BinarySearch(landed, d)
		return found
	})
	return &DatasetChange{landed, changed, c.cfg}
}

// union is the days of both, ascending.
func union(a, b []cube.Day) []cube.Day {
	all := append(slices.Clone(a), b...)
	slices.Sort(all)
	return slices.Compact(all)
}

// dataState is what is compared of two snapshots, without their indexes, which are large.
type dataState struct {
	version string
	days    cube.Range
	daily   []catalog.DayTotal
	missing []cube.Day
}

// stateOf is the snapshot's state.
func stateOf(s *catalog.Snapshot) dataState { return dataState{s.Version, s.Days, s.Daily, s.Missing} }

// since compares with an earlier state. A day that is settled now and was not, or
// the other way round, has changed. Where the days' totals are not known, of
// one of them or of both, new days at the end are told, and any other change
// without its days.
func (s dataState) since(before dataState) (landed, changed []cube.Day, different bool) {
	landed, changed = []cube.Day{}, []cube.Day{}
	if s.daily == nil || before.daily == nil {
		for d := before.days.To + 1; !before.days.Empty() && d <= s.days.To; d++ {
			landed = append(landed, d)
		}
		return landed, changed, s.version != before.version
	}
	old, now := before.daily, s.daily
	for len(old) > 0 || len(now) > 0 {
		switch {
		case len(old) == 0 || len(now) > 0 && now[0].Day < old[0].Day:
			landed, now = append(landed, now[0].Day), now[1:]
		case len(now) == 0 || old[0].Day < now[0].Day:
			changed, old = append(changed, old[0].Day), old[1:]
		default:
			if old[0].Total != now[0].Total {
				changed = append(changed, now[0].Day)
			}
			old, now = old[1:], now[1:]
		}
	}
	changed = slices.DeleteFunc(union(changed, s.settledOtherwise(before)), func(d cube.Day) bool { return slices.Contains(landed, d) })
	return landed, changed, len(landed)+len(changed) > 0
}

// settledOtherwise are the days of both that are settled in one of them.
func (s dataState) settledOtherwise(before dataState) (days []cube.Day) {
	for _, d := range union(s.missing, before.missing) {
		both := cube.Range{From: d, To: d}
		_, now := slices.BinarySearch(s.missing, d)
		if _, then := slices.BinarySearch(before.missing, d); now != then && s.days.Contains(both) && before.days.Contains(both) {
			days = append(days, d)
		}
	}
	return days
}
