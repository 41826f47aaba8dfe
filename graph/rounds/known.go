package rounds

import (
	"context"
	"slices"

	"clickql/internal/cube"
)

// What there is in all.
var (
	everything  = cube.TotalOf(cube.Slice{AllTime: true})
	allProjects = cube.CountOf(cube.Slice{AllTime: true}, cube.Project)
)

// existence asks whether a project has any download.
func existence(name string) cube.Request {
	return cube.TotalOf(OfProject(cube.Slice{AllTime: true}, name))
}

// Indexed reports that all projects are known without asking. Where they are
// not, whether there is a project has to be asked for.
func (op *Operation) Indexed() bool { return op.Snap.Projects != nil }

// Known reports that the project is in the index.
func (op *Operation) Known(name string) bool {
	_, ok := op.Snap.Projects.Total(name)
	return ok
}

// MayExist leaves out names of no project, where that is known without asking.
func (op *Operation) MayExist(names []string) (left []string) {
	for _, name := range names {
		if !op.Indexed() || op.Known(name) {
			left = append(left, name)
		}
	}
	return left
}

// Exists finds out whether there is a project of the normalised name.
func (op *Operation) Exists(ctx context.Context, name string) (bool, error) {
	if op.Indexed() {
		return op.Known(name), nil
	}
	res, err := op.Load(ctx, existence(name))
	return err == nil && res.Total > 0, err
}

// Existing finds out which of the projects there are.
func (op *Operation) Existing(ctx context.Context, names []string) (map[string]bool, error) {
	var asked Wanted
	for _, name := range names {
		if !op.Indexed() {
			asked.Requests = append(asked.Requests, existence(name))
		}
	}
	if err := op.Announce(ctx, asked); err != nil {
		return nil, err
	}
	exists := map[string]bool{}
	for _, name := range names {
		there, err := op.Exists(ctx, name)
		if err != nil {
			return nil, err
		}
		exists[name] = there
	}
	return exists, nil
}

// atHand reports that the slice's total, and ranks in it, are known without
// asking: it is all downloads of all time, of some projects or of all.
func (op *Operation) atHand(s cube.Slice) bool {
	return op.Indexed() && s.AllTime && len(s.Conditions) == 0
}

// Total is the slice's total.
func (op *Operation) Total(ctx context.Context, s cube.Slice) (n int64, err error) {
	if !op.fromMemory || !op.atHand(s) {
		res, err := op.Load(ctx, cube.TotalOf(s))
		if err != nil {
			return 0, err
		}
		return res.Total, nil
	}
	if s.Projects == nil {
		return op.Snap.Projects.Sum(), nil
	}
	for _, name := range s.Projects {
		of, _ := op.Snap.Projects.Total(name)
		n += of
	}
	return n, nil
}

// Rank is the project's position among all by downloads in the slice, 0 where it
// has none, and how many projects have some.
func (op *Operation) Rank(ctx context.Context, s cube.Slice, project string) (position, projects int64, err error) {
	if op.fromMemory && op.atHand(s) {
		position, projects = op.Snap.Projects.Rank(project)
		return position, projects, nil
	}
	res, err := op.Load(ctx, cube.RankOf(s, project))
	if err != nil {
		return 0, 0, err
	}
	return res.Position, res.Values, nil
}

// Everything is the downloads of all projects of all time.
func (op *Operation) Everything(ctx context.Context) (int64, error) {
	if op.Indexed() {
		return op.Snap.Projects.Sum(), nil
	}
	return op.Total(ctx, everything.Slice)
}

// ProjectCount is how many projects have a download.
func (op *Operation) ProjectCount(ctx context.Context) (int64, error) {
	if op.Indexed() {
		return int64(op.Snap.Projects.Len()), nil
	}
	return op.Count(ctx, allProjects.Slice)
}

// Count is how many projects have a download in the slice.
func (op *Operation) Count(ctx context.Context, s cube.Slice) (int64, error) {
	if op.fromMemory && op.atHand(s) && s.Projects == nil {
		return int64(op.Snap.Projects.Len()), nil
	}
	res, err := op.Load(ctx, cube.CountOf(s, cube.Project))
	if err != nil {
		return 0, err
	}
	return res.Values, nil
}

// namesAtOnce is how many projects one question about totals names, where there
// is no index to look them up in.
const namesAtOnce = 5000

// Totals is the projects' downloads of all time, in the order given.
func (op *Operation) Totals(ctx context.Context, names []string) ([]cube.Group, error) {
	groups := make([]cube.Group, len(names))
	for i, name := range names {
		groups[i].Value = name
		groups[i].Total, _ = op.Snap.Projects.Total(name)
	}
	if op.Indexed() {
		return groups, nil
	}
	var w Wanted
	for part := range slices.Chunk(names, namesAtOnce) {
		all := OfProject(cube.Slice{AllTime: true}, part...)
		w.Requests = append(w.Requests, cube.SplitOf(all, cube.Project, len(part), nil).WithoutTotal())
	}
	if err := op.Announce(ctx, w); err != nil {
		return nil, err
	}
	totals := map[string]int64{}
	for _, r := range w.Requests {
		res, err := op.Load(ctx, r)
		if err != nil {
			return nil, err
		}
		for _, g := range res.Groups {
			totals[g.Value] = g.Total
		}
	}
	for i := range groups {
		groups[i].Total = totals[groups[i].Value]
	}
	return groups, nil
}
