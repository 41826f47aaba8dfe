package stage

import (
	"context"
	"fmt"

	"clickql/ingest/session"
	"clickql/ingest/tables"
)

// partitionsOf lists a table's partitions.
func partitionsOf(ctx context.Context, s *session.Session, id tables.ID) ([]string, error) {
	partitions, err := s.Texts(ctx, session.SQL(`SELECT DISTINCT partition_id FROM system.parts WHERE database = {database:String} AND table = {table:String} AND active
			ORDER BY partition_id`,
		"database", id.Database, "table", id.Table))
	return partitions, session.Wrap(err, "list the partitions of %s", id)
}

// TakePartitions brings all of a table's partitions into another one of the same
// structure: by hard links, which cost no copying, or by moving them.
func TakePartitions(ctx context.Context, s *session.Session, from, to tables.ID, move bool) error {
	partitions, err := partitionsOf(ctx, s, from)
	if err != nil {
		return err
	}
	for _, p := range partitions {
		sql := "ALTER TABLE " + to.String() + " ATTACH PARTITION ID {partition:String} FROM " + from.String()
		if move {
			sql = "ALTER TABLE " + from.String() + " MOVE PARTITION ID {partition:String} TO TABLE " + to.String()
		}
		if err := s.Exec(ctx, session.SQL(sql, "partition", p)); err != nil {
			return fmt.Errorf("bring partition %s of %s into %s: %w", p, from, to, err)
		}
	}
	return nil
}

// maxOptimize bounds the merges asked for one partition.
const maxOptimize = 20

// OnePart brings every partition of a stage to exactly one part, so that its
// move is one rename. Nothing is inserted afterwards, so no merge can change
// that.
func OnePart(ctx context.Context, s *session.Session, stage string) error {
	for range maxOptimize {
		several, err := severalParts(ctx, s, stage)
		if err != nil || len(several) == 0 {
			return err
		}
		for _, id := range several {
			err := s.Exec(ctx, session.SQL("OPTIMIZE TABLE "+id.Table.String()+" PARTITION ID {partition:String} FINAL", "partition", id.Name))
			if err != nil {
				return fmt.Errorf("merge partition %s of %s: %w", id.Name, id.Table, err)
			}
		}
	}
	return fmt.Errorf("merge the tables of %s to one part for each partition: the server did not, see its log", stage)
}

// severalParts lists the partitions of a stage that have more than one part.
func severalParts(ctx context.Context, s *session.Session, stage string) ([]tables.Partition, error) {
	ids, err := session.Scan(ctx, s, session.SQL(`SELECT table, partition_id FROM system.parts WHERE database = {stage:String} AND active AND rows > 0
			GROUP BY table, partition_id HAVING count() > 1 ORDER BY table, partition_id`,
		"stage", stage), func(p *tables.Partition) []any {
		p.Table.Database = stage
		return []any{&p.Table.Table, &p.Name}
	})
	return ids, session.Wrap(err, "list the parts of %s", stage)
}
