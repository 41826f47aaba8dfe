// Command clickql is a GraphQL gateway for PyPI download analytics on
// ClickHouse, and the tools that fill and check its tables.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"clickql/internal/chconn"
	"clickql/internal/engine"
)

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1 // the message says what, which object, and what to do
	exitUsage  = 2 // the command line is wrong
)

func main() {
	// The embedded ClickHouse is this same binary, started again.
	if engine.IsChild() {
		os.Exit(engine.RunChild())
	}
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run executes one command line and gives the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first signal cancels; with the handler gone the second one ends the
	// process at once.
	context.AfterFunc(ctx, stop)

	root := newRootCommand(&app{stdout: stdout, stderr: stderr})
	root.SetArgs(args)
	return report(ctx, stderr, root.ExecuteContext(ctx))
}

// report prints a command's error, once, and gives the exit status.
func report(ctx context.Context, stderr io.Writer, err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "clickql: %v\n", err)
		return exitUsage
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "clickql: interrupted")
		return exitFailed
	}
	fmt.Fprintf(stderr, "clickql: %v%s\n", err, remedy(err))
	return exitFailed
}

// remedy says what to do about a failure of the database, which the place
// that it came up in cannot know.
func remedy(err error) string {
	switch chconn.Classify(err) {
	case chconn.Unavailable:
		return "; check that ClickHouse is up and that --clickhouse names it"
	case chconn.Denied:
		return "; use an account that may do this in --clickhouse"
	case chconn.UnknownTable:
		return "; create what is missing with: clickql schema apply"
	}
	return ""
}
