package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"clickql/graph"
	"clickql/internal/fetch"
	"clickql/internal/gateway"
	"clickql/internal/gqlhttp"
	"clickql/internal/tabular"
)

// askFlags are the flags of ask.
type askFlags struct {
	variables string
	operation string
	format    choice
}

// newAskCommand runs one operation.
func newAskCommand(a *app) *cobra.Command {
	f := askFlags{format: choice{value: "table", of: []string{"table", "json", "csv", "parquet"}}}
	cmd := &cobra.Command{
		Use:   "ask FILE.graphql",
		Short: "Run one GraphQL operation and print its answer",
		Long: `Runs the operation in a file, or of standard input where the file is -, as clickql
serve would, and prints the answer: for people, or as a file on standard output.

A table has a row for each object of the innermost list, with what stands around
it repeated; lists of plain values, such as a series' dates and totals, stand side
by side. An answer with several lists that do not belong together is no one table
and can be had as JSON. What the answer says of errors goes to standard error, and
the exit status is then 1.`,
		Example: `  clickql ask downloads.graphql
  clickql ask downloads.graphql --variables '{"name": "pandas"}' --format csv
  echo '{ topProjects(first: 10) { nodes { project { name } total } } }' | clickql ask -`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.ask(cmd.Context(), args[0], cmd.InOrStdin(), f)
		},
	}
	cmd.Flags().StringVar(&f.variables, "variables", "{}", "the operation's variables, a `JSON` object")
	cmd.Flags().StringVar(&f.operation, "operation", "", "`name` of the operation, where the file has several")
	cmd.Flags().Var(&f.format, "format", "how to print it: table, json, csv or parquet")
	return cmd
}

// ask runs the operation in a file.
func (a *app) ask(ctx context.Context, file string, in io.Reader, f askFlags) (err error) {
	body, err := readQuestion(file, in, f)
	if err != nil {
		return err
	}
	source, err := a.openSource(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	g := gateway.New(a.gatewayConfig(serveFlags{limits: graph.DefaultLimits(), queryTimeout: fetch.DefaultQueryTimeout, maxBody: 16 << 20, maxResponse: 256 << 20}, source))
	defer func() { err = errors.Join(err, g.Stop()) }()
	if err := g.Start(ctx); err != nil {
		return err
	}
	answer, err := operate(ctx, g.GraphQL(), body)
	if err != nil {
		return err
	}
	return a.print(answer, f.format.value)
}

// readQuestion is the request's body.
func readQuestion(file string, in io.Reader, f askFlags) ([]byte, error) {
	var document []byte
	var err error
	if file == "-" {
		document, err = io.ReadAll(in)
	} else {
		document, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, usagef("read the operation: %w", err)
	}
	variables := map[string]any{}
	d := json.NewDecoder(strings.NewReader(f.variables))
	d.UseNumber()
	if err := d.Decode(&variables); err != nil {
		return nil, usagef("--variables is no JSON object: %w", err)
	}
	request := map[string]any{"query": string(document), "variables": variables}
	if f.operation != "" {
		request["operationName"] = f.operation
	}
	return json.Marshal(request)
}

// answered is a GraphQL response.
type answered struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Message    string `json:"message"`
		Path       []any  `json:"path"`
		Extensions struct {
			Code string `json:"code"`
		} `json:"extensions"`
	} `json:"errors"`
	body []byte
}

// operate asks the handler.
func operate(ctx context.Context, handler http.Handler, body []byte) (*answered, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	w := &gqlhttp.Recorder{Head: http.Header{}}
	handler.ServeHTTP(w, r)
	answer := &answered{body: w.Body.Bytes()}
	if err := json.Unmarshal(answer.body, answer); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return answer, nil
}

// print writes an answer in a format, and what went wrong to standard error.
func (a *app) print(answer *answered, format string) error {
	var err error
	if len(answer.Errors) > 0 {
		lines := make([]string, len(answer.Errors))
		for i, e := range answer.Errors {
			at := make([]string, len(e.Path))
			for j, p := range e.Path {
				at[j] = fmt.Sprint(p)
			}
			lines[i] = strings.TrimSpace(e.Extensions.Code + " " + strings.Join(at, ".") + ": " + e.Message)
		}
		err = errors.New(strings.Join(lines, "\n"))
	}
	if format == "json" {
		var text bytes.Buffer
		if failed := json.Indent(&text, answer.body, "", "  "); failed != nil {
			return failed
		}
		text.WriteByte('\n')
		_, failed := a.stdout.Write(text.Bytes())
		return errors.Join(err, failed)
	}
	if len(answer.Data) == 0 || string(answer.Data) == "null" {
		return err
	}
	table, failed := tabular.Flatten(answer.Data)
	switch {
	case failed != nil:
	case format == "table":
		failed = table.Print(a.stdout)
	default:
		failed = table.Write(tabular.Format(format), a.stdout)
	}
	return errors.Join(err, failed)
}
