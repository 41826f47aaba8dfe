package ingest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/ingest/stage"
	"clickql/internal/chconn"
)

// TestNoRoom refuses inserts for want of room, as a server does that looks before
// it writes: in the private tables, then in the ledger too. What was prepared is
// dropped all the same, since it may be what fills the disk.
func TestNoRoom(t *testing.T) {
	db := newFew(t)
	dir := t.TempDir()
	files := mixed(3, 100)
	exports(t, db.Conn, dir, files...)
	room := func(table string, bytes uint64) {
		t.Helper()
		must(t, db.Conn, fmt.Sprintf("ALTER TABLE %s MODIFY SETTING min_free_disk_bytes_to_perform_insert = %d", table, bytes))
	}
	refused := func(cfg config.Config) {
		t.Helper()
		cfg.Conn = db.Conn
		sum, err := New(cfg).Run(t.Context(), ledger.Downloads, dir+"/*.parquet")
		if chconn.Classify(err) != chconn.DiskFull || len(sum.Failed) > 0 || sum.Rows > 0 {
			t.Fatalf("%v, %+v", err, sum)
		}
		held := scalar[uint64](t, db.Conn, "SELECT sum(bytes_on_disk) FROM system.parts WHERE startsWith(database, '"+stage.Prefix+"') AND active")
		if held > 0 {
			t.Errorf("%d bytes are held in private tables after %v", held, err)
		}
	}
	const most = 1 << 60
	room("pypi_downloads_per_month", most)
	refused(config.Config{})
	checkClean(t, db.Conn, db.Name)
	staged := func(then error) func(Step) error {
		return func(s Step) error {
			if s != StepTableStaged {
				return nil
			}
			room(ledger.Batches, most)
			return then
		}
	}
	refused(config.Config{Parallel: 1, Before: atSteps(staged(nil))})
	refused(config.Config{}) // nor can recovery write that it gives the batch up
	room(ledger.Batches, 0)
	room("pypi_downloads_per_month", 0)
	_, err := New(config.Config{Conn: db.Conn, Parallel: 1, Before: atSteps(staged(errors.New("crash")))}).Run(t.Context(), ledger.Downloads, dir+"/*.parquet")
	if err == nil {
		t.Fatal("it did not crash")
	}
	refused(config.Config{Lease: time.Second}) // of one that left its tables behind
	room(ledger.Batches, 0)
	mustLoad(t, config.Config{Conn: db.Conn}, dir+"/*.parquet")
	checkEqual(t, db.Conn, db.Name, expectation(t, db.Conn, db.Name, files))
	checkClean(t, db.Conn, db.Name)
	if n := scalar[uint64](t, db.Conn, "SELECT count() FROM "+ledger.Files+" WHERE outcome = 'failed'"); n > 0 {
		t.Errorf("%d files were blamed", n)
	}
}
