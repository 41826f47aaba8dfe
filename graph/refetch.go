package graph

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"clickql/graph/rounds"
	"clickql/internal/cube"
	"clickql/internal/fault"
)

// longestOrigin is how many bytes of an origin an id holds, so that it has at most
// 1 KB.
const longestOrigin = 700

// downloadsID is the id of the slice that the origin leads to.
func downloadsID(o *origin) string {
	text := o.text()
	if len(text) > longestOrigin {
		return o.id(downloadsType)
	}
	return opaque.EncodeToString([]byte(downloadsType + ":" + text))
}

// downloadsRequest is the origin of a Downloads, read from its id.
type downloadsRequest struct {
	together
	source *portfolioSource // in place of names
	steps  []step
}

// step leads from one Downloads to another.
type step struct {
	kind  string
	dim   cube.Dimension
	level ReleaseLevel
	value string
	first int
	parts []any // as the origin has it
}

// needsAnswer tells that the database has to be asked where the step leads.
func (s step) needsAnswer() bool { return s.kind != stepValue && s.kind != stepPrevious }

// The kinds of steps, with their parts.
const (
	stepValue    = "value"    // dimension, value
	stepRest     = "rest"     // dimension, first: all values but the first
	stepPrevious = "previous" //
	stepRelease  = "release"  // level, release
	stepReleases = "releases" // level, first: all releases but the first
)

// inputsOf are the types of what an origin begins with.
var inputsOf = map[string]*ast.Type{
	"projects": textList, "range": ast.NamedType("DateRange", nil), "filter": ast.NamedType("DownloadsFilter", nil),
	"requirements": ast.NamedType("String", nil), "author": ast.NamedType("String", nil), "maintainer": ast.NamedType("String", nil), "listed": textList,
}

var textList = ast.ListType(ast.NonNullNamedType("String", nil), nil)

// readDownloads reads the part of a Downloads' id that is its own. Whoever made it
// up may have put anything there: it is read as the arguments would be, and what
// would not have the same id is none.
func (a arguments) readDownloads(id, text string) (req downloadsRequest, err error) {
	parts := []any{}
	d := json.NewDecoder(strings.NewReader("[" + text + "]"))
	d.UseNumber()
	if d.Decode(&parts) != nil || len(parts) == 0 {
		return req, noID(id)
	}
	root, _ := parts[0].(map[string]any)
	a.given = map[string]any{}
	for name, value := range root {
		t := inputsOf[name]
		if t == nil {
			return req, noID(id)
		}
		read, problems := a.reader.Value(value, t)
		if problems != nil || read == nil {
			return req, noID(id)
		}
		a.given[name] = read
	}
	for _, p := range parts[1:] {
		s, ok := readStep(p)
		if !ok || s.first > a.limits.First {
			return req, noID(id)
		}
		req.steps = append(req.steps, s)
	}
	if err := a.readBase(&req); err != nil {
		return req, err
	}
	if req.origin().text() != text {
		return req, noID(id)
	}
	return req, nil
}

// readBase reads what a request begins with.
func (a arguments) readBase(req *downloadsRequest) error {
	base, err := a.together()
	if err != nil {
		return err
	}
	req.together = base.(together)
	for _, name := range []string{"requirements", "author", "maintainer", "listed"} {
		if a.given[name] != nil {
			a.given["projects"] = a.given["listed"]
			source, err := a.source()
			req.source = &source
			return err
		}
	}
	return nil
}

// origin is the one that the request was read from.
func (q downloadsRequest) origin() *origin {
	o := q.begin()
	for _, s := range q.steps {
		o = o.then(s.parts...)
	}
	return o
}

// begin is the origin before any step.
func (q downloadsRequest) begin() *origin {
	if q.source != nil {
		return q.under(q.source.canonical())
	}
	return q.part.origin(q.names)
}

// noID is the error of a text that is no id.
func noID(id string) error {
	return fault.BadInput("%q is not an id of this schema; ids come from the field id of an earlier answer", id)
}

// readStep reads one step.
func readStep(raw any) (s step, ok bool) {
	parts, _ := raw.([]any)
	if len(parts) != 1 && len(parts) != 3 {
		return s, false
	}
	s.kind, _ = parts[0].(string)
	s.parts = parts
	if len(parts) == 1 {
		return s, s.kind == stepPrevious
	}
	of, _ := parts[1].(string)
	s.dim, s.level = cube.Dimension(of), ReleaseLevel(of)
	switch s.kind {
	case stepValue, stepRelease:
		s.value, ok = parts[2].(string)
	case stepRest, stepReleases:
		n, _ := parts[2].(json.Number)
		first, err := strconv.Atoi(n.String())
		s.first, ok = first, err == nil && first >= 0
	}
	if s.kind == stepValue || s.kind == stepRest {
		return s, ok && s.dim.Known()
	}
	return s, ok && releaseNumbers[s.level] > 0
}

// immediate tells that all of it is known before anything is asked, its specifier
// aside.
func (q downloadsRequest) immediate() bool {
	return q.source == nil && !slices.ContainsFunc(q.steps, step.needsAnswer)
}

// gatherRequest gathers what is selected of a Downloads that node gives.
func (op *operation) gatherRequest(r *rounds.Round, n *node, q downloadsRequest) {
	if q.immediate() {
		r.Narrowed(q.slice(), func(s cube.Slice) {
			if d, err := op.walk(context.Background(), &Downloads{op, s, q.begin()}, q.steps); d != nil && err == nil { // waits for nothing
				op.gatherDownloads(r, n, d.slice)
			}
		})
		return
	}
	r.Later(&n.Place, func(ctx context.Context, r *rounds.Round) {
		if d, err := op.refetched(ctx, q); d != nil && err == nil {
			op.gatherDownloads(r, n, d.slice)
		}
	})
}

// refetched is the Downloads of a request; nil where a step leads nowhere.
func (op *operation) refetched(ctx context.Context, q downloadsRequest) (*Downloads, error) {
	base := q.slice()
	if q.source != nil {
		p, err := op.portfolio(ctx, *q.source)
		if err != nil {
			return nil, err
		}
		base = q.Of(p.names...)
	}
	s, err := op.Resolve(ctx, base)
	if err != nil {
		return nil, err
	}
	return op.walk(ctx, &Downloads{op, s, q.begin()}, q.steps)
}

// walk takes the steps from a Downloads; nil where one leads nowhere.
func (op *operation) walk(ctx context.Context, d *Downloads, steps []step) (*Downloads, error) {
	var err error
	for _, s := range steps {
		if d, err = op.take(ctx, d, s); d == nil || err != nil {
			return nil, err
		}
	}
	return d, nil
}

// take takes one step.
func (op *operation) take(ctx context.Context, d *Downloads, s step) (*Downloads, error) {
	switch s.kind {
	case stepPrevious:
		return d.Previous(), nil
	case stepValue:
		return d.narrowed(s.dim, s.value), nil
	case stepRest:
		c := split{dim: s.dim, first: s.first, others: true}
		request := c.request(&node{}, d.slice)
		if err := op.Announce(ctx, rounds.Wanted{Requests: []cube.Request{request}}); err != nil {
			return nil, err
		}
		res, err := op.Load(ctx, request)
		if err != nil {
			return nil, err
		}
		return (&Slice{value{rest: true}, &splitAnswer{c, d, res}}).Downloads(), nil
	}
	cut := releaseCut{s.level, s.first, true}
	if s.kind == stepRelease {
		cut = releaseCut{level: s.level, first: op.limits.Versions}
	}
	if err := op.Announce(ctx, rounds.Wanted{Requests: []cube.Request{op.AllVersions(d.slice)}}); err != nil {
		return nil, err
	}
	groups, err := op.groups(ctx, d, cut)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		if g.rest == (s.kind == stepReleases) && (g.rest || g.group.Release == s.value) {
			return g.Downloads(), nil
		}
	}
	return nil, nil
}

// parseID is the type of the object that the id stands for, and its own part of
// the id.
func parseID(id string) (kind, rest string, err error) {
	text, err := opaque.DecodeString(id)
	kind, rest, ok := strings.Cut(string(text), ":")
	switch named, _, hashed := strings.Cut(kind, "#"); {
	case err == nil && hashed && named == downloadsType:
		return "", "", fault.BadInput("the id is of a slice whose arguments are too long to be kept in it: ask for the slice as before")
	case err == nil && hashed && slices.Contains(hashedTypes, named):
		return "", "", fault.BadInput("the id is of a %s: node gives a Project or Downloads; ask for the object as before", named)
	case err != nil || !ok || rest == "" || kind != projectType && kind != downloadsType:
		return "", "", noID(id)
	}
	return kind, rest, nil
}
