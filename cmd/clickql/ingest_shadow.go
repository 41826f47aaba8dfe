package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"clickql/ingest"
	"clickql/ingest/config"
	"clickql/ingest/shadow"
	"clickql/ingest/verify"
)

// newIngestShadowCommand groups the commands of a second set of tables.
func newIngestShadowCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "shadow",
		Short: "Load a second set of tables beside the live ones, compare it, promote it",
		Long: "A shadow is a second set of tables beside the live ones, in a database of its own and\n" +
			"with a ledger of its own: loaded from another source, or through other views. It is\n" +
			"compared with the live tables by days, and promoted with its ledger or discarded.",
		Example: "  clickql ingest shadow run 'gs://my-exports/again/*.parquet' --name again\n  clickql ingest shadow compare --name again\n  clickql ingest shadow promote --name again",
	}
	cmd.AddCommand(newShadowRunCommand(a), newShadowCompareCommand(a), newShadowPromoteCommand(a), newShadowDiscardCommand(a))
	return cmd
}

// shadowCommand completes a command about a shadow: it connects, hands do the shadow,
// and says what came of it.
func (a *app) shadowCommand(cmd *cobra.Command, title string, do func(ctx context.Context, sh *shadow.Shadow, sources []string) error, say func(*shadow.Shadow) error) *cobra.Command {
	var f ingestFlags
	name := ""
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var sh *shadow.Shadow
		err := a.ingesting(cmd.Context(), f, &args, title, func(in *ingest.Ingest) (err error) {
			if sh, err = in.Shadow(name); err != nil {
				return usagef("%w", err)
			}
			return do(cmd.Context(), sh, args)
		})
		if err != nil {
			return err
		}
		return say(sh)
	}
	cmd.Flags().StringVar(&name, "name", "next", "`name` of the shadow")
	f.mend(cmd.Flags())
	return cmd
}

// newShadowRunCommand loads into a shadow.
func newShadowRunCommand(a *app) *cobra.Command {
	var sum config.Summary
	return a.shadowCommand(&cobra.Command{
		Use:   "run [SOURCE...]",
		Short: "Create a shadow where it is missing, and load into it",
		Long: "Creates tables and views like the live ones, empty, where the shadow is missing, and\n" +
			"loads what SOURCE names and the shadow does not hold yet. Without SOURCE it is only\n" +
			"created: its views may be changed with SQL, and others added, before the first load.\n\n" + sourceHelp,
		Example: "  clickql ingest shadow run --name again\n  clickql ingest shadow run 'gs://my-exports/again/*.parquet' --name again",
		Args:    cobra.ArbitraryArgs,
	}, "loading the shadow", func(ctx context.Context, sh *shadow.Shadow, sources []string) (err error) {
		sum, err = sh.Run(ctx, sources...)
		return err
	}, func(sh *shadow.Shadow) error {
		if sum.Listed > 0 {
			a.printSummary(sum)
		}
		if !sum.Complete() {
			return notLoaded(sum)
		}
		_, err := fmt.Fprintf(a.stdout, "the shadow is the database %s\n", english.WordSeries(sh.Databases(), "and"))
		return err
	})
}

// newShadowCompareCommand compares a shadow with the live tables.
func newShadowCompareCommand(a *app) *cobra.Command {
	var c shadow.Comparison
	asJSON := false
	cmd := a.shadowCommand(&cobra.Command{
		Use:     "compare",
		Short:   "Compare a shadow's downloads with the live tables', by days",
		Long:    "Counts the downloads of every table of both by day, by month or in total, and lists\nwhat differs. It changes nothing; that something differs is no failure.",
		Example: "  clickql ingest shadow compare --name again",
	}, "comparing", func(ctx context.Context, sh *shadow.Shadow, _ []string) (err error) {
		c, err = sh.Compare(ctx)
		return err
	}, func(*shadow.Shadow) error { return printAs(a.stdout, asJSON, c, writeComparison) })
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// mostDifferences is how many differences are listed for people.
const mostDifferences = 100

// writeComparison writes a comparison as tables.
func writeComparison(out io.Writer, c shadow.Comparison) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) } // Flush reports
	line("table\tby\tlive\tshadow\t")
	for _, t := range c.Tables {
		line("%s\t%s\t%s\t%s\t%s", t.Table, t.Grain, counted(t.Live), counted(t.Shadow), outcomeOf(verify.Table{Grain: t.Grain, Differing: t.Differing, Reason: t.Reason}))
	}
	if len(c.Differences) > 0 {
		line("\ndiffers\ttable\tlive\tshadow\tdifference")
	}
	for _, d := range c.Differences[:min(len(c.Differences), mostDifferences)] {
		line("%s\t%s\t%s\t%s\t%s", d.Period, d.Table, valueOf(d, d.Expected), valueOf(d, d.Found), signed(d.Found-d.Expected))
	}
	if more := len(c.Differences) - mostDifferences; more > 0 {
		line("and %s; --json lists all", english.Plural(more, "more", "more"))
	}
	return w.Flush()
}

// newShadowPromoteCommand puts a shadow in the live tables' place.
func newShadowPromoteCommand(a *app) *cobra.Command {
	fewer := false
	cmd := a.shadowCommand(&cobra.Command{
		Use:   "promote",
		Short: "Put a shadow's tables and ledger in the live ones' places",
		Long: "Copies the shadow's tables by hard links, and exchanges each with the live one, the\n" +
			"ledger too; views follow the names. Queries see each table as it was or as it is now,\n" +
			"and all of them change within moments. Killed in between, the next command that writes\n" +
			"finishes it. What the live tables held, and the shadow, are dropped. The metadata of\n" +
			"distributions stays. Refused are shadows that lack a table or a day of the live ones,\n" +
			"or whose tables do not agree with one another. Where replicas keep the live tables,\n" +
			"their partitions are replaced one after the other, and no view is changed.",
		Example: "  clickql ingest shadow promote --name again",
	}, "promoting", func(ctx context.Context, sh *shadow.Shadow, _ []string) error { return sh.Promote(ctx, fewer) }, func(sh *shadow.Shadow) error {
		_, err := fmt.Fprintf(a.stdout, "promoted the shadow %s: its tables and its ledger are the live ones\n", sh.Name())
		return err
	})
	cmd.Flags().BoolVar(&fewer, "fewer-days", false, "promote a shadow that lacks days which the live tables have")
	return cmd
}

// newShadowDiscardCommand drops a shadow.
func newShadowDiscardCommand(a *app) *cobra.Command {
	return a.shadowCommand(&cobra.Command{
		Use:     "discard",
		Short:   "Drop a shadow",
		Example: "  clickql ingest shadow discard --name again",
	}, "discarding", func(ctx context.Context, sh *shadow.Shadow, _ []string) error { return sh.Discard(ctx) }, func(sh *shadow.Shadow) error {
		_, err := fmt.Fprintf(a.stdout, "dropped the shadow %s\n", sh.Name())
		return err
	})
}
