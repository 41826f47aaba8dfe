package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"clickql/ingest/verify"
	"clickql/internal/server/examples"
)

// printAddresses says where everything is.
func printAddresses(w io.Writer, base string) {
	fmt.Fprintf(w, `
ClickQL answers at %[1]s

  playground   %[1]s/playground
  GraphQL      %[1]s/graphql
  schema       %[1]s/schema.graphql
  a chart      %[1]s/chart/pandas.svg?by=python
  a badge      %[1]s/badge/pandas.svg

Stop it with Ctrl-C.
`, base)
}

// printExamples shows queries to paste: into a shell, or into the playground,
// which opens with the same ones.
func printExamples(w io.Writer, base string, list []examples.Example) {
	for i, e := range list {
		fmt.Fprintf(w, "\n%s\nExample %d: %s\n\n", strings.Repeat("-", 72), i+1, e.About)
		fmt.Fprintf(w, "%s\n\n", curl(base, e))
		fmt.Fprintf(w, "%s\n", indent(e.Body()))
	}
}

// curl is a command line that asks the example.
func curl(base string, e examples.Example) string {
	body, err := json.Marshal(map[string]string{"query": e.Compact()})
	if err != nil {
		panic(err) // strings are always JSON
	}
	return fmt.Sprintf("curl -s %s/graphql -H 'Content-Type: application/json' -d %s", base, verify.ShellQuote(string(body)))
}

// indent moves text to the right.
func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")
}
