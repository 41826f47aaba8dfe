package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"clickql/ingest/config"
	"clickql/ingest/count"
	"clickql/ingest/export"
	"clickql/ingest/find"
	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/ingest/tables"
	"clickql/internal/cube"
)

// Report compares what a source holds with what the tables hold.
type Report struct {
	Database string `json:"database"`
	// Quick is a comparison with the ledger alone: no file was read.
	Quick bool `json:"quick"`
	// Agrees is true when nothing differs and every file is loaded as it is.
	Agrees bool             `json:"agrees"`
	Files  count.FileCounts `json:"files"`
	// Rows are those of the source that are to be stored; of the ledger when
	// Quick. Rejected are those that are not.
	Rows     uint64 `json:"rows"`
	Rejected uint64 `json:"rejected"`
	// Tables lists every table that was looked at, the raw one first.
	Tables []Table `json:"tables"`
	// Differences are in the order of Tables, and of days within each.
	Differences []Difference `json:"differences"`
	// Problems lists the files that are not in the tables as they are, the
	// first thousand of them.
	Problems []count.FileProblem `json:"problems"`
	// Remedies are the commands that mend all of it, in the order in which they
	// are to be run, ready for a shell.
	Remedies []string `json:"remedies"`
	// Notes say what limits the comparison.
	Notes []string `json:"notes"`
	// Shards are the reports of the shards that the database stands for, each of the
	// files that its ledger holds. There are no tables then but those of shards.
	Shards []Shard `json:"shards,omitempty"`
}

// Table is how one table compares as a whole.
type Table struct {
	Table string      `json:"table"`
	Grain count.Grain `json:"grain"`
	// Expected and Found are downloads; absent where the table has no counts.
	Expected *int64 `json:"expected,omitempty"`
	Found    *int64 `json:"found,omitempty"`
	// Differing counts the table's entries under Differences.
	Differing int `json:"differing"`
	// Reason says why the table is unchecked.
	Reason string `json:"reason,omitempty"`
}

// Difference is one day, month or total that is not what it should be.
type Difference struct {
	Table string      `json:"table"`
	Grain count.Grain `json:"grain"`
	// Period is a day as 2024-01-31, a month as 2024-01, "all", "first day", "last
	// day", or "each" with the columns of a key.
	Period string `json:"period"`
	// Expected and Found are downloads; of FirstLast they are days since 1970, of
	// ByKey keys: those of the downloads, and those of them that are right.
	Expected int64 `json:"expected"`
	Found    int64 `json:"found"`
	// Cause is the likely one, Explanation the same in words.
	Cause       Cause  `json:"cause"`
	Explanation string `json:"explanation"`
	// Remedy is the command that mends it; empty where none does by itself.
	Remedy string `json:"remedy,omitempty"`
	// Files are those that the cause is about, some of them where there are many.
	Files []string `json:"files,omitempty"`

	at    cube.Day
	table string // without its database
	views int    // that fill the table; 1 for the raw one
	mend  mend
}

// verifier is one verification.
type verifier struct {
	cfg    config.Config
	ledger ledger.Ledger
	source *count.Source
	tables count.Observer
	out    Report
	whole  bool // the sources name every file that is loaded
	loads  ledger.Loads
	// retired are the rows of each day that were dropped from the raw table on purpose.
	retired map[cube.Day]int64
}

// Tables compares the downloads that the sources name with the raw table and
// with every table that a view fills from it, by days where tables have them.
// It takes no lock and changes nothing. Memory is bounded by days and by a
// number of files for each day; each statement by MaxMemory. quick reads no
// file: it compares the listing with the ledger and the ledger's rows with the
// raw table's. What differs is no error.
func Tables(ctx context.Context, cfg config.Config, quick bool, sources []string) (Report, error) {
	s := cfg.Session()
	if err := cfg.AllSources(s).Known(sources); err != nil {
		return empty(cfg, quick), err
	}
	cfg.Progress.Phase("listing files")
	objects, err := find.New(s, cfg, ledger.Downloads).List(ctx, sources)
	if err != nil {
		return empty(cfg, quick), err
	}
	return holding(ctx, cfg, quick, sources, objects)
}

// empty is a report that says nothing yet.
func empty(cfg config.Config, quick bool) Report {
	return Report{Database: cfg.Database, Quick: quick,
		Tables: []Table{}, Differences: []Difference{}, Problems: []count.FileProblem{}, Remedies: []string{}, Notes: []string{}}
}

// holding is Tables for objects, of what the sources name.
func holding(ctx context.Context, cfg config.Config, quick bool, sources []string, objects []export.Object) (Report, error) {
	s := cfg.Session()
	v := &verifier{cfg: cfg, ledger: ledger.Of(s), out: empty(cfg, quick)}
	err := v.verify(ctx, s, sources, objects)
	f := v.out.Files
	v.out.Agrees = err == nil && len(v.out.Differences) == 0 && f.Loaded+f.Replaced == f.Listed && f.Unreadable == 0
	return v.out, err
}

// verify does the whole comparison.
func (v *verifier) verify(ctx context.Context, s *session.Session, sources []string, objects []export.Object) error {
	feed, err := export.ReadFeed(ctx, tables.NewSchema(s), ledger.Downloads, v.cfg.DownloadsTable)
	if err != nil {
		return err
	}
	if v.cfg, err = v.cfg.WithThreads(ctx, s); err != nil {
		return err
	}
	v.source, v.tables = count.NewSource(s, v.cfg, feed), count.NewObserver(s, v.cfg)
	if v.loads, err = v.ledger.Loads(ctx); err != nil {
		return err
	}
	if v.retired, err = v.ledger.RetiredDays(ctx); err != nil && !session.Gone(err) {
		return err
	}
	if err := v.downloadsOnly(ctx, s, objects); err != nil {
		return err
	}
	if err := v.count(ctx, objects); err != nil {
		return err
	}
	if v.out.Quick {
		err = v.quick(ctx)
	} else {
		err = v.compare(ctx)
	}
	if err != nil {
		return err
	}
	after, err := v.ledger.Loads(ctx)
	if err != nil {
		return err
	}
	v.note(after)
	v.prescribe(sources)
	return nil
}

// downloadsOnly refuses files that are loaded as something else: nothing here is said
// of them.
func (v *verifier) downloadsOnly(ctx context.Context, s *session.Session, objects []export.Object) error {
	for _, kind := range ledger.Kinds() {
		if kind == ledger.Downloads {
			continue
		}
		finder := find.New(s, v.cfg, kind)
		for chunk := range slices.Chunk(objects, find.LedgerChunk) {
			loaded, err := finder.LoadedGenerations(ctx, chunk)
			if err != nil {
				return err
			}
			for _, o := range chunk {
				if _, is := loaded[o.Name]; is {
					return fmt.Errorf("%s was loaded by %s, and verify compares downloads alone: name their files, and see clickql ingest status for the others", o.Name, kind.Command())
				}
			}
		}
	}
	return nil
}

// count counts the rows of the source.
func (v *verifier) count(ctx context.Context, objects []export.Object) error {
	err := v.source.Read(ctx, objects, v.out.Quick)
	files := v.source.Counts
	files.Listed, files.Unnamed = len(objects), max(0, v.loads.Files-files.Loaded-files.Changed)
	v.out.Files, v.out.Problems, v.out.Rows, v.out.Rejected = files, v.source.Problems, v.source.Rows(), v.source.Rejected
	v.whole = files.Unnamed == 0
	return err
}

// notef adds a note.
func (v *verifier) notef(format string, args ...any) {
	v.out.Notes = append(v.out.Notes, fmt.Sprintf(format, args...))
}

// note says what limits the comparison.
func (v *verifier) note(after ledger.Loads) {
	if n := v.out.Files.Unnamed; n > 0 && !v.out.Quick {
		v.notef("files that are loaded and that SOURCE does not name: %d; days outside SOURCE, months and totals are compared with the raw table instead", n)
	}
	if len(v.retired) > 0 {
		v.notef("raw rows of %d days were dropped with clickql ingest retire: %d rows of %s to %s, which only the aggregates hold", len(v.retired), count.Counts{Counts: v.retired}.Total(),
			slices.Min(slices.Collect(maps.Keys(v.retired))), slices.Max(slices.Collect(maps.Keys(v.retired))))
	}
	if after.Lines != v.loads.Lines || after.Publishing > 0 {
		v.notef("a load was going on: tables may have been read before and after it; run this again when it has ended")
	}
	if after.Publishing > 0 {
		v.notef("a batch is half published; if no ingest command is running, the next clickql ingest run finishes it")
	}
}
