package rounds

import (
	"context"
	"fmt"
	"runtime/debug"

	"clickql/internal/cube"
)

// Round gathers what is announced together: everything that is known to be
// needed before another list has to be loaded.
type Round struct {
	Wanted
	op      *Operation
	places  []*Place       // what the next round waits for
	waiting []unresolved   // what waits for versions
	lone    []cube.Request // what memory has too
}

// Full reports that the round comes to more questions than an operation may ask:
// it will be refused, and nothing more need be gathered.
func (r *Round) Full() bool {
	return r.count()+len(r.waiting)+len(r.lone) > r.op.cfg.Loads
}

// Ask adds requests to the round.
func (r *Round) Ask(requests ...cube.Request) { r.Requests = append(r.Requests, requests...) }

// AskTotal asks for the slice's total, unless memory has it.
func (r *Round) AskTotal(s cube.Slice) { r.askUnlessAtHand(s, cube.TotalOf(s)) }

// AskRank asks for a project's rank in the slice, unless memory has it.
func (r *Round) AskRank(s cube.Slice, project string) {
	r.askUnlessAtHand(s, cube.RankOf(s, project))
}

// AskCount asks how many projects have a download in the slice, unless memory has
// it.
func (r *Round) AskCount(s cube.Slice) { r.askUnlessAtHand(s, cube.CountOf(s, cube.Project)) }

func (r *Round) askUnlessAtHand(s cube.Slice, q cube.Request) {
	switch {
	case !r.op.atHand(s):
		r.Ask(q)
	case !r.op.fromMemory:
		r.lone = append(r.lone, q)
	}
}

// AskExistence asks whether there is a project, where that is not known.
func (r *Round) AskExistence(project string) {
	if !r.op.Indexed() {
		r.Ask(existence(project))
	}
}

// AskDataset asks how large the data set is, where that is not known.
func (r *Round) AskDataset(total, projects bool) {
	if total && !r.op.Indexed() {
		r.Ask(everything)
	}
	if projects && !r.op.Indexed() {
		r.Ask(allProjects)
	}
}

// settleLone leaves what is at hand to memory where the database is asked for
// something else: beside that it is not worth a query. Where it is all there is,
// the database is asked, which can tell how it came by the answer, or that it is
// gone.
func (r *Round) settleLone() {
	if r.op.fromMemory = r.count()+len(r.waiting)+len(r.places) > 0; !r.op.fromMemory {
		r.Requests, r.lone = r.lone, nil
	}
}

// Place is one place in an operation where lists have to be loaded before their
// elements' requests are known. There may be many lists of one place: a split of
// fifty projects is fifty. They are expanded together.
type Place struct {
	// pending load the lists of this place, and gather what their elements ask.
	pending []Expand
	// ready is closed when the elements' requests have been announced; nil
	// where no list was gathered. err is then why they could not be.
	ready chan struct{}
	err   error
}

// Expand loads a list and gathers what its elements ask. A list that fails has
// no elements; whoever resolves it tells why.
type Expand func(ctx context.Context, r *Round)

// Await adds a list whose elements are expanded in the next round.
func (r *Round) Await(p *Place, e Expand) {
	if p.ready == nil {
		p.ready = make(chan struct{})
		r.places = append(r.places, p)
	}
	p.pending = append(p.pending, e)
}

// Later is Await for lists whose elements only the database knows. A dry run
// leaves them out.
func (r *Round) Later(p *Place, e Expand) {
	if r.op.dry == nil {
		r.Await(p, e)
	}
}

// AwaitRepository asks which repository is a project's, and then for that. A dry run
// takes it that there is one.
func (r *Round) AwaitRepository(p *Place, project string) {
	if r.op.Snap.GitHub == nil {
		return
	}
	r.Metadata = append(r.Metadata, project)
	r.Await(p, func(ctx context.Context, r *Round) {
		repository := project
		if r.op.dry == nil {
			m, err := r.op.Projects.Metadata(ctx, project)
			if err != nil || m == nil || m.Repository == "" {
				return
			}
			repository = m.Repository
		}
		r.GitHub = append(r.GitHub, repository)
	})
}

// AwaitSplit asks for a split, and awaits its elements where they ask for more.
func (r *Round) AwaitSplit(p *Place, q cube.Request, more bool, gather func(*Round, *cube.Result)) {
	r.Ask(q)
	if !more {
		return
	}
	r.Await(p, func(ctx context.Context, r *Round) {
		if res, err := r.op.values(ctx, q); err == nil {
			gather(r, res)
		}
	})
}

// run announces the round, and in the background the rounds after it, as their
// lists arrive. Places do not wait for one another.
func (r *Round) run(ctx context.Context) error {
	err := r.settle(ctx)
	if err == nil {
		err = r.op.Announce(ctx, r.Wanted)
	}
	for _, p := range r.places {
		switch {
		case err != nil:
			p.err = err
			close(p.ready)
		case r.op.dry != nil:
			p.next(ctx, r.op)
		default:
			go p.next(ctx, r.op)
		}
	}
	return err
}

// next expands the lists of this place, once all of them have arrived.
func (p *Place) next(ctx context.Context, op *Operation) {
	defer close(p.ready)
	defer func() {
		if cause := recover(); cause != nil {
			op.cfg.Log.ErrorContext(ctx, "announcing a list's elements panicked",
				"panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
		}
	}()
	round := &Round{op: op}
	for _, expand := range p.pending {
		expand(ctx, round)
	}
	p.err = round.run(ctx)
}

// Wait returns when the requests of the lists' elements have been announced, so
// that loading them finds them there. A place without lists has nothing to wait
// for.
func (p *Place) Wait(ctx context.Context) error {
	if p.ready == nil {
		return nil
	}
	select {
	case <-p.ready:
		return p.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// OfProject is the slice narrowed to projects, taken together.
func OfProject(s cube.Slice, names ...string) cube.Slice {
	return s.Narrow(cube.Condition{Dim: cube.Project, Values: names})
}
