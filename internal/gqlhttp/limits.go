package gqlhttp

import (
	"fmt"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// CodeLimit is the code of a document, or of its variables, that is beyond a
// limit: it was refused before anything ran. The error's extensions tell the limit
// and what was given.
const CodeLimit = "LIMIT"

// Limits bound a document straight after it is parsed, before anything else looks
// at it: what validating and running it may cost is in proportion to them. All
// operations of a document together are held against each, and so are those of a
// batch. Zero is no limit.
type Limits struct {
	// Bytes is how long the text may be, its values included.
	Bytes int
	// Tokens is how many tokens it may have; comments count.
	Tokens int
	// Depth is how deep selections may be nested, fragments written out, and how
	// deep the values of arguments may be.
	Depth int
	// Fields is how many fields may be selected, fragments written out and
	// aliases counted each.
	Fields int
	// Aliases is how many fields may be renamed, fragments written out.
	Aliases int
	// Directives is how many directives there may be, fragments written out.
	Directives int
	// Values is how many values a request's variables and extensions may have:
	// each element, member, object and list counts.
	Values int
	// Batch is how many operations one request may bring in a list; zero refuses lists.
	Batch int
}

// The bounds that have no setting: no document that a person or a program writes
// comes near.
const (
	// maxName is the longest name in bytes: of a field, a type, an enum's value.
	// Suggestions compare every unknown name with every known one.
	maxName = 200
	// walksPerToken bounds validation's walks. It walks a fragment once for every
	// operation and every other fragment that leads to it.
	walksPerToken = 10
	// maxNested is how deep JSON may be nested.
	maxNested = 100
	// maxErrors is how many errors validation finds before it stops.
	maxErrors = 50
	// maxMessage is the longest message of an error in bytes: messages quote
	// what was sent.
	maxMessage = 1000
)

// beyond is the error for given of something where at most limit may be. The
// remedy ends the message.
func beyond(given, limit int, what, remedy string) *gqlerror.Error {
	err := failure(CodeLimit, fmt.Sprintf("%s; at most %d are allowed: %s", fmt.Sprintf(what, given), limit, remedy))
	err.Extensions["limit"], err.Extensions["given"] = limit, given
	return err
}

// Shorten cuts a message that quotes too much of what was sent.
func Shorten(message string) string { return Cut(message, maxMessage) }

// Cut is a text of at most so many bytes, and a sign where it went on.
func Cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + "…"
}
