package ingest

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"clickql/internal/chconn"
)

// stagePrefix begins the names of private databases.
const stagePrefix = "clickql_stage_"

// stagePattern reads a private database's name back. The numbers have a fixed
// form, so that no name of a database is read as part of another's.
var stagePattern = regexp.MustCompile(`^clickql_stage_(.+)_([0-9]{8}_[0-9]{4,})_([0-9]{8})(?:_a([0-9]{4}))?$`)

// stageName names the private database of a batch, the epoch of the writer that
// may use it, and which attempt to prepare the batch it is, counted from one.
func stageName(database, batch string, epoch uint64, attempt int) string {
	n := fmt.Sprintf("%s%s_%s_%08d", stagePrefix, database, batch, epoch)
	if attempt > 1 {
		n += fmt.Sprintf("_a%04d", attempt)
	}
	return n
}

// stageID is what the name of a private database says.
type stageID struct {
	name    string
	epoch   uint64
	attempt int
}

// parseStage reads a private database's name back.
func parseStage(stage string) stageID {
	id := stageID{name: stage, attempt: 1}
	if m := stagePattern.FindStringSubmatch(stage); m != nil {
		id.epoch, _ = strconv.ParseUint(m[3], 10, 64) // digits
		if m[4] != "" {
			id.attempt, _ = strconv.Atoi(m[4])
		}
	}
	return id
}

// stages lists the private databases of a database by batch, those of later
// attempts last.
func stages(ctx context.Context, s *session) (map[string][]string, error) {
	names, err := s.texts(ctx, statement{
		SQL:    "SELECT name FROM system.databases WHERE startsWith(name, {prefix:String}) ORDER BY name",
		Params: map[string]any{"prefix": stagePrefix + s.database + "_"},
	})
	if err != nil {
		return nil, fmt.Errorf("list private databases: %w", err)
	}
	found := map[string][]string{}
	for _, stage := range names {
		if m := stagePattern.FindStringSubmatch(stage); m != nil && m[1] == s.database {
			found[m[2]] = append(found[m[2]], stage)
		}
	}
	for _, names := range found {
		slices.SortFunc(names, func(a, b string) int {
			x, y := parseStage(a), parseStage(b)
			return cmp.Or(cmp.Compare(x.attempt, y.attempt), cmp.Compare(x.epoch, y.epoch))
		})
	}
	return found, nil
}

// codeDatabaseExists is ClickHouse's DATABASE_ALREADY_EXISTS.
const codeDatabaseExists = 82

// createStage makes the private database of a batch, which claims the batch: it
// succeeds for exactly one of those who try. errClaimed is for the others.
func createStage(ctx context.Context, s *session, stage, batch string) error {
	err := s.run(ctx, "CREATE DATABASE "+chconn.Ident(stage)+" ENGINE = Atomic")
	if code, _ := chconn.Code(err); code == codeDatabaseExists {
		return errClaimed
	}
	return failing(err, "create the private database %s of batch %s", stage, batch)
}

// emptyStage drops the tables of a private database: what they hold may be what
// fills the disk, and the ledger needs room before the name may become free.
func emptyStage(ctx context.Context, s *session, stage string) error {
	tables, err := s.texts(ctx, statement{SQL: "SELECT name FROM system.tables WHERE database = {database:String}", Params: map[string]any{"database": stage}})
	if err == nil {
		err = dropTables(ctx, s, stage, tables)
	}
	return failing(err, "clear the private database %s", stage)
}

// dropTables removes tables one after the other.
func dropTables(ctx context.Context, s *session, database string, tables []string) error {
	for _, table := range tables {
		if err := s.exec(ctx, statement{SQL: "DROP TABLE IF EXISTS " + name(database, table) + " SYNC", Settings: unguarded()}); err != nil {
			return err
		}
	}
	return nil
}

// unguarded lets tables be dropped whatever their size: servers guard large ones
// against being dropped by mistake.
func unguarded() map[string]any {
	return map[string]any{"max_table_size_to_drop": 0, "max_partition_size_to_drop": 0}
}

// dropStage removes a private database and what is in it.
func dropStage(ctx context.Context, s *session, stage string) error {
	err := s.exec(ctx, statement{SQL: "DROP DATABASE IF EXISTS " + chconn.Ident(stage) + " SYNC", Settings: unguarded()})
	return failing(err, "drop the private database %s", stage)
}
