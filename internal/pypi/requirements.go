package pypi

import (
	"cmp"
	"iter"
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

// The bounds of a requirements file. One of 1,200 requirements with their hashes has
// 1.5 MB and 20,000 lines.
const (
	MaxRequirementBytes = 2 << 20
	MaxRequirementLines = 50_000
)

// ParseRequirements reads a requirements file as pip does: a PEP 508 requirement
// to a line, lines continued by a backslash, comments, options. Lines end where
// Python's text does, also at a form feed or a U+2028, and are counted so. Files
// and addresses that it refers to are not followed, but for the project that an
// address is given for (name @ address). Errors are *Error with BadUserInput, of
// a file that is too long.
func ParseRequirements(text string) (lines []RequirementLine, err error) {
	if len(text) > MaxRequirementBytes {
		return nil, fault.OverLimit(fault.BadUserInput, int64(len(text)), MaxRequirementBytes, "requirements has %d bytes; at most %d are allowed: leave the hashes away", len(text), MaxRequirementBytes)
	}
	text = strings.TrimPrefix(text, "\uFEFF")
	if n := countLines(text); n > MaxRequirementLines {
		return nil, fault.OverLimit(fault.BadUserInput, int64(n), MaxRequirementLines, "requirements has %d lines; at most %d are allowed: leave the hashes away", n, MaxRequirementLines)
	}
	for begins, whole := range joinedLines(text) {
		if l, ok := requirementLine(whole); ok {
			l.Line = begins
			lines = append(lines, l)
		}
	}
	return lines, nil
}

// joinedLines are the lines with those that go on behind a backslash joined, by
// the number of the first. A line that is all comment goes on no further, but
// ends what went on before it; a comment behind something goes on like that.
func joinedLines(text string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		var joined strings.Builder
		begins := 0
		for line, raw := range pythonLines(text) {
			comment := requirementCommentLine.MatchString(raw)
			if strings.HasSuffix(raw, `\`) && !comment {
				begins = cmp.Or(begins, line)
				joined.WriteString(strings.Trim(raw, `\`))
				continue
			}
			if begins == 0 {
				if !yield(line, raw) {
					return
				}
				continue
			}
			if comment {
				joined.WriteByte(' ') // so that it is one behind what it ends
			}
			joined.WriteString(raw)
			if !yield(begins, joined.String()) {
				return
			}
			joined.Reset()
			begins = 0
		}
		if begins > 0 {
			yield(begins, joined.String())
		}
	}
}

// pythonLines splits a text where Python's str.splitlines does, and counts from 1.
func pythonLines(text string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for n := 1; text != ""; n++ {
			at, width := lineEnd(text)
			if !yield(n, text[:at]) {
				return
			}
			text = text[at+width:]
		}
	}
}

// countLines is how many lines a text has.
func countLines(text string) (n int) {
	for text != "" {
		at, width := lineEnd(text)
		text = text[at+width:]
		n++
	}
	return n
}

// lineEnd is where the first line of a text ends, and how long its end is.
func lineEnd(text string) (at, width int) {
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\r' && strings.HasPrefix(text[i:], "\r\n"):
			return i, 2
		case c >= '\n' && c <= '\r', c >= 0x1c && c <= 0x1e:
			return i, 1
		case c == 0xc2 && strings.HasPrefix(text[i:], "\u0085"):
			return i, 2
		case c == 0xe2 && (strings.HasPrefix(text[i:], "\u2028") || strings.HasPrefix(text[i:], "\u2029")):
			return i, 3
		}
	}
	return len(text), 0
}
