package graph

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"

	"clickql/graph/coerce"
	"clickql/graph/rounds"
	"clickql/internal/cube"
)

// announced is what the walk of the operation announces before it runs, as
// text, in the order it is announced.
func announced(t testing.TB, document string, variables map[string]any) []string {
	t.Helper()
	es := NewExecutableSchema(Config{Resolvers: resolver{}})
	reader := coerce.NewReader(es.Schema(), scalars)
	doc, errs := gqlparser.LoadQueryWithRules(es.Schema(), document, validationRules(reader, false))
	if errs != nil {
		t.Fatal(errs)
	}
	vars, problems := reader.Variables(doc.Operations[0], variables)
	if problems != nil {
		t.Fatal(problems)
	}
	opCtx := &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0], Variables: vars}
	cfg := &HandlerConfig{Loader: loaderOn(t, fixed{snap: knownData(t)}), Limits: DefaultLimits(), Log: slog.New(slog.DiscardHandler)}
	op := cfg.begin(t.Context(), false)
	op.reader = reader
	c := compiler{operation: op, schema: es.Schema(), of: opCtx}
	root := c.compile("", "Query", opCtx.Operation.SelectionSet)
	c.mean()
	round := op.First(func(r *rounds.Round) { gatherAll(op, r, root) })
	var out []string
	for _, r := range round.Requests {
		out = append(out, show(r))
	}
	for _, name := range round.Metadata {
		out = append(out, "metadata of "+name)
	}
	for what, names := range map[string][]string{"releases": round.Releases, "requirements": round.Requirements, "dependents": round.Dependents} {
		for _, name := range names {
			out = append(out, what+" of "+name)
		}
	}
	for text, request := range round.Waiting() {
		out = append(out, "versions for "+text+": "+show(request))
	}
	return out
}

// show writes a request for people.
func show(r cube.Request) string {
	var b strings.Builder
	switch r.Kind {
	case cube.Total:
		b.WriteString("total")
	case cube.Series:
		fmt.Fprintf(&b, "series %s", r.Interval)
	case cube.Split:
		fmt.Fprintf(&b, "split %s %d", r.Dim, r.First)
		if r.After != nil {
			fmt.Fprintf(&b, " after %d %s", r.After.Total, r.After.Value)
		}
	case cube.Extent:
		b.WriteString("extent")
	case cube.Rank:
		fmt.Fprintf(&b, "rank of %s", r.Of)
	}
	if r.Slice.Projects != nil {
		fmt.Fprintf(&b, " of %s", strings.Join(r.Slice.Projects, "+"))
	}
	if !r.Slice.AllTime {
		fmt.Fprintf(&b, " %s..%s", r.Slice.Days.From, r.Slice.Days.To)
	}
	for _, c := range r.Slice.Conditions {
		op := " in "
		if c.Not {
			op = " not in "
		}
		fmt.Fprintf(&b, " %s%s%s", c.Dim, op, strings.Join(c.Values, ","))
	}
	return b.String()
}

func TestTheWalkAnnouncesWhatIsSelected(t *testing.T) {
	for _, c := range []struct {
		name, query string
		variables   map[string]any
		want        []string
	}{
		{name: "nothing", query: `{ dataset { lastDay } project(name: "numpy") { id name downloads { __typename } } }`},
		{name: "every field of Downloads", query: `{ downloads(range: {last: 30}) { total series { dates } m: series(interval: MONTH) { totals }
			by(dimension: COUNTRY) { label } previous { total } change } }`,
			want: []string{
				"total 2024-12-02..2024-12-31", "total 2024-12-02..2024-12-31", "total 2024-11-02..2024-12-01", "series DAY 2024-12-02..2024-12-31", "series MONTH 2024-12-02..2024-12-31",
				"split COUNTRY 10 2024-12-02..2024-12-31", "total 2024-11-02..2024-12-01",
			}},
		{name: "all time has no previous, and nothing to change from", query: `{ downloads { previous { total } change } }`},
		{name: "what memory has is asked for alone", query: `{ project(name: "numpy") { rank { position } downloads { total } } }`, want: []string{"total of numpy", "rank of numpy"}},
		{name: "what memory has is not asked for beside something else", query: `{ project(name: "numpy") { summary rank { position } downloads { total by(dimension: CI) { total downloads { total } } } } }`,
			want: []string{"split CI 10 of numpy", "metadata of numpy"}},
		{name: "projects by any spelling", query: `{ projects(names: ["NumPy", "unknown", "pandas"]) { downloads { by(dimension: VERSION, first: 3) { total } } } }`,
			want: []string{"split VERSION 3 of numpy", "split VERSION 3 of pandas"}},
		{name: "several projects together", query: `{ downloads(projects: ["Pandas", "numpy", "pandas"], filter: {mirrors: false}) { total } }`,
			want: []string{"total of numpy+pandas INSTALLER not in Artifactory,Nexus,bandersnatch,devpi,pep381client,z3c.pypimirror"}},
		{name: "fragments, aliases, directives", query: `query Q($yes: Boolean!, $no: Boolean!, $n: Int = 7) {
			a: project(name: "numpy") { ...P } b: project(name: "pandas") { ... on Project @include(if: $yes) { ...P } }
			c: downloads @skip(if: $yes) { total } d: downloads @include(if: $no) { total } }
			fragment P on Project { x: downloads { by(dimension: CI, first: $n) { total } } summary firstDownload }`,
			variables: map[string]any{"yes": true, "no": false},
			want: []string{"extent of numpy", "split CI 7 of numpy", "extent of pandas", "split CI 7 of pandas",
				"metadata of numpy", "metadata of pandas"}},
		{name: "node", query: `{ node(id: "` + projectID("numpy") + `") { id ... on Project { latestVersion downloads { series { totals } } } } }`,
			want: []string{"series DAY of numpy", "metadata of numpy"}},
		{name: "search", query: `{ search(text: "NUM") { nodes { downloads(range: {from: "2024-12-30"}) { total } } edges { node { summary } } } }`,
			want: []string{"total of numpy 2024-12-30..2024-12-31", "total of numba 2024-12-30..2024-12-31", "metadata of numpy", "metadata of numba"}},
		{name: "a ranking is loaded first", query: `{ topProjects(first: 5, filter: {country: {in: ["DE", "AT"]}}) { nodes { project { downloads { total } } } } }`,
			want: []string{"split PROJECT 5 COUNTRY in AT,DE"}},
		{name: "a ranking's next page", query: `{ topProjects(after: "` + cursorOf(12, "numpy") + `") { nodes { total } } }`,
			want: []string{"split PROJECT 10 after 12 numpy"}},
		{name: "ranks", query: `{ projects(names: ["numpy", "pandas"]) { rank(range: {last: 1}) { position } } }`,
			want: []string{"rank of numpy 2024-12-31..2024-12-31", "rank of pandas 2024-12-31..2024-12-31"}},
		{name: "releases", query: `{ project(name: "numpy") { releases { nodes { version downloads { total } } } } }`, want: []string{"releases of numpy"}},
		{name: "requirements", query: `{ project(name: "numpy") { dependencies { total } } }`, want: []string{"requirements of numpy"}},
		{name: "dependents", query: `{ project(name: "numpy") { dependents(first: 2) { project { summary } } } }`, want: []string{"dependents of numpy"}},
		{name: "releases of projects named", query: `{ recentReleases(projects: ["NumPy"]) { nodes { version } } }`, want: []string{"releases of numpy"}},
		{name: "a specifier waits for the versions", query: `{ project(name: "numpy") { downloads(filter: {version: {specifier: ">2"}}, range: {last: 7}) { total } } }`,
			want: []string{"versions for >2: split VERSION 10000 of numpy"}},
		{name: "wrong lists are left to the resolvers", query: `{ project(name: "numpy") { releases(first: -1) { nodes { version } } dependencies(first: 2000) { total }
			dependents(first: -1) { total } rank(filter: {version: {specifier: "x"}}) { position } } hotProjects(months: 0) { growth } recentReleases(after: "x") { nodes { version } } }`},
		{name: "first 0 asks for the total", query: `{ downloads { by(dimension: CI, first: 0, others: true) { total } } }`,
			want: []string{"split CI 1"}},
		{name: "mistakes are left to the resolvers", query: `{ downloads(range: {last: 0}) { total } b: downloads(range: {last: 1}) { by(dimension: CI, first: -1) { total } total } }`,
			want: []string{"total 2024-12-31..2024-12-31"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, announced(t, c.query, c.variables)); diff != "" {
				t.Errorf("announced (-want +got):\n%s", diff)
			}
		})
	}
}

// The elements of all lists of one place are announced in one round.
func TestListsOfOnePlaceAreExpandedTogether(t *testing.T) {
	cfg := &HandlerConfig{Loader: loaderOn(t, fixed{snap: knownData(t)}), Limits: DefaultLimits()}
	op := cfg.begin(t.Context(), false)
	by := &node{name: "by", args: split{dim: "VERSION", first: 2, others: true}, below: []*node{{name: "downloads", below: []*node{{name: "total"}}}}}
	numpy, pandas := cube.Slice{AllTime: true}, cube.Slice{AllTime: true}
	numpy, pandas = numpy.With(cube.Project, "numpy"), pandas.With(cube.Project, "pandas")
	round := op.First(func(r *rounds.Round) {
		op.gatherValues(r, by, numpy, &cube.Result{Total: 10, Groups: []cube.Group{{Value: "1", Total: 5}, {Value: "2", Total: 3}}})
		op.gatherValues(r, by, pandas, &cube.Result{Total: 4, Groups: []cube.Group{{Value: "1", Total: 4}}})
	})
	var got []string
	for _, r := range round.Requests {
		got = append(got, show(r))
	}
	want := []string{"total of numpy VERSION in 1", "total of numpy VERSION in 2", "total of numpy VERSION not in 1,2", "total of pandas VERSION in 1"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
