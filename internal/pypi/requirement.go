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
	if _, marker, ok := cutMarker(text); ok {
		p := markerParser{tokens: markerTokens.FindAllString(marker, -1)}
		if !p.either() {
			return ""
		}
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

// markerTokens are the parts of an environment marker: strings, parentheses,
// operators, words.
var markerTokens = regexp.MustCompile(`"[^"]*"|'[^']*'|[()]|[<>=!~]+|[A-Za-z0-9_.]+`)

// markerParser tells whether an environment marker can hold without any extra.
// Of an environment nothing is known: every other comparison may hold.
type markerParser struct {
	tokens []string
	at     int
	nested int // parentheses that are open
}

// maxNested is how deep parentheses are followed. What is nested deeper may hold.
const maxNested = 50

// peek is the next token; empty at the end.
func (p *markerParser) peek() string {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return ""
}

// take is peek, going past it.
func (p *markerParser) take() string {
	t := p.peek()
	p.at++
	return t
}

// either reads comparisons joined by or.
func (p *markerParser) either() bool {
	holds := p.both()
	for p.peek() == "or" {
		p.at++
		holds = p.both() || holds
	}
	return holds
}

// both reads comparisons joined by and.
func (p *markerParser) both() bool {
	holds := p.comparison()
	for p.peek() == "and" {
		p.at++
		holds = p.comparison() && holds
	}
	return holds
}

// comparison reads a comparison, or a marker in parentheses. Without an extra,
// extra is the empty string.
func (p *markerParser) comparison() bool {
	if p.peek() == "(" {
		if p.nested++; p.nested > maxNested {
			p.at = len(p.tokens)
			return true
		}
		p.at++
		holds := p.either()
		p.at++ // the closing one
		p.nested--
		return holds
	}
	left, op := p.take(), p.take()
	if op == "not" {
		op += " " + p.take()
	}
	right := p.take()
	if left != "extra" && right != "extra" {
		return true
	}
	return op == "!=" || op == "not in"
}
