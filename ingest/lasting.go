package ingest

import (
	"context"
	"encoding/json"
	"strings"

	"clickql/internal/chconn"
)

// lastingID is the comment of a private database that outlives commands: what it
// is of, since its name alone could be of another database's too.
type lastingID struct {
	Kind     string `json:"clickql"`
	Database string `json:"database"`
	Name     string `json:"name"` // of the aggregate, or the shadow
	// Key is that of an aggregate that the program does not know.
	Key []string `json:"key,omitempty"`
}

// Kinds of such databases.
const (
	lastingBackfill = "backfill"
	lastingShadow   = "shadow"
)

// createLasting creates a private database, once.
func createLasting(ctx context.Context, s *session, database string, of lastingID) error {
	comment, err := json.Marshal(of)
	if err == nil {
		err = s.run(ctx, "CREATE DATABASE IF NOT EXISTS "+chconn.Ident(database)+" ENGINE = Atomic COMMENT "+chconn.Literal(string(comment)))
	}
	return failing(err, "create the private database %s", database)
}

// lasting finds the private databases of a kind: what each is of, by its name.
func lasting(ctx context.Context, s *session, kind string) (map[string]lastingID, error) {
	type line struct{ database, comment string }
	lines, err := scanAll(ctx, s, statement{SQL: "SELECT name, comment FROM system.databases WHERE startsWith(comment, '{')"},
		func(l *line) []any { return []any{&l.database, &l.comment} })
	found := map[string]lastingID{}
	for _, l := range lines {
		var of lastingID
		if json.Unmarshal([]byte(l.comment), &of) == nil && of.Kind == kind && of.Database == s.database {
			found[l.database] = of
		}
	}
	return found, failing(err, "list the private databases")
}

// fillPrefix begins the names of the databases in which backfills prepare their
// tables. Unlike a batch's, such a database outlives the command.
const fillPrefix = "clickql_fill_"

// inFill reports a table of a backfill that has not ended.
func inFill(id tableID) bool { return strings.HasPrefix(id.Database, fillPrefix) }
