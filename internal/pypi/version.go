package pypi

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// version is a version as PEP 440 reads it ("Version scheme"). Numbers are
// kept as digits without leading zeros: dates and hashes outgrow any integer.
type version struct {
	epoch   string
	release []string
	pre     string // "a", "b", "rc"; empty for none
	preNum  string
	post    string // empty for none
	dev     string // empty for none
	local   []string
}

// The version pattern of PEP 440, appendix B, in parts: without suffixes it is the
// public version's epoch and release, which specifiers use by themselves.
const (
	releaseText = `v?(?:([0-9]+)!)?([0-9]+(?:\.[0-9]+)*)`
	suffixText  = `(?:[-_.]?(alpha|beta|preview|pre|a|b|c|rc)[-_.]?([0-9]*))?` +
		`(?:-([0-9]+)|[-_.]?(post|rev|r)[-_.]?([0-9]*))?` +
		`(?:[-_.]?(dev)[-_.]?([0-9]*))?`
	localText = `(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?`
)

var (
	versionPattern   = regexp.MustCompile(`^` + releaseText + suffixText + localText + `$`)
	localSeparators  = regexp.MustCompile(`[-_.]`)
	preReleasePhases = map[string]string{"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}
)

// parseVersion reads a version; ok is false where it is none.
func parseVersion(text string) (v version, ok bool) {
	m := versionPattern.FindStringSubmatch(strings.ToLower(strings.TrimSpace(text)))
	if m == nil {
		return v, false
	}
	v.epoch = number(m[1])
	for _, n := range strings.Split(m[2], ".") {
		v.release = append(v.release, number(n))
	}
	if m[3] != "" {
		v.pre, v.preNum = m[3], number(m[4])
		if phase, other := preReleasePhases[m[3]]; other {
			v.pre = phase
		}
	}
	switch {
	case m[5] != "":
		v.post = number(m[5])
	case m[6] != "":
		v.post = number(m[7])
	}
	if m[8] != "" {
		v.dev = number(m[9])
	}
	if m[10] != "" {
		v.local = localSeparators.Split(m[10], -1)
	}
	return v, true
}

// number is digits without leading zeros; no digits are 0.
func number(digits string) string {
	if n := strings.TrimLeft(digits, "0"); n != "" {
		return n
	}
	return "0"
}

// compareNumbers orders what number gives.
func compareNumbers(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// isPreRelease reports a pre-release or a developmental release, which PEP 440
// treats alike.
func (v version) isPreRelease() bool { return v.pre != "" || v.dev != "" }

// IsVersion reports that a text is a version by PEP 440.
func IsVersion(text string) bool {
	_, ok := parseVersion(text)
	return ok
}

// IsPreRelease reports that a version is a pre-release or a developmental release;
// what is no version by PEP 440 is none.
func IsPreRelease(version string) bool {
	v, ok := parseVersion(version)
	return ok && v.isPreRelease()
}

// public is the version without its local label.
func (v version) public() version {
	v.local = nil
	return v
}

// compare orders versions ("Summary of permitted suffixes and relative
// ordering").
func (v version) compare(o version) int {
	return cmp.Or(
		compareNumbers(v.epoch, o.epoch),
		compareReleases(v.release, o.release),
		cmp.Compare(v.phase(), o.phase()),
		compareNumbers(v.preNum, o.preNum),
		compareMissing(v.post, o.post, -1),
		compareMissing(v.dev, o.dev, 1),
		compareLocals(v.local, o.local),
	)
}

// phase orders what precedes a final release: a developmental release of
// nothing else, alpha, beta, candidate, the release itself.
func (v version) phase() int {
	switch {
	case v.pre != "":
		return strings.Index("abr", v.pre[:1])
	case v.post == "" && v.dev != "":
		return -1
	}
	return len("abr")
}

// compareMissing orders numbers of which an absent one counts as less than all
// (-1) or as more than all (1).
func compareMissing(a, b string, missing int) int {
	switch {
	case a == "" && b == "":
		return 0
	case a == "":
		return missing
	case b == "":
		return -missing
	}
	return compareNumbers(a, b)
}

// compareReleases orders release numbers, the shorter one filled with zeros.
func compareReleases(a, b []string) int {
	for i := range max(len(a), len(b)) {
		if c := compareNumbers(segment(a, i), segment(b, i)); c != 0 {
			return c
		}
	}
	return 0
}

// segment is the i-th number of a release, 0 behind its end.
func segment(release []string, i int) string {
	if i < len(release) {
		return release[i]
	}
	return "0"
}

// compareLocals orders local labels: none, then segment by segment, letters
// before numbers, the shorter first.
func compareLocals(a, b []string) int {
	return slices.CompareFunc(a, b, func(x, y string) int {
		nx, ny := isNumber(x), isNumber(y)
		switch {
		case nx && ny:
			return compareNumbers(number(x), number(y))
		case nx:
			return 1
		case ny:
			return -1
		}
		return strings.Compare(x, y)
	})
}

func isNumber(s string) bool { return strings.Trim(s, "0123456789") == "" }

// CompareVersions orders two versions by PEP 440; what is none comes before all
// that are, by its text.
func CompareVersions(a, b string) int {
	va, okA := parseVersion(a)
	vb, okB := parseVersion(b)
	switch {
	case okA && okB:
		return va.compare(vb)
	case okA:
		return 1
	case okB:
		return -1
	}
	return strings.Compare(a, b)
}

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
	v, ok := parseVersion(version)
	switch {
	case !ok:
		return 0
	case v.isPreRelease():
		return 1
	}
	return 2
}

// ReleaseOf is the first numbers of a version's release segment, with the epoch
// where there is one; empty where the version is none. Missing numbers are 0.
func ReleaseOf(version string, numbers int) string {
	v, ok := parseVersion(version)
	if !ok {
		return ""
	}
	kept := make([]string, numbers)
	for i := range kept {
		kept[i] = segment(v.release, i)
	}
	release := strings.Join(kept, ".")
	if v.epoch != number("") {
		release = v.epoch + "!" + release
	}
	return release
}
