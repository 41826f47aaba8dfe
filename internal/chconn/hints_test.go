package chconn_test

import (
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"clickql/internal/chconn"
	"clickql/internal/chtest"
)

// TestHints: settings that the server knows are sent where the account may
// change settings; others, those of accounts that may not, and those that an account has
// bounds for (here the engine's reader for memory) are left out without an error, and the
// asking does not show in the query's progress.
func TestHints(t *testing.T) {
	db := chtest.New(t)
	if err := db.Conn.Exec(t.Context(), "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	for name, dsn := range readers(t, db.Name) {
		t.Run(name, func(t *testing.T) {
			conn := open(t, chconn.Config{DSN: dsn})
			var read uint64
			ctx := clickhouse.Context(within(t, time.Minute), clickhouse.WithProgress(func(p *clickhouse.Progress) { read += p.Rows }))
			ctx = chconn.WithHints(ctx, clickhouse.Settings{"max_rows_to_group_by": 12345, "no_such_setting": 1, "max_memory_usage": 1 << 60})
			rows, err := conn.Query(ctx, "SELECT toUInt64(getSetting('readonly')), toUInt64(getSetting('max_rows_to_group_by'))")
			if err != nil {
				t.Fatal(err)
			}
			var readonly, sent uint64
			for rows.Next() {
				if err := rows.Scan(&readonly, &sent); err != nil {
					t.Fatal(err)
				}
			}
			if err := rows.Close(); err != nil {
				t.Fatal(err)
			}
			if (readonly == 1) == (sent == 12345) {
				t.Errorf("readonly=%d and max_rows_to_group_by=%d: hints are sent exactly where settings may be changed", readonly, sent)
			}
			if read > 1 {
				t.Errorf("%d rows were read; the query itself reads one", read)
			}
		})
	}
}
