package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"clickql/ingest"
	"clickql/ingest/count"
	"clickql/ingest/repair"
)

const repairLong = `Rebuilds a day, or a range of days, from its files in private tables, in the raw
table and in every table that a view fills from it: those by day and by month,
those of all time, and first and last days. Each complete table then takes the
present one's place in one step, so that queries see the old day or the new one,
never an empty or a doubled one. Tables follow one another within moments.

SOURCE must name every file that holds downloads of these days; of other days in
the files nothing is changed. A file that was replaced since it was loaded, or is
not loaded yet, becomes loaded, as long as all its days are repaired together.
Refused are days that the files have no downloads of, and files that are loaded
for these days and not named, unless --replace says that others take their place.
Days that no download can be of, before 2005 or after tomorrow, are emptied.

Safe to kill at any instant: what is not public yet is dropped, and what is half
public is finished, by the next command that writes. Run it again then.

`

// newIngestRepairCommand rebuilds days.
func newIngestRepairCommand(a *app) *cobra.Command {
	var f ingestFlags
	var days dayFlags
	var req repair.Request
	asJSON := false
	cmd := &cobra.Command{
		Use:     "repair SOURCE...",
		Short:   "Rebuild a day in every table from its files",
		Long:    repairLong + sourceHelp,
		Example: "  clickql ingest repair 'gs://my-exports/pypi/*.parquet' --date 2024-01-31 --dry-run\n  clickql ingest repair 'gs://my-exports/pypi/*.parquet' --from 2024-01-30 --to 2024-02-02",
		Args:    arguments("SOURCE", 1, 0),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if req.From, req.To, err = days.span(); err != nil {
				return err
			}
			show := func(p repair.Plan) error { return printAs(a.among(a.stdout), asJSON, p, writeRepairPlan) }
			failed := error(nil)
			req.Planned = func(p repair.Plan) { failed = show(p) }
			var plan repair.Plan
			err = a.ingesting(cmd.Context(), f, &args, "repairing", func(in *ingest.Ingest) (err error) {
				plan, err = in.Repair(cmd.Context(), req, args...)
				return err
			})
			switch {
			case err != nil:
				return err
			case req.DryRun:
				return show(plan)
			case failed == nil && !asJSON:
				_, failed = fmt.Fprintf(a.stdout, "\nrepaired %s: %s downloads, in %s\n", spanned(plan.From, plan.To),
					humanize.Comma(plan.Rows), english.Plural(len(plan.Tables), "table", ""))
			}
			return failed
		},
	}
	days.define(cmd.Flags(), "repair")
	cmd.Flags().BoolVar(&req.DryRun, "dry-run", false, "print what would be done, with the downloads of each table now and then, and change nothing")
	cmd.Flags().BoolVar(&req.Replace, "replace", false, "let the files of SOURCE take the place of loaded files that it does not name")
	cmd.Flags().Uint32Var(&req.Shard, "shard", 0, "`number` of the shard to repair, where the tables are Distributed; of SOURCE the files count that no other shard holds")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	f.mend(cmd.Flags())
	return cmd
}

// spanned names days.
func spanned(from, to string) string {
	if from == to {
		return from
	}
	return from + " to " + to
}

// printAs prints as JSON or for people, all at once.
func printAs[T any](out io.Writer, asJSON bool, v T, write func(io.Writer, T) error) error {
	var text bytes.Buffer
	if asJSON {
		e := json.NewEncoder(&text)
		e.SetIndent("", "  ")
		if err := e.Encode(v); err != nil {
			return err
		}
	} else if err := write(&text, v); err != nil {
		return err
	}
	_, err := out.Write(text.Bytes())
	return err
}

// mostFiles is how many files a plan lists for people.
const mostFiles = 20

// writeRepairPlan writes a plan as tables.
func writeRepairPlan(out io.Writer, p repair.Plan) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) } // Flush reports
	line("repair of %s in database %s: %s downloads in %s", spanned(p.From, p.To), p.Database, humanize.Comma(p.Rows), english.Plural(len(p.Files), "file", ""))
	line("\nfile\tnow\tdownloads")
	for _, f := range p.Files[:min(len(p.Files), mostFiles)] {
		line("%s\t%s\t%s", f.Name, f.State, humanize.Comma(f.Rows))
	}
	if more := len(p.Files) - mostFiles; more > 0 {
		line("and %s", english.Plural(more, "more file", "more files"))
	}
	for _, n := range p.Replaced {
		line("%s\tloaded\ttaken out", n)
	}
	line("\ntable\trebuilt\tnow\tthen\tdifference")
	for _, t := range p.Tables {
		if t.Now == nil {
			line("%s\t%s\t%s", t.Table, rebuiltOf(t.Grain), t.Reason)
			continue
		}
		line("%s\t%s\t%s\t%s\t%s", t.Table, rebuiltOf(t.Grain), counted(t.Now), counted(t.Then), signed(t.Delta()))
	}
	for _, n := range p.Notes {
		line("\nnote: %s", n)
	}
	return w.Flush()
}

// rebuiltOf says how much of a table is rebuilt.
func rebuiltOf(g count.Grain) string {
	return cmp.Or(map[count.Grain]string{count.ByDay: "the days", count.ByMonth: "their months"}[g], "whole")
}

// signed writes a difference.
func signed(n int64) string {
	if n > 0 {
		return "+" + humanize.Comma(n)
	}
	return humanize.Comma(n)
}
