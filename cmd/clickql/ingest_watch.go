package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"clickql/ingest"
	"clickql/ingest/config"
	"clickql/ingest/export"
	"clickql/ingest/ledger"
)

// watchFlags are the flags of watch beside those of run.
type watchFlags struct {
	ingestFlags
	every, fullEvery, lookBack time.Duration
	metricsAddr                string
	projects, github           []string
}

// besides is what rounds load beside downloads.
type besides struct {
	kind    ledger.Kind
	sources []string
	loaded  config.Summary // in the round
}

// newIngestWatchCommand loads downloads again and again.
func newIngestWatchCommand(a *app) *cobra.Command {
	f := watchFlags{every: ingest.DefaultEvery, fullEvery: ingest.DefaultFullEvery, lookBack: ingest.DefaultLookBack}
	cmd := &cobra.Command{
		Use:   "watch SOURCE...",
		Short: "Load the downloads that are not loaded yet, again and again",
		Long: "Does what run does, again and again, and prints a line for each round. A round that\n" +
			"fails is tried again after a few seconds, then ever longer. A file that cannot be\n" +
			"loaded holds no other up: it is tried again ever more seldom, and after --tries set\n" +
			"aside until it changes or --retry asks for it; the ledger remembers. In a bucket whose\n" +
			"objects are named by days, only what can be new is listed, and everything every\n" +
			"--full-every. With --projects each round loads distribution metadata too, without which\n" +
			"projects' releases stay as they are, and with --github events on GitHub. Between rounds\n" +
			"no lock is held. An interrupt ends it at once: what a round had in hand is carried on or\n" +
			"loaded again by the next command.\n\n" + sourceHelp,
		Example: "  clickql ingest watch --every 30m 'gs://my-exports/pypi/*.parquet' --projects 'gs://my-exports/pypi/projects/*.parquet'\n  clickql ingest watch --metrics-addr 127.0.0.1:9180 'exports/*.parquet'",
		Args:    arguments("SOURCE", 1, 0),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.watch(cmd.Context(), f, args) },
	}
	f.define(cmd.Flags())
	cmd.Flags().DurationVar(&f.every, "every", f.every, "`time` from the end of a round to the next")
	cmd.Flags().DurationVar(&f.fullEvery, "full-every", f.fullEvery, "`time` after which everything is listed again; the first round always does")
	cmd.Flags().DurationVar(&f.lookBack, "look-back", f.lookBack, "`time` before the newest loaded day from which other rounds list; 0 lists everything in every round")
	cmd.Flags().StringArrayVar(&f.projects, "projects", nil, "`SOURCE` of distribution metadata to load too, as ingest projects does; may be given several times")
	cmd.Flags().StringArrayVar(&f.github, "github", nil, "`SOURCE` of GH Archive's files to load too, as ingest github does; may be given several times")
	cmd.Flags().StringVar(&f.metricsAddr, "metrics-addr", "", "`host:port` at which to show metrics to Prometheus; none without it")
	return cmd
}

// besides is what the flags name beside downloads.
func (a *app) besides(f watchFlags) (list []besides, err error) {
	for _, b := range []besides{{kind: ledger.Projects, sources: f.projects}, {kind: ledger.GitHub, sources: f.github}} {
		if b.sources, err = a.names(b.sources); err != nil {
			return nil, err
		}
		if len(b.sources) > 0 {
			list = append(list, b)
		}
	}
	return list, nil
}

// watch runs rounds until it is told to stop.
func (a *app) watch(ctx context.Context, f watchFlags, args []string) error {
	if f.every <= 0 || f.fullEvery <= 0 || f.lookBack < 0 {
		return usagef("--every and --full-every need a time above zero, and --look-back none below")
	}
	// Once: standard input is read to its end.
	args, err := a.names(args)
	if err != nil {
		return err
	}
	beside, err := a.besides(f)
	if err != nil {
		return err
	}
	m, stop, err := a.watchMetrics(f.metricsAddr)
	if err != nil {
		return err
	}
	defer a.releasing(stop)
	return ingest.Watch(ctx, ingest.WatchConfig{
		Every: f.every, FullEvery: f.fullEvery, Log: a.log,
		Report: func(r ingest.Round) {
			m.Round(r)
			a.printRound(r)
			for _, b := range beside {
				if r.Err == nil {
					_, _ = fmt.Fprintf(a.stdout, "round %d %s: %s; %s\n", r.Number, b.kind, loadedNow(b.loaded), notLoadedNow(b.loaded))
				}
			}
		},
		// Connecting anew in each round also survives the embedded engine.
		Round: func(ctx context.Context, full bool) (config.Summary, error) {
			as := func(c *config.Config) {
				c.RetryAfter = f.every
				if !full {
					c.LookBack = f.lookBack
				}
			}
			sum, err := a.load(ctx, f.ingestFlags, ledger.Downloads, args, m, as)
			for i := range beside {
				b := &beside[i]
				if ctx.Err() == nil {
					var failed error
					b.loaded, failed = a.load(ctx, f.ingestFlags, b.kind, b.sources, m, as)
					err = errors.Join(err, failed)
				}
			}
			f.retry = false // once is what was asked for
			return sum, err
		},
		Fatal: func(err error) bool {
			var usage usageError
			var address export.AddressError
			return errors.As(err, &usage) || errors.As(err, &address) || errors.Is(err, export.ErrNoSource)
		},
	})
}

// printRound writes a line about a round, and logs what went wrong.
func (a *app) printRound(r ingest.Round) {
	s := r.Summary
	outcome := "ok"
	if r.Err != nil {
		outcome = "failed"
		a.log.Error("a round failed and is tried again", "round", r.Number, "in", rounded(r.Next), "error", r.Err.Error()+a.remedy(r.Err))
	}
	_, _ = fmt.Fprintf(a.stdout, "round %d %s: %s in %s; %s; next in %s\n",
		r.Number, outcome, loadedNow(s), rounded(r.Took), notLoadedNow(s), rounded(r.Next))
}

// loadedNow says what a round listed and loaded.
func loadedNow(s config.Summary) string {
	listed := english.Plural(s.Listed, "file", "")
	if s.Partial {
		listed += " that can be new"
	}
	return fmt.Sprintf("%s, %d loaded before, %d loaded now: %s rows", listed, s.Already, s.Files, humanize.Comma(int64(s.Rows)))
}

// notLoadedNow says what it did not load.
func notLoadedNow(s config.Summary) string {
	return fmt.Sprintf("%d failed, %d waiting, %d set aside, %d changed", len(s.Failed), s.Waiting, len(s.SetAside), len(s.Changed))
}
