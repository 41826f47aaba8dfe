package graph

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"clickql/internal/fetch"
)

// honest reports what is wrong with the nulls of an answer: a field that is marked
// @semanticNonNull is null only with an error of its own, and an error is of a
// field that is null and may be.
func honest(schema *ast.Schema, document string, r response) (wrong []string) {
	doc, errs := gqlparser.LoadQueryWithRules(schema, document, nil)
	if errs != nil {
		return []string{errs.Error()}
	}
	told := map[string]bool{}
	for _, e := range r.Errors {
		told[e.path()] = false
	}
	walk := &nullWalk{schema: schema, told: told}
	walk.object(doc.Operations[0].SelectionSet, r.Data, nil)
	for path, found := range told {
		if !found {
			walk.wrong = append(walk.wrong, "an error is at "+path+", where nothing is null")
		}
	}
	return walk.wrong
}

type nullWalk struct {
	schema *ast.Schema
	told   map[string]bool // paths of errors, and whether there is a null
	wrong  []string
}

func (w *nullWalk) object(sel ast.SelectionSet, data map[string]any, path []any) {
	for _, s := range sel {
		switch s := s.(type) {
		case *ast.InlineFragment:
			w.object(s.SelectionSet, data, path)
		case *ast.FragmentSpread:
			w.object(s.Definition.SelectionSet, data, path)
		case *ast.Field:
			if value, there := data[s.Alias]; there && s.Definition != nil {
				w.value(s, s.Definition.Type, value, append(slices.Clone(path), s.Alias), s.Definition.Directives.ForName("semanticNonNull") != nil)
			}
		}
	}
}

func (w *nullWalk) value(f *ast.Field, t *ast.Type, value any, path []any, marked bool) {
	text, _ := json.Marshal(path)
	_, failed := w.told[string(text)]
	switch v := value.(type) {
	case nil:
		if failed {
			w.told[string(text)] = true
		}
		if marked && !failed || t.NonNull {
			w.wrong = append(w.wrong, fmt.Sprintf("%s is null without an error", text))
		}
	case []any:
		for i, one := range v {
			w.value(f, t.Elem, one, append(slices.Clone(path), json.Number(fmt.Sprint(i))), false)
		}
	case map[string]any:
		w.object(f.SelectionSet, v, path)
	}
}

// widgets are twelve parts of a page, one of which can go wrong for each reason
// that there is.
var widgets = []string{
	`project(name: "numpy") { downloads { total } }`,
	`project(name: "numpy") { downloads(range: {last: 7}) { series { totals shares movingAverage } by(dimension: COUNTRY) { label downloads { total } } } }`,
	`project(name: "numpy") { downloads(range: {from: "2024-03-01", to: "2024-02-01"}) { total } name }`,
	`project(name: "numpy") { downloads(filter: {version: {specifier: "planet"}}) { total } rank { position } }`,
	`project(name: "numpy") { releases(after: "planet") { nodes { version } } dependencies(first: -1) { total } name }`,
	`projects(names: ["numpy", "unknown"]) { downloads { byRelease { label series { totals } } } }`,
	`topProjects(first: 100000) { nodes { total } totalCount }`,
	`downloads { series(interval: DAY) { dates } previous { total } change }`,
	`compare(projects: ["numpy", "pandas"], filter: {version: {specifier: ">=1"}}) { lines { total series { totals } downloads { total } } }`,
	`portfolio(author: "travis", maintainer: "travis") { projectCount }`,
	`hotProjects(minDownloads: 1) { growth series { totals indexed } }`,
	`dataset { totalDownloads projectCount lastDay }`,
}

// What fails fails alone, at its own path, whatever the reason: bad input, a
// limit, a database that cannot be reached.
func TestOneBadPartLeavesTheOthers(t *testing.T) {
	d := newData(t)
	handlers := map[string]HandlerConfig{
		"a database":        {Loader: fetch.New(fetch.Config{Conn: d.conn, Catalog: d.catalog})},
		"none":              {Loader: loaderOn(t, fixed{snap: knownData(t)})},
		"little to be read": {Loader: fetch.New(fetch.Config{Conn: d.conn, Catalog: d.catalog, MaxOperationRows: 5})},
		"few points":        {Loader: fetch.New(fetch.Config{Conn: d.conn, Catalog: d.catalog}), Limits: Limits{Points: 3, Versions: 1}},
	}
	document := "{ "
	for i, widget := range widgets {
		document += fmt.Sprintf("w%d: %s ", i, widget)
	}
	document += "}"
	for name, cfg := range handlers {
		got := post(t, NewHandler(cfg), document, nil, nil)
		for _, wrong := range honest(publicSchema(), document, got) {
			t.Errorf("%s: %s: %.2000s", name, wrong, got.body)
		}
		if len(got.Errors) < 5 || got.Data == nil || got.Data["w11"] == nil {
			t.Errorf("%s: %.2000s", name, got.body)
		}
		if name != "a database" {
			continue
		}
		for _, w := range []int{0, 1, 5, 8, 10, 11} {
			for _, e := range got.Errors {
				if strings.HasPrefix(e.path(), fmt.Sprintf(`["w%d"`, w)) {
					t.Errorf("%s at %s", e.Message, e.path())
				}
			}
		}
	}
}

// reached are paths to a type, with BELOW for the field.
var reached = map[string]string{
	"Query": `{ BELOW }`, "Project": `{ project(name: "numpy") { BELOW } }`, "Downloads": `{ project(name: "numpy") { downloads { BELOW } } }`,
	"Series": `{ project(name: "numpy") { downloads { series { BELOW } } } }`, "ReleaseGroup": `{ project(name: "numpy") { downloads { byRelease(first: 1) { BELOW } } } }`,
	"Dropping": `{ project(name: "numpy") { downloads { dropping(support: PYTHON) { BELOW } } } }`,
}

// obligatory are arguments that a field cannot do without.
var obligatory = map[string]string{"Query.search": `text: ""`, "Query.compare": `projects: ["numpy"]`, "Downloads.by": `dimension: CI`, "Downloads.dropping": `support: GLIBC`}

// A null for a type that is not null but has a default is an error of its field:
// by a variable with a default and without, wherever there is such an argument.
func TestNullsForTypesThatAreNotNull(t *testing.T) {
	d := newData(t)
	h := d.handler(Limits{})
	schema := publicSchema()
	tried := 0
	for name, document := range reached {
		for _, f := range schema.Types[name].Fields {
			for _, arg := range f.Arguments {
				if !arg.Type.NonNull || arg.DefaultValue == nil {
					continue
				}
				tried++
				args := arg.Name + ": $v"
				if more := obligatory[name+"."+f.Name]; more != "" {
					args += ", " + more
				}
				selection := "{ __typename }"
				if schema.Types[f.Type.Name()].IsLeafType() {
					selection = ""
				}
				asked := strings.Replace(document, "BELOW", f.Name+"("+args+") "+selection, 1)
				nullIsRefused(t, h, arg.Type, asked, f.Name, arg.Name)
			}
		}
	}
	for _, of := range []string{"downloads", `project(name: "numpy") { rank`} {
		ends := strings.Repeat("}", strings.Count(of, "{"))
		tried++
		nullIsRefused(t, h, ast.NonNullNamedType("Boolean", nil), "{ "+of+"(filter: {mirrors: $v}) { __typename } "+ends+" }", strings.Fields(of)[len(strings.Fields(of))-1], "mirrors")
	}
	if tried < 20 {
		t.Errorf("%d arguments", tried)
	}
	// In a variable it is an error of the request, as in a literal.
	for _, asked := range []struct {
		document  string
		variables map[string]any
	}{
		{`query($f: DownloadsFilter) { downloads(filter: $f) { total } }`, map[string]any{"f": map[string]any{"mirrors": nil}}},
		{`{ downloads(filter: {mirrors: null}) { total } }`, nil},
		{`query($n: [String!]!) { projects(names: $n) { name } }`, map[string]any{"n": []any{"numpy", nil}}},
	} {
		if got := post(t, h, asked.document, asked.variables, nil); len(got.Errors) != 1 || got.Data != nil || !strings.Contains(got.Errors[0].Message, "null") {
			t.Errorf("%s: %s", asked.document, got.body)
		}
	}
	// In a list it is the field's, where a default let the variable in.
	got := post(t, h, `query($n: String = "numpy") { a: projects(names: ["pandas", $n]) { name } b: dataset { lastDay } }`, map[string]any{"n": nil}, nil)
	if len(got.Errors) != 1 || got.Errors[0].path() != `["a"]` || got.Data["b"] == nil {
		t.Errorf("%s", got.body)
	}
	got = post(t, h, `query($b: Boolean = true) { a: dataset @include(if: $b) { lastDay } }`, map[string]any{"b": nil}, nil)
	if len(got.Errors) != 1 || got.Errors[0].code() != "BAD_USER_INPUT" {
		t.Errorf("%s", got.body)
	}
}

// nullIsRefused asks with null for $v.
func nullIsRefused(t *testing.T, h http.Handler, of *ast.Type, document, field, argument string) {
	t.Helper()
	for _, declared := range []string{of.NamedType, of.NamedType + " = " + map[string]string{"Int": "1", "Int64": "1", "Boolean": "true", "Interval": "DAY", "ReleaseLevel": "MAJOR",
		"ReleaseKind": "FINAL", "Support": "PYTHON", "String": `"2.28"`}[of.NamedType]} {
		got := post(t, h, `query($v: `+declared+`) `+document, map[string]any{"v": nil}, nil)
		if len(got.Errors) != 1 || got.Errors[0].code() != "BAD_USER_INPUT" || !strings.HasSuffix(got.Errors[0].path(), `"`+field+`"]`) {
			t.Errorf("$v: %s, %s: %.500s", declared, document, got.body)
			continue
		}
		if m := got.Errors[0].Message; !strings.Contains(m, argument) || !strings.Contains(m, "$v is null") || !strings.Contains(m, of.String()) {
			t.Errorf("%s: the message is %s", document, m)
		}
	}
}
