package graph

import (
	"clickql/internal/catalog"
	"clickql/internal/pypi"
	"clickql/internal/query"
)

// indexed reports that all projects are known without asking. Where they are
// not, whether there is a project has to be asked for.
func (a asker) indexed() bool { return a.snap.Projects != nil }

// existence asks whether a project has any download.
func existence(name string) query.Request {
	return query.TotalOf(ofProject(query.Slice{AllTime: true}, name))
}

// What there is in all.
var (
	everything  = query.TotalOf(query.Slice{AllTime: true})
	allProjects = query.CountOf(query.Slice{AllTime: true}, catalog.Project)
)

// known reports that the project is in the index.
func (a asker) known(name string) bool {
	_, ok := a.snap.Projects.Total(name)
	return ok
}

// atHand reports that the slice's total, and ranks in it, are known without
// asking: it is all downloads of all time, of some projects or of all.
func (a asker) atHand(s query.Slice) bool {
	return a.indexed() && s.AllTime && len(s.Conditions) == 0
}

// total is the total of a slice that is at hand.
func (a asker) total(s query.Slice) (n int64) {
	if s.Projects == nil {
		return a.snap.Projects.Sum()
	}
	for _, name := range s.Projects {
		of, _ := a.snap.Projects.Total(name)
		n += of
	}
	return n
}

// page is one page of projects found by name.
type page struct {
	entries []catalog.Entry
	more    bool
}

// search finds projects by the beginning of their name.
func (a asker) search(text string, first int, after *string) (page, error) {
	if err := a.limits.first(first); err != nil {
		return page{}, err
	}
	cursor, err := parseCursor(after)
	if err != nil {
		return page{}, err
	}
	var behind *catalog.Entry
	if cursor != nil {
		behind = &catalog.Entry{Name: cursor.Value, Total: cursor.Total}
	}
	if !a.indexed() && !a.snap.Days.Empty() {
		return page{}, &query.Error{Code: query.Uncovered, Message: "search is unavailable: no table of this database lists all projects at a bearable cost; " +
			"an aggregate keyed by (project) would; ask for projects by name"}
	}
	entries, more := a.snap.Projects.Prefix(pypi.NormalizeName(text), behind, first)
	return page{entries, more}, nil
}
