package fetch

import (
	"context"
	"errors"

	"clickql/internal/chschema"
)

// errUnheard is the failure of a statement of which the server's log did not tell all
// tables that it read: it is asked again, with a guard.
var errUnheard = errors.New("the server's log does not tell which tables were read")

// witness is one for a statement, nil where it has to be guarded: what is read, the
// protocol or the account give none, or the log was silent about one of the tables.
func (l *Loader) witness(ctx context.Context, s *statement) *chschema.Witness {
	if conn, can := l.cfg.Conn.(interface{ Hears(context.Context) bool }); !can || !conn.Hears(ctx) {
		return nil
	}
	w := s.snap.Witness(s.query().SQL)
	if w == nil {
		return nil
	}
	for t := range w.Tables() {
		if told, known := l.told.Load(t); known && told == false {
			return nil
		}
	}
	return w
}

// hear judges what a witness heard of a statement whose rows have all come.
func (l *Loader) hear(w *chschema.Witness) error {
	if w.Other() {
		return chschema.ErrElsewhere
	}
	silent := false
	for t, heard := range w.Tables() {
		// A table that was told of once is; one that was not may be of an engine that
		// never is.
		if _, known := l.told.Load(t); !known {
			l.told.Store(t, heard)
		}
		silent = silent || !heard
	}
	if silent {
		return errUnheard
	}
	return nil
}
