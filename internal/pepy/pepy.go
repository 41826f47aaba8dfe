// Package pepy answers in the shape of pepy.tech's API, version 2
// (https://pepy.tech/pepy-api): a project's total, its versions, and the downloads
// of each day of the last three months by version. As there, days and versions
// without downloads are left out, and the last day is the newest settled one. Mirrors
// count, since all of ours count in total.
package pepy

import (
	"context"
	"slices"

	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/fetch"
	"clickql/internal/pypi"
)

// Project is what is sent as JSON.
type Project struct {
	Total int64  `json:"total_downloads"`
	ID    string `json:"id"`
	// Versions are those ever downloaded, oldest first as PEP 440 orders them, the
	// most downloaded maxVersions of them.
	Versions []string `json:"versions"`
	// Downloads are counts by version, by day.
	Downloads map[string]map[string]int64 `json:"downloads"`
}

// days is how many days are told one by one, maxVersions of how many versions.
const days, maxVersions = 90, 1000

// Ask answers for a project. The error is a *fault.Error, NotFound where there is none.
func Ask(ctx context.Context, op *fetch.Operation, name string) (*Project, error) {
	if err := op.Ready(); err != nil {
		return nil, err
	}
	name = pypi.NormalizeName(name)
	snap := op.Snapshot()
	if snap.Projects.Lacks(name) || snap.Days.Empty() {
		return nil, fault.NoSuch("there is no such project, endpoint or period")
	}
	ever := cube.Slice{Projects: []string{name}, AllTime: true}
	newest := snap.Calendar().Settled().To
	recent := ever.On(cube.Range{From: newest - days + 1, To: newest})
	all := cube.SplitOf(ever, cube.Version, maxVersions, nil)
	some := cube.SplitOf(recent, cube.Version, maxVersions, nil).WithoutTotal()
	known, err := op.LoadAll(ctx, []cube.Request{all, some})
	if err != nil {
		return nil, err
	}
	answer := &Project{Total: known[0].Total, ID: name, Versions: known[0].Listed(), Downloads: map[string]map[string]int64{}}
	slices.SortFunc(answer.Versions, pypi.CompareVersions)
	return answer, answer.byDay(ctx, op, recent, known[1].Listed())
}

// byDay fills in the days of a slice by versions.
func (p *Project) byDay(ctx context.Context, op *fetch.Operation, s cube.Slice, versions []string) error {
	asked := make([]cube.Request, len(versions))
	for i, version := range versions {
		asked[i] = cube.SeriesOf(s.With(cube.Version, version), cube.Daily)
	}
	found, err := op.LoadAll(ctx, asked)
	if err != nil {
		return err
	}
	for i, version := range versions {
		for j, n := range found[i].Totals {
			if n == 0 {
				continue
			}
			day := found[i].Days[j].String()
			if p.Downloads[day] == nil {
				p.Downloads[day] = map[string]int64{}
			}
			p.Downloads[day][version] = n
		}
	}
	return nil
}
