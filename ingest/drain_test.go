package ingest

import (
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"

	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
)

// TestDrainPassesSilentInserts: a writer that is stopped while it sends the rows of an
// INSERT keeps no other one waiting, and what it sends when it goes on is refused. One
// that has sent some is waited for.
func TestDrainPassesSilentInserts(t *testing.T) {
	db := chtest.New(t)
	must(t, db.Conn, "CREATE TABLE lines (n UInt8) ENGINE = MergeTree ORDER BY n")
	next := session.New(db.Conn, db.Name, nil).Of(db.Name, 2)
	begin := func(id string) (batch interface {
		Append(...any) error
		Flush() error
		Send() error
	}) {
		t.Helper()
		batch, err := db.Conn.PrepareBatch(clickhouse.Context(t.Context(), clickhouse.WithQueryID(session.QueryIDPrefix(db.Name)+"00000001-"+id)), "INSERT INTO lines")
		if err != nil {
			t.Fatal(err)
		}
		if err := batch.Append(uint8(1)); err != nil {
			t.Fatal(err)
		}
		return batch
	}
	silent := begin("SILENT-1")
	if err := publish.Drain(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	if code, _ := chconn.Code(silent.Send()); code != 394 { // QUERY_WAS_CANCELLED
		t.Errorf("what comes after all ends with code %d", code)
	}
	if n := scalar[uint64](t, db.Conn, "SELECT count() FROM lines"); n != 0 {
		t.Errorf("%d rows of a writer that was taken over are there", n)
	}

	begun := begin("BEGUN-1")
	if err := begun.Flush(); err != nil {
		t.Fatal(err)
	}
	for scalar[uint64](t, db.Conn, "SELECT sum(read_rows) FROM system.processes WHERE query_id LIKE '%BEGUN-1'") == 0 {
		if t.Context().Err() != nil {
			t.Fatal("the rows do not arrive")
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- publish.Drain(t.Context(), next) }()
	for scalar[uint64](t, db.Conn, "SELECT countIf(is_cancelled) FROM system.processes WHERE query_id LIKE '%BEGUN-1'") == 0 {
		if t.Context().Err() != nil {
			t.Fatal("the statement is not killed")
		}
	}
	select {
	case err := <-ended:
		t.Errorf("a statement that has rows is not waited for: %v", err)
	default:
	}
	_ = begun.Send() // it was killed
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
