package count

import (
	"slices"
	"strings"

	"clickql/ingest/ledger"
	"clickql/internal/cube"
)

// MaxNamed bounds the files named for one difference.
const MaxNamed = 5

// PeriodFiles are the source's files with rows of a period.
type PeriodFiles struct {
	Files      []CountedFile // rows are those of the period
	Unreadable int           // files that could not be counted
	many       bool          // too many files to tell
}

// FilesOf lists the files with rows of a period.
func (c *Source) FilesOf(g Grain, p cube.Day) PeriodFiles {
	out := PeriodFiles{Unreadable: c.Counts.Unreadable}
	if g == InTotal {
		out.Files = c.Files
		return out
	}
	rows := map[int]int64{}
	for d, counts := range c.Days {
		if g.Period(d) != p {
			continue
		}
		out.many = out.many || counts.Many
		for _, f := range counts.Files {
			rows[f.File] += f.Rows
		}
	}
	for i, n := range rows {
		f := c.Files[i]
		f.Rows = n
		out.Files = append(out.Files, f)
	}
	slices.SortFunc(out.Files, func(a, b CountedFile) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// ChangedSpans are the days that files hold which were replaced since they were
// loaded, of each file from its first to its last.
func (c *Source) ChangedSpans() map[int]ledger.Span {
	changed := map[int]ledger.Span{}
	for d, counts := range c.Days {
		for _, f := range counts.Files {
			if c.Files[f.File].State != StateChanged {
				continue
			}
			s, known := changed[f.File]
			if !known {
				s = ledger.Span{From: d, To: d}
			}
			changed[f.File] = ledger.Span{From: min(s.From, d), To: max(s.To, d)}
		}
	}
	return changed
}

// Sum adds up the rows of the files in some state, and names some of them.
func (p PeriodFiles) Sum(in func(FileState) bool) (rows int64, names []string) {
	for _, f := range p.Files {
		if f.Rows > 0 && in(f.State) {
			rows += f.Rows
			names = named(names, f.Name)
		}
	}
	return rows, names
}

// Of names loaded files with exactly that many rows.
func (p PeriodFiles) Of(rows int64) (names []string) {
	for _, f := range p.Files {
		if f.State == StateLoaded && f.Rows == rows {
			names = named(names, f.Name)
		}
	}
	return names
}

// As are the same files, each taken to hold the rows by which a period differs:
// they explain all periods together.
func (p PeriodFiles) As(delta int64) PeriodFiles {
	out := p
	out.Files = slices.Clone(p.Files)
	for i := range out.Files {
		out.Files[i].Rows = max(delta, -delta)
	}
	return out
}

// named adds a name while there are few.
func named(names []string, n string) []string {
	if len(names) < MaxNamed {
		return append(names, n)
	}
	return names
}
