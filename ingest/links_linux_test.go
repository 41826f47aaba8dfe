package ingest

import (
	"os"
	"strings"
	"testing"

	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/internal/chconn"
)

// TestLinksThatLeadToThemselves: of a folder with such links, which the server lists
// nothing of, they alone are not loaded, and are named.
func TestLinksThatLeadToThemselves(t *testing.T) {
	db := newFew(t)
	dir := t.TempDir()
	files := []exportFile{{"a.parquet", false, 1, 20}, {"z.parquet", false, 2, 30}}
	exports(t, db.Conn, dir, files...)
	for from, to := range map[string]string{"loop.parquet": "loop.parquet", "one.parquet": "two.parquet", "two.parquet": "one.parquet"} {
		if err := os.Symlink(dir+"/"+to, dir+"/"+from); err != nil {
			t.Fatal(err)
		}
	}
	sum, err := New(config.Config{Conn: db.Conn}).Run(t.Context(), ledger.Downloads, dir+"/*.parquet")
	if sum.Files != 2 || len(sum.Failed) != 3 {
		t.Fatalf("%+v, %v", sum, err)
	}
	for i, name := range []string{"loop", "one", "two"} {
		if f := sum.Failed[i]; f.Object.Name != dir+"/"+name+".parquet" || !strings.Contains(f.Reason, "a symbolic link that leads to itself") {
			t.Errorf("%s: %s", f.Object.Name, f.Reason)
		}
	}
	const counted = "SELECT toString(count()) FROM "
	whole := scalar[string](t, db.Conn, counted+"file("+chconn.Literal(dir+"/{a,z}.parquet")+", 'Parquet') WHERE project != '' AND timestamp IS NOT NULL")
	if got := scalar[string](t, db.Conn, counted+"pypi"); got != whole {
		t.Errorf("%s rows of %s", got, whole)
	}
	for _, name := range []string{"loop", "one", "two"} {
		if err := os.Remove(dir + "/" + name + ".parquet"); err != nil {
			t.Fatal(err)
		}
	}
	if sum := mustLoad(t, config.Config{Conn: db.Conn}, dir+"/*.parquet"); sum.Already != 2 || sum.Files != 0 {
		t.Errorf("without the links: %+v", sum)
	}
}
