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
	"path/filepath"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

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

	a := &app{stdin: os.Stdin, stdout: stdout, stderr: stderr}
	root := newRootCommand(a)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	return a.report(ctx, cmd, err)
}

// interruptedNote is the annotation of a command that says what becomes of its
// work when a signal ends it.
const interruptedNote = "interrupted"

// report prints a command's error, once, and gives the exit status.
func (a *app) report(ctx context.Context, cmd *cobra.Command, err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &usage):
		fmt.Fprintf(a.stderr, "clickql: %v\n", err)
		return exitUsage
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(a.stderr, "clickql: interrupted"+cmd.Annotations[interruptedNote])
		return exitFailed
	}
	if a.ended != nil {
		err = fmt.Errorf("%w; %w", err, a.ended)
	}
	fmt.Fprintf(a.stderr, "clickql: %v%s\n", err, a.remedy(err))
	return exitFailed
}

// refused reports that ClickHouse does not let the account in.
func refused(err error) bool {
	code, _ := chconn.Code(err)
	return slices.Contains([]int32{192, 193, 194, 195, 516}, code) // UNKNOWN_USER, WRONG_PASSWORD, REQUIRED_PASSWORD, IP_ADDRESS_NOT_ALLOWED, AUTHENTICATION_FAILED
}

// remedy says what to do about a failure of the database, which the place
// that it came up in cannot know.
func (a *app) remedy(err error) string {
	class := chconn.Classify(err)
	switch {
	case class == chconn.Unavailable && errors.As(err, new(*engine.EndedError)):
		return ", and run the same command again"
	case class == chconn.Unavailable && a.clickhouse == "":
		return "; the embedded ClickHouse has gone: run the same command again, which starts it anew (its log is " +
			filepath.Join(a.data, "log", "engine.log") + ")"
	case class == chconn.Unavailable:
		return "; check that ClickHouse is up and that --clickhouse names it"
	case class == chconn.DiskFull && a.clickhouse == "":
		return "; the disk that holds " + a.data + " is full: make room on it, and run the same command again"
	case class == chconn.DiskFull:
		return "; the disk of the ClickHouse server is full: make room on it, and run the same command again"
	case refused(err):
		return "; check the user and the password in --clickhouse"
	case class == chconn.Denied:
		return "; use an account that may do this in --clickhouse"
	case class == chconn.UnknownTable:
		return "; create what is missing with: clickql schema apply"
	}
	return ""
}
