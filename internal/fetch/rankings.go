package fetch

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/query"
)

// Ranked are projects in the order of a ranking. Read only.
type Ranked []query.GroupColumns

// bytes is about what they occupy.
func (rs Ranked) bytes() (n int64) {
	for _, r := range rs {
		n += int64(32 + len(r.Project))
	}
	return n
}

// Emerging is the most downloaded projects whose first download is on since or
// later. The error is a *query.Error.
func (o *Operation) Emerging(ctx context.Context, since cube.Day, first int) (Ranked, error) {
	return o.ranked(ctx, keyOf("emerging", since, first), func(snap *catalog.Snapshot) (*query.Query, error) {
		return query.EmergingQuery(snap, since, first)
	})
}

// Stale is the most downloaded projects that uploaded nothing within the months
// before the newest upload of all. The error is a *query.Error.
func (o *Operation) Stale(ctx context.Context, months, first int) (Ranked, error) {
	return o.ranked(ctx, keyOf("stale", months, first), func(snap *catalog.Snapshot) (*query.Query, error) {
		return query.StaleQuery(snap, months, first)
	})
}

// Hot is the projects with the largest relative rise of downloads from one month
// to the next, of the months from since, see query.HotQuery. The error is a
// *query.Error.
func (o *Operation) Hot(ctx context.Context, since cube.Day, least int64, first int) (Ranked, error) {
	return o.ranked(ctx, keyOf("hot", since, least, first), func(snap *catalog.Snapshot) (*query.Query, error) {
		return query.HotQuery(snap, since, least, first)
	})
}

// ranked looks one ranking up.
func (o *Operation) ranked(ctx context.Context, key string, ask func(*catalog.Snapshot) (*query.Query, error)) (Ranked, error) {
	return look(ctx, o, lookup[Ranked]{
		prefix: "t:",
		ask:    func(snap *catalog.Snapshot, _ []string) (*query.Query, error) { return ask(snap) },
		scan: func(rows driver.Rows, into map[string]Ranked) error {
			var c query.GroupColumns
			err := rows.Scan(&c.Project, &c.Total, &c.Growth)
			into[key] = append(into[key], c)
			return err
		},
	}, key)
}

// keyOf writes arguments as a key: equal only for equal ones.
func keyOf(args ...any) string {
	key := ""
	for _, a := range args {
		key += fmt.Sprintf("%#v,", a)
	}
	return key
}
