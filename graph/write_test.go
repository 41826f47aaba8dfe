package graph

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"pgregory.net/rapid"

	"clickql/graph/outline"
	"clickql/internal/fetch"
)

// What outlines write is byte for byte what the generated code writes, whatever
// is selected, and what they cannot write is left to it.
func TestOutlinesWriteWhatTheGeneratedCodeWrites(t *testing.T) {
	d := newData(t)
	schema := NewExecutableSchema(Config{Resolvers: resolver{}}).Schema()
	loader := fetch.New(fetch.Config{Conn: d.conn, Catalog: d.catalog})
	own := NewHandler(HandlerConfig{Loader: loader})
	generated := NewHandler(HandlerConfig{Loader: loader, asGenerated: true})
	for _, at := range []struct{ place, typeName string }{
		{"", "Query"},
		{"downloads { series", "Series"},
		{"downloads(range: {last: 30}) { byRelease(first: 1, others: true)", "ReleaseGroup"},
		{"downloads { by(dimension: COUNTRY, others: true)", "Slice"},
		{"topProjects(first: 4)", "ProjectRankingConnection"},
		{`search(text: "")`, "ProjectConnection"},
		{"recentReleases", "ReleaseConnection"},
		{"emergingProjects", "ProjectRanking"},
	} {
		t.Run(at.typeName, rapid.MakeCheck(func(t *rapid.T) {
			g := &selector{schema: schema, t: t}
			place, ends := at.place, strings.Repeat(" }", strings.Count(at.place, "{")-strings.Count(at.place, "}")+1)
			if place == "" {
				place = "... on Query"
			}
			document := "query($yes: Boolean = true, $no: Boolean = false) { used: __typename @include(if: $yes) @skip(if: $no) " +
				place + " " + g.selection(at.typeName, 6) + ends + strings.Join(g.fragments, "")
			sameAnswers(t, generated, own, document)
		}))
	}
}

// sameAnswers asks both handlers and compares their answers byte for byte.
func sameAnswers(t *rapid.T, generated, own http.Handler, document string) {
	want, got := post(t, generated, document, nil, nil), post(t, own, document, nil, nil)
	if want.Status != http.StatusOK {
		t.Fatalf("%s\n%s", document, want.body)
	}
	for _, wrong := range honest(publicSchema(), document, got) {
		t.Fatalf("%s\n%s\n%s", document, wrong, got.body)
	}
	for _, r := range []response{want, got} {
		slices.SortFunc(r.Errors, func(a, b responseError) int { return strings.Compare(a.path()+a.Message, b.path()+b.Message) })
	}
	if diff := cmp.Diff(want.Errors, got.Errors); diff != "" {
		t.Fatalf("%s\nerrors of the generated code (-) and ours (+):\n%s", document, diff)
	}
	dataOf := func(body string) string { // what it cost depends on what was asked before
		_, data, _ := strings.Cut(body, `"data":`)
		data, _, _ = strings.Cut(data, `,"extensions":{"cost"`)
		return data
	}
	wantData := dataOf(want.body)
	if data := dataOf(got.body); data != wantData {
		t.Fatalf("%s\n%s\nwritten, generated\n%s", document, data, wantData)
	}
}

// selector generates selections from the schema.
type selector struct {
	schema    *ast.Schema
	t         *rapid.T
	fragments []string
}

// arguments that fields are selected with, where they need any or it matters.
var someArguments = map[string][]string{
	"Query.node":             {`(id: "` + projectID("numpy") + `")`, `(id: "x")`},
	"Query.project":          {`(name: "numpy")`, `(name: "pandas")`, `(name: "unknown")`},
	"Query.projects":         {`(names: ["numpy", "unknown", "pandas", "numpy"])`, `(names: [])`},
	"Query.search":           {`(text: "")`, `(text: "n", first: 1)`, `(text: "", first: -1)`},
	"Query.hotProjects":      {`(minDownloads: 1)`, `(minDownloads: 1, first: 2)`},
	"Query.emergingProjects": {``, `(months: 0)`},
	"Query.compare":          {`(projects: ["numpy", "unknown", "pandas"], interval: MONTH)`, `(projects: ["numpy"], range: {last: 40})`},
	"Query.portfolio":        {`(requirements: "numpy\n-r x\n?")`, `(author: "travis")`, `(projects: [])`},
	"Downloads.dropping":     {`(support: PYTHON)`, `(support: GLIBC, interval: YEAR, glibc: "2.28")`, `(support: MAJOR, interval: QUARTER)`},
	"Downloads.byRelease":    {``, `(level: MAJOR, first: 1, others: true)`, `(first: -1)`},
	"Series.movingAverage":   {``, `(days: 28)`, `(days: 0)`},
	"Series.weekdayChange":   {``, `(weeks: 1)`},
	"ReleaseGroup.series":    {``, `(interval: QUARTER)`},
	"Downloads.by":           {`(dimension: COUNTRY)`, `(dimension: VERSION, first: 2, others: true)`, `(dimension: LIBC, first: 0)`, `(dimension: CI, first: -1)`},
	"Downloads.series":       {``, `(interval: MONTH)`, `(interval: YEAR)`},
	"Project.releases":       {``, `(first: 1)`},
	"Query._entities":        {`(representations: [])`, `(representations: [{__typename: "Project", name: "numpy"}, {__typename: "Project", name: "none"}])`},
}

// selection generates a selection on a type, at most depth levels deep.
func (g *selector) selection(typeName string, depth int) string {
	var b strings.Builder
	b.WriteString("{")
	for range rapid.IntRange(1, 4).Draw(g.t, "fields") {
		b.WriteString(" " + g.wrapped(typeName, g.field(typeName, depth)))
	}
	return b.String() + " }"
}

// field generates one field with its arguments, which its key tells, so that
// equal keys can be merged.
func (g *selector) field(typeName string, depth int) string {
	fields := slices.DeleteFunc(slices.Clone(g.schema.Types[typeName].Fields), func(f *ast.FieldDefinition) bool {
		return strings.HasPrefix(f.Name, "__") || depth <= 1 && !g.schema.Types[f.Type.Name()].IsLeafType()
	})
	if len(fields) == 0 || rapid.IntRange(0, 9).Draw(g.t, "typename") == 0 {
		return "__typename" + g.directive()
	}
	f := rapid.SampledFrom(fields).Draw(g.t, "field")
	key, args := "", ""
	if list := someArguments[typeName+"."+f.Name]; list != nil {
		at := rapid.IntRange(0, len(list)-1).Draw(g.t, "arguments")
		key, args = fmt.Sprintf("%s_%d: ", f.Name, at), list[at]
	} else if rapid.Bool().Draw(g.t, "alias") {
		key = "a_" + f.Name + ": "
	}
	text := key + f.Name + args + g.directive()
	if of := f.Type.Name(); !g.schema.Types[of].IsLeafType() {
		text += " " + g.selection(of, depth-1)
	}
	return text
}

// directive generates a directive, mostly none.
func (g *selector) directive() string {
	return rapid.SampledFrom([]string{"", "", "", "", "", " @include(if: $yes)", " @skip(if: $yes)", " @skip(if: false) @include(if: $yes)", " @include(if: $no)"}).
		Draw(g.t, "directive")
}

// wrapped puts a selection into a fragment, mostly into none.
func (g *selector) wrapped(typeName, field string) string {
	switch rapid.IntRange(0, 9).Draw(g.t, "fragment") {
	case 0:
		return "... on " + typeName + g.directive() + " { " + field + " }"
	case 1:
		return "..." + g.directive() + " { " + field + " " + field + " }"
	case 2:
		name := fmt.Sprintf("F%d", len(g.fragments))
		g.fragments = append(g.fragments, fmt.Sprintf(" fragment %s on %s { %s }", name, typeName, field))
		return "..." + name + g.directive()
	}
	return field
}

func TestStringsAreWrittenAsGqlgenDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text") + rapid.StringMatching(`[\x00-\x24\\"é]*`).Draw(t, "special")
		var want bytes.Buffer
		graphql.MarshalString(s).MarshalGQL(&want)
		if got := string(outline.AppendString(nil, s)); got != want.String() {
			t.Errorf("%q written, gqlgen writes %q", got, want.String())
		}
	})
}
