package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"clickql/internal/advise"
	"clickql/internal/asked"
	"clickql/internal/catalog"
	"clickql/internal/catalog/keycount"
	"clickql/internal/chschema"
)

// adviseFlags are the flags of advise.
type adviseFlags struct {
	asked      string
	options    advise.Options
	budget     byteSize
	sampleRows uint64
	asJSON     bool
	database   string // the flags that lead another command to the same one
}

// newAdviseCommand proposes aggregates.
func newAdviseCommand(a *app) *cobra.Command {
	f := adviseFlags{options: advise.Options{Limit: advise.DefaultLimit, LeastShare: advise.DefaultLeastShare}}
	cmd := &cobra.Command{
		Use:   "advise",
		Short: "Propose the aggregates that would save the most rows",
		Long: `Reads what clickql serve was asked, and proposes the aggregates that would save
the most rows read for each byte of disk: with their DDL, about how large they
would be, what they would save, and the command that creates and fills them. It
also says which existing ones nobody uses. It changes nothing.

serve keeps shapes of queries, not what they asked about; see --asked-log there.
Sizes are counted, in a sample of about --sample-rows rows where the tables are
larger. What is saved is the planner's own estimate, weighed by what the logged
queries read.`,
		Example: `  clickql advise
  clickql advise --budget 20GiB --limit 3 --json
  clickql advise --clickhouse clickhouse://reader:password@host:9000/pypi`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.database, _ = again(cmd.Flags())
			return a.advise(cmd.Context(), f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.asked, "asked-log", "", "`file` that serve keeps what is asked in (default as for serve)")
	flags.Var(&f.budget, "budget", "most `size` that all proposals may take together, such as 20GiB; 0 for any")
	flags.IntVar(&f.options.Limit, "limit", f.options.Limit, "most `proposals`")
	flags.Float64Var(&f.options.LeastShare, "least-share", f.options.LeastShare, "least `part` of all rows read that a proposal must save")
	flags.Uint64Var(&f.sampleRows, "sample-rows", 2_000_000, "about how many `rows` of a table to read to estimate sizes")
	flags.StringVar(&f.options.Cluster, "cluster", "", "`name` of the cluster to write the DDL for")
	flags.BoolVar(&f.asJSON, "json", false, "write the report as JSON")
	return cmd
}

// advise reads the log and the database, and prints the report.
func (a *app) advise(ctx context.Context, f adviseFlags) error {
	if f.options.Limit < 1 || f.options.LeastShare < 0 || f.options.LeastShare > 1 || f.sampleRows < 1 {
		return usagef("--limit and --sample-rows must be 1 or more, and --least-share between 0 and 1")
	}
	path, err := a.askedPath(f.asked)
	if err != nil {
		return err
	}
	if path == "" {
		return usagef("--asked-log off: without what was asked there is nothing to advise on")
	}
	log, err := asked.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: nothing was asked yet; run clickql serve for a while, or name its file with --asked-log", err)
	}
	if err != nil {
		return err
	}
	conn, release, err := a.connectExisting(ctx, readOnly)
	if err != nil {
		return err
	}
	defer a.releasing(release)
	cat, err := catalog.Open(ctx, conn, catalog.Options{Database: conn.Database(), Log: a.log})
	if err != nil {
		return err
	}
	if err := cat.Ready(); err != nil {
		return err
	}
	f.options.Budget = uint64(f.budget)
	tables, err := chschema.Read(ctx, chschema.DB{Conn: conn}, conn.Database())
	if err != nil {
		return err
	}
	f.options.Readers = tables.Readers()
	snap := cat.Snapshot()
	report, err := advise.Advise(snap, log, func(keys []catalog.Key) ([]catalog.KeyCount, error) {
		return keycount.Estimate(ctx, conn, snap, keys, f.sampleRows)
	}, f.options)
	if errors.Is(err, advise.ErrNothingAsked) {
		return fmt.Errorf("advise on database %s by %s: %w; run clickql serve for a while", snap.Database, path, err)
	}
	if err != nil {
		return err
	}
	for i := range report.Proposals {
		report.Proposals[i].Command += f.database
	}
	if f.asJSON {
		enc := json.NewEncoder(a.stdout)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(report)
	}
	return printAdvice(a.stdout, report)
}

// printAdvice writes the report for people.
func printAdvice(out io.Writer, r *advise.Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "database %s, %s to %s: %s queries read %s rows; %s answers came from memory",
		r.Database, r.Since.Format(time.DateTime), r.Until.Format(time.DateTime), humanize.Comma(int64(r.Statements)),
		humanize.Comma(int64(r.RowsRead)), humanize.Comma(int64(r.FromMemory)))
	if r.Refused > 0 {
		fmt.Fprintf(&b, "; %s questions would have read too much", humanize.Comma(int64(r.Refused)))
	}
	b.WriteString("\n")
	if err := tableOfProposals(&b, r); err != nil {
		return err
	}
	for i, p := range r.Proposals {
		fmt.Fprintf(&b, "\n%d. %s\n\n   %s\n\n", i+1, p.Name, p.Command)
		for _, sql := range p.DDL {
			b.WriteString("   " + strings.ReplaceAll(sql, "\n", "\n   ") + ";\n\n")
		}
	}
	if err := tableOfUnused(&b, r); err != nil {
		return err
	}
	for _, note := range r.Notes {
		b.WriteString("\nnote: " + note)
	}
	_, err := io.WriteString(out, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

// tableOfProposals writes a line for each proposal.
func tableOfProposals(out io.Writer, r *advise.Report) error {
	if len(r.Proposals) == 0 {
		fmt.Fprintln(out, "\nNo aggregate would save enough to be worth its loading.")
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\n\tproposal\tkey\trows\tsize\tsaves rows\tof all read\tin queries")
	for i, p := range r.Proposals {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%.1f %%\t%s\n", i+1, p.Name, strings.Join(p.Key, ", "), rowsOf(p),
			humanize.IBytes(p.Bytes), humanize.Comma(int64(p.RowsSaved)), 100*p.Share, humanize.Comma(int64(p.Statements)))
	}
	return w.Flush()
}

// rowsOf writes a proposal's size with its error.
func rowsOf(p advise.Proposal) string {
	s := humanize.Comma(int64(p.Rows))
	if p.RowsError > 0.01 {
		s += fmt.Sprintf(" ± %.0f %%", 100*p.RowsError)
	}
	if p.RowsAtLeast {
		s = "at least " + s
	}
	return s
}

// tableOfUnused writes a line for each table that nobody uses.
func tableOfUnused(out io.Writer, r *advise.Report) error {
	if len(r.Unused) == 0 {
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nnobody uses\trows\tsize\tlast used\tbut")
	for _, u := range r.Unused {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", u.Table, humanize.Comma(int64(u.Rows)), humanize.IBytes(u.Bytes), cmp.Or(u.LastUsed, "-"), u.NeededBy)
	}
	return w.Flush()
}
