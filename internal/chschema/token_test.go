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
		"a.`b.c`":                   {{chschema.Word, "a"}, {chschema.Sign, "."}, {chschema.Quoted, "b.c"}},
		`"a ""b"""`:                 {{chschema.Quoted, `a "b"`}},
		"`a``b\\`c`":                {{chschema.Quoted, "a`b`c"}},
		`'it''s, (it\'s)'`:          {{chschema.Text, "it's, (it's)"}},
		`'\\ \n\t\x41\d'`:           {{chschema.Text, "\\ \n\tA\\d"}},
		"1.5e3-2":                   {{chschema.Number, "1.5e3"}, {chschema.Sign, "-"}, {chschema.Number, "2"}},
		"a /* TO b, ' */ c -- d\ne": {{chschema.Word, "a"}, {chschema.Word, "c"}, {chschema.Word, "e"}},
		"é # rest":                  {{chschema.Word, "é"}},
		"a -- '":                    {{chschema.Word, "a"}},
		"'open":                     {{chschema.Text, "open"}},
		`'\`:                        {{chschema.Text, `\`}},
		`'\x4`:                      {{chschema.Text, `\x4`}},
		"":                          nil,
	} {
		if got := chschema.Tokens(sql); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", sql, got, want)
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
