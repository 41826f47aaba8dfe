package fetch

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/catalog"
	"clickql/internal/query"
)

// People is the projects whose metadata may name a person, see
// query.PeopleQuery: at most one more than most. The error is a *query.Error.
func (o *Operation) People(ctx context.Context, role query.Role, person string, most int) (Names, error) {
	key := keyOf(role, person, most)
	return look(ctx, o, lookup[Names]{
		prefix: "p:",
		ask: func(snap *catalog.Snapshot, _ []string) (*query.Query, error) {
			return query.PeopleQuery(snap, role, person, most)
		},
		scan: func(rows driver.Rows, into map[string]Names) error {
			var name string
			err := rows.Scan(&name)
			into[key] = append(into[key], name)
			return err
		},
	}, key)
}
