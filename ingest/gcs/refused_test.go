package gcs

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"clickql/ingest"
	"clickql/ingest/config"
	"clickql/ingest/export"
	"clickql/ingest/ledger"
	"clickql/internal/chtest"
)

// TestRefusedObjects: an object that may not be read is set aside alone, while a
// bucket of which nothing may be read ends the load.
func TestRefusedObjects(t *testing.T) {
	db := chtest.NewWithSchema(t)
	content := db.Export(t, 1, 100)
	var refused string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/storage/"):
			var page listing
			for _, name := range []string{"a", "b", "c", "d"} {
				page.Items = append(page.Items, listed{name + ".parquet", "1", strconv.Itoa(len(content))})
			}
			page.write(t, w)
		case strings.Contains(refused, strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/exports/"), ".parquet")):
			http.Error(w, "<Error><Code>AccessDenied</Code></Error>", http.StatusForbidden)
		default:
			w.Header().Set("ETag", `"x"`)
			http.ServeContent(w, r, "", time.Unix(1e9, 0), bytes.NewReader(content))
		}
	}))
	t.Cleanup(server.Close)
	src := New(Config{EmulatorHost: server.URL})
	t.Cleanup(func() { _ = src.Close() })
	load := func() (config.Summary, error) {
		return ingest.New(config.Config{Conn: db.Conn, Sources: []export.Source{src}}).Run(t.Context(), ledger.Downloads, "gs://exports/*.parquet")
	}
	refused = "abcd"
	if sum, err := load(); err == nil || !strings.Contains(err.Error(), "--gcs-hmac-key") || len(sum.Failed) > 0 || db.Downloads(t) != 0 {
		t.Errorf("nothing may be read: %+v, %v", sum, err)
	}
	refused = "bc"
	sum, err := load()
	if err != nil || len(sum.Failed) != 2 || sum.Failed[0].Object.Name != "gs://exports/b.parquet" ||
		!strings.Contains(sum.Failed[0].Reason, "may not read it") || db.Downloads(t) != 200 {
		t.Errorf("two of four may be read: %+v, %v, %d rows", sum, err, db.Downloads(t))
	}
	refused = "none"
	if sum, err = load(); err != nil || !sum.Complete() || db.Downloads(t) != 400 {
		t.Errorf("all may be read: %+v, %v, %d rows", sum, err, db.Downloads(t))
	}
}
