package chconn_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"clickql/internal/chconn"
	"clickql/internal/chtest"
)

// rowsOf are the rows of a statement, each as text, and the NULLs of its last
// column.
func rowsOf(t *testing.T, conn *chconn.Conn, query string) ([]string, error) {
	t.Helper()
	rows, err := conn.Query(within(t, time.Minute), query)
	if err != nil {
		return nil, err
	}
	var all []string
	for rows.Next() {
		var name string
		var n int64
		var day time.Time
		var maybe *string
		var list []string
		if err := rows.Scan(&name, &n, &day, &maybe, &list); err != nil {
			t.Fatal(err)
		}
		text := "null"
		if maybe != nil {
			text = *maybe
		}
		all = append(all, fmt.Sprint(name, n, day.Format(time.DateOnly), text, list))
	}
	err = rows.Err()
	return all, errors.Join(err, rows.Close())
}

// TestAccountsNeverCut: what an account's settings would cut is whole, or
// refused with the setting's name.
func TestAccountsNeverCut(t *testing.T) {
	db := chtest.New(t)
	for _, sql := range []string{
		"CREATE TABLE t (name LowCardinality(String), n Int64, day Date, maybe Nullable(String), list Array(String)) ENGINE = MergeTree ORDER BY (name, n) SETTINGS index_granularity = 64",
		"INSERT INTO t SELECT 'p' || toString(number % 211), number, toDate('2026-01-01') + number % 300, if(number % 3 = 0, NULL, toString(number)), [toString(number)] FROM numbers(60000)",
	} {
		if err := db.Conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	const columns = "toString(name) AS name, n, day, maybe, list"
	queries := []string{
		"SELECT " + columns + " FROM t WHERE n < 0",
		"SELECT " + columns + " FROM t WHERE n < 1000 ORDER BY n DESC",
		"SELECT " + columns + " FROM t ORDER BY n LIMIT 2500",
		"SELECT name, toInt64(sum(n)) AS total, max(day), max(maybe), [name] AS list FROM t GROUP BY name ORDER BY name",
		"SELECT 'all' AS name, toInt64(sum(n)) AS total, max(day), max(maybe), ['x'] AS list FROM t",
		"SELECT 'none' AS name, toInt64(sum(n)) AS total, max(day), max(maybe), ['x'] AS list FROM t WHERE n < 0",
	}
	for k := range 40 {
		queries = append(queries, fmt.Sprintf("SELECT 'some' AS name, toInt64(sum(n)) AS total, max(day), max(maybe), ['x'] AS list FROM t WHERE name <= 'p%d'", k*5))
	}
	for guest, mustAnswer := range map[string]bool{"clickpy": true, "results": true, "free": false, "reads": false, "groups": false, "filters": false, "limited": true, "skipping": false} {
		t.Run(guest, func(t *testing.T) {
			conn := open(t, chconn.Config{DSN: db.GuestDSN(t, guest)})
			answered := 0
			for _, query := range queries {
				want, err := rowsOf(t, db.Conn, query)
				if err != nil {
					t.Fatal(err)
				}
				got, err := rowsOf(t, conn, query)
				var cut *chconn.CutError
				switch {
				case err == nil:
					answered++
					if fmt.Sprint(got) != fmt.Sprint(want) {
						t.Errorf("%s: %d rows, want %d", query, len(got), len(want))
					}
				case mustAnswer:
					t.Errorf("%s: %v", query, err)
				case !errors.As(err, &cut) && chconn.Classify(err) != chconn.TooMuch:
					t.Errorf("%s: %v; want a refusal that names a setting", query, err)
				}
			}
			if wantSome := guest != "filters" && guest != "skipping"; wantSome != (answered > 0) {
				t.Errorf("%d of %d statements are answered", answered, len(queries))
			}
			t.Logf("%d of %d answered", answered, len(queries))
		})
	}
}
