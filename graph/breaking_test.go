package graph

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

var update = flag.Bool("update", false, "publish the schema, as long as that breaks nobody")

// publishedSchema is the schema that clients were last promised.
const publishedSchema = "../docs/schema.graphqls"

// No change of the schema breaks a client of the one that was published last.
// With -update the schema of today is published, as long as it breaks nobody.
func TestTheSchemaBreaksNobody(t *testing.T) {
	now, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(publishedSchema)
	if err != nil {
		t.Fatal(err)
	}
	broken := breaks(parsed(t, string(before)), parsed(t, string(now)), time.Now())
	for _, what := range broken {
		t.Error(what)
	}
	switch {
	case len(broken) > 0:
		t.Log("deprecate it and keep it until the day that the reason names; a mistake that nobody can rely on is corrected in " + publishedSchema + " too")
	case *update:
		if err := os.WriteFile(publishedSchema, now, 0o644); err != nil {
			t.Fatal(err)
		}
	case string(before) != string(now):
		t.Errorf("the schema is not %s: publish it with go test ./graph -run Breaks -update", publishedSchema)
	}
}

func parsed(t *testing.T, text string) *ast.Schema {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema", Input: text})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// goneFrom is how a deprecation tells the first day without what it is about.
var goneFrom = regexp.MustCompile(`gone from (\d{4}-\d{2}-\d{2})`)

// goneDay is that day; ok is false where the directives tell of none.
func goneDay(directives ast.DirectiveList) (day time.Time, ok bool) {
	d := directives.ForName("deprecated")
	if d == nil || d.Arguments.ForName("reason") == nil {
		return day, false
	}
	m := goneFrom.FindStringSubmatch(d.Arguments.ForName("reason").Value.Raw)
	if m == nil {
		return day, false
	}
	day, err := time.Parse(time.DateOnly, m[1])
	return day, err == nil
}

// comparer finds what a client of one schema misses in another.
type comparer struct {
	today time.Time
	found []string
}

// breaks lists what in the schema of now breaks operations of the one before.
func breaks(before, now *ast.Schema, today time.Time) []string {
	c := &comparer{today: today}
	for name, old := range before.Types {
		if old.BuiltIn {
			continue
		}
		if def := now.Types[name]; def == nil {
			c.miss("%s is gone", name)
		} else {
			c.compare(old, def)
		}
	}
	for kind, roots := range map[string][2]*ast.Definition{"subscription": {before.Subscription, now.Subscription}, "mutation": {before.Mutation, now.Mutation}} {
		if roots[0] != nil && roots[1] == nil {
			c.miss("there is no %s any more", kind)
		}
	}
	slices.Sort(c.found)
	return c.found
}

func (c *comparer) miss(format string, args ...any) {
	c.found = append(c.found, fmt.Sprintf(format, args...))
}

// mayGo reports that what has the directives was to be gone by today.
func (c *comparer) mayGo(directives ast.DirectiveList) bool {
	day, ok := goneDay(directives)
	return ok && !c.today.Before(day)
}

// compare compares types of one name.
func (c *comparer) compare(old, def *ast.Definition) {
	if old.Kind != def.Kind {
		c.miss("%s was %s and is %s", old.Name, old.Kind, def.Kind)
		return
	}
	for _, v := range old.EnumValues {
		if def.EnumValues.ForName(v.Name) == nil && !c.mayGo(v.Directives) {
			c.miss("%s.%s is gone", old.Name, v.Name)
		}
	}
	for _, name := range append(slices.Clone(old.Interfaces), old.Types...) {
		if !slices.Contains(append(slices.Clone(def.Interfaces), def.Types...), name) {
			c.miss("%s and %s have nothing to do with each other any more", old.Name, name)
		}
	}
	if def.Kind == ast.Scalar && specified(old) != specified(def) {
		c.miss("%s was specified by %q and is by %q", old.Name, specified(old), specified(def))
	}
	if def.Kind == ast.InputObject {
		c.compareInput(old, def)
		return
	}
	for _, f := range old.Fields {
		c.compareField(old.Name, f, def.Fields.ForName(f.Name))
	}
}

// specified is where a scalar says that it is specified.
func specified(def *ast.Definition) string {
	if d := def.Directives.ForName("specifiedBy"); d != nil {
		return d.Arguments.ForName("url").Value.Raw
	}
	return ""
}

// compareField compares fields of an object or interface; f is nil where it is
// gone.
func (c *comparer) compareField(of string, old, f *ast.FieldDefinition) {
	if f == nil {
		if !strings.HasPrefix(old.Name, "__") && !c.mayGo(old.Directives) {
			c.miss("%s.%s is gone", of, old.Name)
		}
		return
	}
	what := of + "." + old.Name
	if !covers(old.Type, f.Type) {
		c.miss("%s was %s and is %s", what, old.Type, f.Type)
	}
	for _, a := range old.Arguments {
		arg := f.Arguments.ForName(a.Name)
		if arg == nil {
			if !c.mayGo(a.Directives) {
				c.miss("%s(%s) is gone", what, a.Name)
			}
			continue
		}
		c.compareValue(fmt.Sprintf("%s(%s)", what, a.Name), a.Type, arg.Type, a.DefaultValue, arg.DefaultValue)
	}
	for _, a := range f.Arguments {
		if old.Arguments.ForName(a.Name) == nil && a.Type.NonNull && a.DefaultValue == nil {
			c.miss("%s(%s) is new and must be given", what, a.Name)
		}
	}
}

// compareInput compares input types.
func (c *comparer) compareInput(old, def *ast.Definition) {
	if old.Directives.ForName("oneOf") == nil && def.Directives.ForName("oneOf") != nil {
		c.miss("%s takes one field only now", old.Name)
	}
	for _, f := range old.Fields {
		now := def.Fields.ForName(f.Name)
		if now == nil {
			if !c.mayGo(f.Directives) {
				c.miss("%s.%s is gone", old.Name, f.Name)
			}
			continue
		}
		c.compareValue(old.Name+"."+f.Name, f.Type, now.Type, f.DefaultValue, now.DefaultValue)
	}
	for _, f := range def.Fields {
		if old.Fields.ForName(f.Name) == nil && f.Type.NonNull && f.DefaultValue == nil {
			c.miss("%s.%s is new and must be given", old.Name, f.Name)
		}
	}
}

// compareValue compares what may be given for an argument or an input field.
func (c *comparer) compareValue(what string, old, now *ast.Type, oldDefault, nowDefault *ast.Value) {
	if !covers(now, old) {
		c.miss("%s took %s and takes %s", what, old, now)
	}
	if a, b := fmt.Sprint(oldDefault), fmt.Sprint(nowDefault); a != b {
		c.miss("%s was %s by default and is %s", what, a, b)
	}
}

// covers reports that whoever is ready for values of one type is ready for those
// of the other.
func covers(ready, other *ast.Type) bool {
	if ready.NonNull && !other.NonNull || (ready.Elem == nil) != (other.Elem == nil) {
		return false
	}
	if ready.Elem != nil {
		return covers(ready.Elem, other.Elem)
	}
	return ready.NamedType == other.NamedType
}

func TestWhatBreaksClients(t *testing.T) {
	before := `interface N { id: ID! } type Query implements N { id: ID! a(x: Int, y: Int! = 1, z: I): [Int!] b: Int @deprecated(reason: "use a; gone from 2026-02-03") }
		enum E { A B @deprecated(reason: "gone from 2099-01-01") } input I { f: Int g: Int = 2 } scalar S @specifiedBy(url: "u") union U = Query`
	for _, c := range []struct{ from, to, want string }{
		{"", "", ""},
		{"b: Int @deprecated(reason: \"use a; gone from 2026-02-03\")", "", ""},
		{"B @deprecated(reason: \"gone from 2099-01-01\")", "", "E.B is gone"},
		{"[Int!]", "[Int!]!", ""},
		{"[Int!]", "[Int]", "Query.a was [Int!] and is [Int]"},
		{"[Int!]", "Int", "Query.a was [Int!] and is Int"},
		{"b: Int @", "b: String @", "Query.b was Int and is String"},
		{"x: Int,", "x: Int!,", "Query.a(x) took Int and takes Int!"},
		{"x: Int,", "", "Query.a(x) is gone"},
		{"x: Int,", "x: Int, w: Int,", ""},
		{"x: Int,", "x: Int, w: Int!,", "Query.a(w) is new and must be given"},
		{"y: Int! = 1", "y: Int = 1", ""},
		{"y: Int! = 1", "y: Int! = 2", "Query.a(y) was 1 by default and is 2"},
		{"{ A B", "{ A C B", ""},
		{"{ A B", "{ B", "E.A is gone"},
		{"input I {", "input I @oneOf {", "I takes one field only now"},
		{"f: Int g", "f: Int! g", "I.f took Int and takes Int!"},
		{"f: Int g", "h: Int! f: Int g", "I.h is new and must be given"},
		{"f: Int g", "g", "I.f is gone"},
		{"g: Int = 2", "g: Int", "I.g was 2 by default and is <nil>"},
		{`url: "u"`, `url: "v"`, `S was specified by "u" and is by "v"`},
		{"enum E { A B @deprecated(reason: \"gone from 2099-01-01\") }", "", "E is gone"},
		{" implements N", "", "Query and N have nothing to do with each other any more"},
		{"scalar S", "enum S { X } scalar T", "S was SCALAR and is ENUM"},
	} {
		got := breaks(parsed(t, before), parsed(t, strings.Replace(before, c.from, c.to, 1)), time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC))
		if text := strings.Join(got, "; "); text != c.want {
			t.Errorf("%s -> %s: %q, want %q", c.from, c.to, text, c.want)
		}
	}
	early := strings.Replace(before, `b: Int @deprecated(reason: "use a; gone from 2026-02-03")`, "", 1)
	if got := breaks(parsed(t, before), parsed(t, early), time.Date(2026, 2, 2, 0, 0, 0, 0, time.UTC)); len(got) != 1 {
		t.Errorf("gone before its day: %v", got)
	}
}
