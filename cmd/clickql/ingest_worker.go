package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"clickql/ingest"
)

// defaultIdle is how often a worker looks for a writer to help.
const defaultIdle = 5 * time.Second

// newIngestWorkerCommand prepares batches for a load that runs elsewhere.
func newIngestWorkerCommand(a *app) *cobra.Command {
	var f ingestFlags
	once := false
	cmd := &cobra.Command{
		Use:   "worker",
		Short: "Help loads that run in other processes",
		Long: "Prepares batches for whichever ingest run or ingest watch is writing to the database,\n" +
			"on this machine or another, and waits while none is. It claims batches that the other\n" +
			"has planned, reads their files, and hands them over complete; only the other makes\n" +
			"anything public. It may be killed at any instant: its batch is then prepared anew. It\n" +
			"needs the same access to buckets as the load. An interrupt ends it.",
		Example: "  clickql ingest worker --clickhouse clickhouse://loader:secret@host:9000/pypi",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.ingesting(cmd.Context(), f, &[]string{}, "", func(in *ingest.Ingest) error { return a.help(cmd.Context(), in, once) })
		},
	}
	f.work(cmd.Flags())
	cmd.Flags().BoolVar(&once, "once", false, "end when nobody needs help, instead of waiting for the next load")
	return cmd
}

// help prepares batches until it is told to stop.
func (a *app) help(ctx context.Context, in *ingest.Ingest, once bool) error {
	tick := time.NewTicker(defaultIdle)
	defer tick.Stop()
	for {
		n, err := in.Help(ctx)
		if n > 0 {
			a.log.Info("helped", "batches", n)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case once:
			return err
		case err != nil:
			a.log.Warn("could not help; trying again", "in", defaultIdle, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
