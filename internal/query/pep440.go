package query

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// pyVersion is a version as PEP 440 reads it ("Version scheme"). Numbers are
// kept as digits without leading zeros: dates and hashes outgrow any integer.
type pyVersion struct {
	epoch   string
	release []string
	pre     string // "a", "b", "rc"; empty for none
	preNum  string
	post    string // empty for none
	dev     string // empty for none
	local   []string
}

// pyVersionText is the version pattern of PEP 440, appendix B, without the
// public version's epoch and release, which specifiers use by themselves.
const (
	pyRelease = `v?(?:([0-9]+)!)?([0-9]+(?:\.[0-9]+)*)`
	pySuffix  = `(?:[-_.]?(alpha|beta|preview|pre|a|b|c|rc)[-_.]?([0-9]*))?` +
		`(?:-([0-9]+)|[-_.]?(post|rev|r)[-_.]?([0-9]*))?` +
		`(?:[-_.]?(dev)[-_.]?([0-9]*))?`
	pyLocal = `(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?`
)

var (
	pyVersionPattern   = regexp.MustCompile(`^` + pyRelease + pySuffix + pyLocal + `$`)
	pyLocalSeparators  = regexp.MustCompile(`[-_.]`)
	pyPreReleasePhases = map[string]string{"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}
)

// parsePyVersion reads a version; ok is false where it is none.
func parsePyVersion(text string) (v pyVersion, ok bool) {
	m := pyVersionPattern.FindStringSubmatch(strings.ToLower(strings.TrimSpace(text)))
	if m == nil {
		return v, false
	}
	v.epoch = number(m[1])
	for _, n := range strings.Split(m[2], ".") {
		v.release = append(v.release, number(n))
	}
	if m[3] != "" {
		v.pre, v.preNum = m[3], number(m[4])
		if phase, other := pyPreReleasePhases[m[3]]; other {
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
		v.local = pyLocalSeparators.Split(m[10], -1)
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
func (v pyVersion) isPreRelease() bool { return v.pre != "" || v.dev != "" }

// public is the version without its local label.
func (v pyVersion) public() pyVersion {
	v.local = nil
	return v
}

// compare orders versions ("Summary of permitted suffixes and relative
// ordering").
func (v pyVersion) compare(o pyVersion) int {
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
func (v pyVersion) phase() int {
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
	va, okA := parsePyVersion(a)
	vb, okB := parsePyVersion(b)
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
