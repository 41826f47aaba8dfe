package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"clickql/internal/chconn"
	"clickql/internal/engine"
)

// app is what every command shares: the global flags and where output goes.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	log            *slog.Logger // set before a command runs

	clickhouse, data, database string
	logLevel, logFormat        choice

	shown atomic.Pointer[progress] // the last that was begun
	ended *engine.EndedError       // why the embedded engine ended; nil where it did not
}

// commands lists the subcommands in the order of the help text. A subcommand
// lives in a file of its own and adds one line here.
func (a *app) commands() []*cobra.Command {
	return []*cobra.Command{
		newServeCommand(a),
		newAskCommand(a),
		newMCPCommand(a),
		newSchemaCommand(a),
		newIngestCommand(a),
		newKeysCommand(a),
		newAdviseCommand(a),
		newSampleCommand(a),
		newHealthcheckCommand(a),
		newVersionCommand(a),
	}
}

// newRootCommand is the whole command line.
func newRootCommand(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:           "clickql",
		Short:         "GraphQL analytics of PyPI downloads on ClickHouse",
		Long:          rootLong,
		Example:       "  clickql serve --demo\n  clickql schema check --clickhouse clickhouse://user:password@host:9000/pypi",
		Version:       version(),
		SilenceErrors: true, // report prints them
		SilenceUsage:  true,
	}
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetVersionTemplate("clickql {{.Version}}\n")
	a.globalFlags(root.PersistentFlags())
	for name, flag := range map[string]*choice{"log-level": &a.logLevel, "log-format": &a.logFormat} {
		// It fails only for a flag that is not there.
		_ = root.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(flag.of, cobra.ShellCompDirectiveNoFileComp))
	}
	root.AddCommand(a.commands()...)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%w; see %s --help", flagError(err), cmd.CommandPath())
	})
	a.prepare(root)
	return root
}

const rootLong = `ClickQL answers questions about downloads from PyPI over GraphQL, each from
the cheapest table that covers it, and loads the tables exactly once.

Without --clickhouse every command uses an embedded ClickHouse that keeps its
data under --data and runs while a command needs it. Each flag can also be given
as CLICKQL_<FLAG> in the environment, such as CLICKQL_LOG_LEVEL=debug; a flag on
the command line wins. clickql completion bash (or zsh, fish, powershell) prints
what has a shell complete commands, flags and the values of those that take words.`

// globalFlags defines the flags that every command has.
func (a *app) globalFlags(flags *pflag.FlagSet) {
	a.logLevel = choice{value: "info", of: []string{traceName, "debug", "info", "warn", "error"}}
	a.logFormat = choice{value: "text", of: []string{"text", "json"}}
	flags.StringVar(&a.clickhouse, "clickhouse", "", "`DSN` of a server or of a cluster's hosts: clickhouse://user:password@host:9000/pypi, http:// or https://, several hosts separated by commas")
	flags.StringVar(&a.data, "data", ".clickql", "`directory` of the embedded ClickHouse, used without --clickhouse")
	flags.StringVar(&a.database, "database", "", "`name` of the database that holds the tables (default that of the DSN, or pypi)")
	flags.Var(&a.logLevel, "log-level", "least level to log: trace (the driver's connections), debug (what is asked and run), info, warn or error")
	flags.Var(&a.logFormat, "log-format", "how to log: text or json")
}

// prepare gives every command what they have in common: wrong arguments are
// wrong usage, a group of commands by itself does nothing, and before a command
// runs its flags are completed from the environment.
func (a *app) prepare(cmd *cobra.Command) {
	switch {
	case cmd.HasSubCommands() && !cmd.Runnable():
		cmd.Args = cobra.ArbitraryArgs
		cmd.RunE = needsCommand
	case cmd.Args != nil:
		args := cmd.Args
		cmd.Args = func(cmd *cobra.Command, given []string) error {
			if err := args(cmd, given); err != nil {
				return usagef("%w; see %s --help", err, cmd.CommandPath())
			}
			return nil
		}
	default:
		cmd.Args = noArgs
	}
	inner := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		if err := fromEnvironment(cmd.Flags(), os.LookupEnv); err != nil {
			return err
		}
		a.log = slog.New(a.logHandler())
		if inner == nil {
			return nil
		}
		return inner(cmd, args)
	}
	for _, sub := range cmd.Commands() {
		a.prepare(sub)
	}
}

// needsCommand is what a group of commands does by itself.
func needsCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usagef("%s needs one of the commands %s; see %s --help", cmd.CommandPath(), strings.Join(subcommands(cmd), ", "), cmd.CommandPath())
	}
	hint := ""
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf("did you mean %s? ", near[0])
	}
	return usagef("%s has no command %q; %ssee %s --help", cmd.CommandPath(), args[0], hint, cmd.CommandPath())
}

// subcommands lists the names of a group's commands.
func subcommands(cmd *cobra.Command) []string {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}

// noArgs refuses arguments.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no arguments, and was given %q; see %s --help", cmd.CommandPath(), args[0], cmd.CommandPath())
	}
	return nil
}

// fromEnvironment sets each flag that the command line does not give from its
// environment variable, where there is one that is not empty.
func fromEnvironment(flags *pflag.FlagSet, lookup func(string) (string, bool)) error {
	var errs []error
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed || f.Name == "help" || f.Name == "version" {
			return
		}
		name := environmentName(f.Name)
		value, _ := lookup(name)
		if value == "" {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			errs = append(errs, usagef("environment variable %s: %w", name, flagError(err)))
		}
	})
	return errors.Join(errs...)
}

// flagError says what a flag's value must be, where only the machinery that read
// it has said that it cannot be read.
func flagError(err error) error {
	var wrong *pflag.InvalidValueError
	if !errors.As(err, &wrong) {
		return err
	}
	kinds := map[string]string{
		"int": "a whole number", "int64": "a whole number", "uint64": "a whole number from 0 upwards", "float64": "a number such as 0.5",
		"duration": "a time such as 90s, 5m or 1h", "bool": "true or false",
	}
	kind, plain := kinds[wrong.GetFlag().Value.Type()]
	if !plain {
		return err
	}
	return fmt.Errorf("--%s %s: it must be %s", wrong.GetFlag().Name, wrong.GetValue(), kind)
}

// arguments takes from least to most arguments, however many where most is 0;
// what names one as in the command's use.
func arguments(what string, least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return fmt.Errorf("%s needs %s", cmd.CommandPath(), what)
		case most > 0 && len(args) > most:
			return fmt.Errorf("%s takes one %s, and was given %q too", cmd.CommandPath(), what, args[most])
		}
		return nil
	}
}

// environmentName is the variable that a flag is read from.
func environmentName(flag string) string {
	return "CLICKQL_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// traceName is chconn.LevelTrace, which slog has no name for.
const traceName = "trace"

// logHandler writes the log as the flags say.
func (a *app) logHandler() slog.Handler {
	var level slog.Level
	if a.logLevel.value == traceName {
		level = chconn.LevelTrace
	} else if err := level.UnmarshalText([]byte(a.logLevel.value)); err != nil {
		level = slog.LevelInfo
	}
	opts := &slog.HandlerOptions{Level: level, ReplaceAttr: func(groups []string, attr slog.Attr) slog.Attr {
		if at, ok := attr.Value.Any().(slog.Level); ok && len(groups) == 0 && attr.Key == slog.LevelKey && at == chconn.LevelTrace {
			attr.Value = slog.StringValue(strings.ToUpper(traceName))
		}
		return attr
	}}
	out := a.among(a.stderr)
	if a.logFormat.value == "json" {
		return slog.NewJSONHandler(out, opts)
	}
	return slog.NewTextHandler(out, opts)
}

// choice is a flag whose value is one of a few words.
type choice struct {
	value string
	of    []string
}

// String is the value.
func (c *choice) String() string { return c.value }

// Type names the kind of value in help texts.
func (*choice) Type() string { return "word" }

// Set takes one of the words.
func (c *choice) Set(s string) error {
	if !slices.Contains(c.of, s) {
		return fmt.Errorf("%q is none of %s", s, strings.Join(c.of, ", "))
	}
	c.value = s
	return nil
}

// usageError is an error in the command line itself.
type usageError struct{ err error }

// Error is the message.
func (e usageError) Error() string { return e.err.Error() }

// Unwrap is what was wrong.
func (e usageError) Unwrap() error { return e.err }

// usagef is a usageError; the command then exits with status 2.
func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// newVersionCommand prints the version.
func newVersionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  clickql version",
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(a.stdout, "clickql %s\n", version())
			return err
		},
	}
}

// version is the module's version and the commit that it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return versionOf(info)
}

func versionOf(info *debug.BuildInfo) string {
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	text := strings.Trim(cmp.Or(info.Main.Version, "devel"), "()")
	commit := settings["vcs.revision"]
	if commit == "" {
		return text + " (built without its commit)"
	}
	text += " (commit " + commit[:min(12, len(commit))]
	if settings["vcs.modified"] == "true" {
		text += ", changed since"
	}
	return text + ")"
}
