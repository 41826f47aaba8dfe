package pypi

import (
	"regexp"
	"slices"
	"strings"
)

// marker is an environment marker that was read (PEP 508, "Environment Markers").
type marker struct {
	holds bool // it can hold without any extra
	valid bool
}

// readMarker reads a marker, the text behind a requirement's semicolon.
func readMarker(text string) marker {
	p := markerParser{tokens: markerTokens.FindAllString(text, -1), valid: strings.TrimSpace(markerTokens.ReplaceAllString(text, "")) == ""}
	m := marker{holds: p.either()}
	m.valid = p.valid && p.at == len(p.tokens)
	return m
}

// markerTokens are the parts of an environment marker: strings, parentheses,
// operators, words.
var markerTokens = regexp.MustCompile(`"[^"]*"|'[^']*'|[()]|[<>=!~]+|[A-Za-z0-9_.]+`)

// Words of markers: what is compared beside strings, those that older projects
// write included, and how.
var (
	markerVariables = strings.Fields(`python_version python_full_version os_name sys_platform platform_release platform_system platform_version
		platform_machine platform_python_implementation implementation_name implementation_version extra extras dependency_groups
		os.name sys.platform platform.version platform.machine platform.python_implementation python_implementation`)
	markerOperators = []string{"===", "==", "~=", "!=", "<=", ">=", "<", ">", "in", "not in"}
)

// markerParser tells whether an environment marker can hold without any extra.
// Of an environment nothing is known: every other comparison may hold.
type markerParser struct {
	tokens []string
	at     int
	nested int  // parentheses that are open
	valid  bool // nothing was met that is no marker
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
		p.valid = p.take() == ")" && p.valid
		p.nested--
		return holds
	}
	left, op := p.take(), p.take()
	if op == "not" {
		op += " " + p.take()
	}
	right := p.take()
	p.valid = p.valid && isOperand(left) && isOperand(right) && slices.Contains(markerOperators, op)
	if left != "extra" && right != "extra" {
		return true
	}
	return op == "!=" || op == "not in"
}

// isOperand reports that a token can be compared.
func isOperand(token string) bool {
	return strings.HasPrefix(token, `"`) || strings.HasPrefix(token, "'") || slices.Contains(markerVariables, token)
}
