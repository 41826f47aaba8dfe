package graph

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"clickql/graph/coerce"
	"clickql/internal/cube"
	"clickql/internal/gqlhttp"
)

// verdict is what is to be said of an operation before anything runs.
type verdict struct {
	Document  bool           `json:"document"`
	Variables bool           `json:"variables"`
	Fields    map[string]any `json:"fields"` // arguments by path, or "error"
}

// asked is an operation as a client sends it.
type asked struct {
	Query     string         `json:"query"`
	Variables map[string]any `json:"variables,omitempty"`
}

// Documents, variables and arguments are valid or not as graphql-js has it, and
// arguments come to the same values.
func TestVerdictsAreThoseOfGraphqlJS(t *testing.T) {
	const operations = 6000
	g := &operationGenerator{Rand: rand.New(rand.NewPCG(7, 1))}
	var all []asked
	var lines bytes.Buffer
	for range operations {
		one := g.operation()
		line, err := json.Marshal(one)
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(line, '\n'))
		var again asked // as it is sent
		if err := decodeNumbers(line, &again); err != nil {
			t.Fatal(err)
		}
		all = append(all, again)
	}
	schema, err := filepath.Abs("../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	node := exec.CommandContext(t.Context(), "node", "verdicts.mjs", schema)
	node.Dir, node.Stdin = "../internal/server/web", &lines
	var stderr bytes.Buffer
	node.Stderr = &stderr
	out, err := node.Output()
	if err != nil {
		t.Fatalf("graphql-js (make build installs it): %v\n%s", err, stderr.String())
	}
	judge := newJudge(t)
	theirs := bufio.NewScanner(bytes.NewReader(out))
	theirs.Buffer(nil, 1<<20)
	differ, kinds := 0, map[string]int{}
	for _, one := range all {
		if !theirs.Scan() {
			t.Fatal("graphql-js has stopped judging")
		}
		var want verdict
		if err := json.Unmarshal(theirs.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		got, why := judge(one)
		kinds[want.kind()]++
		if diff := cmp.Diff(plain(want), plain(got)); diff != "" && differ < 20 {
			differ++
			variables, _ := json.Marshal(one.Variables)
			t.Errorf("%s\n%s\ngraphql-js (-) and the gateway (+), %v:\n%s", one.Query, variables, why, diff)
		}
	}
	for _, kind := range []string{"no document", "no variables", "no arguments", "valid"} {
		if kinds[kind] < operations/100 {
			t.Errorf("%d of %d operations are of the kind %q: too few", kinds[kind], operations, kind)
		}
	}
}

// kind is what is wrong with an operation.
func (v verdict) kind() string {
	switch {
	case !v.Document:
		return "no document"
	case !v.Variables:
		return "no variables"
	}
	for _, f := range v.Fields {
		if f == "error" {
			return "no arguments"
		}
	}
	return "valid"
}

// decodeNumbers keeps the digits of numbers.
func decodeNumbers(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(into)
}

// newJudge is the gateway's judgement.
func newJudge(t *testing.T) func(asked) (verdict, gqlerror.List) {
	cfg := HandlerConfig{Loader: loaderOn(t, fixed{snap: knownData(t)})}.withDefaults()
	es := NewExecutableSchema(Config{Resolvers: resolver{}, Schema: publicSchema()})
	reader := coerce.NewReader(es.Schema(), scalars)
	exec := executor.New(es)
	exec.SetQueryCache(gqlhttp.Handed{})
	captured := &capture{ctx: t.Context()}
	guard := gqlhttp.NewGuard(gqlhttp.GuardConfig{
		Schema: es.Schema(), Rules: validationRules(reader, false), Variables: variables(reader), Limits: cfg.Limits.Document,
	}).Transport(captured)
	ops := &operations{cfg: cfg, schema: es.Schema(), reader: reader}
	return func(one asked) (verdict, gqlerror.List) {
		captured.params = &graphql.RawParams{Query: one.Query, Variables: one.Variables}
		guard.Do(nil, nil, exec)
		v := verdict{Document: true, Variables: true}
		if len(captured.errs) > 0 {
			v.Variables = false
			v.Document = captured.errs[0].Extensions["code"] == "BAD_USER_INPUT"
			return v, captured.errs
		}
		v.Fields = map[string]any{}
		ctx := graphql.WithOperationContext(t.Context(), captured.op)
		root, err := ops.compile(ctx, cfg.begin(ctx, false))
		if err != nil {
			v.Fields[""] = "error"
			return v, gqlerror.List{gqlerror.Wrap(err)}
		}
		noteArguments(v.Fields, root)
		return v, nil
	}
}

// noteArguments notes the arguments of fields, those of what is below an error
// apart.
func noteArguments(fields map[string]any, nodes []*node) {
	for _, n := range nodes {
		if n.field.Definition != nil && len(n.field.Definition.Arguments) > 0 {
			fields[strings.TrimPrefix(n.path, "/")] = plainArguments(n.given)
			if n.given == nil {
				fields[strings.TrimPrefix(n.path, "/")] = "error"
				continue
			}
		}
		noteArguments(fields, n.below)
	}
}

// plainArguments are arguments as JSON has them.
func plainArguments(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, one := range v {
			out[name] = plainArguments(one)
		}
		return out
	case []any:
		out := []any{}
		for _, one := range v {
			out = append(out, plainArguments(one))
		}
		return out
	case cube.Day:
		return v.String()
	case coerce.Default:
		return string(v)
	}
	return v
}

// capture is a transport that goes no further than the operation's context.
type capture struct {
	ctx    context.Context
	params *graphql.RawParams
	op     *graphql.OperationContext
	errs   gqlerror.List
}

func (*capture) Supports(*http.Request) bool { return true }

func (c *capture) Do(_ http.ResponseWriter, _ *http.Request, exec graphql.GraphExecutor) {
	c.op, c.errs = exec.CreateOperationContext(graphql.StartOperationTrace(c.ctx), c.params)
}

// operationGenerator makes operations, about half of them valid: arguments of
// every type, by literals and by variables, of their types and of others, null and
// left out.
type operationGenerator struct {
	*rand.Rand
	variables []string
	values    map[string]any
	spoilt    int // what is deliberately wrong so far
}

// one of them.
func (g *operationGenerator) of(choices ...string) string { return choices[g.IntN(len(choices))] }

// inputs are the arguments of some fields, by their types.
var inputs = []struct{ field, arguments, selection string }{
	{"search", "text:String! first:Int!=10 after:String", "{ pageInfo { hasNextPage } }"},
	{"downloads", "projects:[String!] range:DateRange filter:DownloadsFilter", "{ BELOW }"},
	{"topProjects", "range:DateRange filter:DownloadsFilter first:Int!=10 after:String", "{ nodes { total } }"},
	{"emergingProjects", "months:Int!=3 first:Int!=10", "{ total }"},
	{"hotProjects", "months:Int!=6 minDownloads:Int64!=100000 first:Int!=10", "{ growth }"},
	{"projects", "names:[String!]!", "{ downloads { BELOW } }"},
	{"compare", "projects:[String!]! range:DateRange filter:DownloadsFilter interval:Interval!=DAY", "{ dates }"},
	{"portfolio", "requirements:String author:String maintainer:String projects:[String!]", "{ projectCount }"},
	{"project", "name:String!", "{ rank(RANK) { position } releases(PAGE) { nodes { version } } }"},
}

// below are fields of Downloads.
var below = []struct{ field, arguments, selection string }{
	{"series", "interval:Interval!=DAY", "{ dates }"},
	{"by", "dimension:Dimension! first:Int!=10 others:Boolean!=false", "{ label }"},
	{"byRelease", "level:ReleaseLevel!=MINOR first:Int!=10 others:Boolean!=false", "{ label }"},
	{"total", "", ""},
}

func (g *operationGenerator) operation() asked {
	g.variables, g.values, g.spoilt = nil, map[string]any{}, 0
	var fields []string
	for i := range 1 + g.IntN(3) {
		f := inputs[g.IntN(len(inputs))]
		selection := f.selection
		for strings.Contains(selection, "BELOW") {
			b := below[g.IntN(len(below))]
			selection = strings.Replace(selection, "BELOW", b.field+g.arguments(b.arguments)+" "+b.selection, 1)
		}
		if strings.Contains(selection, "RANK") {
			selection = strings.Replace(selection, "(RANK)", g.arguments("range:DateRange filter:DownloadsFilter"), 1)
			selection = strings.Replace(selection, "(PAGE)", g.arguments("first:Int!=10 after:String"), 1)
		}
		if g.IntN(20) == 0 {
			i = 0 // to be merged with another, or not
		}
		fields = append(fields, fmt.Sprintf("f%d: %s%s%s %s", i, f.field, g.arguments(f.arguments), g.directive(), selection))
	}
	declared := ""
	if len(g.variables) > 0 {
		declared = "(" + strings.Join(g.variables, ", ") + ")"
	}
	return asked{"query Q" + declared + " { " + strings.Join(fields, " ") + " }", g.values}
}

// directive sometimes leaves a field out.
func (g *operationGenerator) directive() string {
	if g.IntN(12) > 0 {
		return ""
	}
	return fmt.Sprintf(" @%s(if: %s)", g.of("skip", "include"), g.value("Boolean!", 0))
}

// arguments are some of those declared as "name:Type!=default ...".
func (g *operationGenerator) arguments(declared string) string {
	var given []string
	for _, d := range strings.Fields(declared) {
		name, t, _ := strings.Cut(d, ":")
		t, _, byDefault := strings.Cut(t, "=")
		required := strings.HasSuffix(t, "!") && !byDefault
		if required && g.IntN(40) > 0 || !required && g.IntN(3) == 0 {
			position := t
			if byDefault {
				position = strings.TrimSuffix(t, "!") + "?"
			}
			given = append(given, name+": "+g.value(position, 0))
		}
	}
	if g.IntN(120) == 0 {
		given = append(given, g.of("planet: 1", "first: 1", "range: {last: 3}"))
	}
	if len(given) == 0 {
		return ""
	}
	return "(" + strings.Join(given, ", ") + ")"
}

// value is a literal or a variable for a position of the type; "?" ends the type
// of one that is not null and has a default.
func (g *operationGenerator) value(t string, depth int) string {
	if g.IntN(3) > 0 || depth > 3 {
		return g.literal(t, depth)
	}
	name := fmt.Sprintf("v%d", len(g.variables))
	declared, position := strings.TrimSuffix(strings.TrimSuffix(t, "?"), "!"), t
	switch {
	case strings.HasSuffix(position, "!") && g.IntN(12) > 0, g.IntN(4) == 0:
		declared += "!"
	}
	if g.IntN(40) == 0 {
		declared = g.of("Int", "String", "Boolean", "[String!]", "Date", "DateRange", "ValueFilter", "Float", "ID")
	}
	byDefault := ""
	if g.IntN(4) == 0 {
		byDefault = " = " + g.constant(declared)
	}
	g.variables = append(g.variables, "$"+name+": "+declared+byDefault)
	switch {
	case g.IntN(16) == 0: // no value
	case g.IntN(10) == 0:
		g.values[name] = nil
	default:
		var v any
		if err := json.Unmarshal([]byte(g.json(declared, 0)), &v); err == nil {
			g.values[name] = v
		}
	}
	return "$" + name
}

// constant is a literal without variables.
func (g *operationGenerator) constant(t string) string { return g.literal(t, 100) }

// wrong is sometimes a value of another kind.
func (g *operationGenerator) wrong() (string, bool) {
	if g.IntN(60) > 0 {
		return "", false
	}
	return g.of(`"x"`, `3`, `3.5`, `true`, `null`, `[]`, `{}`, `[null]`, `"2024-02-30"`, `99999999999`, `-1`, `1e3`, `3.0`, `""`, `"30"`), true
}

func (g *operationGenerator) literal(t string, depth int) string {
	if text, is := g.wrong(); is {
		return text
	}
	return g.text(t, depth, false)
}

func (g *operationGenerator) json(t string, depth int) string {
	if text, is := g.wrong(); is {
		return text
	}
	return g.text(t, depth, true)
}

// inner is a value inside another.
func (g *operationGenerator) inner(t string, depth int, asJSON bool) string {
	switch {
	case asJSON:
		return g.json(t, depth+1)
	case depth >= 100:
		return g.literal(t, depth)
	}
	return g.value(t, depth+1)
}

// fieldsOf are the fields of inputs.
var fieldsOf = map[string]string{
	"DateRange": "from:Date to:Date last:Int unit:Interval", "ValueFilter": "eq:String in:[String!] notIn:[String!]",
	"VersionFilter":   "eq:String in:[String!] specifier:String",
	"DownloadsFilter": "version:VersionFilter country:ValueFilter ci:ValueFilter mirrors:Boolean?",
}

// text is a value that is most likely of the type.
func (g *operationGenerator) text(t string, depth int, asJSON bool) string {
	nullable := !strings.HasSuffix(t, "!") && !strings.HasSuffix(t, "?")
	t = strings.TrimSuffix(strings.TrimSuffix(t, "?"), "!")
	if nullable && g.IntN(20) == 0 {
		return "null"
	}
	if strings.HasPrefix(t, "[") {
		element := strings.TrimSuffix(strings.TrimPrefix(t, "["), "]")
		if g.IntN(6) == 0 {
			return g.inner(element, depth, asJSON)
		}
		var list []string
		for range g.IntN(3) {
			list = append(list, g.inner(element, depth, asJSON))
		}
		return "[" + strings.Join(list, ", ") + "]"
	}
	if fields, isInput := fieldsOf[t]; isInput {
		return g.object(t, strings.Fields(fields), depth, asJSON)
	}
	values := map[string][]string{
		"Int": {"1", "0", "7", "-3", "2147483647", "2147483648"}, "Int64": {"1", "5000000000", "0"}, "Float": {"1.5", "2", "1e3"},
		"Boolean": {"true", "false"}, "String": {`"numpy"`, `""`, `"US"`}, "ID": {`"x"`, "5"},
		"Date": {`"2024-02-29"`, `"2023-02-29"`, `"2024-1-1"`}, "Interval": {"DAY", "MONTH", "day", "HOUR"},
		"Dimension": {"COUNTRY", "VERSION", "CI", "PLANET"}, "ReleaseLevel": {"MAJOR", "MINOR", "PATCH"},
	}[t]
	text := values[min(g.IntN(len(values)), g.IntN(len(values)), g.IntN(len(values)), g.IntN(len(values)))]
	if kind := text[0]; asJSON && kind >= 'A' && kind <= 'Z' || asJSON && text == "day" {
		return `"` + text + `"`
	}
	return text
}

// object is a value of an input.
func (g *operationGenerator) object(t string, fields []string, depth int, asJSON bool) string {
	some := 1
	if !strings.HasPrefix(t, "V") || g.IntN(15) == 0 { // @oneOf
		some = g.IntN(3)
	}
	var given []string
	seen := map[string]bool{}
	for range some {
		name, of, _ := strings.Cut(fields[g.IntN(len(fields))], ":")
		if g.IntN(60) == 0 {
			name = "planet"
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		if asJSON {
			given = append(given, fmt.Sprintf("%q: %s", name, g.inner(of, depth, true)))
		} else {
			if strings.HasPrefix(t, "V") && g.IntN(10) > 0 {
				of += "!"
			}
			given = append(given, name+": "+g.inner(of, depth, false))
		}
	}
	return "{" + strings.Join(given, ", ") + "}"
}
