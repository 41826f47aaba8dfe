package graph

import (
	"context"
	"time"

	"clickql/graph/outline"
	"clickql/graph/rounds"
	"clickql/internal/cube"
	"clickql/internal/projects"
)

// Node is what Query.node gives: an object with an id.
type Node interface{ IsNode() }

// Project is one project. Nothing is loaded of it but what is selected.
type Project struct {
	op   *operation
	Name string // normalised
}

// IsNode says that Project is a Node.
func (*Project) IsNode() {}

// node reads the id of Query.node: the name of a project, or a downloadsRequest.
func (a arguments) node() (any, error) {
	id := argument[string](a.given, "id")
	kind, rest, err := parseID(id)
	if kind == downloadsType && err == nil {
		return a.readDownloads(id, rest)
	}
	return rest, err
}

func (a arguments) project() (any, error) {
	return normalized([]string{argument[string](a.given, "name")}), nil
}

func (a arguments) projects() (any, error) { return a.names("names") }

func (op *operation) gatherNode(r *rounds.Round, n *node) {
	switch of := n.args.(type) {
	case string:
		op.gatherProjects(r, n, []string{of})
	case downloadsRequest:
		op.gatherRequest(r, n, of)
	}
}

func (op *operation) gatherNamed(r *rounds.Round, n *node) {
	op.gatherProjects(r, n, n.args.([]string))
}

// gatherProjects gathers what is selected of projects by normalised name.
func (op *operation) gatherProjects(r *rounds.Round, n *node, names []string) {
	for _, name := range op.MayExist(names) {
		r.AskExistence(name)
		op.gatherProject(r, n, name)
	}
}

// metadataFields are the fields of a project that its metadata has.
var metadataFields = []string{"summary", "latestVersion", "author", "maintainer", "license", "homePage", "requiresPython", "repository", "lastRelease"}

// gatherProject gathers what is selected of one project.
func (op *operation) gatherProject(r *rounds.Round, n *node, name string) {
	if r.Full() {
		return
	}
	if n.has(metadataFields...) {
		r.Metadata = append(r.Metadata, name)
	}
	if n.has("firstDownload", "lastDownload") {
		r.Ask(extent(name))
	}
	for d := range n.each("downloads") {
		r.Narrowed(d.args.(part).Of(name), func(s cube.Slice) { op.gatherDownloads(r, d, s) })
	}
	for g := range n.each("github") {
		r.AwaitRepository(&g.Place, name)
	}
	for rank := range n.each("rank") {
		r.Narrowed(rank.args.(part).Slice, func(s cube.Slice) { r.AskRank(s, name) })
	}
	for releases := range n.each("releases") {
		op.gatherReleases(r, releases, []string{name}, releases.args.(releasePage))
	}
	for floor := range n.each("floor") {
		op.gatherFloor(r, floor, name)
	}
	for list := range n.each("releaseImpact") {
		op.gatherImpact(r, list, name)
	}
	for list := range n.each("dependencies") {
		r.Requirements = append(r.Requirements, name)
		op.gatherRequired(r, list, name)
	}
	for list := range n.each("dependents") {
		r.Dependents = append(r.Dependents, name)
		op.gatherRequired(r, list, name)
	}
	for list := range n.each("related") {
		r.Dependents = append(r.Dependents, name)
		op.gatherRelated(r, list, name)
	}
}

// extent is the request for a project's first and last day.
func extent(name string) cube.Request {
	return cube.ExtentOf(rounds.OfProject(cube.Slice{AllTime: true}, name))
}

// Node resolves Query.node.
func (queryResolver) Node(ctx context.Context) (Node, error) {
	op, n, args, err := field[any](ctx)
	if err != nil {
		return nil, err
	}
	if req, ok := args.(downloadsRequest); ok {
		if err := n.Wait(ctx); err != nil {
			return nil, err
		}
		d, err := op.refetched(ctx, req)
		if err != nil || d == nil {
			return nil, err // not d: a nil *Downloads is a Node that is not nil
		}
		return d, nil
	}
	p, err := op.project(ctx, args.(string))
	if err != nil || p == nil {
		return nil, err
	}
	return p, nil
}

// Project resolves Query.project.
func (q queryResolver) Project(ctx context.Context) (*Project, error) {
	list, err := q.Projects(ctx)
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// Projects resolves Query.projects.
func (queryResolver) Projects(ctx context.Context) ([]*Project, error) {
	op, _, names, err := field[[]string](ctx)
	if err != nil {
		return nil, err
	}
	list := make([]*Project, len(names))
	for i, name := range names {
		if list[i], err = op.project(ctx, name); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// project is the project of the normalised name; nil where there is none.
func (op *operation) project(ctx context.Context, name string) (*Project, error) {
	if there, err := op.Exists(ctx, name); err != nil || !there {
		return nil, err
	}
	return &Project{op, name}, nil
}

// ID is opaque and stable.
func (p *Project) ID() string { return projectID(p.Name) }

// Downloads is the project's part of the cube.
func (p *Project) Downloads(ctx context.Context) (*Downloads, error) {
	return downloadsOf(ctx, p.Name)
}

// FirstDownload is nil for a project without downloads.
func (p *Project) FirstDownload(ctx context.Context) (*cube.Day, error) {
	days, err := p.days(ctx)
	if err != nil || days.Empty() {
		return nil, err
	}
	return &days.From, nil
}

// LastDownload is nil for a project without downloads.
func (p *Project) LastDownload(ctx context.Context) (*cube.Day, error) {
	days, err := p.days(ctx)
	if err != nil || days.Empty() {
		return nil, err
	}
	return &days.To, nil
}

// days runs from the first day with a download to the last.
func (p *Project) days(ctx context.Context) (cube.Range, error) {
	res, err := p.op.Load(ctx, extent(p.Name))
	if err != nil {
		return cube.Range{}, err
	}
	return res.Extent, nil
}

// Summary is of the latest version's metadata, as the fields below.
func (p *Project) Summary(ctx context.Context) (*string, error) {
	return p.text(ctx, func(m *projects.Metadata) string { return m.Summary })
}

// LatestVersion is the newest by PEP 440.
func (p *Project) LatestVersion(ctx context.Context) (*string, error) {
	return p.text(ctx, func(m *projects.Metadata) string { return m.LatestVersion })
}

// Author is who wrote it.
func (p *Project) Author(ctx context.Context) (*string, error) {
	return p.text(ctx, func(m *projects.Metadata) string { return m.Author })
}

// Maintainer is who looks after it.
func (p *Project) Maintainer(ctx context.Context) (*string, error) {
	return p.text(ctx, func(m *projects.Metadata) string { return m.Maintainer })
}

// License is as the metadata writes it.
func (p *Project) License(ctx context.Context) (*string, error) {
	return p.text(ctx, func(m *projects.Metadata) string { return m.License })
}

// HomePage is an address.
func (p *Project) HomePage(ctx context.Context) (*string, error) {
	return p.text(ctx, func(m *projects.Metadata) string { return m.HomePage })
}

// RequiresPython is a PEP 440 specifier.
func (p *Project) RequiresPython(ctx context.Context) (*string, error) {
	return p.text(ctx, func(m *projects.Metadata) string { return m.RequiresPython })
}

// Repository is owner/name on GitHub.
func (p *Project) Repository(ctx context.Context) (*string, error) {
	return p.text(ctx, func(m *projects.Metadata) string { return m.Repository })
}

// LastRelease is when the newest file was uploaded.
func (p *Project) LastRelease(ctx context.Context) (*time.Time, error) {
	m, err := p.op.Projects.Metadata(ctx, p.Name)
	if err != nil || m == nil || m.LastRelease.IsZero() {
		return nil, err
	}
	return &m.LastRelease, nil
}

// text is one field of the metadata, null where it is unknown or empty.
func (p *Project) text(ctx context.Context, of func(*projects.Metadata) string) (*string, error) {
	m, err := p.op.Projects.Metadata(ctx, p.Name)
	if err != nil || m == nil {
		return nil, err
	}
	text := of(m)
	if text == "" {
		return nil, nil
	}
	return &text, nil
}

var projectOutline = outline.Of([]string{projectType, "Node"}, map[string]outline.Field[*Project]{
	"id":   outline.Leaf(func(b []byte, p *Project) []byte { return outline.AppendString(b, p.ID()) }),
	"name": outline.Leaf(func(b []byte, p *Project) []byte { return outline.AppendString(b, p.Name) }),
})
