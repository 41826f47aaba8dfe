package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"

	"clickql/graph"
	"clickql/internal/fetch"
	"clickql/internal/gateway"
	"clickql/internal/mcpserver"
)

// newMCPCommand is the Model Context Protocol over standard input and output.
func newMCPCommand(a *app) *cobra.Command {
	f := serveFlags{limits: graph.DefaultLimits(), maxBody: 4 << 20, maxResponse: 16 << 20, lookEvery: time.Second}
	cmd := &cobra.Command{
		Use:   "mcp",
		Short: "Answer a language model over standard input and output",
		Long: `Offers tools to a language model, by the Model Context Protocol on standard input
and output: to search projects, sum one up, run any GraphQL query, read the schema
by topic and draw charts. It only reads. A program that runs models starts it, and
it ends when its input does; the log goes to standard error.

The same tools are at /mcp of clickql serve, over streamable HTTP.`,
		Example: `  clickql mcp --clickhouse clickhouse://reader:password@host:9000/pypi
  claude mcp add clickql -- clickql mcp --data /var/lib/clickql`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.mcp(cmd.Context(), f, cmd.InOrStdin())
		},
	}
	flags := cmd.Flags()
	flags.DurationVar(&f.queryTimeout, "query-timeout", fetch.DefaultQueryTimeout, "longest that answering a request may take")
	flags.Int64Var(&f.maxRows, "max-rows", 0, "most `rows` that a question may be expected to read; 0 for the database's own limits only")
	flags.Int64Var(&f.maxCost, "max-cost", 0, "most `rows` that a whole operation may be expected to have read; 0 for no limit")
	return cmd
}

// mcp answers one client until its messages end.
func (a *app) mcp(ctx context.Context, f serveFlags, in io.Reader) (err error) {
	if f.queryTimeout <= 0 || f.maxRows < 0 || f.maxCost < 0 {
		return usagef("--query-timeout must be longer than 0s, and --max-rows and --max-cost not negative")
	}
	source, err := a.openSource(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	g := gateway.New(a.gatewayConfig(f, source))
	defer func() { err = errors.Join(err, g.Stop()) }()
	if err := g.Start(ctx); err != nil {
		return err
	}
	return mcpserver.New(mcpserver.Config{Gateway: g.Handler(), Version: version(), Log: a.log}).Run(ctx, in, a.stdout)
}
