package pypi

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Patterns of what normalising a name takes out, as RE2 reads them here and in
// ClickHouse.
const (
	// separatorRuns are what PEP 503 folds into one hyphen.
	separatorRuns = `[-_.]+`
	// outerSpace is white space as Unicode has it, at the ends.
	outerSpace = `^[\t-\r\x{85}\pZ]+|[\t-\r\x{85}\pZ]+$`
)

var separators = regexp.MustCompile(separatorRuns)

// NormalizeName is a project's name as PyPI compares it: without white space
// around it, in lower case, every run of hyphens, underscores and dots one hyphen
// (PEP 503, "Normalized Names"). Names on PyPI are of ASCII; other characters,
// which tables may hold all the same, are left as they are, since no two
// implementations agree on their lower case.
func NormalizeName(name string) string {
	lower := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, strings.TrimSpace(name))
	return separators.ReplaceAllString(lower, "-")
}

// IsNormalized reports that NormalizeName leaves a name as it is, and that it is
// UTF-8. It is for many names.
func IsNormalized(name string) bool {
	for i := range len(name) {
		switch c := name[i]; {
		case c >= utf8.RuneSelf:
			return utf8.ValidString(name) && NormalizeName(name) == name
		case c >= 'A' && c <= 'Z', c == '_', c == '.', c == '-' && i > 0 && name[i-1] == '-', c == ' ', c >= '\t' && c <= '\r':
			return NormalizeName(name) == name
		}
	}
	return true
}

// FoldedSQL is, of a ClickHouse expression of texts, what PEP 503 makes of a name that
// has no white space around it, as names in the table of metadata have none.
func FoldedSQL(name string) string {
	return "lower(replaceRegexpAll(" + name + ", '" + separatorRuns + "', '-'))"
}

// NormalizedSQL is NormalizeName of a ClickHouse expression of texts, for any that
// are UTF-8.
func NormalizedSQL(name string) string {
	return FoldedSQL("replaceRegexpAll(" + name + ", '" + strings.ReplaceAll(outerSpace, `\`, `\\`) + "', '')")
}
