package gqlhttp

import (
	"regexp"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// hint finds the part of a message that names what the schema has.
var hint = regexp.MustCompile(`(?s)[;.,]? [Dd]id you mean .*$|; there are .*$`)

// terse takes hints out of messages.
func (g *Guard) terse(errs gqlerror.List) gqlerror.List {
	if g.cfg.Terse {
		for _, err := range errs {
			err.Message = hint.ReplaceAllString(err.Message, "")
		}
	}
	return errs
}
