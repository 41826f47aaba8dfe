package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"clickql/ingest"
	"clickql/ingest/backfill"
	"clickql/ingest/config"
)

const backfillLong = `Computes an aggregate from history, compares it with the raw table, and only then
puts it in place, with its view: one that is missing, one that is wrong, or a new
one with a key of your own. TABLE is its name, or its view's.

From an instant on a private view collects what arrives; what the tables held at
that instant is kept by hard links, and computed in ranges of days, each of which
is there whole or not at all. Loads and inserts go on meanwhile: only at the
beginning and at the end the writer's lock is taken, for moments, after whatever
load is running has ended. History is computed from the smallest aggregate that
covers the new one and agrees with the raw table, or from the raw table.

Where TABLE is the raw table itself, its columns that files' names tell are filled
in rows that were loaded before it had them: what a wheel is for (platform, arch,
abi), and which files are metadata or signatures (type). The aggregates that count
by one of these are made anew from it, and all of them become public together.

Where replicas keep TABLE, which must be there with its view, no view collects what
arrives: what has changed meanwhile is told by partitions and computed once more, and
the partitions that differ are replaced. Of shards each is filled, or with --shard one.

Safe to kill at any instant; run it again to carry on, or with --discard to drop
what was prepared.`

// newIngestBackfillCommand fills an aggregate.
func newIngestBackfillCommand(a *app) *cobra.Command {
	var f ingestFlags
	var req backfill.Request
	asJSON := false
	cmd := &cobra.Command{
		Use:   "backfill TABLE",
		Short: "Fill an aggregate, or columns that came later, from history while loads go on",
		Long:  backfillLong,
		Example: "  clickql ingest backfill pypi_downloads_per_month --dry-run\n  clickql ingest backfill pypi\n" +
			"  clickql ingest backfill pypi_downloads_per_day_by_ci --key project,date,ci",
		Args: arguments("TABLE", 1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			req.Table = args[0]
			show := func(p backfill.Plan) error { return printAs(a.among(a.stdout), asJSON, p, writeBackfillPlan) }
			failed := error(nil)
			req.Planned = func(p backfill.Plan) { failed = show(p) }
			var plans []backfill.Plan
			err := a.ingesting(cmd.Context(), f, &[]string{}, "filling", func(in *ingest.Ingest) (err error) {
				plans, err = in.Backfill(cmd.Context(), req)
				return err
			})
			for _, plan := range plans {
				switch {
				case failed != nil:
				case req.DryRun:
					failed = show(plan)
				case req.Discard:
					_, failed = fmt.Fprintf(a.stdout, "dropped what was prepared for %s\n", filled(plan))
				case !asJSON && !plan.Pending():
					_, failed = fmt.Fprintf(a.stdout, "\nnothing is to be filled: names tell no more of %s than it holds\n", filled(plan))
				case !asJSON:
					_, failed = fmt.Fprintf(a.stdout, "\nfilled %s: it agrees with the raw table\n", filled(plan))
				}
			}
			return errors.Join(err, failed)
		},
	}
	cmd.Flags().StringSliceVar(&req.Key, "key", nil, "sorting key of a new aggregate: `columns` of the raw table, with date or month for the time")
	cmd.Flags().Uint32Var(&req.Shard, "shard", 0, "`number` of the only shard to fill, where the tables are Distributed (default all)")
	cmd.Flags().BoolVar(&req.DryRun, "dry-run", false, "print what would be done and change nothing")
	cmd.Flags().BoolVar(&req.Discard, "discard", false, "drop what a backfill that did not end has prepared")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	f.memory = config.DefaultMaxMemory
	cmd.Flags().IntVar(&f.threads, "threads", 0, "`threads` of the server that read (default its max_threads)")
	cmd.Flags().Var(&f.memory, "max-memory", "memory that each statement may take in the server")
	return cmd
}

// filled names what a plan fills.
func filled(p backfill.Plan) string {
	if p.Shard == "" {
		return p.Table
	}
	return p.Table + " of " + p.Shard
}

// writeBackfillPlan writes a plan for people.
func writeBackfillPlan(out io.Writer, p backfill.Plan) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) } // Flush reports
	if len(p.Columns) > 0 {
		writeColumns(line, p)
		return w.Flush()
	}
	line("backfill of\t%s in database %s, by %s", filled(p), p.Database, strings.Join(p.Key, ", "))
	line("computed from\t%s, %s rows", p.Source, humanize.Comma(int64(p.SourceRows)))
	now := "there is no such table"
	switch {
	case p.Exists && p.Now == nil:
		now = "it holds no counts"
	case p.Exists:
		now = "it counts " + humanize.Comma(*p.Now)
	}
	line("downloads\t%s; now %s", humanize.Comma(p.Downloads), now)
	if p.Lacks != "" {
		line("it will tell of\tthe days from %s on: raw rows from %s on were dropped, and no aggregate has what it counts by", p.From, p.Lacks)
	}
	if p.Resumes {
		line("\tcarries on where an earlier one ended")
	}
	for _, sql := range p.Creates {
		line("\n%s;", sql)
	}
	return w.Flush()
}

// writeColumns writes a plan of the raw table's columns.
func writeColumns(line func(format string, args ...any), p backfill.Plan) {
	line("backfill of\tcolumns of %s in database %s from files' names, of %s rows", p.Table, p.Database, humanize.Comma(int64(p.SourceRows)))
	for _, c := range p.Columns {
		days := ""
		if c.Rows > 0 {
			days = fmt.Sprintf(" of %s to %s", c.From, c.To)
		}
		line("%s\tfilled in %s rows%s", c.Column, humanize.Comma(int64(c.Rows)), days)
	}
	line("made anew\t%s", strings.Join(p.Aggregates, ", "))
	if p.Resumes {
		line("\tcarries on where an earlier one ended")
	}
}
