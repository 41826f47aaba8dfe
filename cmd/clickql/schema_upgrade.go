package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"clickql/ingest"
	"clickql/ingest/upgrade"
	"clickql/internal/ddl"
)

const upgradeLong = `Brings a database that an earlier version created, or another pipeline, to the
present schema: it adds the columns that tables lack and the tables and views that
are missing, and lets the views on the landing tables map exports as this version
does. Rows that arrive meanwhile are stored once; a load that is running is waited
for. Nothing that is stored is changed: what a column was added for later it has
from then on, and clickql ingest backfill pypi fills what files' names tell.

Safe to kill at any instant; run it again to carry on. A mapping of your own, and
whatever else cannot be changed in place, stays and is named with the reason. What
makes the rest impossible, such as a raw table whose rows are stored elsewhere, is
refused before anything is done.`

// newSchemaUpgradeCommand brings a live database to the present schema.
func newSchemaUpgradeCommand(a *app) *cobra.Command {
	var req upgrade.Request
	var f ingestFlags
	asJSON := false
	cmd := &cobra.Command{
		Use:     "upgrade",
		Short:   "Bring a live database to the present columns, tables and views",
		Long:    upgradeLong,
		Example: "  clickql schema upgrade --dry-run\n  clickql schema upgrade",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if req.Cluster != "" && a.clickhouse == "" {
				return usagef("--cluster %s: the embedded ClickHouse is one node; name a host of the cluster with --clickhouse", req.Cluster)
			}
			if !asJSON && !req.DryRun {
				req.Done = func(s ddl.Statement) { _, _ = fmt.Fprintln(a.among(a.stdout), upgradeStep(s)) }
			}
			var report upgrade.Report
			err := a.ingesting(cmd.Context(), f, &[]string{}, "upgrading", func(in *ingest.Ingest) (err error) {
				report, err = in.Upgrade(cmd.Context(), req)
				return err
			})
			if err != nil {
				return err
			}
			return printAs(a.stdout, asJSON, report, func(out io.Writer, r upgrade.Report) error { return writeUpgrade(out, r, req.DryRun) })
		},
	}
	clusterFlag(cmd, &req.Cluster)
	cmd.Flags().BoolVar(&req.DryRun, "dry-run", false, "print the statements and change nothing")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// upgradeStep says what a statement has done.
func upgradeStep(s ddl.Statement) string {
	if s.Kind == "alter" {
		return "changed " + s.Object
	}
	return "created " + s.Kind + " " + s.Object
}

// writeUpgrade writes a report for people.
func writeUpgrade(out io.Writer, r upgrade.Report, dry bool) error {
	text := ""
	if dry {
		for _, sql := range r.Statements {
			text += sql + ";\n\n"
		}
	}
	if len(r.Statements) == 0 {
		text += fmt.Sprintf("database %s has the present schema\n", r.Database)
	}
	for _, kept := range r.Kept {
		text += "kept: " + kept + "\n"
	}
	if len(r.Unfilled) > 0 {
		text += "\nThese aggregates count what arrives from now on, and serve only days that they hold whole. Fill them from the raw table:\n"
		if r.Columns {
			text += "  clickql ingest backfill " + ddl.RawTable + "    (first: new columns, from files' names, and the aggregates by them)\n"
		}
		for _, name := range r.Unfilled {
			text += "  clickql ingest backfill " + name + "\n"
		}
	}
	_, err := io.WriteString(out, text)
	return err
}
