package pypi

import (
	"regexp"
	"slices"
	"strings"

	"clickql/internal/fault"
)

// Specifier is a set of PEP 440 version specifiers ("Version specifiers"), all
// of which must hold.
type Specifier struct {
	clauses []clause
	// preReleases: a clause names a pre-release, so that any may match.
	preReleases bool
}

// clause is one comparison.
type clause struct {
	op       string
	version  version
	wildcard bool   // the version stands for all that begin with its release
	text     string // of ===, lower case
}

// clausePattern holds an operator and what it is applied to.
var clausePattern = regexp.MustCompile(`^(~=|===|==|!=|<=|>=|<|>)\s*(\S+)$`)

// MaxClauses is how many different clauses a specifier may have: the longest on
// PyPI have some twenty.
const MaxClauses = 100

// ParseSpecifier reads a specifier such as ">=2.0,<3". An empty one holds for
// every version. Errors are *Error with BadUserInput.
func ParseSpecifier(text string) (*Specifier, error) {
	s, seen := &Specifier{}, map[string]bool{}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" || seen[part] {
			continue
		}
		seen[part] = true
		if len(seen) > MaxClauses {
			return nil, fault.OverLimit(fault.BadUserInput, int64(len(seen)), MaxClauses, "the specifier has %d clauses or more; at most %d are allowed", len(seen), MaxClauses)
		}
		c, ok := parseClause(part)
		if !ok {
			return nil, fault.BadInput("%q is not a version specifier as PEP 440 writes them, such as \">=2.0,<3\"", text)
		}
		s.clauses = append(s.clauses, c)
		s.preReleases = s.preReleases || c.op != "!=" && c.version.isPreRelease()
	}
	return s, nil
}

// parseClause reads one comparison. Only == and != take a wildcard or a local
// label, and ~= needs two numbers at least.
func parseClause(text string) (c clause, ok bool) {
	m := clausePattern.FindStringSubmatch(text)
	if m == nil {
		return c, false
	}
	c.op, c.text = m[1], strings.ToLower(m[2])
	version, wildcard := strings.CutSuffix(m[2], ".*")
	c.version, ok = parseVersion(version)
	exact := c.op == "==" || c.op == "!="
	switch v := c.version; {
	case c.op == "===":
		return c, true
	case !ok, wildcard && (!exact || v.pre+v.post+v.dev != "" || v.local != nil), v.local != nil && !exact:
		return c, false
	case c.op == "~=":
		return c, len(v.release) > 1
	}
	c.wildcard = wildcard
	return c, true
}

// Clauses is how many comparisons a version takes at the most.
func (s *Specifier) Clauses() int { return len(s.clauses) }

// Versions are versions that have been read, to be compared with several
// specifiers.
type Versions []readVersion

type readVersion struct {
	text   string
	parsed version
	ok     bool // it is a PEP 440 version
}

// ReadVersions reads the texts.
func ReadVersions(texts []string) Versions {
	vs := make(Versions, len(texts))
	for i, text := range texts {
		parsed, ok := parseVersion(text)
		vs[i] = readVersion{text, parsed, ok}
	}
	return vs
}

// Select is the versions that the specifier holds for, in the order given.
// Pre-releases are left out unless the specifier names one or nothing else
// matches ("Handling of pre-releases"). What is no PEP 440 version matches ===
// alone, by its text.
func (s *Specifier) Select(versions Versions) []string {
	final, all := s.Match(versions)
	if len(final) > 0 {
		return final
	}
	return all
}

// Match is the versions that the specifier holds for: with pre-releases only
// where it names one, and with all of them.
func (s *Specifier) Match(versions Versions) (preferred, all []string) {
	for _, v := range versions {
		if !s.holds(v.text, v.parsed, v.ok) {
			continue
		}
		all = append(all, v.text)
		if s.preReleases || !v.parsed.isPreRelease() {
			preferred = append(preferred, v.text)
		}
	}
	return preferred, all
}

// holds reports that every clause holds; parsed that the text is a version.
func (s *Specifier) holds(text string, v version, parsed bool) bool {
	if !parsed && len(s.clauses) == 0 {
		return false
	}
	return !slices.ContainsFunc(s.clauses, func(c clause) bool {
		if c.op == "===" {
			return strings.ToLower(strings.TrimSpace(text)) != c.text
		}
		return !parsed || !c.holds(v)
	})
}

// holds compares a version.
func (c clause) holds(v version) bool {
	switch c.op {
	case "==":
		return c.equal(v)
	case "!=":
		return !c.equal(v)
	case ">=":
		return v.public().compare(c.version) >= 0
	case "<=":
		return v.public().compare(c.version) <= 0
	case "~=":
		least := c.version.release
		return v.public().compare(c.version) >= 0 && hasPrefix(v, c.version.epoch, least[:len(least)-1])
	case "<": // not the pre-releases of the version itself
		return v.compare(c.version) < 0 && (c.version.isPreRelease() || !v.isPreRelease() || !sameRelease(v, c.version))
	default: // ">": neither post-releases nor local versions of the version itself
		if sameRelease(v, c.version) && (v.local != nil || v.post != "" && c.version.post == "") {
			return false
		}
		return v.compare(c.version) > 0
	}
}

// equal is the operator ==: a local label counts only where the clause has one.
func (c clause) equal(v version) bool {
	switch {
	case c.wildcard:
		return hasPrefix(v, c.version.epoch, c.version.release)
	case c.version.local == nil:
		v = v.public()
	}
	return v.compare(c.version) == 0
}

// hasPrefix reports that the version's release begins with the numbers.
func hasPrefix(v version, epoch string, release []string) bool {
	if v.epoch != epoch {
		return false
	}
	for i, n := range release {
		if segment(v.release, i) != n {
			return false
		}
	}
	return true
}

// sameRelease reports that the versions differ in suffixes alone.
func sameRelease(a, b version) bool {
	return a.epoch == b.epoch && compareReleases(a.release, b.release) == 0
}
