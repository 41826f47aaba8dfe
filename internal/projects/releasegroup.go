package projects

import (
	"cmp"
	"slices"
	"strings"

	"clickql/internal/cube"
	"clickql/internal/pypi"
)

// ReleaseGroup is the versions of one major or minor release taken together.
type ReleaseGroup struct {
	// Release is the first numbers of the release segment, with the epoch where
	// there is one; empty for versions that are none by PEP 440.
	Release string
	Total   int64
	// Versions are most downloaded first, ties by version.
	Versions []string
}

// GroupReleases takes versions with their downloads, most first, together by
// the first numbers of their release segment, at most so many; missing numbers
// are 0. Groups are largest first, ties by release.
func GroupReleases(versions []cube.Group, numbers int) []ReleaseGroup {
	at := map[string]int{}
	var groups []ReleaseGroup
	for _, v := range versions {
		release := pypi.ReleaseOf(v.Value, numbers)
		i, known := at[release]
		if !known {
			i = len(groups)
			at[release] = i
			groups = append(groups, ReleaseGroup{Release: release})
		}
		groups[i].Total += v.Total
		groups[i].Versions = append(groups[i].Versions, v.Value)
	}
	slices.SortFunc(groups, func(a, b ReleaseGroup) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), strings.Compare(a.Release, b.Release))
	})
	return groups
}
