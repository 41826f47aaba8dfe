package ingest

import (
	"net"
	"os"
	"strings"
	"syscall"
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

// TestWhatIsNoFile: a FIFO, a socket and a device, which the server would open and wait
// for, are named and not waited for, among files and by themselves.
func TestWhatIsNoFile(t *testing.T) {
	db := newFew(t)
	dir := t.TempDir()
	exports(t, db.Conn, dir, exportFile{"a.parquet", false, 1, 20})
	if err := syscall.Mkfifo(dir+"/fifo.parquet", 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", dir+"/socket.parquet")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	if err := os.Symlink("/dev/zero", dir+"/device.parquet"); err != nil {
		t.Fatal(err)
	}
	for _, run := range []struct {
		pattern string
		already int
		failed  []string
	}{
		{"*.parquet", 0, []string{"device", "fifo", "socket"}},
		{"{a,fifo}.parquet", 1, []string{"fifo"}},
		{"**.parquet", 1, []string{"device", "fifo", "socket"}},
		{"socket.parquet", 0, []string{"socket"}},
		{"device.parquet", 0, []string{"device"}},
	} {
		sum, err := New(config.Config{Conn: db.Conn, RetryAll: true}).Run(t.Context(), ledger.Downloads, dir+"/"+run.pattern)
		if err != nil || sum.Already != run.already || len(sum.Failed) != len(run.failed) {
			t.Errorf("%s: %+v, %v", run.pattern, sum, err)
			continue
		}
		for i, name := range run.failed {
			if f := sum.Failed[i]; f.Object.Name != dir+"/"+name+".parquet" || !strings.Contains(f.Reason, "no file but a FIFO, a socket or a device") {
				t.Errorf("%s: %s: %s", run.pattern, f.Object.Name, f.Reason)
			}
		}
	}
	if got := scalar[uint64](t, db.Conn, "SELECT count() FROM pypi"); got == 0 {
		t.Error("the file beside them is not loaded")
	}
}
