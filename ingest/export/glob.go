package export

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// GlobChars begin a pattern.
const GlobChars = "*?{"

// literalPrefix is what stands before a pattern's first special character.
func literalPrefix(glob string) string {
	if i := strings.IndexAny(glob, GlobChars); i >= 0 {
		return glob[:i]
	}
	return glob
}

// CompileGlob reads a pattern as ClickHouse reads one of file(): * matches
// within a folder, ** also across, ? one character, {a,b} either. Everything
// else stands for itself.
func CompileGlob(glob string) (func(string) bool, error) {
	var b strings.Builder
	b.WriteString("(?s)^")
	depth := 0
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; {
		case strings.HasPrefix(glob[i:], "**"):
			b.WriteString(".*")
			i++
		case c == '*':
			b.WriteString("[^/]*")
		case c == '?':
			b.WriteString("[^/]")
		case c == '{':
			depth++
			b.WriteString("(?:")
		case c == '}' && depth > 0:
			depth--
			b.WriteString(")")
		case c == ',' && depth > 0:
			b.WriteString("|")
		default:
			b.WriteString(regexp.QuoteMeta(glob[i : i+1]))
		}
	}
	if depth != 0 {
		return nil, errors.New("a { in the pattern is not closed")
	}
	re, err := regexp.Compile(b.String() + "$")
	if err != nil {
		return nil, err
	}
	return re.MatchString, nil
}

// EscapePath writes an object's path for an address: every byte that an address
// cannot hold, or that would not stand for itself there, by its number.
func EscapePath(path string) string {
	const plain = "-._~/,!$&'()@:;="
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c|32 >= 'a' && c|32 <= 'z' || c >= '0' && c <= '9' || strings.IndexByte(plain, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}
