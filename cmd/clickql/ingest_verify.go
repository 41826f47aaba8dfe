package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"clickql/ingest"
	"clickql/ingest/config"
	"clickql/ingest/count"
	"clickql/ingest/verify"
)

// newIngestVerifyCommand compares the source with the tables.
func newIngestVerifyCommand(a *app) *cobra.Command {
	f := ingestFlags{memory: config.DefaultMaxMemory, existing: true}
	quick, asJSON := false, false
	cmd := &cobra.Command{
		Use:   "verify SOURCE...",
		Short: "Compare the source's downloads with every table",
		Long: "Counts the source's downloads by day and compares them with the raw table and every\n" +
			"table that a view fills from it: by days, by months, in total, or by the first and\n" +
			"last day. Names each day and table that differs and the likely cause. It changes\n" +
			"nothing and may run beside a load. Name everything that was loaded: of a part only\n" +
			"its days are compared with the source, and months and totals with the raw table. It is\n" +
			"about downloads: files of metadata and of events on GitHub are refused.\n\n" + sourceHelp,
		Example: "  clickql ingest verify 'gs://my-exports/2024/*.parquet' --json\n  clickql ingest verify --quick 'exports/*.parquet'",
		Args:    arguments("SOURCE", 1, 0),
		RunE: func(cmd *cobra.Command, args []string) error {
			var v verify.Report
			sources := args
			err := a.ingesting(cmd.Context(), f, &sources, "counting", func(in *ingest.Ingest) (err error) {
				v, err = in.Verify(cmd.Context(), quick, sources...)
				return err
			}, func(c *config.Config) {
				c.Repeat, c.RepeatSource = again(cmd.Flags())
				if slices.Contains(args, stdinName) {
					c.Named = args // with the same list again
				}
			})
			if err != nil {
				return err
			}
			return a.printVerification(v, asJSON)
		},
	}
	cmd.Flags().BoolVar(&quick, "quick", false, "read no file: compare the listing with the ledger, and the ledger's rows with the raw table")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().IntVar(&f.threads, "threads", 0, "`threads` of the server that count (default its max_threads)")
	cmd.Flags().Var(&f.memory, "max-memory", "memory that each statement may take in the server")
	f.access(cmd.Flags())
	return cmd
}

// printVerification writes a verification; the error says that something differs.
func (a *app) printVerification(v verify.Report, asJSON bool) error {
	err := printAs(a.stdout, asJSON, v, writeVerification)
	if err != nil || v.Agrees {
		return err
	}
	n := len(v.Differences)
	for _, sh := range v.Shards {
		n += len(sh.Differences)
	}
	if n > 0 {
		return fmt.Errorf("the source and the tables of database %s do not agree: %s", v.Database, english.Plural(n, "difference", ""))
	}
	return errors.New("not every file of the source is in the tables of database " + v.Database + " as it is")
}

// writeVerification writes a verification as tables, of shards one after the other.
func writeVerification(out io.Writer, v verify.Report) error {
	for _, sh := range v.Shards {
		sh.Remedies = nil // those of all follow
		if _, err := fmt.Fprintf(out, "shard %d, at %s\n", sh.Shard, sh.Server); err != nil {
			return err
		}
		if err := writeVerification(out, sh.Report); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out); err != nil {
			return err
		}
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) } // Flush reports
	f := v.Files
	if len(v.Shards) > 0 {
		line("all shards")
	}
	line("files\t%d listed, %d loaded, %d new, %d failed, %d in hand, %d changed, %d replaced, %d unreadable", f.Listed, f.Loaded, f.New, f.Failed, f.InHand, f.Changed, f.Replaced, f.Unreadable)
	if v.Quick {
		line("rows\t%s by the ledger", humanize.Comma(int64(v.Rows)))
	} else {
		line("rows\t%s at the source, and %s that are not stored", humanize.Comma(int64(v.Rows)), humanize.Comma(int64(v.Rejected)))
	}
	if len(v.Tables) > 0 {
		line("\ntable\tby\texpected\tfound\t")
	}
	for _, t := range v.Tables {
		line("%s\t%s\t%s\t%s\t%s", t.Table, t.Grain, counted(t.Expected), counted(t.Found), outcomeOf(t))
	}
	if len(v.Differences) > 0 {
		line("\ndiffers\ttable\texpected\tfound\tlikely cause")
	}
	shown, asRaw := inRuns(v.Differences)
	for _, d := range shown {
		line("%s\t%s\t%s\t%s\t%s: %s", d.Period, d.Table, valueOf(d, d.Expected), valueOf(d, d.Found), d.Cause, d.Explanation)
		for _, name := range d.Files {
			line("\t\t\t\t  %s", name)
		}
	}
	if asRaw > 0 {
		line("and, as the raw table has it, in tables that agree with that: %s", english.Plural(asRaw, "difference", ""))
	}
	paragraph(line, problemLines(v.Problems))
	paragraph(line, v.Notes, "note: ")
	if len(v.Remedies) > 0 {
		line("\nto mend it, run in this order:")
		for _, r := range v.Remedies {
			line("  %s", r)
		}
	}
	return w.Flush()
}

// inRuns shows days that follow each other and differ in the same table for the
// same cause as one, and counts what is only the raw table's difference seen
// again.
func inRuns(differences []verify.Difference) (shown []verify.Difference, asRaw int) {
	var last time.Time // day of the last one shown
	for _, d := range differences {
		if d.Cause == verify.CauseAsRaw {
			asRaw++
			continue
		}
		day, err := time.Parse(time.DateOnly, d.Period)
		if n := len(shown) - 1; n >= 0 && err == nil && day.Equal(last.AddDate(0, 0, 1)) && sameKind(shown[n], d) {
			from, _, _ := strings.Cut(shown[n].Period, " to ")
			shown[n].Period, last = from+" to "+d.Period, day
			together(&shown[n], d)
			continue
		}
		shown, last = append(shown, d), day
	}
	return shown, asRaw
}

// together adds a difference to another, also in its words.
func together(sum *verify.Difference, d verify.Difference) {
	rows := func() string { return fmt.Sprintf(" %d ", max(sum.Found-sum.Expected, sum.Expected-sum.Found)) }
	before := rows()
	sum.Expected, sum.Found = sum.Expected+d.Expected, sum.Found+d.Found
	sum.Explanation = strings.Replace(sum.Explanation, before, rows(), 1)
}

// sameKind reports that two differences are told in the same words, but for the
// numbers of rows.
func sameKind(a, b verify.Difference) bool {
	return a.Table == b.Table && a.Cause == b.Cause && a.Grain == b.Grain && wordsOf(a) == wordsOf(b) && slices.Equal(a.Files, b.Files)
}

// wordsOf is an explanation without its numbers.
func wordsOf(d verify.Difference) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, d.Explanation)
}

// problemLines writes each file once: one that failed and cannot be read now
// either, as unreadable.
func problemLines(problems []count.FileProblem) []string {
	unreadable := map[string]bool{}
	for _, p := range problems {
		unreadable[p.Name] = unreadable[p.Name] || p.State == "unreadable"
	}
	var lines []string
	for _, p := range problems {
		if p.State == "unreadable" || !unreadable[p.Name] {
			lines = append(lines, p.State+": "+strings.TrimSuffix(p.Name+": "+p.Reason, ": "))
		}
	}
	return lines
}

// paragraph writes lines below an empty one.
func paragraph(line func(string, ...any), lines []string, prefix ...string) {
	for i, l := range lines {
		line("%s%s", map[bool]string{true: "\n"}[i == 0], strings.Join(prefix, "")+l)
	}
}

// outcomeOf says how a table compares.
func outcomeOf(t verify.Table) string {
	switch {
	case t.Reason != "":
		return t.Reason
	case t.Differing == 0:
		return "agrees"
	case t.Grain == count.ByDay || t.Grain == count.ByMonth:
		return humanize.Comma(int64(t.Differing)) + " " + string(t.Grain) + map[bool]string{true: " differs", false: "s differ"}[t.Differing == 1]
	}
	return "differs"
}

// counted writes a number of downloads; tables without counts have none.
func counted(n *int64) string {
	if n == nil {
		return "-"
	}
	return humanize.Comma(*n)
}

// valueOf writes what a difference compares.
func valueOf(d verify.Difference, n int64) string {
	if d.Grain != count.FirstLast {
		return humanize.Comma(n)
	}
	if n == 0 {
		return "-"
	}
	return time.Unix(n*24*60*60, 0).UTC().Format(time.DateOnly)
}
