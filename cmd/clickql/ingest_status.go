package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"clickql/ingest"
	"clickql/ingest/config"
)

// newIngestStatusCommand says what the ledger holds.
func newIngestStatusCommand(a *app) *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say what is loaded, in hand, failed and stuck",
		Long: "Says what the ledger holds: files and rows that are loaded, rows per second of the\n" +
			"last batches, the newest day, what is in hand, what is stuck and why, and which\nfiles failed. It changes nothing.",
		Example: "  clickql ingest status --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			conn, release, err := a.connectExisting(cmd.Context(), admin)
			if err != nil {
				return err
			}
			defer a.releasing(release)
			st, err := ingest.New(config.Config{Conn: conn, Log: a.log}).Status(cmd.Context())
			if err != nil {
				return err
			}
			return printAs(a.stdout, asJSON, st, printStatus)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// printStatus writes the status as tables: of shards what is loaded into all, and then
// each.
func printStatus(out io.Writer, st ingest.Status) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) } // Flush reports
	loaded(line, st)
	if len(st.Shards) > 0 {
		for _, sh := range st.Shards {
			line("\nshard %d, at %s", sh.Shard, sh.Server)
			if err := errors.Join(w.Flush(), printStatus(out, sh.Status)); err != nil {
				return err
			}
		}
		return w.Flush()
	}
	var rejected []string
	for _, k := range st.Kinds {
		for _, reason := range slices.Sorted(maps.Keys(k.Rejected)) {
			rejected = append(rejected, fmt.Sprintf("not stored: %s of %s with %s", rowCount(k.Rejected[reason]), k.Kind, reason))
		}
	}
	paragraph(line, rejected)
	if st.Writer != nil {
		life := "alive"
		if !st.Writer.Alive {
			life = "ended without finishing"
		}
		line("\nwriter\tpid %d on %s since %s\t%s", st.Writer.PID, st.Writer.Host, st.Writer.Since.Format(time.DateTime), life)
	}
	if len(st.InHand) > 0 {
		line("\nin hand\twhat\tstate\tfiles\trows\towner\tsince")
	}
	for _, b := range st.InHand {
		line("%s\t%s\t%s\t%d\t%s\t%s\t%s", b.Batch, b.What, b.State, b.Files, humanize.Comma(int64(b.Rows)), b.Owner, b.Since.Format(time.DateTime))
	}
	for i, b := range st.InHand {
		if last := i+1 == len(st.InHand); b.Stuck != "" && (last || st.InHand[i+1].Stuck != b.Stuck) {
			line("stuck: %s", b.Stuck)
		}
	}
	underWay(line, st)
	notLoadable(line, st)
	return w.Flush()
}

// loaded writes what is loaded of each kind.
func loaded(line func(format string, args ...any), st ingest.Status) {
	if len(st.Kinds) == 0 {
		line("database %s: nothing has been loaded yet", st.Database)
	} else {
		line("loaded\tfiles\tsize\trows\trows/s\tbatches\tnewest day\tlast")
	}
	for _, k := range st.Kinds {
		line("%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s", k.Kind, humanize.Comma(int64(k.Files)), humanize.IBytes(k.Bytes), humanize.Comma(int64(k.Rows)),
			humanize.Comma(int64(k.RowsPerSecond)), k.Batches, cmp.Or(k.NewestDay, "-"), k.LastAt.Format(time.DateTime))
	}
}

// underWay writes the backfills and shadows that are not done.
func underWay(line func(format string, args ...any), st ingest.Status) {
	for _, b := range st.Backfills {
		line("\nbackfill\t%s", b.Table)
		switch {
		case b.Stuck != "":
			line("  stuck: %s", b.Stuck)
		case !b.Prepared:
			line("  pid %d on %s is preparing it", b.Writer.PID, b.Writer.Host)
		default:
			line("  pid %d on %s computes history: %s done", b.Writer.PID, b.Writer.Host, english.Plural(int(b.Ranges), "range", ""))
		}
	}
	for _, sh := range st.Shadows {
		line("\nshadow\t%s\tin database %s: compare, promote or discard it", sh.Name, sh.Database)
	}
}

// notLoadable writes the files that failed.
func notLoadable(line func(format string, args ...any), st ingest.Status) {
	if len(st.Failed) > 0 {
		line("\nnot loadable\tstate\ttries\tlast\treason")
	}
	for _, f := range st.Failed {
		state := "failed"
		if f.SetAside {
			state = "set aside"
		}
		line("%s\t%s\t%d\t%s\t%s", f.Name, state, f.Times, f.At.Format(time.DateTime), f.Reason)
	}
}
