package gqlhttp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
	"pgregory.net/rapid"
)

// zoo has what conflicts can be made of: interfaces, lists, leaves of several
// types under one name, arguments.
var zoo = gqlparser.MustLoadSchema(&ast.Source{Input: `
	type Query { pet(name: String, at: In): Pet cat: Cat dog: Dog pets: [Pet!]! n: Int }
	input In { x: Int y: Int }
	interface Pet { name: String n: Int friend(name: String): Pet }
	type Cat implements Pet { name: String n: Int friend(name: String): Pet lives: Int! fur: String }
	type Dog implements Pet { name: String n: Int friend(name: String): Pet lives: Int fur: [String] }
`})

// selection draws a selection on a type.
func selection(t *rapid.T, on string, depth int) string {
	var b strings.Builder
	for range rapid.IntRange(1, 4).Draw(t, "fields") {
		key := rapid.SampledFrom([]string{"", "", "", "own", "own", "own", "own", "a: ", "n: ", "friend: "}).Draw(t, "alias")
		if key == "own" {
			key = fmt.Sprintf("k%d: ", rapid.IntRange(0, 1<<20).Draw(t, "key"))
		}
		kind := rapid.IntRange(0, 9).Draw(t, "kind")
		switch {
		case kind < 2 && depth > 0:
			to := rapid.SampledFrom([]string{"Pet", "Cat", "Dog"}).Draw(t, "to")
			if on == "Query" {
				to = "Query"
			}
			fmt.Fprintf(&b, "... on %s { %s } ", to, selection(t, to, depth-1))
		case kind == 2 && on != "Query":
			fmt.Fprintf(&b, "...F%d ", rapid.IntRange(0, 2).Draw(t, "fragment"))
		case kind < 6 && depth > 0:
			field, of := "friend", "Pet"
			if on == "Query" {
				field = rapid.SampledFrom([]string{"pet", "cat", "dog", "pets"}).Draw(t, "root")
				of = map[string]string{"pet": "Pet", "pets": "Pet", "cat": "Cat", "dog": "Dog"}[field]
			}
			args := ""
			if field == "friend" || field == "pet" {
				args = rapid.SampledFrom([]string{"", "", "", "", "", "", `(name: "x")`, `(name: "y")`}).Draw(t, "args")
			}
			if field == "pet" && args == "" {
				args = rapid.SampledFrom([]string{"", "(at: {x: 1, y: 2})", "(at: {y: 2, x: 1})", "(at: {x: 2})"}).Draw(t, "at")
			}
			fmt.Fprintf(&b, "%s%s%s { %s } ", key, field, args, selection(t, of, depth-1))
		default:
			leaves := map[string][]string{"Query": {"n"}, "Pet": {"name", "n"}, "Cat": {"name", "n", "lives", "fur"}, "Dog": {"name", "n", "lives", "fur"}}
			b.WriteString(key + rapid.SampledFrom(leaves[on]).Draw(t, "leaf") + " ")
		}
	}
	return b.String()
}

// verdicts are whether the document conflicts, by the library's rule and by ours.
func verdicts(t interface{ Fatal(...any) }, text string) (theirs, ours bool) {
	for _, name := range []string{"library", "ours"} {
		doc, err := parser.ParseQuery(&ast.Source{Input: text})
		if err != nil {
			t.Fatal(text, err)
		}
		if name == "library" {
			theirs = len(validator.ValidateWithRules(zoo, doc, rules.NewRules(rules.OverlappingFieldsCanBeMergedRule))) > 0
			continue
		}
		_, m := measured(doc)
		ours = len(validate(zoo, doc, boundedRules(rules.NewRules(rules.OverlappingFieldsCanBeMergedRule)), m.cyclic)) > 0
	}
	return theirs, ours
}

// The rule that takes the place of the library's quadratic one finds the same
// documents wrong.
func TestOverlapFindsWhatTheLibraryFinds(t *testing.T) {
	counts := map[bool]int{}
	rapid.Check(t, func(t *rapid.T) {
		text := "{ " + selection(t, "Query", 3) + " ...Q ...Q2 } fragment Q on Query { " + selection(t, "Query", 2) + " } " +
			"fragment Q2 on Query { pet { ...F0 ...F1 ...F2 } } "
		for i := range 3 { // each leads to later ones only
			body := selection(t, rapid.SampledFrom([]string{"Pet", "Cat"}).Draw(t, "on"), 1)
			for j := range i + 1 {
				body = strings.ReplaceAll(body, fmt.Sprintf("...F%d ", j), "")
			}
			if strings.Contains(body, "{  }") || strings.TrimSpace(body) == "" {
				body = "name"
			}
			text += fmt.Sprintf("fragment F%d on Pet { name %s } ", i, body)
		}
		theirs, ours := verdicts(t, text)
		if theirs != ours {
			t.Fatalf("the library finds a conflict: %v, ours: %v\n%s", theirs, ours, text)
		}
		counts[theirs]++
	})
	if counts[true] == 0 || counts[false] == 0 {
		t.Errorf("the documents are all of one kind: %v", counts)
	}
}

func TestOverlapMessages(t *testing.T) {
	for text, want := range map[string]string{
		`{ a: n a: __typename }`:                                      `"n" and "__typename" are different fields`,
		`{ pet(name: "x") { n } pet { n } }`:                          "differing arguments",
		`{ pet { ... on Cat { x: lives } ... on Dog { x: lives } } }`: `conflicting types "Int!" and "Int"`,
	} {
		doc, err := parser.ParseQuery(&ast.Source{Input: text})
		if err != nil {
			t.Fatal(err)
		}
		errs := validate(zoo, doc, boundedRules(rules.NewDefaultRules()), false)
		if len(errs) != 1 || !strings.Contains(errs[0].Message, want) || errs[0].Extensions["code"] != "GRAPHQL_VALIDATION_FAILED" {
			t.Errorf("%s: %v, want %s", text, errs, want)
		}
	}
}
