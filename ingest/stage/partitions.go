package stage

import (
	"context"
	"fmt"
	"time"

	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/ingest/tables"
	"clickql/internal/cube"
)

// partitionsOf lists a table's partitions.
func partitionsOf(ctx context.Context, s *session.Session, id tables.ID) ([]string, error) {
	partitions, err := s.Texts(ctx, session.SQL(`SELECT DISTINCT partition_id FROM system.parts WHERE database = {database:String} AND table = {table:String} AND active
			ORDER BY partition_id`,
		"database", id.Database, "table", id.Table))
	return partitions, session.Wrap(err, "list the partitions of %s", id)
}

// PartRows is how many rows the parts of each table of a database hold, those that are
// masked or yet to be folded included. It reads none of them.
func PartRows(ctx context.Context, s *session.Session, database string) (map[string]uint64, error) {
	type line struct {
		table string
		rows  uint64
	}
	lines, err := session.Scan(ctx, s, session.SQL("SELECT table, sum(rows) FROM system.parts WHERE database = {database:String} AND active GROUP BY table", "database", database),
		func(l *line) []any { return []any{&l.table, &l.rows} })
	rows := make(map[string]uint64, len(lines))
	for _, l := range lines {
		rows[l.table] = l.rows
	}
	return rows, session.Wrap(err, "look at the parts of %s", database)
}

// DatedPartition is what the server knows of a partition without reading it.
type DatedPartition struct {
	ID string
	// Days are those that bound its rows; zero where its key has no day.
	Days ledger.Span
	Rows int64
	// Masked reports that some of Rows may have been deleted.
	Masked bool
}

// DatedPartitions lists a table's partitions.
func DatedPartitions(ctx context.Context, s *session.Session, id tables.ID) ([]DatedPartition, error) {
	type line struct {
		DatedPartition
		first, last time.Time
		masked      uint8
	}
	lines, err := session.Scan(ctx, s, session.SQL(`SELECT partition_id, min(min_date), max(max_date), toInt64(sum(rows)), max(has_lightweight_delete) FROM system.parts
			WHERE database = {database:String} AND table = {table:String} AND active AND rows > 0 GROUP BY partition_id ORDER BY partition_id`, "database", id.Database, "table", id.Table),
		func(l *line) []any { return []any{&l.ID, &l.first, &l.last, &l.Rows, &l.masked} })
	partitions := make([]DatedPartition, len(lines))
	for i, l := range lines {
		l.Days, l.Masked = ledger.Span{From: cube.DayOf(l.first), To: cube.DayOf(l.last)}, l.masked > 0
		partitions[i] = l.DatedPartition
	}
	return partitions, session.Wrap(err, "look at the partitions of %s", id)
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
