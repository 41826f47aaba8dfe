package ingest

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// scanned is what a scan found of a file's day; accepted rows have a day.
type scanned struct {
	path     string
	accepted bool
	day      day
	rows     uint64
}

// scan counts a group's rows by file and day. It reads the columns that decide
// on both: the timestamp and the project.
func scan(ctx context.Context, s *session, cfg Config, f feed, g group) ([]scanned, error) {
	r, err := f.reading(g)
	if err != nil {
		return nil, err
	}
	var counts []scanned
	err = s.each(ctx, statement{
		SQL: "SELECT _path, toBool(ifNull(" + r.accepted() + ", 0)) AS stored, if(stored, ifNull(" + r.day() + ", toDate(0)), toDate(0)) AS day, count() FROM " + r.From +
			" GROUP BY _path, stored, day",
		Params: r.Params, Settings: cfg.spilling(r.Settings),
		Rows: func(n uint64) { cfg.Progress.update(func(s *Snapshot) { s.RowsDone += n }) },
	}, func(rows driver.Rows) error {
		var c scanned
		var t time.Time
		err := rows.Scan(&c.path, &c.accepted, &t, &c.rows)
		c.day = dayOf(t)
		counts = append(counts, c)
		return err
	})
	return counts, err
}
