package graph

import (
	"context"
	"slices"
	"strings"

	"clickql/graph/rounds"
	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/projects"
	"clickql/internal/pypi"
)

// portfolioSource is the arguments of Query.portfolio: they say which projects
// are in it.
type portfolioSource struct {
	requirements, author, maintainer *string
	projects                         []string
	// lines are the projects that requirements or projects name.
	lines []pypi.RequirementLine
}

func (a arguments) portfolio() (any, error) { return a.source() }

// source is the arguments of Query.portfolio.
func (a arguments) source() (portfolioSource, error) {
	s := portfolioSource{
		requirements: optional[string](a.given, "requirements"), projects: textsOf(a.given, "projects"),
		author: optional[string](a.given, "author"), maintainer: optional[string](a.given, "maintainer"),
	}
	if err := s.check(); err != nil {
		return s, err
	}
	var err error
	s.lines, err = a.lines(s)
	return s, err
}

// canonical is the source as an origin has it.
func (s portfolioSource) canonical() map[string]any {
	switch person, role := s.person(); {
	case role != "":
		return map[string]any{string(role): person}
	case s.requirements != nil:
		return map[string]any{"requirements": *s.requirements}
	}
	return map[string]any{"listed": s.projects}
}

// check tells what is wrong with the arguments.
func (s portfolioSource) check() error {
	given := 0
	for _, set := range []bool{s.requirements != nil, s.author != nil, s.maintainer != nil, s.projects != nil} {
		if set {
			given++
		}
	}
	if given != 1 {
		return fault.BadInput("portfolio has %d arguments; it has exactly one of requirements, author, maintainer and projects", given)
	}
	if person, role := s.person(); role != "" && strings.TrimSpace(person) == "" {
		return fault.BadInput("%s is empty; it is a name or an e-mail address", role)
	}
	return nil
}

// person is who the projects are of; empty where they are named.
func (s portfolioSource) person() (person string, role projects.Role) {
	switch {
	case s.author != nil:
		return *s.author, projects.Author
	case s.maintainer != nil:
		return *s.maintainer, projects.Maintainer
	}
	return "", ""
}

// lines are the projects that are named.
func (a arguments) lines(s portfolioSource) (lines []pypi.RequirementLine, err error) {
	if s.requirements != nil {
		return a.parsed.requirements.of(*s.requirements, pypi.ParseRequirements)
	}
	for i, name := range normalized(s.projects) {
		lines = append(lines, pypi.RequirementLine{Line: i + 1, Text: s.projects[i], Name: name})
	}
	return lines, nil
}

func (op *operation) gatherPortfolio(r *rounds.Round, n *node) {
	gather := func(ctx context.Context, r *rounds.Round) {
		if p, err := op.portfolio(ctx, n.args.(portfolioSource)); err == nil {
			op.gatherMembers(r, n, p.names)
		}
	}
	if _, role := n.args.(portfolioSource).person(); role == "" && op.Indexed() {
		gather(context.Background(), r) // waits for nothing
		return
	}
	r.Later(&n.Place, gather)
}

// gatherMembers gathers what is asked of the projects, once they are known.
func (op *operation) gatherMembers(r *rounds.Round, n *node, names []string) {
	for p := range n.each("projects") {
		for _, name := range names {
			op.gatherProject(r, p, name)
		}
	}
	for d := range n.each("downloads") {
		r.Narrowed(d.args.(part).Of(names...), func(s cube.Slice) { op.gatherDownloads(r, d, s) })
	}
}

// Portfolio is a set of projects taken together.
type Portfolio struct {
	op *operation
	// names are the projects, normalised, each once.
	names      []string
	Unresolved []*Unresolved
	from       portfolioSource
}

// ID tells the arguments.
func (p *Portfolio) ID() string { return from(p.from.canonical()).id("Portfolio") }

// Unresolved is a part of what was asked for that is no project.
type Unresolved struct {
	Line   int
	Text   string
	Reason pypi.UnresolvedReason
}

// Portfolio resolves Query.portfolio.
func (queryResolver) Portfolio(ctx context.Context) (*Portfolio, error) {
	op, n, from, err := field[portfolioSource](ctx)
	if err != nil {
		return nil, err
	}
	p, err := op.portfolio(ctx, from)
	if err != nil {
		return nil, err
	}
	return p, n.Wait(ctx)
}

// portfolio is the projects that there are of a source.
func (op *operation) portfolio(ctx context.Context, from portfolioSource) (*Portfolio, error) {
	p := &Portfolio{op: op, from: from, Unresolved: []*Unresolved{}}
	lines := from.lines
	if person, role := from.person(); role != "" {
		names, err := op.projectsOf(ctx, person, role)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			lines = append(lines, pypi.RequirementLine{Name: name})
		}
	}
	exists, err := op.existing(ctx, lines)
	if err != nil {
		return nil, err
	}
	for _, l := range lines {
		switch {
		case exists[l.Name]:
			p.names = append(p.names, l.Name)
			continue
		case l.Line == 0: // of a person: nobody named it
			continue
		case l.Reason == "":
			l.Reason = pypi.Unknown
		}
		p.Unresolved = append(p.Unresolved, &Unresolved{l.Line, l.Text, l.Reason})
	}
	p.names = slices.Compact(slices.Sorted(slices.Values(p.names)))
	return p, nil
}

// existing finds out which of the lines' projects there are.
func (op *operation) existing(ctx context.Context, lines []pypi.RequirementLine) (map[string]bool, error) {
	var names []string
	for _, l := range lines {
		if l.Name != "" {
			names = append(names, l.Name)
		}
	}
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	if err := op.limits.names("the portfolio", names); err != nil {
		return nil, err
	}
	return op.Existing(ctx, names)
}

// candidates is how many projects may mention a person for each that a portfolio
// may have: their metadata is looked through.
const candidates = 5

// projectsOf is the projects whose latest version names the person.
func (op *operation) projectsOf(ctx context.Context, person string, role projects.Role) ([]string, error) {
	most := candidates * op.limits.Names
	found, err := op.Projects.People(ctx, role, person, most)
	if err != nil {
		return nil, err
	}
	if len(found) > most {
		return nil, fault.OverLimit(fault.BadUserInput, len(found), most,
			"more than %d projects mention %q as %s: give the whole name, or the e-mail address", most, person, role)
	}
	op.Projects.PrefetchMetadata(ctx, found)
	var names []string
	for _, name := range found {
		m, err := op.Projects.Metadata(ctx, name)
		if err != nil {
			return nil, err
		}
		if m == nil {
			continue
		}
		people := []string{m.Author, m.AuthorEmail}
		if role == projects.Maintainer {
			people = []string{m.Maintainer, m.MaintainerEmail}
		}
		if pypi.NamesPerson(person, people...) {
			names = append(names, name)
		}
	}
	return names, nil
}

// Projects are the most downloaded of all time first, ties by name.
func (p *Portfolio) Projects(ctx context.Context) ([]*Project, error) {
	groups, err := p.op.mostDownloaded(ctx, p.names, len(p.names))
	if err != nil {
		return nil, err
	}
	list := make([]*Project, len(groups))
	for i, g := range groups {
		list[i] = &Project{p.op, g.Value}
	}
	return list, nil
}

// ProjectCount is how many projects it has.
func (p *Portfolio) ProjectCount() int { return len(p.names) }

// Downloads is the projects' part of the cube; nothing without projects.
func (p *Portfolio) Downloads(ctx context.Context) (*Downloads, error) {
	op, _, base, err := field[part](ctx)
	if err != nil {
		return nil, err
	}
	return op.downloads(ctx, base.Of(p.names...), base.under(p.from.canonical()))
}
