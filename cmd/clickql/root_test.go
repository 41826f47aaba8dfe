package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestWrongUsage(t *testing.T) {
	for _, c := range []struct {
		args string
		want string // a part of the message
	}{
		{"", "needs one of the commands"},
		{"shcema", `clickql has no command "shcema"; did you mean schema?`},
		{"nothing-like-it", "see clickql --help"},
		{"schema", "clickql schema needs one of the commands apply, check, coverage, print"},
		{"schema aply", "did you mean apply?"},
		{"schema apply extra", `clickql schema apply takes no arguments, and was given "extra"`},
		{"version extra", "takes no arguments"},
		{"--unknown", "unknown flag: --unknown"},
		{"schema check --unknown", "see clickql schema check --help"},
		{"schema check --json=perhaps", "--json perhaps: it must be true or false; see clickql schema check --help"},
		{"serve --max-depth deep", "--max-depth deep: it must be a whole number"},
		{"serve --query-timeout 5", "--query-timeout 5: it must be a time such as 90s"},
		{"ingest run", "clickql ingest run needs SOURCE; see"},
		{"ingest backfill a b", `clickql ingest backfill takes one TABLE, and was given "b" too`},
		{"schema coverage a b", `takes one PROJECT, and was given "b" too`},
		{"schema check --log-level loud", `"loud" is none of trace, debug, info, warn, error`},
		{"schema check --log-format xml", `"xml" is none of text, json`},
		{"schema apply --cluster", "flag needs an argument"},
		{"schema apply --cluster main", "the embedded ClickHouse is one node"},
		{"schema check --clickhouse host:9000", "write clickhouse://user:password@host:9000/pypi"},
		{"schema print --clickhouse mysql://host", "its scheme is none of"},
	} {
		status, stdout, stderr := clickql(strings.Fields(c.args)...)
		if status != exitUsage || !strings.Contains(stderr, c.want) || stdout != "" {
			t.Errorf("clickql %s: status %d, output %q, message %q; want status %d and %q", c.args, status, stdout, stderr, exitUsage, c.want)
		}
		if !strings.HasPrefix(stderr, "clickql: ") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("clickql %s: the message is not one line: %q", c.args, stderr)
		}
	}
}

func TestVersion(t *testing.T) {
	for _, args := range []string{"--version", "version"} {
		status, stdout, _ := clickql(args)
		if status != exitDone || !strings.HasPrefix(stdout, "clickql ") {
			t.Errorf("clickql %s: status %d, %q", args, status, stdout)
		}
	}
}

// TestPrecedence: a flag wins over the environment, which wins over the default.
func TestPrecedence(t *testing.T) {
	database := func() string {
		status, stdout, stderr := clickql("schema", "print")
		if status != exitDone {
			t.Fatal(stderr)
		}
		_, rest, _ := strings.Cut(stdout, "CREATE DATABASE IF NOT EXISTS ")
		name, _, _ := strings.Cut(rest, " ")
		return name
	}
	t.Setenv("CLICKQL_CLICKHOUSE", "")
	if got := database(); got != "pypi" {
		t.Errorf("by default: %s", got)
	}
	t.Setenv("CLICKQL_CLICKHOUSE", "clickhouse://host/from_dsn")
	if got := database(); got != "from_dsn" {
		t.Errorf("of the DSN in the environment: %s", got)
	}
	t.Setenv("CLICKQL_DATABASE", "from_environment")
	if got := database(); got != "from_environment" {
		t.Errorf("of the environment: %s", got)
	}
	if _, stdout, _ := clickql("schema", "print", "--database", "from_flag"); !strings.Contains(stdout, "from_flag") || strings.Contains(stdout, "from_environment") {
		t.Error("a flag does not win over the environment")
	}
	t.Setenv("CLICKQL_LOG_LEVEL", "loud")
	if status, _, stderr := clickql("schema", "print"); status != exitUsage || !strings.Contains(stderr, "CLICKQL_LOG_LEVEL") {
		t.Errorf("a wrong value in the environment: status %d, %q", status, stderr)
	}
	if status, _, stderr := clickql("schema", "print", "--log-level", "warn"); status != exitDone {
		t.Errorf("a flag does not win over a wrong value in the environment: %s", stderr)
	}
}

// TestLocalFlagsReadTheEnvironment: not only the global ones.
func TestLocalFlagsReadTheEnvironment(t *testing.T) {
	t.Setenv("CLICKQL_CLUSTER", "west")
	if _, stdout, _ := clickql("schema", "print"); !strings.Contains(stdout, "ON CLUSTER west") {
		t.Error("CLICKQL_CLUSTER is not read")
	}
}

// TestHelp reads the help of every command: it has an example, and every
// example is a command line that this command understands.
func TestHelp(t *testing.T) {
	everyCommand(newTestRoot(), func(cmd *cobra.Command) {
		path := strings.Fields(cmd.CommandPath())[1:]
		status, stdout, stderr := clickql(append(path, "--help")...)
		if status != exitDone || stderr != "" {
			t.Errorf("%s --help: status %d, %q", cmd.CommandPath(), status, stderr)
		}
		if !strings.Contains(stdout, "Examples:\n  clickql ") || cmd.Short == "" {
			t.Errorf("%s --help shows no example, or does not say what the command does", cmd.CommandPath())
		}
		for line := range strings.Lines(cmd.Example) {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "clickql ") {
				if err := understood(line, cmd); err != nil {
					t.Errorf("%s: example %q: %v", cmd.CommandPath(), line, err)
				}
			}
		}
	})
}

// newTestRoot is the command line with nowhere to write.
func newTestRoot() *cobra.Command {
	return newRootCommand(&app{stdout: io.Discard, stderr: io.Discard})
}

// everyCommand calls f for a command and all below it.
func everyCommand(cmd *cobra.Command, f func(*cobra.Command)) {
	f(cmd)
	for _, sub := range cmd.Commands() {
		everyCommand(sub, f)
	}
}

// understood reads a command line without running it.
func understood(line string, of *cobra.Command) error {
	words := shellWords(line)
	cmd, rest, err := newTestRoot().Find(words[1:])
	if err != nil {
		return err
	}
	if !strings.HasPrefix(cmd.CommandPath(), of.CommandPath()) {
		return usagef("it is about %s", cmd.CommandPath())
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	if cmd.HasSubCommands() {
		return nil
	}
	return cmd.Args(cmd, cmd.Flags().Args())
}

// shellWords splits a line at spaces outside quotes.
func shellWords(line string) []string {
	var words []string
	var word bytes.Buffer
	quote := rune(0)
	for _, c := range line {
		switch {
		case c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case quote == 0 && c == ' ':
			words = append(words, word.String())
			word.Reset()
		default:
			word.WriteRune(c)
		}
	}
	return append(words, word.String())
}

func TestVersionNamesTheCommit(t *testing.T) {
	setting := func(key, value string) debug.BuildSetting { return debug.BuildSetting{Key: key, Value: value} }
	for want, info := range map[string]*debug.BuildInfo{
		"v1.2.3 (commit 0123456789ab)":               {Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{setting("vcs.revision", "0123456789abcdef")}},
		"devel (commit 0123456789ab, changed since)": {Main: debug.Module{Version: "(devel)"}, Settings: []debug.BuildSetting{setting("vcs.revision", "0123456789abcdef"), setting("vcs.modified", "true")}},
		"devel (built without its commit)":           {},
	} {
		if got := versionOf(info); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestLookingCreatesNothing: what a mistyped directory would hold is not made.
func TestLookingCreatesNothing(t *testing.T) {
	for _, args := range [][]string{{"ingest", "status"}, {"ingest", "verify", "x"}, {"schema", "check"}, {"schema", "coverage"}} {
		dir := filepath.Join(t.TempDir(), "mistyped")
		status, _, stderr := clickql(append(args, "--data", dir)...)
		if status != exitFailed || !strings.Contains(stderr, dir+" holds no database") || !strings.Contains(stderr, "--data") {
			t.Errorf("%v: status %d, %s", args, status, stderr)
		}
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v made %s", args, dir)
		}
	}
}

func TestCompletionKnowsWords(t *testing.T) {
	if _, stdout, _ := clickql("__complete", "schema", "print", "--log-level", ""); !strings.HasPrefix(stdout, "trace\ndebug\n") {
		t.Errorf("completed to %q", stdout)
	}
	if _, stdout, _ := clickql("--help"); !strings.Contains(stdout, "completion") {
		t.Error("help does not tell of completion")
	}
}
