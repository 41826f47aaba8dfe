package ingest

import (
	"strings"
	"testing"

	"clickql/ingest/config"
)

// TestShadow loads a second pipeline, compares it with the live tables, and
// promotes it with its ledger.
func TestShadow(t *testing.T) {
	db := newFew(t)
	dir := t.TempDir()
	files := mixed(3, 300)
	exports(t, db.Conn, dir, files...)
	mustLoad(t, config.Config{Conn: db.Conn}, dir+"/e00.parquet")
	must(t, db.Conn, "INSERT INTO pypi (date, project, version) VALUES ('2023-12-25', 'ghost', '1')")
	in := New(config.Config{Conn: db.Conn})
	sh, err := in.Shadow("next")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []func() error{func() error { _, err := sh.Compare(t.Context()); return err }, func() error { return sh.Promote(t.Context(), false) }, func() error { return sh.Discard(t.Context()) }} {
		if err := f(); err == nil || !strings.Contains(err.Error(), "there is none; these are: none") {
			t.Errorf("a shadow that is not there: %v", err)
		}
	}
	if _, err := in.Shadow("no-such name"); err == nil {
		t.Error("a bad name is accepted")
	}
	if sum, err := sh.Run(t.Context(), dir+"/e02.parquet"); err != nil || sum.Files != 1 {
		t.Fatalf("%+v, %v", sum, err)
	}
	if sum, err := sh.Run(t.Context(), dir+"/*.parquet"); err != nil || sum.Files != 2 || sum.Already != 1 {
		t.Fatalf("%+v, %v", sum, err)
	}
	if st, err := in.Status(t.Context()); err != nil || len(st.Shadows) != 1 || st.Shadows[0].Database != sh.Databases()[0] {
		t.Errorf("status: %+v, %v", st.Shadows, err)
	}
	want := expectation(t, db.Conn, db.Name, files)
	checkEqual(t, db.Conn, sh.Databases()[0], want)
	// Another transform: a view of the shadow's own, and one more table.
	must(t, db.Conn, "CREATE TABLE "+sh.Databases()[0]+".by_system (system String, count Int64) ENGINE = SummingMergeTree ORDER BY system")
	must(t, db.Conn, "INSERT INTO "+sh.Databases()[0]+".by_system SELECT system, count() FROM "+sh.Databases()[0]+".pypi GROUP BY system")
	must(t, db.Conn, "CREATE MATERIALIZED VIEW "+sh.Databases()[0]+".by_system_mv TO "+sh.Databases()[0]+".by_system AS SELECT system, count() AS count FROM "+sh.Databases()[0]+".pypi GROUP BY system")
	c, err := sh.Compare(t.Context())
	if err != nil || len(c.Tables) != 6 || len(c.Differences) == 0 || c.Tables[0].Reason != "only the shadow has it" {
		t.Errorf("%+v, %v", c, err)
	}
	must(t, db.Conn, "INSERT INTO clickql_ledger_batches (batch, kind, state) VALUES ('00000000_0001', 'projects', 5)")
	if err := sh.Promote(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if n := scalar[uint64](t, db.Conn, "SELECT count() FROM clickql_ledger_batches WHERE kind = 'projects'"); n != 1 {
		t.Errorf("the ledger has %d lines about metadata, want 1", n)
	}
	checkEqual(t, db.Conn, db.Name, want)
	checkClean(t, db.Conn, db.Name)
	checkFilled(t, db.Conn, "by_system", "pypi", "system")
	wantCauses(t, verified(t, db.Conn, true, dir+"/*.parquet"))
	if sum := mustLoad(t, config.Config{Conn: db.Conn}, dir+"/*.parquet"); sum.Files != 0 || sum.Already != 3 {
		t.Errorf("the ledger did not follow: %+v", sum)
	}
	exports(t, db.Conn, dir, exportFile{"e03.parquet", false, 9, 100})
	mustLoad(t, config.Config{Conn: db.Conn}, dir+"/*.parquet") // fills all, the new table too
	want = expectation(t, db.Conn, db.Name, append(files, exportFile{"e03.parquet", false, 9, 100}))
	checkEqual(t, db.Conn, db.Name, want)
	checkFilled(t, db.Conn, "by_system", "pypi", "system")

	// A second one lacks days: refused, and dropped.
	cutDays(t, db.Conn, dir+"/e00.parquet", dir+"/part.parquet", "2023-12-20", "2023-12-21")
	if sum, err := sh.Run(t.Context(), dir+"/part.parquet"); err != nil || sum.Files != 1 {
		t.Fatalf("%+v, %v", sum, err)
	}
	if err := sh.Promote(t.Context(), false); err == nil || !strings.Contains(err.Error(), "it has no downloads of 2023-12-22") {
		t.Errorf("a shadow without days: %v", err)
	}
	if err := sh.Discard(t.Context()); err != nil {
		t.Error(err)
	}
	checkEqual(t, db.Conn, db.Name, want)
	checkClean(t, db.Conn, db.Name)
}
