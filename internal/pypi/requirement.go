package pypi

import (
	"regexp"
	"strings"
)

// requirementName is the name that a requirement begins with (PEP 508,
// "Names"); what follows it may not be part of a name.
var requirementName = regexp.MustCompile(`^\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:$|[^A-Za-z0-9._\s-])`)

// Required is the normalised names of the projects that the requirements (each
// as PEP 508 writes it, or in the older form with the version in parentheses)
// are about, each once, in the order given. Requirements of extras alone are
// left out; ones for some environments only are not.
func Required(requirements []string) []string {
	var names []string
	seen := map[string]bool{}
	for _, text := range requirements {
		name := requiredName(text)
		if name != "" && !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// requiredName is the name of the project that is required; empty where it is
// for an extra only, or where the text is no requirement.
func requiredName(text string) string {
	m := requirementName.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	if _, marker, ok := cutMarker(text); ok && !readMarker(marker).holds {
		return ""
	}
	return NormalizeName(m[1])
}

// cutMarker cuts a requirement at the semicolon before its marker. The
// semicolon of a URL is no such unless a blank precedes it (PEP 508, "Grammar").
func cutMarker(text string) (requirement, marker string, ok bool) {
	if strings.Contains(text, "@") {
		if at := strings.Index(text, " ;"); at >= 0 {
			return text[:at], text[at+2:], true
		}
		return text, "", false
	}
	return strings.Cut(text, ";")
}
