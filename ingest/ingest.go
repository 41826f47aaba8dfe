package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"clickql/ingest/backfill"
	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/ingest/load"
	"clickql/ingest/publish"
	"clickql/ingest/repair"
	"clickql/ingest/retire"
	"clickql/ingest/shadow"
	"clickql/ingest/shards"
	"clickql/ingest/upgrade"
	"clickql/ingest/verify"
)

// Ingest loads files into one database, and mends what is in it.
type Ingest struct{ cfg config.Config }

// New prepares to load; nothing happens before Run.
func New(cfg config.Config) *Ingest { return &Ingest{cfg.WithDefaults()} }

// Run loads what the sources name and the ledger does not hold yet, each file
// once. It first brings what dead writers left behind to an end. The summary is
// valid also beside an error. Files that cannot be loaded are no error: they
// are in the summary.
func (in *Ingest) Run(ctx context.Context, kind ledger.Kind, sources ...string) (sum config.Summary, err error) {
	if err := in.cfg.AllSources(in.cfg.Session()).Known(sources); err != nil {
		return sum, err
	}
	err = overShards(ctx, in.cfg, func(all shards.Shards) error {
		sum, err = loadInto(ctx, all.Configs(), kind, sources)
		return err
	})
	return sum, err
}

// loadInto loads into databases, as their only writer.
func loadInto(ctx context.Context, cfgs []config.Config, kind ledger.Kind, sources []string) (sum config.Summary, err error) {
	err = asWriters(ctx, cfgs, func(ctx context.Context, writers []*publish.Writer) error {
		return load.Files(ctx, writers, kind, &sum, sources)
	})
	return sum, err
}

// overShards does some work on the databases that a configuration stands for.
func overShards(ctx context.Context, cfg config.Config, do func(shards.Shards) error) error {
	all, err := shards.Open(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(do(all), all.Close())
}

// asWriters does some work as the only writer of some databases, whose locks are taken in
// their order, so that of two commands one waits for the other or is refused.
func asWriters(ctx context.Context, cfgs []config.Config, do func(context.Context, []*publish.Writer) error) error {
	return asMore(ctx, cfgs, nil, do)
}

// asMore is asWriters with the first locks held.
func asMore(ctx context.Context, cfgs []config.Config, held []*publish.Writer, do func(context.Context, []*publish.Writer) error) error {
	if len(held) == len(cfgs) {
		return do(ctx, held)
	}
	var within error
	cfg := cfgs[len(held)]
	err := asWriter(ctx, cfg, func(ctx context.Context, w *publish.Writer) error {
		within = asMore(ctx, cfgs, append(held[:len(held):len(held)], w), do)
		return within
	})
	if within != nil {
		return err // which shard's it is stands there
	}
	return cfg.OfShard(err)
}

// asWriter does some work as the only writer of a database.
func asWriter(ctx context.Context, cfg config.Config, do func(context.Context, *publish.Writer) error) error {
	return publish.AsWriter(ctx, cfg, func(ctx context.Context) error {
		_, err := load.Help(ctx, cfg)
		return err
	}, do)
}

// writing is asWriter with a configuration.
func writing(cfg config.Config) publish.AsWriterFunc {
	return func(ctx context.Context, do func(context.Context, *publish.Writer) error) error {
		return asWriter(ctx, cfg, do)
	}
}

// Help prepares batches for the process that holds the writer's lock, until it
// gives the lock back or dies; it returns at once where nobody holds it. It
// makes nothing public. How many batches it prepared is valid also beside an
// error.
func (in *Ingest) Help(ctx context.Context) (batches int, err error) {
	err = overShards(ctx, in.cfg, func(all shards.Shards) error {
		counts, errs := make([]int, len(all)), make([]error, len(all))
		var each sync.WaitGroup
		for i, sh := range all {
			each.Go(func() {
				counts[i], errs[i] = load.Help(ctx, sh.Config)
				errs[i] = sh.Config.OfShard(errs[i])
			})
		}
		each.Wait()
		for _, n := range counts {
			batches += n
		}
		return errors.Join(errs...)
	})
	return batches, err
}

// Verify compares the downloads that the sources name with the raw table and
// with every table that a view fills from it, by days where tables have them.
// It takes no lock and changes nothing. quick reads no file: it compares the
// listing with the ledger and the ledger's rows with the raw table's. What differs
// is no error.
func (in *Ingest) Verify(ctx context.Context, quick bool, sources ...string) (report verify.Report, err error) {
	err = overShards(ctx, in.cfg, func(all shards.Shards) error {
		if all.Several() {
			report, err = verify.Over(ctx, in.cfg, all, quick, sources)
		} else {
			report, err = verify.Tables(ctx, in.cfg, quick, sources)
		}
		return err
	})
	return report, err
}

// Repair rebuilds some days from the source, in the raw table and in every table
// that views fill from it; of shards, in one. The plan is valid also beside an error,
// as far as it had come.
func (in *Ingest) Repair(ctx context.Context, req repair.Request, sources ...string) (plan repair.Plan, err error) {
	err = overShards(ctx, in.cfg, func(all shards.Shards) error {
		cfg, err := all.One(req.Shard)
		if err != nil {
			return err
		}
		plan, err = repair.Days(ctx, cfg, writing(cfg), req, sources)
		return err
	})
	return plan, err
}

// Retire drops the raw rows of old days; what the aggregates counted of them stays. Of
// shards it drops none: who asks all of them could not tell what is gone on purpose.
func (in *Ingest) Retire(ctx context.Context, req retire.Request) (plan retire.Plan, err error) {
	err = overShards(ctx, in.cfg, func(all shards.Shards) error {
		if all.Several() {
			return fmt.Errorf("retire days of %s in database %s: it is Distributed, and what the ledgers of its shards say was dropped on purpose is not seen through it, "+
				"so that its aggregates would no longer agree with it and not be used; keep the rows", in.cfg.DownloadsTable, in.cfg.Database)
		}
		plan, err = retire.Days(ctx, all[0].Config, writing(all[0].Config), req)
		return err
	})
	return plan, err
}

// Backfill computes an aggregate from history and puts it in place when it is
// complete and agrees with the raw table: a new one, or one that is wrong. It waits
// for other writers. Of shards each has its own, one after the other; where one cannot
// be filled the others are.
func (in *Ingest) Backfill(ctx context.Context, req backfill.Request) (plans []backfill.Plan, err error) {
	cfg := in.cfg
	cfg.Wait = true
	err = overShards(ctx, cfg, func(all shards.Shards) error {
		chosen, err := all.Chosen(req.Shard)
		if err != nil {
			return err
		}
		var errs, none []error
		for _, sh := range chosen {
			plan, err := backfill.Table(ctx, sh.Config, writing(sh.Config), req)
			switch err = sh.Config.OfShard(err); {
			case errors.Is(err, backfill.ErrNone):
				none = append(none, err)
			case err != nil:
				errs = append(errs, err)
			default:
				plans = append(plans, plan)
			}
			if ctx.Err() != nil {
				break
			}
		}
		if len(plans) == 0 {
			errs = append(errs, none...)
		}
		return errors.Join(errs...)
	})
	return plans, err
}

// Upgrade brings the tables to the present schema, the mapping of exports included,
// while rows are loaded and read. It waits for other writers.
func (in *Ingest) Upgrade(ctx context.Context, req upgrade.Request) (upgrade.Report, error) {
	cfg := in.cfg
	cfg.Wait = true
	return upgrade.Schema(ctx, cfg, writing(cfg), req)
}

// Shadow names a second set of tables beside the live ones; nothing happens yet.
func (in *Ingest) Shadow(name string) (*shadow.Shadow, error) {
	return shadow.New(in.cfg, name, shadow.Commands{
		Over: func(ctx context.Context, cfg config.Config, do func([]config.Config) error) error {
			return overShards(ctx, cfg, func(all shards.Shards) error { return do(all.Configs()) })
		},
		AsWriters: asWriters,
		Load: func(ctx context.Context, cfgs []config.Config, sources []string) (config.Summary, error) {
			return loadInto(ctx, cfgs, ledger.Downloads, sources)
		},
	})
}
