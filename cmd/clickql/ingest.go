package main

import (
	"context"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"clickql/ingest"
	"clickql/ingest/config"
	"clickql/ingest/ledger"
)

// newIngestCommand groups the commands that load data.
func newIngestCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "ingest",
		Short:   "Load downloads, metadata and events on GitHub, each file exactly once",
		Example: "  clickql ingest run 'exports/*.parquet'\n  clickql ingest status",
	}
	writers := []*cobra.Command{newIngestRunCommand(a), newIngestProjectsCommand(a), newIngestGitHubCommand(a), newIngestRepairCommand(a), newIngestBackfillCommand(a), newIngestRetireCommand(a), newIngestShadowCommand(a)}
	for _, c := range append(writers, writers[len(writers)-1].Commands()...) {
		c.Annotations = map[string]string{interruptedNote: ": run the same command again to carry on"}
	}
	cmd.AddCommand(writers...)
	cmd.AddCommand(newIngestWatchCommand(a), newIngestWorkerCommand(a), newIngestStatusCommand(a), newIngestVerifyCommand(a), newIngestExportQueryCommand(a, time.Now))
	return cmd
}

// newIngestRunCommand loads downloads.
func newIngestRunCommand(a *app) *cobra.Command {
	return a.loadCommand(ledger.Downloads, &cobra.Command{
		Use:     "run SOURCE...",
		Short:   "Load the downloads that are not loaded yet",
		Long:    "Loads what SOURCE names and the ledger does not hold yet. Safe to kill at any\ninstant and run again.",
		Example: "  clickql ingest run 'gs://my-exports/2024/*.parquet' 'exports/file_downloads-*.parquet'",
	})
}

// newIngestProjectsCommand loads distribution metadata.
func newIngestProjectsCommand(a *app) *cobra.Command {
	return a.loadCommand(ledger.Projects, &cobra.Command{
		Use:     "projects SOURCE...",
		Short:   "Load distribution metadata",
		Long:    "Loads BigQuery's exports of distribution metadata into the table projects.",
		Example: "  clickql ingest projects 'gs://my-exports/projects/*.parquet'",
	})
}

// newIngestGitHubCommand loads events on GitHub.
func newIngestGitHubCommand(a *app) *cobra.Command {
	return a.loadCommand(ledger.GitHub, &cobra.Command{
		Use:   "github SOURCE...",
		Short: "Load GH Archive's hourly files of events on GitHub",
		Long: `Loads GH Archive's files (gharchive.org; each line is an event as JSON, gzipped or
not) into the table github_events, from which projects get their stars, forks,
issues, pull requests and contributors. The hour of a file is read from its name
(2024-01-31-5.json.gz); a day counts as known when all of its hours are loaded.`,
		Example: "  clickql ingest github https://data.gharchive.org/2024-01-31-{0..23}.json.gz\n" +
			"  clickql ingest github 'events/2024-*.json.gz'",
	})
}

// loadCommand completes a command that loads files of a kind.
func (a *app) loadCommand(kind ledger.Kind, cmd *cobra.Command) *cobra.Command {
	var f ingestFlags
	cmd.Long += "\n\n" + sourceHelp
	cmd.Args = arguments("SOURCE", 1, 0)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return a.ingest(cmd.Context(), f, kind, args) }
	f.define(cmd.Flags())
	return cmd
}

// ingestFlags are the flags of the commands that load.
type ingestFlags struct {
	batchRows         uint64
	batchFiles        int
	batchBytes        byteSize
	workers           int
	parallel, threads int
	memory            byteSize
	wait, retry       bool
	tries             int
	hmacKey           string
	hmacSecret        string
	anonymous         bool
	s3Anonymous       bool
	s3ServerKeys      bool
	existing          bool // the command needs a database that is there
}

// define adds the flags.
func (f *ingestFlags) define(flags *pflag.FlagSet) {
	f.batchBytes = config.DefaultBatchBytes
	flags.Uint64Var(&f.batchRows, "batch-rows", config.DefaultBatchRows, "`rows` that become public together")
	flags.IntVar(&f.batchFiles, "batch-files", config.DefaultBatchFiles, "`files` that become public together")
	flags.Var(&f.batchBytes, "batch-bytes", "bytes of files that become public together")
	flags.IntVar(&f.workers, "workers", 1, "`batches` prepared side by side by this process; clickql ingest worker adds processes, also on other machines")
	f.work(flags)
	flags.IntVar(&f.tries, "tries", config.DefaultTries, "how `often` a file that fails is tried before it is set aside; a file that changes begins anew")
	flags.BoolVar(&f.retry, "retry", false, "try the files again that have been set aside")
	flags.BoolVar(&f.wait, "wait", false, "help another ingest command that is writing until it ends, then begin, instead of refusing")
}

// work adds the flags that say how batches are prepared.
func (f *ingestFlags) work(flags *pflag.FlagSet) {
	f.memory = config.DefaultMaxMemory
	flags.IntVar(&f.parallel, "parallel", 0, "`aggregates` of a batch computed at the same time, each by one thread of the server (default its max_threads)")
	flags.IntVar(&f.threads, "threads", 0, "`threads` of the server that read a batch's files (default its max_threads)")
	flags.Var(&f.memory, "max-memory", "memory that preparing batches may take in the server, all statements together")
	f.access(flags)
}

// mend adds the flags of the commands that mend tables.
func (f *ingestFlags) mend(flags *pflag.FlagSet) {
	f.memory = config.DefaultMaxMemory
	flags.IntVar(&f.parallel, "parallel", 0, "`aggregates` computed at the same time, each by one thread of the server (default its max_threads)")
	flags.IntVar(&f.threads, "threads", 0, "`threads` of the server that read (default its max_threads)")
	flags.Var(&f.memory, "max-memory", "memory that each statement may take in the server")
	flags.BoolVar(&f.wait, "wait", false, "wait while another ingest command is writing, instead of refusing")
	f.access(flags)
}

// ingest loads files of one kind and says what became of them.
func (a *app) ingest(ctx context.Context, f ingestFlags, kind ledger.Kind, sources []string) error {
	sum, err := a.load(ctx, f, kind, sources, nil)
	if err != nil {
		return err
	}
	a.printSummary(sum)
	if !sum.Complete() {
		return notLoaded(sum)
	}
	return nil
}

// notLoaded is the error of a load that is not complete.
func notLoaded(sum config.Summary) error {
	n := len(sum.Failed) + len(sum.SetAside) + len(sum.Changed)
	return fmt.Errorf("not loaded: %d of %s; see above", n, english.Plural(sum.Listed, "file", ""))
}

// load connects and runs one load; m is told the status after it.
func (a *app) load(ctx context.Context, f ingestFlags, kind ledger.Kind, sources []string, m *ingest.Metrics, configure ...func(*config.Config)) (sum config.Summary, err error) {
	err = a.ingesting(ctx, f, &sources, "loading "+string(kind), func(in *ingest.Ingest) (err error) {
		sum, err = in.Run(ctx, kind, sources...)
		if m != nil && ctx.Err() == nil {
			m.Observe(in.Glance(ctx))
		}
		return err
	}, configure...)
	return sum, err
}

// ingesting connects and, where there is a title, shows progress under it while do
// runs. It completes the sources before.
func (a *app) ingesting(ctx context.Context, f ingestFlags, sources *[]string, title string, do func(*ingest.Ingest) error, configure ...func(*config.Config)) (err error) {
	if *sources, err = a.names(*sources); err != nil {
		return err
	}
	elsewhere, shut, err := f.sources()
	if err != nil {
		return err
	}
	defer a.releasing(shut)
	connect := a.connect
	if f.existing {
		connect = a.connectExisting
	}
	conn, release, err := connect(ctx, admin, loading)
	if err != nil {
		return err
	}
	defer a.releasing(release)
	cfg := config.Config{
		Conn: conn, Sources: elsewhere, BatchRows: f.batchRows, BatchBytes: int64(f.batchBytes), BatchFiles: f.batchFiles, Workers: f.workers, Parallel: f.parallel, Threads: f.threads,
		MaxMemory: uint64(f.memory), Wait: f.wait, Tries: f.tries, RetryAll: f.retry, Log: a.log,
	}
	for _, change := range configure {
		change(&cfg)
	}
	if title != "" {
		cfg.Progress = config.NewProgress(time.Now)
		defer a.showProgress(cfg.Progress, title)()
	}
	return do(ingest.New(cfg))
}

// progressEvery is how often the state of a load is looked at.
const progressEvery = 200 * time.Millisecond

// showProgress shows a load's progress until stop is called.
func (a *app) showProgress(p *config.Progress, title string) (stop func()) {
	shown := a.progress(title)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				s := p.Snapshot()
				if s.Phase == "" {
					continue
				}
				shown.Phase(s.Phase)
				shown.Update(int64(s.RowsDone), int64(s.Rows))
			}
		}
	}()
	return func() {
		close(done)
		<-ended
		if s := p.Snapshot(); s.Rows > 0 {
			shown.Update(int64(s.RowsDone), int64(s.Rows))
			shown.Finish()
			return
		}
		shown.Clear()
	}
}

// rowCount writes a number of rows.
func rowCount(n uint64) string {
	if n == 1 {
		return "1 row"
	}
	return humanize.Comma(int64(n)) + " rows"
}

// printSummary says what a load did.
func (a *app) printSummary(s config.Summary) {
	out := func(format string, args ...any) { _, _ = fmt.Fprintf(a.stdout, format+"\n", args...) }
	now := ""
	if s.Batches > 0 {
		now = fmt.Sprintf(": %s in %s, %s rows/s", rowCount(s.Rows), english.Plural(s.Batches, "batch", "batches"), humanize.Comma(int64(s.Rate())))
	}
	if s.Batches > 0 && s.PeakMemory > 0 {
		now += ", at most " + humanize.IBytes(s.PeakMemory) + " of the server's memory"
	}
	out("%s named, %d loaded before, %d loaded now%s", english.Plural(s.Listed, "file", ""), s.Already, s.Files, now)
	for _, r := range s.Reject {
		out("not stored: %s with %s", rowCount(r.Rows), r.Reason)
	}
	for _, c := range s.Changed {
		out("changed: %s was loaded at generation %s and is now %s; it was not loaded again, since its rows would count twice; clickql ingest verify names its days and the repair that replaces them",
			c.Object.Name, c.Loaded, c.Object.Generation)
	}
	for _, f := range s.Failed {
		out("failed: %s: %s", f.Object.Name, f.Reason)
	}
	for _, f := range s.SetAside {
		out("set aside: %s: %s", f.Object.Name, f.Reason)
	}
	if len(s.Failed) > 0 {
		out("export files that failed anew, or leave them out of SOURCE; as they are, each run tries them again, up to --tries")
	}
	if len(s.SetAside) > 0 {
		out("files that are set aside are tried again when they change, or with --retry")
	}
}
