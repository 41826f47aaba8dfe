package stage

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"clickql/ingest/session"
	"clickql/ingest/tables"
	"clickql/internal/chconn"
)

// Prefix begins the names of private databases.
const Prefix = "clickql_stage_"

// pattern reads a private database's name back. The numbers have a fixed
// form, so that no name of a database is read as part of another's.
var pattern = regexp.MustCompile(`^clickql_stage_(.+)_([0-9]{8}_[0-9]{4,})_([0-9]{8})(?:_a([0-9]{4}))?$`)

// Name names the private database of a batch, the epoch of the writer that
// may use it, and which attempt to prepare the batch it is, counted from one.
func Name(database, batch string, epoch uint64, attempt int) string {
	n := fmt.Sprintf("%s%s_%s_%08d", Prefix, database, batch, epoch)
	if attempt > 1 {
		n += fmt.Sprintf("_a%04d", attempt)
	}
	return n
}

// Parsed is what the name of a private database says.
type Parsed struct {
	epoch   uint64
	Attempt int
}

// Parse reads a private database's name back.
func Parse(stage string) Parsed {
	id := Parsed{Attempt: 1}
	if m := pattern.FindStringSubmatch(stage); m != nil {
		id.epoch, _ = strconv.ParseUint(m[3], 10, 64) // digits
		if m[4] != "" {
			id.Attempt, _ = strconv.Atoi(m[4])
		}
	}
	return id
}

// List lists the private databases of a database by batch, those of later
// attempts last.
func List(ctx context.Context, s *session.Session) (map[string][]string, error) {
	names, err := s.Texts(ctx, session.SQL("SELECT name FROM system.databases WHERE startsWith(name, {prefix:String}) ORDER BY name", "prefix", Prefix+s.Database+"_"))
	if err != nil {
		return nil, fmt.Errorf("list private databases: %w", err)
	}
	found := map[string][]string{}
	for _, stage := range names {
		if m := pattern.FindStringSubmatch(stage); m != nil && m[1] == s.Database {
			found[m[2]] = append(found[m[2]], stage)
		}
	}
	for _, names := range found {
		slices.SortFunc(names, func(a, b string) int {
			x, y := Parse(a), Parse(b)
			return cmp.Or(cmp.Compare(x.Attempt, y.Attempt), cmp.Compare(x.epoch, y.epoch))
		})
	}
	return found, nil
}

// codeDatabaseExists is ClickHouse's DATABASE_ALREADY_EXISTS.
const codeDatabaseExists = 82

// Create makes the private database of a batch, which claims the batch: it
// succeeds for exactly one of those who try. errClaimed is for the others.
func Create(ctx context.Context, s *session.Session, stage, batch string) error {
	err := s.Do(ctx, "CREATE DATABASE "+chconn.Ident(stage)+" ENGINE = Atomic")
	if code, _ := chconn.Code(err); code == codeDatabaseExists {
		return ErrClaimed
	}
	return session.Wrap(err, "create the private database %s of batch %s", stage, batch)
}

// Empty drops the tables of a private database: what they hold may be what
// fills the disk, and the ledger needs room before the name may become free.
func Empty(ctx context.Context, s *session.Session, stage string) error {
	tables, err := s.Texts(ctx, session.SQL("SELECT name FROM system.tables WHERE database = {database:String}", "database", stage))
	if err == nil {
		err = DropTables(ctx, s, stage, tables)
	}
	return session.Wrap(err, "clear the private database %s", stage)
}

// DropTables removes tables one after the other.
func DropTables(ctx context.Context, s *session.Session, database string, tables []string) error {
	for _, table := range tables {
		if err := s.Exec(ctx, session.Statement{SQL: "DROP TABLE IF EXISTS " + session.Name(database, table) + " SYNC", Settings: Unguarded()}); err != nil {
			return err
		}
	}
	return nil
}

// Unguarded lets tables be dropped whatever their size: servers guard large ones
// against being dropped by mistake.
func Unguarded() map[string]any {
	return map[string]any{"max_table_size_to_drop": 0, "max_partition_size_to_drop": 0}
}

// Drop removes a private database and what is in it.
func Drop(ctx context.Context, s *session.Session, stage string) error {
	err := s.Exec(ctx, session.Statement{SQL: "DROP DATABASE IF EXISTS " + chconn.Ident(stage) + " SYNC", Settings: Unguarded()})
	return session.Wrap(err, "drop the private database %s", stage)
}

// LastingID is the comment of a private database that outlives commands: what it
// is of, since its name alone could be of another database's too.
type LastingID struct {
	Kind     string `json:"clickql"`
	Database string `json:"database"`
	Name     string `json:"name"` // of the aggregate, or the shadow
	// Key is that of an aggregate that the program does not know.
	Key []string `json:"key,omitempty"`
}

// Kinds of such databases.
const (
	LastingBackfill = "backfill"
	LastingShadow   = "shadow"
)

// CreateLasting creates a private database, once.
func CreateLasting(ctx context.Context, s *session.Session, database string, of LastingID) error {
	comment, err := json.Marshal(of)
	if err == nil {
		err = s.Do(ctx, "CREATE DATABASE IF NOT EXISTS "+chconn.Ident(database)+" ENGINE = Atomic COMMENT "+chconn.Literal(string(comment)))
	}
	return session.Wrap(err, "create the private database %s", database)
}

// Lasting finds the private databases of a kind: what each is of, by its name.
func Lasting(ctx context.Context, s *session.Session, kind string) (map[string]LastingID, error) {
	type line struct{ database, comment string }
	lines, err := session.Scan(ctx, s, session.SQL("SELECT name, comment FROM system.databases WHERE startsWith(comment, '{')"),
		func(l *line) []any { return []any{&l.database, &l.comment} })
	found := map[string]LastingID{}
	for _, l := range lines {
		var of LastingID
		if json.Unmarshal([]byte(l.comment), &of) == nil && of.Kind == kind && of.Database == s.Database {
			found[l.database] = of
		}
	}
	return found, session.Wrap(err, "list the private databases")
}

// FillPrefix begins the names of the databases in which backfills prepare their
// tables. Unlike a batch's, such a database outlives the command.
const FillPrefix = "clickql_fill_"

// InFill reports a table of a backfill that has not ended.
func InFill(id tables.ID) bool { return strings.HasPrefix(id.Database, FillPrefix) }
