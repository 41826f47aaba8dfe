package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"clickql/internal/chschema"
)

// Where several servers answer, replicas of one another, each has the data at a
// version of its own. All that one look reads is read from one of them, the lead:
// the one that has most, as far as can be seen. What a snapshot tells holds for
// servers that have the same marks (chschema.Marks), and statements made from it
// are bound to these (Snapshot.Guard).
//
// Versions do not go back: while the lead is away, another server that lacks what
// it had is not taken for the lead.

const (
	// probeTime is how long a server may take to tell its marks before it is held
	// to be silent, and silentTime that of one which was silent before.
	probeTime, silentTime = 3 * time.Second, 300 * time.Millisecond
	// behindTime is how long a lead that is away is waited for where all other
	// servers lack what it had.
	behindTime = 10 * time.Minute
	// marksTries is how often marks are read that change while a look is taken.
	marksTries = 3
)

// errBehind is why a look changes nothing: only servers answer that lack what has
// been shown.
var errBehind = errors.New("the servers that answer lack some of the data that another one had")

// lead is what a reader knows of the servers.
type lead struct {
	all    chschema.Several // nil for one server
	hosts  int
	at     int    // of the hosts; -1 for none yet
	server string // the one that the last snapshot is of
	silent map[int]bool
	lost   time.Time                // since when that one is away; zero where it is not
	marks  map[chschema.Name]uint64 // of the last look
	still  bool                     // they were the same at its end
}

// probed is one server's answer.
type probed struct {
	chschema.Marks
	at  int
	err error
}

// better orders answers: servers that lack nothing they know of, then those with
// more, then the present lead.
func (l *lead) better(a, b probed) int {
	return cmp.Or(cmp.Compare(min(a.Pending, 1), min(b.Pending, 1)), cmp.Compare(b.Progress, a.Progress),
		cmp.Compare(notAt(a.at, l.at), notAt(b.at, l.at)), cmp.Compare(a.at, b.at))
}

// notAt is 0 for the same, and 1 otherwise.
func notAt(a, b int) int {
	if a == b {
		return 0
	}
	return 1
}

// choose makes the best server the one that is read, and tells the connection
// which others to avoid. Where one server is all there is it does nothing.
func (r *reader) choose(ctx context.Context, conn Conn) error {
	all, replicas := chschema.Servers(conn)
	if len(replicas) == 0 || len(replicas) == 1 && !r.replicated() {
		return nil
	}
	r.lead.all, r.lead.hosts = all, len(replicas)
	if len(replicas) == 1 {
		return r.balanced(ctx, conn, replicas)
	}
	found := r.probe(ctx, replicas)
	var good []probed
	var silent, behind []string
	for _, p := range found {
		r.lead.silent[p.at] = p.err != nil
		if p.err != nil {
			silent = append(silent, replicas[p.at].Addr())
			continue
		}
		good = append(good, p)
	}
	if len(good) == 0 {
		return fmt.Errorf("ask every host: %w", found[0].err)
	}
	slices.SortFunc(good, r.lead.better)
	for _, p := range good[1:] {
		if !sameMarks(p.Of, good[0].Of) {
			behind = append(behind, replicas[p.at].Addr())
		}
	}
	all.Avoid(silent, behind)
	r.turn(replicas, good[0].at)
	return nil
}

// balanced reads whichever server a balancer has given the one connection to,
// unless it gives others one that has more: then it is asked for another.
func (r *reader) balanced(ctx context.Context, conn Conn, replicas []chschema.Server) error {
	r.turn(replicas, 0)
	for range marksTries {
		own, err := chschema.ReadMarks(ctx, r.db, r.stored)
		if err != nil {
			return err
		}
		other, err := chschema.ReadMarks(ctx, chschema.DB{Conn: conn}, r.stored)
		if err != nil || own.Server == other.Server || own.Of == nil || r.lead.better(probed{Marks: own}, probed{Marks: other}) <= 0 {
			return err
		}
		replicas[0].Renew()
	}
	return nil
}

// statements is how many are sent to see that nothing is new.
func (l *lead) statements() uint64 {
	if l.all == nil {
		return lookStatements
	}
	return lookStatements + 1 + uint64(max(2, l.hosts))
}

// sameMarks compares the marks of two servers.
func sameMarks(a, b map[chschema.Name]uint64) bool {
	for t, mark := range a {
		if b[t] != mark {
			return false
		}
	}
	return len(a) == len(b)
}

// probe asks all servers for their marks.
func (r *reader) probe(ctx context.Context, replicas []chschema.Server) []probed {
	found := make([]probed, len(replicas))
	var g errgroup.Group
	for i, one := range replicas {
		wait := probeTime
		if r.lead.silent[i] {
			wait = silentTime
		}
		g.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, wait)
			defer cancel()
			m, err := chschema.ReadMarks(ctx, chschema.DB{Conn: one}, r.stored)
			found[i] = probed{m, i, err}
			return nil
		})
	}
	_ = g.Wait() // each answer has its own error
	return found
}

// turn reads one server from now on.
func (r *reader) turn(replicas []chschema.Server, at int) {
	r.lead.at = at
	r.db = chschema.DB{Conn: replicas[at]}
	r.verifier.db = r.db
}

// replicated reports that answers depend on tables that several servers keep.
func (r *reader) replicated() bool { return replicatedAmong(r.stored) }

// replicatedAmong reports that several servers keep some of the tables.
func replicatedAmong(tables []*chschema.Table) bool {
	return slices.ContainsFunc(tables, func(t *chschema.Table) bool { return t.Engine.Replicated() })
}

// marks reads the marks of tables on the lead; empty where one server is all there
// is. Tables that are not replicated have none that could be compared.
func (r *reader) marks(ctx context.Context, stored []*chschema.Table) (chschema.Marks, error) {
	switch {
	case r.lead.all == nil:
		return chschema.Marks{}, nil
	case !replicatedAmong(stored):
		stored = nil
	}
	return chschema.ReadMarks(ctx, r.db, stored)
}

// bind makes a snapshot one of a server, at its marks. Where these cannot be seen,
// or were others when the look ended, there is no version that other servers could
// have; still is false for the latter, which another look may mend.
func (s *Snapshot) bind(before, after chschema.Marks, l *inventory) (still bool) {
	s.Bound = l.bound()
	if s.Server = before.Server; s.Server == "" {
		return true
	}
	for _, t := range s.Tables {
		t.LastBlock = 0 // another server's says nothing
	}
	switch {
	case before.Server != after.Server:
		s.Version, s.Server = "", ""
		return false
	case !replicatedAmong(l.stored()):
		return true
	case before.Of == nil || after.Of == nil || l.spread():
		s.Version = ""
		return true
	case !sameMarks(before.Of, after.Of):
		s.Version = ""
		return false
	}
	s.shared, s.marks = chschema.SharedAmong(l.stored()), before.Of
	return true
}

// goesBack is errBehind where another server than that of the last snapshot lacks
// what that had, and it is not yet time to do without.
func (r *reader) goesBack(server string, parts chschema.Parts) error {
	other := r.lead.server != "" && server != r.lead.server
	if !other || r.parts == nil || parts == nil || !parts.Lack(r.parts) {
		r.lead.server, r.lead.lost = server, time.Time{}
		return nil
	}
	if r.lead.lost.IsZero() {
		r.lead.lost = r.opts.Now()
		r.opts.Log.Warn("the server that the data was read from is away, and those that answer lack some of it: it is waited for, and nothing older is shown",
			"server", r.lead.server, "at_most", behindTime)
	}
	if r.opts.Now().Sub(r.lead.lost) < behindTime {
		return errBehind
	}
	r.opts.Log.Warn("the server that the data was read from did not come back: what is shown goes back to what another one has", "server", r.lead.server, "other", server)
	r.lead.server, r.lead.lost = server, time.Time{}
	return nil
}
