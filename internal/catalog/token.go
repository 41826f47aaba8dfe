package catalog

import "strings"

// token is one word of SQL as the server formats it.
type token struct {
	kind tokenKind
	text string // identifiers without their quotes
}

type tokenKind uint8

const (
	word   tokenKind = iota // keyword, function or plain identifier
	quoted                  // `identifier` or "identifier"
	text                    // 'string'
	number
	sign // one character of punctuation
)

// is reports that the token is the keyword, in any case.
func (t token) is(keyword string) bool { return t.kind == word && strings.EqualFold(t.text, keyword) }

// sign reports that the token is the punctuation.
func (t token) sign(s string) bool { return t.kind == sign && t.text == s }

// name reports that the token can name a column or a table.
func (t token) name() bool { return t.kind == word || t.kind == quoted }

// tokens splits SQL. It is meant for what the server itself has formatted:
// there are no comments, and every statement is known to be valid.
func tokens(sql string) []token {
	var out []token
	for i := 0; i < len(sql); {
		c := sql[i]
		switch {
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
			i++
		case c == '`' || c == '"' || c == '\'':
			s, n := unquote(sql[i:])
			kind := quoted
			if c == '\'' {
				kind = text
			}
			out = append(out, token{kind, s})
			i += n
		case isDigit(c):
			n := span(sql[i:], func(c byte) bool { return isDigit(c) || isLetter(c) || c == '.' })
			out = append(out, token{number, sql[i : i+n]})
			i += n
		case isLetter(c):
			n := span(sql[i:], func(c byte) bool { return isDigit(c) || isLetter(c) })
			out = append(out, token{word, sql[i : i+n]})
			i += n
		default:
			out = append(out, token{sign, string(c)})
			i++
		}
	}
	return out
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isLetter(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// span is the length of the prefix whose bytes all satisfy ok.
func span(s string, ok func(byte) bool) int {
	n := 0
	for n < len(s) && ok(s[n]) {
		n++
	}
	return n
}

// unquote reads the quoted text at the start of s: its content, and its length
// with quotes. A quote inside is escaped by a backslash or doubled.
func unquote(s string) (content string, length int) {
	var b strings.Builder
	q := s[0]
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == q && i+1 < len(s) && s[i+1] == q:
			i++
			b.WriteByte(q)
		case s[i] == q:
			return b.String(), i + 1
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), len(s)
}

// splitTop cuts at the commas outside all brackets.
func splitTop(ts []token) [][]token {
	var out [][]token
	depth, from := 0, 0
	for i, t := range ts {
		switch {
		case t.sign("(") || t.sign("[") || t.sign("{"):
			depth++
		case t.sign(")") || t.sign("]") || t.sign("}"):
			depth--
		case t.sign(",") && depth == 0:
			out = append(out, ts[from:i])
			from = i + 1
		}
	}
	if from < len(ts) {
		out = append(out, ts[from:])
	}
	return out
}

// closing is the index of the bracket that closes the one at ts[0]; -1 where
// none does.
func closing(ts []token) int {
	depth := 0
	for i, t := range ts {
		switch {
		case t.sign("(") || t.sign("[") || t.sign("{"):
			depth++
		case t.sign(")") || t.sign("]") || t.sign("}"):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// unwrap takes off brackets that hold the whole.
func unwrap(ts []token) []token {
	for len(ts) > 1 && ts[0].sign("(") && closing(ts) == len(ts)-1 {
		ts = ts[1 : len(ts)-1]
	}
	return ts
}

// written puts tokens together again, for people.
func written(ts []token) string {
	var b strings.Builder
	for i, t := range ts {
		if i > 0 && t.kind != sign && ts[i-1].kind != sign {
			b.WriteByte(' ')
		}
		switch {
		case t.kind == text:
			b.WriteString("'" + t.text + "'")
		case t.sign(","):
			b.WriteString(", ")
		default:
			b.WriteString(t.text)
		}
	}
	return b.String()
}
