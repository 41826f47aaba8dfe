package tables

import (
	"fmt"

	"clickql/internal/chconn"
	"clickql/internal/chschema"
)

// redirect rewrites a SELECT that is not understood so that it reads another
// table in its source's place, which goes by the source's name in it.
func redirect(sql string, source ID, to string) (string, error) {
	at, err := onlyAt(sql, source)
	if err != nil {
		return "", err
	}
	if rest := chschema.Tokens(sql[at.To:]); len(rest) == 0 || !rest[0].Is("AS") {
		to += " AS " + chconn.Ident(source.Table)
	}
	return at.Replace(sql, to), nil
}

// onlyAt is where a SELECT names its source. It must do so exactly once: otherwise
// it cannot be told which of them the view is fired by.
func onlyAt(sql string, source ID) (at chschema.Span, err error) {
	found := chschema.Named(sql, chschema.Name(source))
	switch len(found) {
	case 0:
		return at, fmt.Errorf("it does not name %s", source)
	case 1:
		return found[0], nil
	}
	return at, fmt.Errorf("it names %s more than once", source)
}
