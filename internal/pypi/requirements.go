package pypi

import (
	"regexp"
	"strings"

	"clickql/internal/fault"
)

// UnresolvedReason is why a line of a requirements file stands for no project;
// its text is the name of the value in the GraphQL enum of that name.
type UnresolvedReason string

// The reasons.
const (
	Unknown   UnresolvedReason = "UNKNOWN"   // no such project
	Invalid   UnresolvedReason = "INVALID"   // no requirement
	Reference UnresolvedReason = "REFERENCE" // a file or an address
)

// RequirementLine is one line of a requirements file that asks for something.
type RequirementLine struct {
	Line int    // of the file, 1 the first
	Text string // without comment and options
	// Name is the project's, normalised; empty where there is a Reason.
	Name   string
	Reason UnresolvedReason
}

var (
	// A comment begins a line or follows a blank.
	requirementComment = regexp.MustCompile(`(^|\s)#.*$`)
	// Options of single requirements, and those that say nothing of what is
	// required ("Requirements File Format", pip).
	requirementOption = regexp.MustCompile(`\s--?[A-Za-z].*$`)
	// Addresses of version control systems and archives, and paths.
	requirementPlace = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*:|\.{0,2}/|~|[A-Za-z]:\\)|[/\\]|\.(whl|zip|tar\.gz|tar\.bz2|tgz)$`)
	// PEP 508, from behind the name on: extras, then versions, an address or a
	// marker.
	requirementRest = regexp.MustCompile(`^\s*(\[[^\]]*\])?\s*($|;|@|\(|[<>=!~])`)
)

// The bounds of a requirements file. One of 1,200 requirements with their hashes has
// 1.5 MB and 20,000 lines.
const (
	MaxRequirementBytes = 2 << 20
	MaxRequirementLines = 50_000
)

// ParseRequirements reads a requirements file as pip does: a PEP 508 requirement
// to a line, lines continued by a backslash, comments, options. Files and
// addresses that it refers to are not followed, but for the project that an
// address is given for (name @ address). Errors are *Error with BadUserInput, of
// a file that is too long.
func ParseRequirements(text string) (lines []RequirementLine, err error) {
	if len(text) > MaxRequirementBytes {
		return nil, fault.OverLimit(fault.BadUserInput, int64(len(text)), MaxRequirementBytes, "requirements has %d bytes; at most %d are allowed: leave the hashes away", len(text), MaxRequirementBytes)
	}
	var joined strings.Builder // lines that go on
	line, begins := 0, 1
	end := func(last string) {
		whole := last
		if joined.Len() > 0 {
			joined.WriteString(last)
			whole = joined.String()
			joined.Reset()
		}
		if l, ok := requirementLine(whole); ok {
			l.Line = begins
			lines = append(lines, l)
		}
	}
	for raw := range strings.SplitSeq(text, "\n") {
		if line++; line > MaxRequirementLines {
			return nil, fault.OverLimit(fault.BadUserInput, int64(strings.Count(text, "\n")+1), MaxRequirementLines, "requirements has more than %d lines: leave the hashes away", MaxRequirementLines)
		}
		if joined.Len() == 0 {
			begins = line
		}
		raw = withoutComment(strings.TrimSuffix(raw, "\r"))
		if before, continued := strings.CutSuffix(raw, "\\"); continued {
			joined.WriteString(before)
			joined.WriteByte(' ')
			continue
		}
		end(raw)
	}
	end("")
	return lines, nil
}

// withoutComment cuts a line's comment off. Only lines that may have one are
// searched.
func withoutComment(line string) string {
	if !strings.Contains(line, "#") {
		return line
	}
	return requirementComment.ReplaceAllString(line, "")
}

// requirementLine reads one line; ok is false where it asks for nothing.
func requirementLine(text string) (l RequirementLine, ok bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return l, false
	}
	if strings.HasPrefix(text, "-") {
		return RequirementLine{Text: text, Reason: Reference}, refers(text)
	}
	l.Text = strings.TrimSpace(requirementOption.ReplaceAllString(text, ""))
	m := requirementName.FindStringSubmatch(l.Text)
	switch {
	case m != nil && requirementRest.MatchString(l.Text[strings.Index(l.Text, m[1])+len(m[1]):]) && !isArchive(m[1]):
		l.Name = NormalizeName(m[1])
	case requirementPlace.MatchString(l.Text):
		l.Reason = Reference
	default:
		l.Reason = Invalid
	}
	return l, true
}

// isArchive reports that what looks like a name is a file's.
func isArchive(name string) bool { return requirementPlace.MatchString(name) }

// refers reports that an option brings requirements from elsewhere.
func refers(option string) bool {
	name := option
	if at := strings.IndexAny(option, " =\t"); at >= 0 {
		name = option[:at]
	}
	switch {
	case name == "--requirement" || name == "--constraint" || name == "--editable":
		return true
	case strings.HasPrefix(name, "--"):
		return false
	}
	return strings.HasPrefix(name, "-r") || strings.HasPrefix(name, "-c") || strings.HasPrefix(name, "-e")
}
