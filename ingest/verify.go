package ingest

import (
	"context"
	"fmt"
	"time"

	"clickql/internal/chconn"
)

// Verification compares what a source holds with what the tables hold.
type Verification struct {
	Database string `json:"database"`
	// Quick is a comparison with the ledger alone: no file was read.
	Quick bool `json:"quick"`
	// Agrees is true when nothing differs and every file is loaded as it is.
	Agrees bool       `json:"agrees"`
	Files  FileCounts `json:"files"`
	// Rows are those of the source that are to be stored; of the ledger when
	// Quick. Rejected are those that are not.
	Rows     uint64 `json:"rows"`
	Rejected uint64 `json:"rejected"`
	// Tables lists every table that was looked at, the raw one first.
	Tables []TableCheck `json:"tables"`
	// Differences are in the order of Tables, and of days within each.
	Differences []Difference `json:"differences"`
	// Problems lists the files that are not in the tables as they are, the
	// first maxProblems of them.
	Problems []FileProblem `json:"problems"`
	// Remedies are the commands that mend all of it, in the order in which they
	// are to be run, ready for a shell.
	Remedies []string `json:"remedies"`
	// Notes say what limits the comparison.
	Notes []string `json:"notes"`
}

// FileCounts counts the files that the sources name by what the ledger says of
// them, and those that it holds beside them.
type FileCounts struct {
	Listed     int `json:"listed"`
	Loaded     int `json:"loaded"`     // at the generation that they have now
	InHand     int `json:"inHand"`     // in a batch that is not finished
	Failed     int `json:"failed"`     // tried, and set aside
	New        int `json:"new"`        // never tried
	Changed    int `json:"changed"`    // loaded with other content
	Replaced   int `json:"replaced"`   // taken out by a repair, which others took the place of
	Unreadable int `json:"unreadable"` // could not be counted by this command; also under one of the above
	Unnamed    int `json:"unnamed"`    // loaded, and not named by the sources
}

// Grain is what a table's counts are compared by.
type Grain string

// The grains.
const (
	ByDay     Grain = "day"
	ByMonth   Grain = "month"
	InTotal   Grain = "total"
	FirstLast Grain = "first and last day" // of tables without counts
	ByKey     Grain = "key"                // each key of such a table, as each project
	Unchecked Grain = "unchecked"
)

// TableCheck is how one table compares as a whole.
type TableCheck struct {
	Table string `json:"table"`
	Grain Grain  `json:"grain"`
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
	Table string `json:"table"`
	Grain Grain  `json:"grain"`
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

	at    day
	table string // without its database
	views int    // that fill the table; 1 for the raw one
	mend  mend
}

// FileProblem is a file whose rows are not in the tables as they are now.
type FileProblem struct {
	Name   string `json:"name"`
	State  string `json:"state"` // new, failed, inHand, changed or unreadable
	Reason string `json:"reason,omitempty"`
}

// maxProblems bounds Verification.Problems.
const maxProblems = 1000

// verifier is one Verify.
type verifier struct {
	r      *run // under no lock: only its reading parts are used
	out    Verification
	source sourceCounts
	whole  bool // the sources name every file that is loaded
	loads  loads
	// loadable counts the files that are not loaded and can be read, as far as is known.
	loadable int
}

// Verify compares the downloads that the sources name with the raw table and
// with every table that a view fills from it, by days where tables have them.
// It takes no lock and changes nothing. Memory is bounded by days and by a
// number of files for each day; each statement by MaxMemory. quick reads no
// file: it compares the listing with the ledger and the ledger's rows with the
// raw table's. What differs is no error.
func (in *Ingest) Verify(ctx context.Context, quick bool, sources ...string) (Verification, error) {
	s := newSession(in.cfg.Conn, in.cfg.Database, 0)
	v := newVerifier(&run{s: s, cfg: in.cfg, kind: Downloads, sum: &Summary{}})
	v.out.Quick = quick
	if err := in.cfg.known(s, sources); err != nil {
		return v.out, err
	}
	err := v.verify(ctx, sources)
	f := v.out.Files
	v.out.Agrees = err == nil && len(v.out.Differences) == 0 && f.Loaded+f.Replaced == f.Listed && f.Unreadable == 0
	return v.out, err
}

// newVerifier compares downloads within a run.
func newVerifier(r *run) *verifier {
	r.feed = feedOf(Downloads, r.cfg.DownloadsTable)
	return &verifier{r: r, out: Verification{Database: r.cfg.Database, Tables: []TableCheck{}, Differences: []Difference{}, Problems: []FileProblem{}, Remedies: []string{}, Notes: []string{}}}
}

// verify does the whole comparison.
func (v *verifier) verify(ctx context.Context, sources []string) (err error) {
	if v.r.feed, err = v.r.readFeed(ctx, v.r.cfg.DownloadsTable); err != nil {
		return err
	}
	v.r.cfg.Progress.phase("listing files")
	objects, err := v.r.list(ctx, sources)
	if err != nil {
		return err
	}
	v.out.Files.Listed = len(objects)
	if v.loads, err = readLoads(ctx, v.r.s); err != nil {
		return err
	}
	if err := v.r.threads(ctx); err != nil {
		return err
	}
	if err := v.readSource(ctx, objects); err != nil {
		return err
	}
	f := &v.out.Files
	f.Unnamed = max(0, v.loads.Files-f.Loaded-f.Changed)
	v.whole = f.Unnamed == 0
	if v.out.Quick {
		err = v.quick(ctx)
	} else {
		err = v.compare(ctx)
	}
	if err != nil {
		return err
	}
	after, err := readLoads(ctx, v.r.s)
	if err != nil {
		return err
	}
	v.note(after)
	v.prescribe(sources)
	return nil
}

// notef adds a note.
func (v *verifier) notef(format string, args ...any) {
	v.out.Notes = append(v.out.Notes, fmt.Sprintf(format, args...))
}

// note says what limits the comparison.
func (v *verifier) note(after loads) {
	if n := v.out.Files.Unnamed; n > 0 && !v.out.Quick {
		v.notef("files that are loaded and that SOURCE does not name: %d; days outside SOURCE, months and totals are compared with the raw table instead", n)
	}
	if after.Lines != v.loads.Lines || after.Publishing > 0 {
		v.notef("a load was going on: tables may have been read before and after it; run this again when it has ended")
	}
	if after.Publishing > 0 {
		v.notef("a batch is half published; if no ingest command is running, the next clickql ingest run finishes it")
	}
}

// loads is what the ledger says of downloads as a whole.
type loads struct {
	Files      int      // loaded, by name
	Lines      int      // about batches that publish or are done: grows with every load
	Publishing int      // batches
	Stored     []uint64 // rows of each batch of files that is done, in the order of planning; not of repairs
	Rows       uint64   // stored rows that should be in the tables
}

// readLoads reads the ledger; a database without one has loaded nothing.
func readLoads(ctx context.Context, s *session) (loads, error) {
	var l loads
	batches, err := readBatches(ctx, s, "", "HAVING state IN (4, 5)")
	if chconn.Classify(err) == chconn.UnknownTable {
		return l, nil
	}
	if err != nil {
		return l, err
	}
	for _, b := range batches {
		switch {
		case Kind(b.Kind) != Downloads:
			continue
		case State(b.State) == Publishing:
			l.Publishing++
		default:
			if b.Rows > 0 {
				l.Stored = append(l.Stored, b.Stored)
			}
			l.Lines++
		}
		l.Lines++
	}
	in, err := readInTables(ctx, s, Downloads)
	l.Files, l.Rows = int(in.Files), in.Rows
	return l, err
}

// day counts days since 1970, as a Date does.
type day uint16

// dayOf is a time's day.
func dayOf(t time.Time) day { return day(t.Unix() / secondsPerDay) }

const secondsPerDay = 24 * 60 * 60

// time is the day's midnight.
func (d day) time() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// String writes the day as 2024-01-31.
func (d day) String() string { return d.time().Format(time.DateOnly) }

// month is the first day of the day's month.
func (d day) month() day {
	t := d.time()
	return dayOf(time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC))
}

// nextMonth is the first day of the month after the day's.
func (d day) nextMonth() day {
	t := d.time()
	return dayOf(time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC))
}
