package chtest

import (
	"net/url"
	"testing"
	"time"

	"clickql/internal/chconn"
	"clickql/internal/engine"
)

// guests are accounts as others give them to ClickQL, each with something that
// makes answers wrong where nobody looks at it.
var guests = []engine.Guest{
	// As ClickPy's scripts create the account that its README publishes.
	{Name: "clickpy", Settings: map[string]string{"add_http_cors_header": "1", "max_execution_time": "60", "max_rows_to_read": "10000000000",
		"max_bytes_to_read": "1000000000000", "max_network_bandwidth": "25000000", "max_memory_usage": "20000000000",
		"max_bytes_before_external_group_by": "10000000000", "max_result_rows": "1000", "max_result_bytes": "10000000", "result_overflow_mode": "break"},
		Hidden: []string{"parts", "parts_columns", "clusters", "macros", "merges", "mutations"}},
	// Results end after their first block; it may be a thousandth of what a table
	// holds.
	{Name: "results", Settings: map[string]string{"max_result_rows": "10", "result_overflow_mode": "break", "max_block_size": "8"}},
	{Name: "reads", Settings: map[string]string{"max_rows_to_read": "30000", "read_overflow_mode": "break"}},
	{Name: "groups", Settings: map[string]string{"max_rows_to_group_by": "100", "group_by_overflow_mode": "any"}},
	{Name: "filters", Settings: map[string]string{"additional_result_filter": "rand() % 2"}},
	{Name: "limited", Settings: map[string]string{"limit": "3"}},
	{Name: "skipping", Settings: map[string]string{"offset": "1"}},
	// May change what it has.
	{Name: "free", Settings: map[string]string{"readonly": "2", "max_rows_to_read": "30000", "read_overflow_mode": "break", "max_result_rows": "10",
		"result_overflow_mode": "break", "max_rows_to_group_by": "100", "group_by_overflow_mode": "any", "limit": "3", "offset": "1",
		"aggregate_functions_null_for_empty": "1", "join_use_nulls": "1", "group_by_use_nulls": "1"}},
	{Name: "hourly", Queries: 60, Interval: time.Hour},
	// Each client for itself, as far as the gateway tells them apart.
	{Name: "keyed", Queries: 60, Interval: time.Hour, Keyed: true},
}

// GuestDSN names the database as one of the guests, over the
// native protocol.
func (d *DB) GuestDSN(t testing.TB, guest string) string {
	t.Helper()
	return (&url.URL{Scheme: "clickhouse", User: url.User(guest), Host: Engine(t).Info().Native, Path: "/" + d.Name}).String()
}

// Admin is a connection as administrator that belongs to no test.
func Admin(t testing.TB) *chconn.Conn {
	t.Helper()
	_, admin := open(t)
	return admin
}
