package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"clickql/ingest"
)

// newIngestWatchCommand loads downloads again and again.
func newIngestWatchCommand(a *app) *cobra.Command {
	var f ingestFlags
	every := ingest.DefaultEvery
	cmd := &cobra.Command{
		Use:   "watch SOURCE...",
		Short: "Load the downloads that are not loaded yet, again and again",
		Long: "Does what run does, again and again, and prints a line for each round. A round that\n" +
			"fails is tried again after a few seconds, then ever longer. A file that cannot be\n" +
			"loaded holds no other up: it is tried again ever more seldom, and after six tries\n" +
			"left alone until it changes or the watch is started anew. Between rounds no lock is\n" +
			"held. An interrupt ends it at once: what a round had in hand is carried on or loaded\nagain by the next command.\n\n" + sourceHelp,
		Example: "  clickql ingest watch --every 30m 'gs://my-exports/pypi/*.parquet'",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if every <= 0 {
				return usagef("--every %s: give a time above zero", every)
			}
			return ingest.Watch(cmd.Context(), ingest.WatchConfig{
				Every: every, Log: a.log, Report: a.printRound,
				// Connecting anew in each round also survives the embedded engine.
				Round: func(ctx context.Context, skip func(ingest.Object) bool) (ingest.Summary, error) {
					return a.load(ctx, f, ingest.Downloads, skip, args)
				},
				Fatal: func(err error) bool {
					var usage usageError
					return errors.As(err, &usage) || errors.Is(err, ingest.ErrNoSource)
				},
			})
		},
	}
	f.define(cmd.Flags())
	cmd.Flags().DurationVar(&every, "every", every, "`time` from the end of a round to the next")
	return cmd
}

// printRound writes a line about a round, and logs what went wrong.
func (a *app) printRound(r ingest.Round) {
	s := r.Summary
	outcome := "ok"
	if r.Err != nil {
		outcome = "failed"
		a.log.Error("a round failed and is tried again", "round", r.Number, "in", rounded(r.Next), "error", r.Err.Error()+a.remedy(r.Err))
	}
	_, _ = fmt.Fprintf(a.stdout, "round %d %s: %s named, %d loaded before, %d loaded now: %s rows in %s; %d failed, %d not tried, %d given up, %d changed; next in %s\n",
		r.Number, outcome, english.Plural(s.Listed, "file", ""), s.Already, s.Files, humanize.Comma(int64(s.Rows)), rounded(r.Took),
		len(s.Failed), s.Skipped, len(r.Left), len(s.Changed), rounded(r.Next))
}
