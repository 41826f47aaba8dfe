package ingest

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"clickql/ingest/config"
	"clickql/ingest/export"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
)

// overHTTP is a database over HTTP.
func overHTTP(t *testing.T, db *chtest.DB) *chconn.Conn {
	t.Helper()
	u, err := url.Parse(db.DSN)
	if err != nil {
		t.Fatal(err)
	}
	u.Scheme, u.Host = "http", chtest.Engine(t).Info().HTTP
	conn, err := chconn.Open(t.Context(), chconn.Config{DSN: u.String()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// listed is a source of objects that are only listed.
type listed struct {
	export.Source
	objects []export.Object
}

func (listed) Owns(name string) bool { return strings.HasPrefix(name, "listed://") }

func (l listed) List(context.Context, string) ([]export.Object, error) { return l.objects, nil }

// TestLoadOverHTTP loads by the other protocol, where parameters travel in an
// address and nothing tells of progress, beside a long listing of long names.
func TestLoadOverHTTP(t *testing.T) {
	db := newFew(t)
	dir := t.TempDir()
	files := mixed(4, 300)
	exports(t, db.Conn, dir, files...)
	cfg := config.Config{Conn: overHTTP(t, db), BatchFiles: 2, Workers: 2}
	mustLoad(t, cfg, dir+"/*.parquet")
	source := expectation(t, db.Conn, db.Name, files)
	checkEqual(t, db.Conn, db.Name, source)
	checkClean(t, db.Conn, db.Name)

	long := listed{}
	for i := range 6000 {
		name := fmt.Sprintf("listed://bucket/%s/%06d.parquet", strings.Repeat("ä/", 120), i)
		long.objects = append(long.objects, export.Object{Name: name, Generation: "1", Path: name})
	}
	must(t, db.Conn, "INSERT INTO clickql_ledger_files (kind, name, generation, batch, outcome) SELECT 'downloads', concat('listed://bucket/', repeat('ä/', 120), '/', leftPad(toString(number), 6, '0'), '.parquet'), '1', '00000001_0001', 'planned' FROM numbers(6000)")
	cfg.Sources = []export.Source{long}
	if sum := mustLoad(t, cfg, dir+"/*.parquet", "listed://"); sum.Already != 6004 || !sum.Complete() {
		t.Errorf("%+v", sum)
	}
	checkEqual(t, db.Conn, db.Name, source)
}
