package query

import (
	"slices"
	"strings"

	"deps.dev/util/semver"
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
	va, errA := semver.PyPI.Parse(a)
	vb, errB := semver.PyPI.Parse(b)
	rank := func(v *semver.Version, err error) int {
		switch {
		case err != nil:
			return 0
		case v.IsPrerelease() || isDevelopment(v):
			return 1
		}
		return 2
	}
	if ra, rb := rank(va, errA), rank(vb, errB); ra != rb {
		return ra - rb
	} else if ra > 0 {
		if c := va.Compare(vb); c != 0 {
			return c
		}
	}
	if a < b {
		return -1
	} else if a > b {
		return 1
	}
	return 0
}

// isDevelopment reports a developmental release, which PEP 440 counts among the
// pre-releases. A local version label may say dev without being one.
func isDevelopment(v *semver.Version) bool {
	public, _, _ := strings.Cut(v.Canon(true), "+")
	return strings.Contains(public, "dev")
}
