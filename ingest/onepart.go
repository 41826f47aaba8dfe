package ingest

import (
	"context"
	"fmt"
)

// maxOptimize bounds the merges asked for one partition.
const maxOptimize = 20

// onePart brings every partition of a stage to exactly one part, so that its
// move is one rename. Nothing is inserted afterwards, so no merge can change
// that.
func onePart(ctx context.Context, s *session, stage string) error {
	for range maxOptimize {
		several, err := severalParts(ctx, s, stage)
		if err != nil || len(several) == 0 {
			return err
		}
		for _, id := range several {
			err := s.exec(ctx, statement{SQL: "OPTIMIZE TABLE " + id.id.String() + " PARTITION ID {partition:String} FINAL",
				Params: map[string]any{"partition": id.partition}})
			if err != nil {
				return fmt.Errorf("merge partition %s of %s: %w", id.partition, id.id, err)
			}
		}
	}
	return fmt.Errorf("merge the tables of %s to one part for each partition: the server did not, see its log", stage)
}

// severalParts lists the partitions of a stage that have more than one part.
func severalParts(ctx context.Context, s *session, stage string) ([]partitionID, error) {
	ids, err := scanAll(ctx, s, statement{
		SQL: `SELECT table, partition_id FROM system.parts WHERE database = {stage:String} AND active AND rows > 0
			GROUP BY table, partition_id HAVING count() > 1 ORDER BY table, partition_id`,
		Params: map[string]any{"stage": stage},
	}, func(p *partitionID) []any {
		p.id.Database = stage
		return []any{&p.id.Table, &p.partition}
	})
	return ids, failing(err, "list the parts of %s", stage)
}
