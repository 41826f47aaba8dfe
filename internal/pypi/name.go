package pypi

import (
	"regexp"
	"strings"
)

// separators are what PEP 503 folds into one hyphen.
var separators = regexp.MustCompile(`[-_.]+`)

// NormalizeName is a project's name as PyPI compares it: lower case, every run
// of hyphens, underscores and dots one hyphen (PEP 503, "Normalized Names").
func NormalizeName(name string) string {
	return separators.ReplaceAllString(strings.ToLower(strings.TrimSpace(name)), "-")
}
