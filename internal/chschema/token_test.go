package chschema_test

import (
	"fmt"
	"slices"
	"testing"

	"clickql/internal/chschema"
)

// TestTokens reads quotes, escapes and comments as the server does.
func TestTokens(t *testing.T) {
	for sql, want := range map[string][]chschema.Token{
		"a.`b.c`":                   {{Kind: chschema.Word, Text: "a"}, {Kind: chschema.Sign, Text: "."}, {Kind: chschema.Quoted, Text: "b.c"}},
		`"a ""b"""`:                 {{Kind: chschema.Quoted, Text: `a "b"`}},
		"`a``b\\`c`":                {{Kind: chschema.Quoted, Text: "a`b`c"}},
		`'it''s, (it\'s)'`:          {{Kind: chschema.Text, Text: "it's, (it's)"}},
		`'\\ \n\t\x41\d'`:           {{Kind: chschema.Text, Text: "\\ \n\tA\\d"}},
		"1.5e3-2":                   {{Kind: chschema.Number, Text: "1.5e3"}, {Kind: chschema.Sign, Text: "-"}, {Kind: chschema.Number, Text: "2"}},
		"a /* TO b, ' */ c -- d\ne": {{Kind: chschema.Word, Text: "a"}, {Kind: chschema.Word, Text: "c"}, {Kind: chschema.Word, Text: "e"}},
		"é # rest":                  {{Kind: chschema.Word, Text: "é"}},
		"a -- '":                    {{Kind: chschema.Word, Text: "a"}},
		"'open":                     {{Kind: chschema.Text, Text: "open"}},
		`'\`:                        {{Kind: chschema.Text, Text: `\`}},
		`'\x4`:                      {{Kind: chschema.Text, Text: `\x4`}},
		"":                          nil,
	} {
		got := chschema.Tokens(sql)
		for i, token := range got {
			// What is quoted or escaped stands otherwise in the text; read again it is the same.
			if again := chschema.Tokens(token.At.Of(sql)); len(again) != 1 || again[0].Kind != token.Kind || again[0].Text != token.Text {
				t.Errorf("%s: %v stands at %q", sql, token, token.At.Of(sql))
			}
			got[i].At = chschema.Span{}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", sql, got, want)
		}
	}
}

// TestSameText tells words from strings, and a name from nothing but its quotes.
func TestSameText(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"SELECT `a` FROM d.t", "SELECT a\nFROM d.`t`", true}, {"SELECT 'a'", "SELECT a", false}, {"SELECT 'a'", "SELECT 'A'", false},
		{"SELECT f('a', 'b')", "SELECT f('a'', ''b')", false}, {"SELECT 1", "SELECT 1, 2", false},
	} {
		if chschema.SameText(c.a, c.b) != c.same {
			t.Errorf("%s and %s: the same is %v, want %v", c.a, c.b, !c.same, c.same)
		}
	}
	for name, want := range map[string]string{"a": "a", "`a b`": "a b", "f(a)": "f(a)", "": ""} {
		if got := chschema.Unquoted(name); got != want {
			t.Errorf("%s without quotes is %q, want %q", name, got, want)
		}
	}
}

// TestSplitTop cuts at the commas outside brackets and strings.
func TestSplitTop(t *testing.T) {
	for sql, want := range map[string]string{
		"a, f(b, [c, d]), 'e, f', (g, h)": "[a f(b, [c, d]) 'e, f' (g, h)]",
		"a":                               "[a]",
		"":                                "[]",
		"a, ":                             "[a]",
	} {
		var got []string
		for _, part := range chschema.SplitTop(chschema.Tokens(sql)) {
			got = append(got, chschema.Written(part))
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", sql, got, want)
		}
	}
	for sql, want := range map[string]string{"((a, b))": "a, b", "(a), (b)": "(a), (b)", "()": "", "(a": "(a"} {
		if got := chschema.Written(chschema.Unwrap(chschema.Tokens(sql))); got != want {
			t.Errorf("%s without brackets is %q, want %q", sql, got, want)
		}
	}
}
