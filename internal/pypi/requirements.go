package pypi

import (
	"regexp"
	"strings"
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

// ParseRequirements reads a requirements file as pip does: a PEP 508 requirement
// to a line, lines continued by a backslash, comments, options. Files and
// addresses that it refers to are not followed, but for the project that an
// address is given for (name @ address).
func ParseRequirements(text string) []RequirementLine {
	var lines []RequirementLine
	joined, begins := "", 0
	for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if joined == "" {
			begins = i + 1
		}
		line = requirementComment.ReplaceAllString(line, "")
		if before, continued := strings.CutSuffix(line, "\\"); continued {
			joined += before + " "
			continue
		}
		if l, ok := requirementLine(joined + line); ok {
			l.Line = begins
			lines = append(lines, l)
		}
		joined = ""
	}
	if l, ok := requirementLine(joined); ok {
		l.Line = begins
		lines = append(lines, l)
	}
	return lines
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
