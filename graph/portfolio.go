package graph

import (
	"context"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"clickql/internal/projects"
	"clickql/internal/pypi"
	"clickql/internal/query"
)

// Portfolio is the GraphQL type of that name.
type Portfolio struct {
	op *operation
	// names are the projects, normalised, each once.
	names      []string
	Unresolved []*Unresolved
}

// Unresolved is the GraphQL type of that name.
type Unresolved struct {
	Line   int
	Text   string
	Reason pypi.UnresolvedReason
}

// Portfolio is the field of that name.
func (queryResolver) Portfolio(ctx context.Context, requirements, author, maintainer *string, projects []string) (*Portfolio, error) {
	op, err := readyOperation(ctx)
	if err != nil {
		return nil, err
	}
	from := portfolioSource{requirements, author, maintainer, projects}
	p, err := op.portfolio(ctx, from)
	if err != nil {
		return nil, err
	}
	return p, op.awaitElements(ctx)
}

// portfolioSource says which projects are in a portfolio: the arguments of
// Query.portfolio.
type portfolioSource struct {
	requirements, author, maintainer *string
	projects                         []string
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
		return badInput("portfolio has %d arguments; it has exactly one of requirements, author, maintainer and projects", given)
	}
	if person, role := s.person(); role != "" && strings.TrimSpace(person) == "" {
		return badInput("%s is empty; it is a name or an e-mail address", role)
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
func (a asker) lines(s portfolioSource) (lines []pypi.RequirementLine, err error) {
	if s.requirements != nil {
		return a.parsed.requirements.of(*s.requirements, pypi.ParseRequirements)
	}
	for i, name := range normalized(s.projects) {
		lines = append(lines, pypi.RequirementLine{Line: i + 1, Text: s.projects[i], Name: name})
	}
	return lines, nil
}

// portfolio is the projects that there are of a source.
func (op *operation) portfolio(ctx context.Context, from portfolioSource) (*Portfolio, error) {
	if err := from.check(); err != nil {
		return nil, err
	}
	p := &Portfolio{op: op}
	var lines []pypi.RequirementLine
	if person, role := from.person(); role != "" {
		names, err := op.projectsOf(ctx, person, role)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			lines = append(lines, pypi.RequirementLine{Name: name})
		}
	} else {
		var err error
		if lines, err = op.lines(from); err != nil {
			return nil, err
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
	slices.Sort(p.names)
	p.names = slices.Compact(p.names)
	return p, nil
}

// existing finds out which of the lines' projects there are.
func (op *operation) existing(ctx context.Context, lines []pypi.RequirementLine) (map[string]bool, error) {
	exists := map[string]bool{}
	var names []string
	for _, l := range lines {
		if l.Name != "" {
			names = append(names, l.Name)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if err := op.limits.names("the portfolio", names); err != nil {
		return nil, err
	}
	if op.indexed() {
		for _, name := range names {
			exists[name] = op.known(name)
		}
		return exists, nil
	}
	var asked wanted
	for _, name := range names {
		asked.requests = append(asked.requests, existence(name))
	}
	if err := op.announce(ctx, asked); err != nil {
		return nil, err
	}
	for i, name := range names {
		res, err := op.loads.Load(ctx, asked.requests[i])
		if err != nil {
			return nil, err
		}
		exists[name] = res.Total > 0
	}
	return exists, nil
}

// candidates is how many projects may mention a person for each that a portfolio
// may have: their metadata is looked through.
const candidates = 5

// projectsOf is the projects whose latest version names the person.
func (op *operation) projectsOf(ctx context.Context, person string, role projects.Role) ([]string, error) {
	most := candidates * op.limits.Names
	found, err := op.projects.People(ctx, role, person, most)
	if err != nil {
		return nil, err
	}
	if len(found) > most {
		return nil, overLimit(query.BadUserInput, len(found), most,
			"more than %d projects mention %q as %s: give the whole name, or the e-mail address", most, person, role)
	}
	op.projects.PrefetchMetadata(ctx, found)
	var names []string
	for _, name := range found {
		m, err := op.projects.Metadata(ctx, name)
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

// Projects is the field of that name.
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

// ProjectCount is the field of that name.
func (p *Portfolio) ProjectCount() int { return len(p.names) }

// Downloads is the field of that name.
func (p *Portfolio) Downloads(ctx context.Context, Range *DateRange, filter *DownloadsFilter) (*Downloads, error) {
	base, err := p.op.slice(Range, filter)
	if err != nil {
		return nil, err
	}
	s, err := p.op.resolve(ctx, base.of(p.names...))
	if err != nil {
		return nil, err
	}
	return &Downloads{p.op, s}, nil
}

// portfolioField is Query.portfolio.
type portfolioField struct {
	list
	from      portfolioSource
	of        []*projectSelection
	downloads []sliceDownloads
}

func (f *portfolioField) gather(c *collector) {
	if _, role := f.from.person(); role == "" && c.op.indexed() {
		f.gatherProjects(context.Background(), c) // waits for nothing
		return
	}
	c.await(&f.list, f.gatherProjects)
}

// gatherProjects gathers what is asked of the projects, once they are known.
func (f *portfolioField) gatherProjects(ctx context.Context, c *collector) {
	p, err := c.op.portfolio(ctx, f.from)
	if err != nil {
		return
	}
	for _, name := range p.names {
		for _, of := range f.of {
			c.project(of, name)
		}
	}
	for _, d := range f.downloads {
		c.narrowed(d.base.of(p.names...), func(s query.Slice) { c.downloads(d.of, s) })
	}
}

func (c *compiler) portfolioField(f graphql.CollectedField, raw map[string]any) rootField {
	args, err := c.args.field_Query_portfolio_args(c.ctx, raw)
	field := &portfolioField{from: portfolioSource{
		arg[*string](args, "requirements"), arg[*string](args, "author"), arg[*string](args, "maintainer"), arg[[]string](args, "projects"),
	}}
	if err != nil || field.from.check() != nil {
		return nil
	}
	for _, part := range c.fields(f.Selections, "Portfolio") {
		switch part.Name {
		case "projects":
			field.of = append(field.of, c.project(join(f.Alias, part.Alias), part.Selections))
		case "downloads":
			args, err := c.args.field_Portfolio_downloads_args(c.ctx, part.ArgumentMap(c.op.Variables))
			field.downloads = append(field.downloads, c.sliceDownloads(f.Alias, part, args, err)...)
		}
	}
	c.lists[f.Alias] = &field.list
	return field
}
