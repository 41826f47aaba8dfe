package pypi

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var (
	// A comment begins a line or follows white space ("Requirements File Format",
	// pip).
	requirementComment     = regexp.MustCompile(`(^|[\s\x1f\pZ]+)#.*$`)
	requirementCommentLine = regexp.MustCompile(`^[\s\x1f\pZ]*#`)
	// Addresses of version control systems and archives, and paths.
	requirementPlace = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*:|\.|~|[A-Za-z]:\\)|[/\\]`)
	// requirementArchive ends a file's name, without extras.
	requirementArchive = regexp.MustCompile(`(?i)\.(whl|zip|tar|tar\.(gz|bz2|xz|lz|lzma)|tgz|tbz|txz|tlz)\s*(\[[^\]]*\])?$`)
	// pep508 is a requirement: its name, extras, and versions or an address.
	pep508 = regexp.MustCompile(`^(` + projectName + `)\s*(?:\[\s*(?:` + projectName + `\s*(?:,\s*` + projectName + `\s*)*)?\])?\s*(.*)$`)
	// requirementAddress is what may stand behind an at sign.
	requirementAddress = regexp.MustCompile(`^@\s*([A-Za-z][A-Za-z0-9+.-]*://[^\s/]+|file:)\S*$`)
)

// projectName is a name (PEP 508, "Names").
const projectName = `[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?`

// requirementLine reads one line; ok is false where it asks for nothing.
func requirementLine(text string) (l RequirementLine, ok bool) {
	if strings.Contains(text, "#") {
		text = requirementComment.ReplaceAllString(text, "")
	}
	text = strings.TrimFunc(text, isPythonSpace)
	if text == "" {
		return l, false
	}
	asked, options := cutOptions(text)
	refers, valid := readOptions(options)
	switch {
	case !valid:
		return RequirementLine{Text: text, Reason: Invalid}, true
	case asked == "":
		return RequirementLine{Text: text, Reason: Reference}, refers
	}
	l.Text = asked
	l.Name, l.Reason = readRequirement(asked)
	return l, true
}

// isPythonSpace reports what Python's str.strip takes off.
func isPythonSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// cutOptions cuts a line before the first word that begins with a hyphen. Words
// are apart by blanks alone.
func cutOptions(line string) (asked string, options []string) {
	words := strings.Split(line, " ")
	at := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "-") })
	if at < 0 {
		return line, nil
	}
	return strings.TrimFunc(strings.Join(words[:at], " "), isPythonSpace), words[at:]
}

// lineOptions are the options that pip knows in a requirements file, and whether
// each takes a value.
var lineOptions = map[string]bool{
	"--index-url": true, "-i": true, "--pypi-url": true, "--extra-index-url": true, "--no-index": false, "--constraint": true, "-c": true,
	"--requirement": true, "-r": true, "--editable": true, "-e": true, "--find-links": true, "-f": true, "--no-binary": true,
	"--only-binary": true, "--prefer-binary": false, "--require-hashes": false, "--pre": false, "--trusted-host": true,
	"--use-feature": true, "--global-option": true, "--install-option": true, "--hash": true, "--config-settings": true, "--config-setting": true, "-C": true,
	"--always-unzip": false, "-Z": false,
}

// referring are those that bring requirements from elsewhere.
var referring = []string{"--requirement", "-r", "--constraint", "-c", "--editable", "-e"}

// readOptions tells whether options bring requirements from elsewhere, and whether
// pip knows all of them.
func readOptions(words []string) (refers, valid bool) {
	for i := 0; i < len(words); i++ {
		if !strings.HasPrefix(words[i], "-") || words[i] == "-" {
			continue
		}
		if words[i] == "--" {
			break
		}
		name, _, given := strings.Cut(words[i], "=")
		if !strings.HasPrefix(name, "--") { // the value may follow at once
			name, given = words[i][:2], len(words[i]) > 2
		}
		name, known := fullOption(name)
		takes := lineOptions[name]
		switch {
		case !known, given && !takes:
			return refers, false
		case takes && !given:
			for i++; i < len(words) && words[i] == ""; i++ { // blanks
			}
			if i >= len(words) {
				return refers, false
			}
		}
		refers = refers || slices.Contains(referring, name)
	}
	return refers, true
}

// fullOption is the option that a word means: long ones may be cut short.
func fullOption(word string) (name string, known bool) {
	if _, known := lineOptions[word]; known || !strings.HasPrefix(word, "--") {
		return word, known
	}
	for option := range lineOptions {
		if strings.HasPrefix(option, word) {
			if known {
				return word, false
			}
			name, known = option, true
		}
	}
	return name, known
}

// readRequirement is the project that a requirement names, normalised, or why it
// names none.
func readRequirement(text string) (name string, reason UnresolvedReason) {
	requirement, condition, conditional := cutMarker(text)
	requirement = strings.TrimFunc(requirement, isPythonSpace)
	m := pep508.FindStringSubmatch(requirement)
	named := m != nil && strings.HasPrefix(m[2], "@")
	switch {
	case requirementArchive.MatchString(requirement) && !named:
		return "", Reference
	case m != nil && isRest(m[2]) && (!conditional || strings.TrimSpace(condition) == "" || readMarker(condition).valid):
		return NormalizeName(m[1]), ""
	case requirementPlace.MatchString(text):
		return "", Reference
	}
	return "", Invalid
}

// isRest reports what may follow a requirement's name and extras: nothing, an
// address, or versions, in parentheses or not.
func isRest(text string) bool {
	if strings.HasPrefix(text, "@") {
		return requirementAddress.MatchString(text)
	}
	if text == "" {
		return true
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII && unicode.IsSpace(r) }) {
		return false
	}
	if inner, ok := strings.CutPrefix(text, "("); ok {
		if text, ok = strings.CutSuffix(inner, ")"); !ok {
			return false
		}
	}
	// A comma may end the list, and stands between two.
	list := strings.Split(strings.TrimSuffix(text, ","), ",")
	if slices.ContainsFunc(list, func(clause string) bool { return strings.TrimFunc(clause, isPythonSpace) == "" }) {
		return false
	}
	_, err := ParseSpecifier(text)
	return err == nil
}
