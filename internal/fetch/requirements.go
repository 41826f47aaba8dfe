package fetch

import (
	"context"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/pypi"
	"clickql/internal/query"
)

// Requirements are what the versions of a project require, as their metadata
// says. Read only.
type Requirements struct {
	versions []string
	listOf   []uint64
	lists    map[uint64][]string
}

// bytes is about what they occupy.
func (q *Requirements) bytes() int64 {
	if q == nil {
		return 16
	}
	n := int64(100 + 24*len(q.versions))
	for _, v := range q.versions {
		n += int64(len(v))
	}
	for _, list := range q.lists {
		for _, r := range list {
			n += int64(16 + len(r))
		}
	}
	return n
}

// Of is the normalised names of the projects that a version requires, each once;
// of the latest version where version is empty. None where there is no such
// version.
func (q *Requirements) Of(version string) []string {
	if q == nil {
		return nil
	}
	if version == "" {
		version = pypi.LatestVersion(q.versions)
	}
	at := slices.Index(q.versions, version)
	if at < 0 {
		return nil
	}
	return pypi.Required(q.lists[q.listOf[at]])
}

// scanRequirements reads one project's.
func scanRequirements(rows driver.Rows) (project string, _ *Requirements, err error) {
	var c query.RequirementColumns
	if err := rows.Scan(&c.Project, &c.Versions, &c.ListOf, &c.Refs, &c.Lists); err != nil {
		return "", nil, err
	}
	q := &Requirements{versions: c.Versions, listOf: c.ListOf, lists: make(map[uint64][]string, len(c.Refs))}
	for i, ref := range c.Refs {
		q.lists[ref] = c.Lists[i]
	}
	return c.Project, q, nil
}

// requirementsOf looks up what a project requires by its normalised name.
var requirementsOf = lookup[*Requirements]{
	prefix: "q:",
	point:  true,
	ask:    query.RequirementsQuery,
	scan: func(rows driver.Rows, into map[string]*Requirements) error {
		project, q, err := scanRequirements(rows)
		into[project] = q
		return err
	},
}

// PrefetchRequirements starts to load what projects require, in one query.
func (o *Operation) PrefetchRequirements(ctx context.Context, names []string) {
	prefetch(ctx, o, requirementsOf, names)
}

// Requirements is what a project requires, by normalised name; nil where nothing
// is known of it. The error is a *query.Error.
func (o *Operation) Requirements(ctx context.Context, name string) (*Requirements, error) {
	return look(ctx, o, requirementsOf, name)
}

// Names are names of projects. Read only.
type Names []string

// bytes is about what they occupy.
func (ns Names) bytes() (n int64) {
	for _, name := range ns {
		n += int64(16 + len(name))
	}
	return n
}

// dependentsOf looks up who requires a project by its normalised name. The answer
// is kept as long as the data is the same: what it is found in is large.
var dependentsOf = lookup[Names]{
	prefix: "d:",
	ask:    query.DependentsQuery,
	scan: func(rows driver.Rows, into map[string]Names) error {
		project, q, err := scanRequirements(rows)
		for _, required := range q.Of("") {
			if required != project {
				into[required] = append(into[required], project)
			}
		}
		return err
	},
}

// PrefetchDependents starts to look up who requires projects, in one query.
func (o *Operation) PrefetchDependents(ctx context.Context, names []string) {
	prefetch(ctx, o, dependentsOf, names)
}

// Dependents is the projects whose latest version requires the project, by
// normalised name, in no order. The error is a *query.Error.
func (o *Operation) Dependents(ctx context.Context, name string) (Names, error) {
	return look(ctx, o, dependentsOf, name)
}
