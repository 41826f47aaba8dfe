package projects

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/query"
)

// DayDigest tells a day's contents from others: two that agree in it have the same
// downloads of each project, but for one chance in 2^64.
type DayDigest struct {
	Day             cube.Day
	Total, Projects int64
	Digest          uint64
}

// Digests are those of some days, ascending; a day without downloads has none.
type Digests []DayDigest

// Bytes is about what they occupy.
func (ds Digests) Bytes() int64 { return int64(40 * len(ds)) }

// Digests reads every project's downloads of each of the days.
func (r Reader) Digests(ctx context.Context, days cube.Range) (Digests, error) {
	ask := func(snap *catalog.Snapshot) (*query.Query, error) { return askDigests(snap, days) }
	return listOf[Digests](ctx, r, "d:", keyOf("digests", days.From, days.To), ask, func(rows driver.Rows) (one DayDigest, err error) {
		var at time.Time
		if err = rows.Scan(&at, &one.Total, &one.Projects, &one.Digest); err != nil {
			err = fmt.Errorf("read a day's digest: %w", err)
		}
		one.Day = cube.DayOf(at)
		return one, err
	})
}

// askDigests asks for Digests. What is hashed is a project with its downloads, so
// that the order of rows, and how parts are merged, changes nothing.
func askDigests(snap *catalog.Snapshot, days cube.Range) (*query.Query, error) {
	s := cube.Slice{Days: days}
	w, err := query.OnCheapest(snap, cube.SplitOf(s, cube.Project, 1, nil), cube.SeriesOf(s, cube.Daily))
	if err != nil {
		return nil, err
	}
	at := w.Table.TimeColumn
	w.Where(at + " >= " + w.Param(days.From))
	w.Where(at + " <= " + w.Param(days.To))
	each := "SELECT " + at + " AS day, " + cube.Project.Column() + " AS value, " + w.Counted() + " AS downloads" +
		w.From() + "\nGROUP BY day, value\nHAVING downloads > 0"
	return w.Query("SELECT day, toInt64(sum(downloads)), toInt64(count()), groupBitXor(sipHash64(value, downloads))\nFROM (\n" + each + ")\nGROUP BY day\nORDER BY day"), nil
}
