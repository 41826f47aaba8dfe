package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"clickql/ingest"
	"clickql/ingest/retire"
)

const retireLong = `Drops the raw rows of days before one, which take most of the room, after every
aggregate has been found to hold what they hold. The aggregates stay: charts, lists
and totals of those days are answered as before, and what only raw rows can answer
(several filters that no aggregate combines) is refused for them.

Whole partitions are dropped (a month each), so that days of the month before which
is cut stay. The ledger keeps how many rows of each day went, by which verify and
schema check tell them from rows that were lost. What is dropped is gone: a day can
be loaded again only into a set of tables beside (clickql ingest shadow). Replicas
drop them all; of shards (Distributed tables) none are dropped.

Safe to kill at any instant: the next ingest command brings it to an end.`

// newIngestRetireCommand drops raw rows of old days.
func newIngestRetireCommand(a *app) *cobra.Command {
	var f ingestFlags
	var req retire.Request
	before, asJSON := "", false
	cmd := &cobra.Command{
		Use:     "retire --before DAY",
		Short:   "Drop the raw rows of old days, which the aggregates have counted",
		Long:    retireLong,
		Example: "  clickql ingest retire --before 2024-01-01 --dry-run\n  clickql ingest retire --before 2024-01-01",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if req.Before, err = time.Parse(time.DateOnly, before); err != nil {
				return usagef("--before %s: name the first day that stays, as 2024-01-31", before)
			}
			show := func(p retire.Plan) error { return printAs(a.among(a.stdout), asJSON, p, writeRetirePlan) }
			failed := error(nil)
			req.Planned = func(p retire.Plan) { failed = show(p) }
			var plan retire.Plan
			err = a.ingesting(cmd.Context(), f, &[]string{}, "retiring", func(in *ingest.Ingest) (err error) {
				plan, err = in.Retire(cmd.Context(), req)
				return err
			})
			switch {
			case err != nil:
				return err
			case req.DryRun:
				return show(plan)
			case failed == nil && !asJSON && len(plan.Partitions) > 0:
				_, failed = fmt.Fprintf(a.stdout, "\ndropped %s\n", rowCount(plan.Rows))
			}
			return failed
		},
	}
	cmd.Flags().StringVar(&before, "before", "", "first `day` that stays")
	cmd.Flags().BoolVar(&req.DryRun, "dry-run", false, "print what would be dropped and change nothing")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&f.wait, "wait", false, "wait while another ingest command is writing, instead of refusing")
	return cmd
}

// writeRetirePlan writes a plan for people.
func writeRetirePlan(out io.Writer, p retire.Plan) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) } // Flush reports
	if len(p.Partitions) == 0 {
		line("no partition of %s in database %s lies wholly before %s", p.Table, p.Database, p.Before)
	}
	for _, of := range p.Partitions {
		line("partition %s\t%s to %s\t%s rows", of.Partition, of.From, of.To, humanize.Comma(int64(of.Rows)))
	}
	if len(p.Aggregates) > 0 {
		line("aggregates that hold these days\t%d", len(p.Aggregates))
	}
	for _, note := range p.Notes {
		line("note: %s", note)
	}
	return w.Flush()
}
