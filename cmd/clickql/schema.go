package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"clickql/internal/chconn"
	"clickql/internal/ddl"
	"clickql/internal/ddl/check"
)

// newSchemaCommand is the group of commands about the tables.
func newSchemaCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "schema",
		Short:   "Create, upgrade, print and check the tables; say what they answer",
		Example: "  clickql schema apply\n  clickql schema check",
	}
	cmd.AddCommand(newSchemaApplyCommand(a), newSchemaPrintCommand(a), newSchemaUpgradeCommand(a), newSchemaCheckCommand(a), newSchemaCoverageCommand(a))
	return cmd
}

func newSchemaApplyCommand(a *app) *cobra.Command {
	var cluster string
	cmd := &cobra.Command{
		Use:   "apply",
		Short: "Create what the database lacks",
		Long: `Creates the database, tables, views and dictionaries that are not there, and
adds the countries that are missing. Nothing is dropped or overwritten; a second
run does nothing. An aggregate that is new to a database with downloads holds
only what arrives from then on; the command names each, and what fills it.
With --cluster a host that is new, or stands for one that was lost, gets what the
others have: its tables fetch their rows from there (docs/CLUSTER.md).`,
		Example: "  clickql schema apply\n  clickql schema apply --clickhouse clickhouse://user:password@host:9000/pypi --cluster main",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.schemaApply(cmd, cluster)
		},
	}
	clusterFlag(cmd, &cluster)
	return cmd
}

// clusterFlag defines --cluster.
func clusterFlag(cmd *cobra.Command, cluster *string) {
	cmd.Flags().StringVar(cluster, "cluster", "", "`name` of a cluster in the server's configuration: replicated tables on every host of it, and Distributed ones in front of several shards")
}

func (a *app) schemaApply(cmd *cobra.Command, cluster string) error {
	if cluster != "" && a.clickhouse == "" {
		return usagef("--cluster %s: the embedded ClickHouse is one node; name a host of the cluster with --clickhouse", cluster)
	}
	conn, release, err := a.connect(cmd.Context(), admin, unselected)
	if err != nil {
		return err
	}
	defer a.releasing(release)
	o := ddl.Options{Database: conn.Database(), Cluster: cluster}
	created, err := ddl.Apply(cmd.Context(), conn, o)
	for _, object := range created {
		fmt.Fprintln(a.stdout, "created", object)
	}
	if err == nil && len(created) == 0 {
		fmt.Fprintf(a.stdout, "database %s lacks nothing\n", conn.Database())
	}
	if err != nil {
		return err
	}
	have, err := ddl.Read(cmd.Context(), conn, o)
	if err != nil {
		return err
	}
	if waiting := have.Waiting(); len(waiting) > 0 {
		fmt.Fprintf(a.stdout, "\nThe table %s has no %s: aggregates by these wait for them. Add them with:\n  clickql schema upgrade\n", ddl.RawTable, strings.Join(waiting, ", "))
	}
	unfilled, err := ddl.Unfilled(cmd.Context(), conn, o, created)
	if len(unfilled) > 0 {
		fmt.Fprintln(a.stdout, "\nThese aggregates count what arrives from now on, and serve only days that they hold whole. Fill them from the raw table:")
		for _, name := range unfilled {
			fmt.Fprintln(a.stdout, "  clickql ingest backfill", name)
		}
	}
	return err
}

func newSchemaPrintCommand(a *app) *cobra.Command {
	var cluster string
	cmd := &cobra.Command{
		Use:     "print",
		Short:   "Print the DDL",
		Long:    "Prints every statement that creates the database from nothing, without connecting to any.",
		Example: "  clickql schema print\n  clickql schema print --database pypi --cluster main",
		RunE: func(cmd *cobra.Command, _ []string) error {
			database, err := a.databaseName(cmd)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(a.stdout, ddl.Print(ddl.Options{Database: database, Cluster: cluster}))
			return err
		},
	}
	clusterFlag(cmd, &cluster)
	return cmd
}

// databaseName is the database that the flags name, without connecting.
func (a *app) databaseName(cmd *cobra.Command) (string, error) {
	if a.clickhouse == "" || a.database != "" {
		return a.database, nil
	}
	conn, err := chconn.Open(cmd.Context(), chconn.Config{DSN: a.clickhouse})
	if err != nil {
		return "", usagef("--clickhouse: %w", err)
	}
	return conn.Database(), conn.Close()
}

func newSchemaCheckCommand(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Compare the database with what is expected of it",
		Long: `Names every table, column, key, view and dictionary that is missing or differs,
and says for each aggregate whether it agrees with the raw table: as a whole, and
day by day as far as the gateway compares. While rows are being loaded totals may
differ for a moment. Exits with status 1 if anything differs.`,
		Example: "  clickql schema check\n  clickql schema check --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.schemaCheck(cmd, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the report as JSON")
	return cmd
}

func (a *app) schemaCheck(cmd *cobra.Command, asJSON bool) error {
	conn, release, err := a.connectExisting(cmd.Context(), readOnly, unselected)
	if err != nil {
		return err
	}
	defer a.releasing(release)
	r, err := check.Run(cmd.Context(), conn, ddl.Options{Database: conn.Database()})
	if err != nil {
		return err
	}
	err = printAs(a.stdout, asJSON, r, func(out io.Writer, r check.Report) error {
		_, err := fmt.Fprint(out, r)
		return err
	})
	if err != nil {
		return err
	}
	if n := r.Differences(); n > 0 {
		return fmt.Errorf("database %s is not as expected, see the remedies in the report; differences: %d", r.Database, n)
	}
	return nil
}

// releasing gives a connection back at a command's end. The command has done
// its work by then: failing to stop an engine is worth a warning. That it had ended
// before is why the command failed, and is told with that.
func (a *app) releasing(release func() error) {
	err := release()
	if err != nil && !errors.As(err, &a.ended) {
		a.log.Warn("could not close ClickHouse", "error", err)
	}
}
