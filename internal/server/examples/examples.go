// Package examples holds the queries that newcomers are shown: in the
// playground's tabs, and by `clickql serve --demo` to paste.
package examples

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed *.graphql
var files embed.FS

// Example is one query with its explanation.
type Example struct {
	// About is the comment at its head, in one line.
	About string
	// Query is the whole document, its comments included.
	Query string
}

// All lists the examples in the order in which they explain themselves.
func All() []Example {
	names, err := fs.Glob(files, "*.graphql")
	if err != nil {
		panic(err) // the pattern is valid
	}
	list := make([]Example, 0, len(names))
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			panic(err) // embedded
		}
		list = append(list, parse(string(text)))
	}
	return list
}

// parse splits a document into the comment at its head and its operation.
func parse(text string) Example {
	var about []string
	for line := range strings.Lines(text) {
		comment, ok := strings.CutPrefix(line, "#")
		if !ok {
			break
		}
		about = append(about, strings.TrimSpace(comment))
	}
	return Example{strings.Join(about, " "), text}
}

// Compact is the query on one line without comments, as a shell wants it.
func (e Example) Compact() string {
	var words []string
	for line := range strings.Lines(e.Query) {
		code, _, _ := strings.Cut(line, "#")
		words = append(words, strings.Fields(code)...)
	}
	return strings.Join(words, " ")
}

// Body is the query without the comment at its head.
func (e Example) Body() string {
	rest := e.Query
	for strings.HasPrefix(rest, "#") {
		_, rest, _ = strings.Cut(rest, "\n")
	}
	return rest
}
