package projects

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/catalog"
	"clickql/internal/fetch"
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

// Bytes is about what they occupy.
func (q *Requirements) Bytes() int64 {
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

// PrefetchRequirements starts to load what projects require, in one query.
func (r Reader) PrefetchRequirements(ctx context.Context, names []string) {
	requirementsOf.Prefetch(ctx, r.op, names)
}

// Requirements is what a project requires, by normalised name; nil where nothing
// is known of it.
func (r Reader) Requirements(ctx context.Context, name string) (*Requirements, error) {
	return requirementsOf.Load(ctx, r.op, name)
}

// PrefetchDependents starts to look up who requires projects, in one query.
func (r Reader) PrefetchDependents(ctx context.Context, names []string) {
	dependentsOf.Prefetch(ctx, r.op, names)
}

// Dependents is the projects whose latest version requires the project, by
// normalised name, in no order.
func (r Reader) Dependents(ctx context.Context, name string) (Names, error) {
	return dependentsOf.Load(ctx, r.op, name)
}

// requirementsOf looks up what a project requires by its normalised name.
var requirementsOf = fetch.Lookup[*Requirements]{
	Prefix: "q:",
	Point:  true,
	Ask:    askRequirements,
	Scan: func(rows driver.Rows, into map[string]*Requirements) error {
		project, q, err := scanRequirements(rows)
		into[project] = q
		return err
	},
}

// dependentsOf looks up who requires a project by its normalised name. The answer
// is kept as long as the data is the same: what it is found in is large.
var dependentsOf = fetch.Lookup[Names]{
	Prefix: "d:",
	Ask:    askDependents,
	Scan: func(rows driver.Rows, into map[string]Names) error {
		project, q, err := scanRequirements(rows)
		for _, required := range q.Of("") {
			if required != project {
				into[required] = append(into[required], project)
			}
		}
		return err
	},
}

// askRequirements asks what each version of projects requires, by normalised
// name. Files of one version may differ (source distributions often say nothing):
// theirs are taken together.
func askRequirements(snap *catalog.Snapshot, names []string) (*query.Query, error) {
	w, err := onProjects(snap, names, "version", "requires_dist")
	if err != nil {
		return nil, err
	}
	return w.Query(selectLists("requires_dist", w.From())), nil
}

// askDependents asks for every project of which some version's requirements begin
// with one of the names, with all its versions, and of the requirements those
// alone. It reads the requirements of all files.
func askDependents(snap *catalog.Snapshot, names []string) (*query.Query, error) {
	w, err := onMetadata(snap, "version", "requires_dist")
	if err != nil {
		return nil, err
	}
	begins := "match(r, " + w.Param(namePattern(names)) + ")"
	some := "SELECT " + pypi.FoldedSQL("name") + w.From() + "\nWHERE arrayExists(r -> " + begins + ", requires_dist)"
	return w.Query(selectLists("arrayFilter(r -> "+begins+", requires_dist)",
		w.From()+"\nWHERE "+pypi.FoldedSQL("name")+" IN (\n"+some+")")), nil
}

// selectLists gives a row for each project that has any: its normalised name, its
// versions, for each a reference to the requirements of its files, and the
// distinct lists of them.
func selectLists(required, from string) string {
	return "SELECT project, versions, refs, list_refs, lists FROM (\nSELECT project, groupArray(v) AS versions, groupArray(ref) AS refs, " +
		"groupUniqArray((ref, list)) AS pairs, arrayMap(p -> p.1, pairs) AS list_refs, arrayMap(p -> p.2, pairs) AS lists" +
		"\nFROM (\nSELECT " + pypi.FoldedSQL("name") + " AS project, toString(version) AS v, " +
		"arraySort(groupUniqArrayArray(" + required + ")) AS list, sipHash64(list) AS ref" +
		from + "\nGROUP BY project, v)\nGROUP BY project)"
}

// scanRequirements reads one project's.
func scanRequirements(rows driver.Rows) (project string, q *Requirements, err error) {
	var refs []uint64
	var lists [][]string
	q = &Requirements{}
	if err := rows.Scan(&project, &q.versions, &q.listOf, &refs, &lists); err != nil {
		return "", nil, err
	}
	q.lists = make(map[uint64][]string, len(refs))
	for i, ref := range refs {
		q.lists[ref] = lists[i]
	}
	return project, q, nil
}

// namePattern matches requirements that are about one of the projects, and no
// more than a few others: who reads them parses them.
func namePattern(names []string) string {
	patterns := make([]string, len(names))
	for i, name := range names {
		patterns[i] = strings.ReplaceAll(regexpQuoted(name), "-", "[-_.]+")
	}
	return `(?i)^\s*(` + strings.Join(patterns, "|") + `)($|[^a-z0-9])`
}

// regexpQuoted is the name with every byte that is no letter, digit or hyphen
// escaped, for RE2.
func regexpQuoted(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') {
			b.WriteString(`\x{` + strconv.FormatInt(int64(r), 16) + `}`)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
