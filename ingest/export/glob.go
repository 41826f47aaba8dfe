package export

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
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
// within a folder, ** also across, ? one character, {a,b} either, {08..11} each of
// these numbers. Everything else stands for itself.
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
		case c == '{' && numbers.MatchString(glob[i:]):
			n := len(numbers.FindString(glob[i:]))
			if err := writeNumbers(&b, glob[i+1:i+n-1]); err != nil {
				return nil, err
			}
			i += n - 1
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

// numbers matches a range of numbers at the beginning of a pattern, which may not be
// longer than mostNumbers.
var numbers = regexp.MustCompile(`^\{[0-9]{1,9}\.\.[0-9]{1,9}\}`)

const mostNumbers = 10_000

// writeNumbers writes the numbers of a range, 8..11, as alternatives. They are as wide as
// the wider of its ends where the smaller begins with a zero, but for 0 alone.
func writeNumbers(b *strings.Builder, between string) error {
	first, last, _ := strings.Cut(between, "..")
	from, fromErr := strconv.Atoi(first)
	to, toErr := strconv.Atoi(last)
	if err := errors.Join(fromErr, toErr); err != nil {
		return err
	}
	if from > to {
		from, to, first, last = to, from, last, first
	}
	if to-from >= mostNumbers {
		return fmt.Errorf("{%s} in the pattern is of %d numbers; at most %d can be", between, to-from+1, mostNumbers)
	}
	width := 0
	if first[0] == '0' && len(first) > 1 {
		width = max(len(first), len(last))
	}
	b.WriteString("(?:")
	for n := from; n <= to; n++ {
		if n > from {
			b.WriteByte('|')
		}
		fmt.Fprintf(b, "%0*d", width, n)
	}
	b.WriteString(")")
	return nil
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
