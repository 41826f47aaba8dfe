package chschema

import (
	"slices"
	"strconv"
	"strings"
)

// Token is one word of SQL.
type Token struct {
	Kind TokenKind
	Text string // of quoted names and strings, what the quotes hold
	At   Span   // where it stands, quotes included
}

// Span is a part of a text, in bytes: from one on and before another.
type Span struct{ From, To int }

// Of is the part of the text.
func (s Span) Of(text string) string { return text[s.From:s.To] }

// Replace is the text with another in the part's place.
func (s Span) Replace(text, by string) string { return text[:s.From] + by + text[s.To:] }

// SpanOf is where tokens that follow one another stand.
func SpanOf(ts []Token) Span {
	if len(ts) == 0 {
		return Span{}
	}
	return Span{ts[0].At.From, ts[len(ts)-1].At.To}
}

// TokenKind tells words apart.
type TokenKind uint8

// The kinds of token.
const (
	Word   TokenKind = iota // keyword, function or plain identifier
	Quoted                  // `identifier` or "identifier"
	Text                    // 'string'
	Number
	Sign // one character of punctuation
)

// Is reports that the token is the keyword, in any case.
func (t Token) Is(keyword string) bool { return t.Kind == Word && strings.EqualFold(t.Text, keyword) }

// IsSign reports that the token is the punctuation.
func (t Token) IsSign(s string) bool { return t.Kind == Sign && t.Text == s }

// Names reports that the token can name a column or a table.
func (t Token) Names() bool { return t.Kind == Word || t.Kind == Quoted }

// Nesting is how the token changes the depth of brackets: 1, -1 or 0.
func (t Token) Nesting() int {
	switch {
	case t.Kind != Sign:
	case strings.Contains("([{", t.Text):
		return 1
	case strings.Contains(")]}", t.Text):
		return -1
	}
	return 0
}

// Tokens splits SQL that a server has accepted: of what is not valid, it makes
// something. Comments are left out.
func Tokens(sql string) []Token {
	var out []Token
	add := func(kind TokenKind, text string, from, length int) int {
		out = append(out, Token{kind, text, Span{from, from + length}})
		return from + length
	}
	for i := 0; i < len(sql); {
		c := sql[i]
		switch {
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
			i++
		case c == '`' || c == '"' || c == '\'':
			s, n := unquote(sql[i:])
			kind := Quoted
			if c == '\'' {
				kind = Text
			}
			i = add(kind, s, i, n)
		case isDigit(c):
			n := span(sql[i:], func(c byte) bool { return isDigit(c) || isLetter(c) || c == '.' })
			i = add(Number, sql[i:i+n], i, n)
		case isLetter(c):
			n := span(sql[i:], func(c byte) bool { return isDigit(c) || isLetter(c) })
			i = add(Word, sql[i:i+n], i, n)
		default:
			if n := comment(sql[i:]); n > 0 {
				i += n
				continue
			}
			i = add(Sign, string(c), i, 1)
		}
	}
	return out
}

// comment is the length of the comment at the start of s; 0 where there is none.
func comment(s string) int {
	var end string
	switch {
	case strings.HasPrefix(s, "--"), strings.HasPrefix(s, "# "), strings.HasPrefix(s, "#!"):
		end = "\n"
	case strings.HasPrefix(s, "/*"):
		end = "*/"
	default:
		return 0
	}
	if i := strings.Index(s[2:], end); i >= 0 {
		return 2 + i + len(end)
	}
	return len(s)
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
			text, n := unescape(s[i+1:])
			b.WriteString(text)
			i += n
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

// controls are the characters that a backslash and a letter stand for.
var controls = map[byte]string{
	'b': "\b", 'f': "\f", 'r': "\r", 'n': "\n", 't': "\t", '0': "\x00", 'a': "\a", 'v': "\v", 'e': "\x1b", 'N': "",
}

// unescape reads what stands behind a backslash, and how many bytes of s that
// is. A backslash before any other letter stands for itself.
func unescape(s string) (text string, length int) {
	if text, ok := controls[s[0]]; ok {
		return text, 1
	}
	if s[0] == 'x' && len(s) > 2 {
		if n, err := strconv.ParseUint(s[1:3], 16, 8); err == nil {
			return string([]byte{byte(n)}), 3
		}
	}
	if strings.IndexByte("\\`\"'/=", s[0]) < 0 {
		return `\` + s[:1], 1
	}
	return s[:1], 1
}

// Unquoted is a name without its quotes; any other text stays as it is.
func Unquoted(name string) string {
	if ts := Tokens(name); len(ts) == 1 && ts[0].Names() {
		return ts[0].Text
	}
	return name
}

// SameText reports that two statements consist of the same words, however names are
// quoted and whatever stands between them.
func SameText(a, b string) bool {
	return slices.EqualFunc(Tokens(a), Tokens(b), func(x, y Token) bool {
		return x.Text == y.Text && (x.Kind == y.Kind || x.Names() && y.Names())
	})
}

// SplitTop cuts at the commas outside all brackets.
func SplitTop(ts []Token) [][]Token {
	var out [][]Token
	depth, from := 0, 0
	for i, t := range ts {
		if depth += t.Nesting(); depth == 0 && t.IsSign(",") {
			out = append(out, ts[from:i])
			from = i + 1
		}
	}
	if from < len(ts) {
		out = append(out, ts[from:])
	}
	return out
}

// Closing is the index of the bracket that closes the one at ts[0]; -1 where
// none does.
func Closing(ts []Token) int {
	depth := 0
	for i, t := range ts {
		n := t.Nesting()
		if depth += n; n < 0 && depth == 0 {
			return i
		}
	}
	return -1
}

// Unwrap takes off brackets that hold the whole.
func Unwrap(ts []Token) []Token {
	for len(ts) > 1 && ts[0].IsSign("(") && Closing(ts) == len(ts)-1 {
		ts = ts[1 : len(ts)-1]
	}
	return ts
}

// Written puts tokens together again: for people, and to compare expressions
// whatever their spaces and quotes.
func Written(ts []Token) string {
	var b strings.Builder
	for i, t := range ts {
		if i > 0 && t.Kind != Sign && (ts[i-1].Kind != Sign || ts[i-1].Nesting() < 0) {
			b.WriteByte(' ')
		}
		switch {
		case t.Kind == Text:
			b.WriteString("'" + t.Text + "'")
		case t.IsSign(","):
			b.WriteString(", ")
		default:
			b.WriteString(t.Text)
		}
	}
	return b.String()
}
