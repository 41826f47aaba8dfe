package ingest

import (
	"fmt"
	"testing"
	"time"

	"clickql/ingest/config"
)

// TestBackupAndRestore is the drill of docs/OPERATE.md: a database is backed up with its
// ledger, and again as what has come since; it is lost; and what is restored is loaded
// from where it stands, so that what came after the backup is loaded once more, and
// nothing twice.
func TestBackupAndRestore(t *testing.T) {
	db := newFew(t)
	dir := t.TempDir()
	files := mixed(4, 300)
	exports(t, db.Conn, dir, files...)
	source := dir + "/*.parquet"
	backup := func(name string) string { return fmt.Sprintf("File('%s-%s')", db.Name, name) }
	mustLoad(t, config.Config{Conn: db.Conn}, dir+"/e0{0,1}.parquet")
	must(t, db.Conn, "BACKUP DATABASE "+db.Name+" TO "+backup("first"))
	mustLoad(t, config.Config{Conn: db.Conn}, dir+"/e02.parquet")
	must(t, db.Conn, "BACKUP DATABASE "+db.Name+" TO "+backup("second")+" SETTINGS base_backup = "+backup("first"))
	quick := config.Config{Conn: db.Conn, Beat: 20 * time.Millisecond, Lease: 200 * time.Millisecond}
	for name, of := range map[string]string{"first": "/e0{0,1}.parquet", "second": "/e0{0,1,2}.parquet"} {
		loaded := map[string]int{"first": 2, "second": 3}[name]
		must(t, db.Conn, "DROP DATABASE "+db.Name+" SYNC")
		must(t, db.Conn, "RESTORE DATABASE "+db.Name+" FROM "+backup(name))
		checkEqual(t, db.Conn, db.Name, expectation(t, db.Conn, db.Name, files[:loaded]))
		agreed(t, db.Conn, dir+of)
		if sum := mustLoad(t, quick, source); sum.Already != loaded || sum.Files != len(files)-loaded {
			t.Errorf("after the %s backup: %+v", name, sum)
		}
		checkEqual(t, db.Conn, db.Name, expectation(t, db.Conn, db.Name, files))
		checkClean(t, db.Conn, db.Name)
		agreed(t, db.Conn, source)
	}
}
