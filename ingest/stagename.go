package ingest

import (
	"context"
	"fmt"
	"regexp"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// stagePrefix begins the names of private databases.
const stagePrefix = "clickql_stage_"

// stagePattern reads a private database's name back. The numbers have a fixed
// form, so that no name of a database is read as part of another's.
var stagePattern = regexp.MustCompile(`^clickql_stage_(.+)_([0-9]{8}_[0-9]{4,})_([0-9]{8})$`)

// stageName names the private database of a batch, and the epoch of the writer
// that may use it.
func stageName(database, batch string, epoch uint64) string {
	return fmt.Sprintf("%s%s_%s_%08d", stagePrefix, database, batch, epoch)
}

// stages lists the private databases of a database by batch.
func stages(ctx context.Context, s *session) (map[string][]string, error) {
	found := map[string][]string{}
	err := s.each(ctx, statement{
		SQL:    "SELECT name FROM system.databases WHERE startsWith(name, {prefix:String}) ORDER BY name",
		Params: map[string]any{"prefix": stagePrefix + s.database + "_"},
	}, func(rows driver.Rows) error {
		var stage string
		if err := rows.Scan(&stage); err != nil {
			return err
		}
		if m := stagePattern.FindStringSubmatch(stage); m != nil && m[1] == s.database {
			found[m[2]] = append(found[m[2]], stage)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list private databases: %w", err)
	}
	return found, nil
}

// dropStage removes a private database and what is in it, whatever its size:
// servers guard large tables against being dropped by mistake.
func dropStage(ctx context.Context, s *session, stage string) error {
	err := s.exec(ctx, statement{SQL: "DROP DATABASE IF EXISTS " + quote(stage) + " SYNC",
		Settings: map[string]any{"max_table_size_to_drop": 0, "max_partition_size_to_drop": 0}})
	if err != nil {
		return fmt.Errorf("drop the private database %s: %w", stage, err)
	}
	return nil
}
