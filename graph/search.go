package graph

import (
	"context"
	"strings"

	"clickql/graph/rounds"
	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/pypi"
)

// found is one page of projects found by name, which costs no query: the
// arguments of Query.search, answered.
type found struct {
	entries     []catalog.Entry
	more, after bool
}

func (a arguments) search() (any, error) {
	first, err := a.first()
	if err != nil {
		return nil, err
	}
	cursor, err := parseCursor(optional[string](a.given, "after"))
	if err != nil {
		return nil, err
	}
	var behind *catalog.Entry
	if cursor != nil {
		behind = &catalog.Entry{Name: cursor.Value, Total: cursor.Total}
	}
	if !a.Indexed() && !a.Snap.Days.Empty() {
		return nil, &fault.Error{Code: fault.Uncovered, Message: "search is unavailable: no table of this database lists all projects at a bearable cost; " +
			"an aggregate keyed by (project) would; ask for projects by name"}
	}
	entries, more := a.Snap.Projects.Search(pypi.NormalizeName(strings.Join(strings.Fields(argument[string](a.given, "text")), "-")), behind, first)
	return found{entries, more, cursor != nil}, nil
}

func (op *operation) gatherFound(r *rounds.Round, n *node) {
	elements := n.elements()
	for _, e := range n.args.(found).entries {
		for _, p := range elements {
			op.gatherProject(r, p, e.Name)
		}
	}
}

// Search resolves Query.search.
func (queryResolver) Search(ctx context.Context) (*ProjectConnection, error) {
	op, _, page, err := field[found](ctx)
	if err != nil {
		return nil, err
	}
	groups := make([]cube.Group, len(page.entries))
	for i, e := range page.entries {
		groups[i] = cube.Group{Value: e.Name, Total: e.Total}
	}
	return paged(groups, page.more, page.after, func(g cube.Group) *Project { return &Project{op, g.Value} }), nil
}
