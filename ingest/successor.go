package ingest

import (
	"context"
	"fmt"
)

// successor names the table that is to take a public one's place, beside the
// public one's staged copy.
func successor(staged string) string { return staged + "__next" }

// partitionsOf lists a table's partitions.
func partitionsOf(ctx context.Context, s *session, id tableID) ([]string, error) {
	partitions, err := s.texts(ctx, statement{
		SQL: `SELECT DISTINCT partition_id FROM system.parts WHERE database = {database:String} AND table = {table:String} AND active
			ORDER BY partition_id`,
		Params: map[string]any{"database": id.Database, "table": id.Table},
	})
	return partitions, failing(err, "list the partitions of %s", id)
}

// takePartitions brings all of a table's partitions into another one of the same
// structure: by hard links, which cost no copying, or by moving them.
func takePartitions(ctx context.Context, s *session, from, to tableID, move bool) error {
	partitions, err := partitionsOf(ctx, s, from)
	if err != nil {
		return err
	}
	for _, p := range partitions {
		sql := "ALTER TABLE " + to.String() + " ATTACH PARTITION ID {partition:String} FROM " + from.String()
		if move {
			sql = "ALTER TABLE " + from.String() + " MOVE PARTITION ID {partition:String} TO TABLE " + to.String()
		}
		if err := s.exec(ctx, statement{SQL: sql, Params: map[string]any{"partition": p}}); err != nil {
			return fmt.Errorf("bring partition %s of %s into %s: %w", p, from, to, err)
		}
	}
	return nil
}
