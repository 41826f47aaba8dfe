package query

import (
	"cmp"
	"slices"
	"strings"
)

// LatestVersion is the newest of the versions in the order of PEP 440; final
// releases come before any pre-release, as pip prefers them. Strings that are no
// PEP 440 versions are older than every other. Empty for no versions.
func LatestVersion(versions []string) string {
	if len(versions) == 0 {
		return ""
	}
	return slices.MaxFunc(versions, compareRelease)
}

// compareRelease orders versions by how much they are wanted: not a version,
// pre-releases, final releases, each by PEP 440, then by text.
func compareRelease(a, b string) int {
	return cmp.Or(cmp.Compare(rank(a), rank(b)), CompareVersions(a, b), strings.Compare(a, b))
}

// rank is how much a version is wanted, whatever its number.
func rank(version string) int {
	v, ok := parsePyVersion(version)
	switch {
	case !ok:
		return 0
	case v.isPreRelease():
		return 1
	}
	return 2
}
