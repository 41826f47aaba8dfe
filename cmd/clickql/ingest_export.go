package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"clickql/ingest/export"
)

// newIngestExportQueryCommand prints statements for BigQuery; now is the clock.
func newIngestExportQueryCommand(a *app, now func() time.Time) *cobra.Command {
	var e export.Request
	var days dayFlags
	cmd := &cobra.Command{
		Use:   "export-query",
		Short: "Print the BigQuery statements that export the input",
		Long: "Prints the statements that make BigQuery export downloads and distribution\n" +
			"metadata to a bucket: of all days that are over (UTC), of one with --date, or day by\n" +
			"day with --from and --to, both included. It connects to nothing.",
		Example: "  clickql ingest export-query --bucket my-exports --prefix pypi --date 2024-01-31",
		RunE: func(*cobra.Command, []string) error {
			var err error
			if e.From, e.To, err = days.parse(); err != nil {
				return err
			}
			e.Until = now().UTC().Truncate(24 * time.Hour)
			queries, err := e.Queries()
			if err != nil {
				return usagef("%w", err)
			}
			for i, q := range queries {
				gap := "\n"
				if i == 0 {
					gap = ""
				}
				if _, err := fmt.Fprintf(a.stdout, "%s-- load it with: %s '%s'\n%s", gap, q.Kind.Command(), q.Source, q.SQL); err != nil {
					return err
				}
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&e.Bucket, "bucket", "", "`name` of the bucket, without gs://")
	flags.StringVar(&e.Prefix, "prefix", "", "`folder` in the bucket")
	days.define(flags, "export")
	return cmd
}
