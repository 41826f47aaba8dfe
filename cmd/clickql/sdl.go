package main

import (
	"strings"

	"github.com/vektah/gqlparser/v2/formatter"

	"clickql/graph"
)

// schemaText is the schema as text.
func schemaText() string {
	var b strings.Builder
	formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatSchema(graph.NewExecutableSchema(graph.Config{}).Schema())
	return b.String()
}
