package ingest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/export"
	"clickql/ingest/session"
)

// ranged is the server's own disk as a source that can list a part.
type ranged struct {
	export.Local
	whole  int
	ranges []string
}

func (r *ranged) List(ctx context.Context, pattern string) ([]export.Object, error) {
	r.whole++
	return r.Local.List(ctx, pattern)
}

func (r *ranged) ListRange(ctx context.Context, pattern, from, before string) ([]export.Object, error) {
	r.ranges = append(r.ranges, from+" "+before)
	all, err := r.Local.List(ctx, pattern)
	return slices.DeleteFunc(all, func(o export.Object) bool { return o.Name < from || o.Name >= before }), err
}

// TestLookBack lists what can be new where names tell the day, and everything
// where they do not.
func TestLookBack(t *testing.T) {
	db := newFew(t)
	dir := t.TempDir()
	at := func(day int) string {
		return fmt.Sprint(time.Date(2024, 1, day, 0, 0, 0, 0, time.UTC).Unix())
	}
	file := func(name string, seed int) exportFile { return exportFile{name + ".parquet", false, seed, 20} }
	exports(t, db.Conn, dir, file("file_downloads-000000000000", 1))
	src := &ranged{Local: export.Local{S: session.New(db.Conn, db.Name, nil)}}
	cfg := config.Config{Conn: db.Conn, Sources: []export.Source{src}, LookBack: 48 * time.Hour}
	expect := func(what string, listed, files, whole int, partial bool) {
		t.Helper()
		sum := mustLoad(t, cfg, dir+"/*.parquet")
		if sum.Listed != listed || sum.Files != files || src.whole != whole || sum.Partial != partial {
			t.Errorf("%s: %d whole listings, %+v", what, src.whole, sum)
		}
	}
	expect("no day is loaded yet", 1, 1, 1, false)
	exports(t, db.Conn, dir, file(at(10)+"-000000000000", 2), file(at(11)+"-000000000000", 3))
	expect("there is no day to begin at", 3, 2, 2, false)
	exports(t, db.Conn, dir, file(at(1)+"-000000000000", 4), file(at(9)+"-000000000000", 5), file(at(12)+"-000000000000", 6),
		file("file_downloads-000000000001", 7))
	expect("two new days, one of them late", 4, 2, 2, true)
	if want := dir + "/" + at(9) + " " + dir + "/:"; len(src.ranges) != 1 || src.ranges[0] != want {
		t.Errorf("listed %q, want %q", src.ranges, want)
	}
	cfg.LookBack = 0
	expect("everything", 7, 2, 3, false)
}
