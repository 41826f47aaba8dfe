package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"clickql/internal/chconn"
	"clickql/internal/engine"
	"clickql/internal/sample"
)

// newSampleCommand writes the sample.
func newSampleCommand(a *app) *cobra.Command {
	o := sample.Defaults()
	until := o.Until.Format(time.DateOnly)
	cmd := &cobra.Command{
		Use:   "sample --out DIR",
		Short: "Write a deterministic sample of the exports as Parquet",
		Long: `Writes downloads to DIR/file_downloads and distribution metadata to DIR/projects,
in the shape of the exports that the ingest commands load: the oldest third of
the days as a bulk export in the older flattened form, the others day by day.
Events on GitHub go to DIR/github, as GH Archive writes them.
The same arguments give the same rows on any machine. An earlier sample in DIR is
replaced. The embedded ClickHouse writes the files; --clickhouse is not used.`,
		Example: "  clickql sample --out /tmp/sample\n" +
			"  clickql sample --out /tmp/sample --rows 50000000 --days 90 --projects 5000 --until 2026-10-31",
		RunE: func(cmd *cobra.Command, _ []string) error {
			day, err := time.Parse(time.DateOnly, until)
			if err != nil {
				return usagef("--until is %q; write a day as 2026-10-31", until)
			}
			o.Until = day
			return a.sample(cmd.Context(), o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Dir, "out", "", "`directory` to write to; created where missing")
	flags.Int64Var(&o.Rows, "rows", o.Rows, "`number` of downloads over all days")
	flags.IntVar(&o.Days, "days", o.Days, "`number` of days")
	flags.IntVar(&o.Projects, "projects", o.Projects, "`number` of projects, the best known first")
	flags.Uint64Var(&o.Seed, "seed", o.Seed, "`number` that varies every random choice")
	flags.StringVar(&until, "until", until, "last `day`, as YYYY-MM-DD")
	return cmd
}

// sample writes a sample and says what it wrote.
func (a *app) sample(ctx context.Context, o sample.Options) error {
	if o.Dir == "" {
		return usagef("sample needs a directory; give --out DIR")
	}
	if err := o.Validate(); err != nil {
		return usageError{err}
	}
	conn, release, err := a.sampleEngine(ctx)
	if err != nil {
		return err
	}
	defer a.releasing(release)
	p := a.progress("writing sample")
	result, err := sample.Write(ctx, conn, o, p.Update)
	switch {
	case errors.Is(err, sample.ErrOptions):
		return usageError{err}
	case err != nil:
		return err
	}
	p.Finish()
	fmt.Fprintf(a.stdout, "%s downloads of %s projects from %s to %s, %s files of releases, %s events on GitHub: %d files, %s in %s\n",
		humanize.Comma(result.Rows), humanize.Comma(int64(result.Projects)), result.From, result.To,
		humanize.Comma(result.Releases), humanize.Comma(result.Events), len(result.Files), humanize.IBytes(uint64(result.Bytes)), o.Dir)
	if result.Rejected > 0 {
		fmt.Fprintf(a.stdout, "%s of the downloads lack a project or a timestamp, as in the real exports: loading rejects them\n",
			humanize.Comma(result.Rejected))
	}
	return nil
}

// sampleEngine connects to an embedded engine: that of --data if the directory
// is there, and otherwise one that leaves nothing behind.
func (a *app) sampleEngine(ctx context.Context) (conn *chconn.Conn, release func() error, err error) {
	cfg := engine.Config{Dir: a.data, Log: a.log}
	if _, err := os.Stat(a.data); err != nil {
		if cfg.Dir, err = os.MkdirTemp("", "clickql-sample-"); err != nil {
			return nil, nil, fmt.Errorf("make a directory for the embedded ClickHouse: %w", err)
		}
		cfg.Temporary = true
	}
	e, err := engine.Open(ctx, cfg)
	if err != nil {
		if cfg.Temporary {
			err = errors.Join(err, os.RemoveAll(cfg.Dir))
		}
		return nil, nil, err
	}
	if conn, err = chconn.Open(ctx, chconn.Config{DSN: e.DSN(), Log: a.log}); err != nil {
		return nil, nil, errors.Join(err, e.Close())
	}
	return conn, func() error { return errors.Join(conn.Close(), e.Close()) }, nil
}
