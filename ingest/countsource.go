package ingest

import (
	"context"
	"fmt"
	"slices"
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

// FileProblem is a file whose rows are not in the tables as they are now.
type FileProblem struct {
	Name   string `json:"name"`
	State  string `json:"state"` // new, failed, inHand, changed or unreadable
	Reason string `json:"reason,omitempty"`
}

// maxProblems bounds sourceCounter.problems.
const maxProblems = 1000

// sourceCounter counts the rows of files by day.
type sourceCounter struct {
	s        *session
	cfg      Config
	finder   *finder
	feed     feed
	counts   FileCounts
	problems []FileProblem // the first maxProblems
	rejected uint64        // rows that are not to be stored
	loadable int           // files that are not loaded and can be read, as far as is known
	files    []countedFile // that could be counted
	days     map[day]*dayCounts
}

// newSourceCounter has counted nothing yet.
func newSourceCounter(s *session, cfg Config, f feed) *sourceCounter {
	return &sourceCounter{s: s, cfg: cfg, finder: newFinder(s, cfg, Downloads), feed: f, problems: []FileProblem{}, days: map[day]*dayCounts{}}
}

// countedFile is a file of the source.
type countedFile struct {
	name  string
	state fileState
	rows  int64 // to be stored
}

// dayCounts is what the source holds of one day.
type dayCounts struct {
	rows int64
	// files are those with rows of the day; nil once there are more than
	// filesPerDay, since memory would grow with their product.
	files []fileRows
	many  bool
}

// fileRows is the part of a file within a period.
type fileRows struct {
	file int // in sourceCounter.files
	rows int64
}

// filesPerDay bounds the files remembered for each day.
const filesPerDay = 1000

// add counts a file's rows of a day.
func (c *sourceCounter) add(d day, file int, rows int64) {
	dc := c.days[d]
	if dc == nil {
		dc = &dayCounts{}
		c.days[d] = dc
	}
	dc.rows += rows
	c.files[file].rows += rows
	switch {
	case dc.many:
	case len(dc.files) == filesPerDay:
		dc.files, dc.many = nil, true
	default:
		dc.files = append(dc.files, fileRows{file, rows})
	}
}

// rows adds the days up.
func (c *sourceCounter) rows() (n uint64) {
	for _, d := range c.days {
		n += uint64(d.rows)
	}
	return n
}

// read counts the rows of objects, some files at a time; quick only asks the
// ledger about them.
func (c *sourceCounter) read(ctx context.Context, objects []Object, quick bool) error {
	c.cfg.Progress.phase("counting rows at the source")
	var total, seen int64
	for _, o := range objects {
		total += o.Size
	}
	c.cfg.Progress.begin(len(objects), 0, total)
	var rows uint64
	for chunk := range slices.Chunk(objects, ledgerChunk) {
		states, err := c.fileStates(ctx, chunk)
		if err != nil {
			return err
		}
		if quick {
			continue
		}
		files, bad, err := c.finder.footers(ctx, notReplaced(chunk, states))
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
		c.cfg.Progress.update(func(s *Snapshot) { s.Rows = uint64(float64(rows) * float64(total) / float64(max(seen, 1))) })
		if err := c.countFiles(ctx, files, states); err != nil {
			return err
		}
	}
	c.cfg.Progress.update(func(s *Snapshot) { s.Rows = rows })
	return nil
}

// problem lists a file.
func (c *sourceCounter) problem(file, state, reason string) {
	if len(c.problems) < maxProblems {
		c.problems = append(c.problems, FileProblem{file, state, reason})
	}
}

// unreadable lists a file that cannot be counted.
func (c *sourceCounter) unreadable(f Failure, state fileState) {
	c.counts.Unreadable++
	if state.waits() {
		c.loadable--
	}
	c.problem(f.Object.Name, "unreadable", f.Reason)
}

// countFiles scans files, those of one layout together.
func (c *sourceCounter) countFiles(ctx context.Context, files []file, states map[string]fileState) error {
	return eachGroup(files, c.finder.sources, func(g group) error { return c.countGroup(ctx, g, states) })
}

// countGroup scans one group, and where that fails its halves, down to the file
// that is at fault.
func (c *sourceCounter) countGroup(ctx context.Context, g group, states map[string]fileState) error {
	counts, err := scan(ctx, c.s, c.cfg, c.feed, g)
	switch {
	case err == nil:
		c.take(g, counts, states)
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case !blamesFile(err):
		return fmt.Errorf("count the rows of %s: %w", g, withAccessRemedy(err))
	case len(g.Files) == 1:
		c.unreadable(Failure{g.Files[0].Object, plainReason(err)}, states[g.Files[0].Name])
		return nil
	}
	all, half := g.Files, len(g.Files)/2
	for _, part := range [][]file{all[:half], all[half:]} {
		g.Files = part
		if err := c.countGroup(ctx, g, states); err != nil {
			return err
		}
	}
	return nil
}

// take adds a group's counts up, without files whose rows are not as many as
// their footers promise.
func (c *sourceCounter) take(g group, counts []scanned, states map[string]fileState) {
	sums := map[string]uint64{}
	for _, n := range counts {
		sums[n.path] += n.rows
	}
	index := map[string]int{}
	for _, f := range g.Files {
		if sums[f.Path] != f.Rows {
			c.unreadable(Failure{f.Object, fmt.Sprintf("its footer promises %d rows, but it holds %d", f.Rows, sums[f.Path])}, states[f.Name])
			continue
		}
		index[f.Path] = len(c.files)
		c.files = append(c.files, countedFile{name: f.Name, state: states[f.Name]})
	}
	for _, n := range counts {
		i, ok := index[n.path]
		switch {
		case !ok:
		case n.accepted:
			c.add(n.day, i, int64(n.rows))
		default:
			c.rejected += n.rows
		}
	}
}
