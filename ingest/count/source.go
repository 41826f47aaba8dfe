package count

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/export"
	"clickql/ingest/find"
	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/internal/cube"
)

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

// Plus adds the counts of another shard.
func (f FileCounts) Plus(o FileCounts) FileCounts {
	return FileCounts{f.Listed + o.Listed, f.Loaded + o.Loaded, f.InHand + o.InHand, f.Failed + o.Failed, f.New + o.New, f.Changed + o.Changed,
		f.Replaced + o.Replaced, f.Unreadable + o.Unreadable, f.Unnamed + o.Unnamed}
}

// FileProblem is a file whose rows are not in the tables as they are now.
type FileProblem struct {
	Name   string `json:"name"`
	State  string `json:"state"` // new, failed, inHand, changed, unreadable or twice
	Reason string `json:"reason,omitempty"`
}

// maxProblems bounds sourceCounter.problems.
const maxProblems = 1000

// Source counts the rows of files by day.
type Source struct {
	s        *session.Session
	cfg      config.Config
	Finder   *find.Finder
	feed     export.Feed
	Counts   FileCounts
	Problems []FileProblem // the first maxProblems
	Rejected uint64        // rows that are not to be stored
	Loadable int           // files that are not loaded and can be read, as far as is known
	Files    []CountedFile // that could be counted
	Days     map[cube.Day]*dayCounts
}

// NewSource has counted nothing yet.
func NewSource(s *session.Session, cfg config.Config, f export.Feed) *Source {
	return &Source{s: s, cfg: cfg, Finder: find.New(s, cfg, ledger.Downloads), feed: f, Problems: []FileProblem{}, Days: map[cube.Day]*dayCounts{}}
}

// CountedFile is a file of the source.
type CountedFile struct {
	Name  string
	State FileState
	Rows  int64 // to be stored
}

// dayCounts is what the source holds of one day.
type dayCounts struct {
	Rows int64
	// Projects is the day's digest.
	Projects uint64
	// Files are those with rows of the day; nil once there are more than
	// filesPerDay, since memory would grow with their product.
	Files []fileRows
	Many  bool
}

// fileRows is the part of a file within a period.
type fileRows struct {
	File int // in sourceCounter.files
	Rows int64
}

// FilesPerDay bounds the files remembered for each day.
const FilesPerDay = 1000

// add counts a file's rows of a day.
func (c *Source) add(d cube.Day, file int, rows int64) {
	dc := c.Days[d]
	if dc == nil {
		dc = &dayCounts{}
		c.Days[d] = dc
	}
	dc.Rows += rows
	c.Files[file].Rows += rows
	switch {
	case dc.Many:
	case len(dc.Files) == FilesPerDay:
		dc.Files, dc.Many = nil, true
	default:
		dc.Files = append(dc.Files, fileRows{file, rows})
	}
}

// Rows adds the days up.
func (c *Source) Rows() (n uint64) {
	for _, d := range c.Days {
		n += uint64(d.Rows)
	}
	return n
}

// Read counts the rows of objects, some files at a time; quick only asks the
// ledger about them.
func (c *Source) Read(ctx context.Context, objects []export.Object, quick bool) error {
	c.cfg.Progress.Phase("counting rows at the source")
	var total, seen int64
	for _, o := range objects {
		total += o.Size
	}
	c.cfg.Progress.Begin(len(objects), 0, total)
	var rows uint64
	for chunk := range slices.Chunk(objects, find.LedgerChunk) {
		states, err := c.FileStates(ctx, chunk)
		if err != nil {
			return err
		}
		if quick {
			continue
		}
		files, bad, err := c.Finder.Footers(ctx, NotReplaced(chunk, states))
		if err != nil {
			return err
		}
		for _, f := range bad {
			c.unreadable(f, states[f.Object.Name])
		}
		for _, o := range chunk {
			seen += o.Size
		}
		for _, f := range files {
			rows += f.Rows
		}
		// What the files to come hold is estimated by their size.
		c.cfg.Progress.Update(func(s *config.Snapshot) { s.Rows = uint64(float64(rows) * float64(total) / float64(max(seen, 1))) })
		if err := c.CountFiles(ctx, files, states); err != nil {
			return err
		}
	}
	c.cfg.Progress.Update(func(s *config.Snapshot) { s.Rows = rows })
	return nil
}

// problem lists a file.
func (c *Source) problem(file, state, reason string) {
	if len(c.Problems) < maxProblems {
		c.Problems = append(c.Problems, FileProblem{file, state, reason})
	}
}

// unreadable lists a file that cannot be counted.
func (c *Source) unreadable(f export.Failure, state FileState) {
	c.Counts.Unreadable++
	if state.waits() {
		c.Loadable--
	}
	c.problem(f.Object.Name, "unreadable", f.Reason)
}

// CountFiles scans files, those of one layout together.
func (c *Source) CountFiles(ctx context.Context, files []export.File, states map[string]FileState) error {
	return export.EachGroup(files, c.Finder.Sources, func(g export.Group) error { return c.countGroup(ctx, g, states) })
}

// countGroup scans one group, and where that fails its halves, down to the file
// that is at fault.
func (c *Source) countGroup(ctx context.Context, g export.Group, states map[string]FileState) error {
	counts, err := Scan(ctx, c.s, c.cfg, c.feed, g)
	switch {
	case err == nil:
		c.take(g, counts, states)
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case !export.BlamesFile(err):
		return fmt.Errorf("count the rows of %s: %w", g, export.WithAccessRemedy(err, g.Source))
	case len(g.Files) == 1:
		c.unreadable(export.Failure{Object: g.Files[0].Object, Reason: export.PlainReason(err)}, states[g.Files[0].Name])
		return nil
	}
	all, half := g.Files, len(g.Files)/2
	for _, part := range [][]export.File{all[:half], all[half:]} {
		g.Files = part
		if err := c.countGroup(ctx, g, states); err != nil {
			return err
		}
	}
	return nil
}

// take adds a group's counts up, without files whose rows are not as many as
// their footers promise.
func (c *Source) take(g export.Group, counts []scanned, states map[string]FileState) {
	sums := map[string]uint64{}
	for _, n := range counts {
		sums[n.Path] += n.rows
	}
	index := map[string]int{}
	for _, f := range g.Files {
		if sums[f.Path] != f.Rows {
			c.unreadable(export.Failure{Object: f.Object, Reason: fmt.Sprintf("its footer promises %d rows, but it holds %d", f.Rows, sums[f.Path])}, states[f.Name])
			continue
		}
		index[f.Path] = len(c.Files)
		c.Files = append(c.Files, CountedFile{Name: f.Name, State: states[f.Name]})
	}
	for _, n := range counts {
		i, ok := index[n.Path]
		switch {
		case !ok:
		case n.Accepted:
			c.add(n.Day, i, int64(n.rows))
			c.Days[n.Day].Projects += n.projects
		default:
			c.Rejected += n.rows
		}
	}
}

// scanned is what a scan found of a file's day; accepted rows have a day.
type scanned struct {
	Path     string
	Accepted bool
	Day      cube.Day
	rows     uint64
	projects uint64    // the digest of its rows
	date     time.Time // the same
}

// Scan counts a group's rows by file and day. It reads the columns that decide
// on both: the timestamp and the project.
func Scan(ctx context.Context, s *session.Session, cfg config.Config, f export.Feed, g export.Group) ([]scanned, error) {
	r, err := f.Reading(g)
	if err != nil {
		return nil, err
	}
	project := cmp.Or(r.Column(projectColumn), "''")
	counts, err := session.Scan(ctx, s, session.Statement{
		SQL: "SELECT _path, toBool(ifNull(" + r.Accepted() + ", 0)) AS stored, if(stored, ifNull(" + r.Day() + ", toDate(0)), toDate(0)) AS day, count(), sumIf(" + projectDigest(project) + ", stored) FROM " + r.From +
			" GROUP BY _path, stored, day",
		Params: r.Params, Settings: cfg.Spilling(r.Settings),
		Rows: func(n uint64) { cfg.Progress.Update(func(s *config.Snapshot) { s.RowsDone += n }) },
	}, func(c *scanned) []any { return []any{&c.Path, &c.Accepted, &c.date, &c.rows, &c.projects} })
	for i, c := range counts {
		counts[i].Day = cube.DayOf(c.date)
	}
	return counts, err
}
