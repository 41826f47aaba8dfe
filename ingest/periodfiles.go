package ingest

import (
	"slices"
	"strings"
)

// MaxNamed bounds the files named for one difference.
const maxNamed = 5

// periodFiles are the source's files with rows of a period.
type periodFiles struct {
	files      []countedFile // rows are those of the period
	unreadable int           // files that could not be counted
	many       bool          // too many files to tell
}

// filesOf lists the files with rows of a period.
func (c *sourceCounter) filesOf(g Grain, p day) periodFiles {
	out := periodFiles{unreadable: c.counts.Unreadable}
	if g == InTotal {
		out.files = c.files
		return out
	}
	rows := map[int]int64{}
	for d, counts := range c.days {
		if g.period(d) != p {
			continue
		}
		out.many = out.many || counts.many
		for _, f := range counts.files {
			rows[f.file] += f.rows
		}
	}
	for i, n := range rows {
		f := c.files[i]
		f.rows = n
		out.files = append(out.files, f)
	}
	slices.SortFunc(out.files, func(a, b countedFile) int { return strings.Compare(a.name, b.name) })
	return out
}

// changedSpans are the days that files hold which were replaced since they were
// loaded, of each file from its first to its last.
func (c *sourceCounter) changedSpans() map[int]span {
	changed := map[int]span{}
	for d, counts := range c.days {
		for _, f := range counts.files {
			if c.files[f.file].state != stateChanged {
				continue
			}
			s, known := changed[f.file]
			if !known {
				s = span{d, d}
			}
			changed[f.file] = span{min(s.from, d), max(s.to, d)}
		}
	}
	return changed
}

// sum adds up the rows of the files in some state, and names some of them.
func (p periodFiles) sum(in func(fileState) bool) (rows int64, names []string) {
	for _, f := range p.files {
		if f.rows > 0 && in(f.state) {
			rows += f.rows
			names = named(names, f.name)
		}
	}
	return rows, names
}

// of names loaded files with exactly that many rows.
func (p periodFiles) of(rows int64) (names []string) {
	for _, f := range p.files {
		if f.state == stateLoaded && f.rows == rows {
			names = named(names, f.name)
		}
	}
	return names
}

// as are the same files, each taken to hold the rows by which a period differs:
// they explain all periods together.
func (p periodFiles) as(delta int64) periodFiles {
	out := p
	out.files = slices.Clone(p.files)
	for i := range out.files {
		out.files[i].rows = max(delta, -delta)
	}
	return out
}

// named adds a name while there are few.
func named(names []string, n string) []string {
	if len(names) < maxNamed {
		return append(names, n)
	}
	return names
}
