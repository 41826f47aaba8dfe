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
	op.Prefetch(ctx, []cube.Request{all, some})
	known, err := op.Load(ctx, all)
	if err != nil {
		return nil, err
	}
	answer := &Project{Total: known.Total, ID: name, Versions: []string{}, Downloads: map[string]map[string]int64{}}
	for _, g := range known.Groups {
		answer.Versions = append(answer.Versions, g.Value)
	}
	slices.SortFunc(answer.Versions, pypi.CompareVersions)
	return answer, answer.byDay(ctx, op, recent, some)
}

// byDay fills in the days of a slice by the versions of a split.
func (p *Project) byDay(ctx context.Context, op *fetch.Operation, s cube.Slice, split cube.Request) error {
	versions, err := op.Load(ctx, split)
	if err != nil {
		return err
	}
	asked := make([]cube.Request, len(versions.Groups))
	for i, g := range versions.Groups {
		asked[i] = cube.SeriesOf(s.With(cube.Version, g.Value), cube.Daily)
	}
	op.Prefetch(ctx, asked)
	for i, g := range versions.Groups {
		series, err := op.Load(ctx, asked[i])
		if err != nil {
			return err
		}
		for j, n := range series.Totals {
			if n == 0 {
				continue
			}
			day := series.Days[j].String()
			if p.Downloads[day] == nil {
				p.Downloads[day] = map[string]int64{}
			}
			p.Downloads[day][g.Value] = n
		}
	}
	return nil
}
