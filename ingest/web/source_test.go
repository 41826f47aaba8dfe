package web

import (
	"bytes"
	"crypto/md5"
	"encoding/pem"
	"errors"
	"fmt"
	"html"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"clickql/ingest"
	"clickql/ingest/config"
	"clickql/ingest/count"
	"clickql/ingest/export"
	"clickql/ingest/ledger"
	"clickql/ingest/verify"
	"clickql/internal/chtest"
	"clickql/internal/engine"
)

func TestMain(m *testing.M) {
	if engine.IsChild() {
		os.Exit(engine.RunChild())
	}
	os.Exit(trusting(func() int { return chtest.Main(m) }))
}

// trusting lets ClickHouse trust the certificate of the sites here.
func trusting(run func() int) int {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	file, err := os.CreateTemp("", "clickql-web-*.pem")
	if err == nil {
		defer func() { _ = os.Remove(file.Name()) }() // of a test
		err = errors.Join(pem.Encode(file, &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), file.Close(), os.Setenv("SSL_CERT_FILE", file.Name()))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "trust the sites of the tests:", err)
		return 1
	}
	return run()
}

// site is a web server whose files change, vanish and come again.
type site struct {
	*httptest.Server
	mu     sync.Mutex
	files  map[string][]byte
	untold bool            // it gives no ETag
	hidden map[string]bool // listed, but not there
	login  string          // the Authorization that it asks for; none where empty
	asked  []string
}

// newSite starts a server.
func newSite(t *testing.T, files map[string][]byte) *site {
	t.Helper()
	s := &site{files: files, hidden: map[string]bool{}}
	s.Server = httptest.NewTLSServer(s)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that end while they are answered
	t.Cleanup(s.Close)
	return s
}

// source reads the site.
func (s *site) source(cfg Config) *Source {
	cfg.Client = s.Client()
	return New(cfg)
}

// change changes the server's state.
func (s *site) change(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.Method+" "+r.URL.Path)
	content, ok := s.files[r.URL.Path]
	switch {
	case s.login != "" && r.Header.Get("Authorization") != s.login:
		http.Error(w, "who are you", http.StatusUnauthorized)
	case strings.HasSuffix(r.URL.Path, "/"):
		s.index(w, r.URL.Path)
	case !ok || s.hidden[r.URL.Path]:
		http.NotFound(w, r)
	default:
		if !s.untold {
			w.Header().Set("ETag", fmt.Sprintf(`"%x"`, md5.Sum(content)))
		}
		http.ServeContent(w, r, "", time.Unix(1e9, 0), bytes.NewReader(content))
	}
}

// index writes the index page of a folder.
func (s *site) index(w http.ResponseWriter, folder string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprint(w, `<a href="../">..</a><a href="?C=M;O=A">sorted</a>`) // to memory
	for path := range s.files {
		rest, inside := strings.CutPrefix(path, folder)
		name, _, deeper := strings.Cut(rest, "/")
		if deeper {
			name += "/"
		}
		if inside {
			_, _ = fmt.Fprintf(w, "<a href=\"%s\">x</a>\n", html.EscapeString((&url.URL{Path: "./" + name}).EscapedPath()))
		}
	}
}

// loader loads downloads of web servers.
func loader(db *chtest.DB, src *Source, before func(string) error) func(t *testing.T, patterns ...string) config.Summary {
	return func(t *testing.T, patterns ...string) config.Summary {
		t.Helper()
		sum, err := ingest.New(config.Config{Conn: db.Conn, Sources: []export.Source{src}, Before: before}).Run(t.Context(), ledger.Downloads, patterns...)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
}

// TestLoad loads each file once however it is named, tells of one that has changed, and
// verifies what is loaded.
func TestLoad(t *testing.T) {
	db := chtest.NewWithSchema(t)
	s := newSite(t, map[string][]byte{
		"/2024/a.parquet": db.Export(t, 1, 1000), "/2024/b c%41+#é|*{1,2}.parquet": db.Export(t, 2, 100),
		"/2024/d,e.parquet": db.Export(t, 3, 10), "/2024/deep/f.parquet": db.Export(t, 4, 1), "/other.txt": []byte("2024/a.parquet\n\n# no name\n/2024/deep/f.parquet\n"),
	})
	src := s.source(Config{Netrc: "-", Wait: time.Nanosecond})
	load := loader(db, src, nil)
	sum := load(t, s.URL+"/2024/*.parquet", s.URL+"/2024/%61.parquet", s.URL+"/{2024,2025}/a.parquet")
	if sum.Listed != 3 || sum.Files != 3 || sum.Rows != 1110 || !sum.Complete() || db.Downloads(t) != 1110 {
		t.Fatalf("first load: %+v, %d rows in the table", sum, db.Downloads(t))
	}
	if sum = load(t, s.URL+"/other.txt"); sum.Already != 1 || sum.Rows != 1 || db.Downloads(t) != 1111 {
		t.Fatalf("a list: %+v, %d rows in the table", sum, db.Downloads(t))
	}
	changed := db.Export(t, 5, 500)
	s.change(func() { s.files["/2024/a.parquet"] = changed })
	if sum = load(t, s.URL+"/**.parquet"); sum.Already != 3 || len(sum.Changed) != 1 || sum.Changed[0].Object.Name != s.URL+"/2024/a.parquet" || db.Downloads(t) != 1111 {
		t.Fatalf("a changed file: %+v, %d rows in the table", sum, db.Downloads(t))
	}
	v, err := ingest.New(config.Config{Conn: db.Conn, Sources: []export.Source{src}}).Verify(t.Context(), false, s.URL+"/2*/**.parquet")
	if err != nil {
		t.Fatal(err)
	}
	if v.Agrees || v.Rows != 611 || v.Files != (count.FileCounts{Listed: 4, Loaded: 3, Changed: 1}) || v.Differences[0].Cause != verify.CauseChanged {
		t.Fatalf("verify with a changed file: %+v", v)
	}
}

// TestVanishing leaves out what vanishes before it is asked for, and gives up what does
// while it is read.
func TestVanishing(t *testing.T) {
	db := chtest.NewWithSchema(t)
	s := newSite(t, map[string][]byte{"/a.parquet": db.Export(t, 1, 10), "/b.parquet": db.Export(t, 2, 100), "/c.parquet": db.Export(t, 3, 1000)})
	s.hidden["/b.parquet"] = true
	once := sync.OnceFunc(func() { s.change(func() { s.hidden["/c.parquet"] = true }) })
	load := loader(db, s.source(Config{Netrc: "-", Wait: time.Nanosecond}), func(sql string) error {
		if strings.HasPrefix(sql, "INSERT INTO clickql_stage_") {
			once()
		}
		return nil
	})
	sum := load(t, s.URL+"/*.parquet")
	if sum.Listed != 2 || sum.Rows != 10 || len(sum.Failed) != 1 || sum.Failed[0].Object.Name != s.URL+"/c.parquet" || db.Downloads(t) != 10 {
		t.Fatalf("%+v, %d rows in the table", sum, db.Downloads(t))
	}
	s.change(func() { clear(s.hidden) })
	if sum = load(t, s.URL+"/*.parquet"); !sum.Complete() || db.Downloads(t) != 1110 {
		t.Fatalf("when all are there again: %+v, %d rows in the table", sum, db.Downloads(t))
	}
}

// TestReplacedWhileRead replaces a file between its staging and its check.
func TestReplacedWhileRead(t *testing.T) {
	db := chtest.NewWithSchema(t)
	s := newSite(t, map[string][]byte{"/a.parquet": db.Export(t, 1, 10)})
	other := db.Export(t, 3, 10)
	once := sync.OnceFunc(func() { s.change(func() { s.files["/a.parquet"] = other }) })
	load := loader(db, s.source(Config{Netrc: "-"}), func(sql string) error {
		if strings.HasPrefix(sql, "SELECT count() FROM clickql_stage_") {
			once()
		}
		return nil
	})
	if sum := load(t, s.URL+"/a.parquet"); len(sum.Failed) != 1 || !strings.Contains(sum.Failed[0].Reason, "replaced while it was being read") || db.Downloads(t) != 0 {
		t.Fatalf("%+v, %d rows in the table", sum, db.Downloads(t))
	}
	if sum := load(t, s.URL+"/a.parquet"); !sum.Complete() || db.Downloads(t) != 10 {
		t.Fatalf("after the replacement: %+v, %d rows in the table", sum, db.Downloads(t))
	}
}

// TestLogin: a login of the netrc file is used by both who read, and is in no
// statement's text.
func TestLogin(t *testing.T) {
	db := chtest.NewWithSchema(t)
	s := newSite(t, map[string][]byte{"/a.parquet": db.Export(t, 1, 10)})
	s.login = "Basic bG9hZGVyOmh1bnRlcjI=" // loader:hunter2
	netrc := filepath.Join(t.TempDir(), "netrc")
	if _, err := s.source(Config{Netrc: netrc}).List(t.Context(), s.URL+"/a.parquet"); err == nil || !strings.Contains(err.Error(), "netrc file") {
		t.Fatalf("without a login: %v", err)
	}
	if err := os.WriteFile(netrc, []byte("machine 127.0.0.1 login loader password hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var texts strings.Builder
	load := loader(db, s.source(Config{Netrc: netrc}), func(sql string) error {
		texts.WriteString(sql)
		return nil
	})
	if sum := load(t, s.URL+"/*.parquet"); !sum.Complete() || db.Downloads(t) != 10 {
		t.Fatalf("with a login: %+v, %d rows in the table", sum, db.Downloads(t))
	}
	if text := texts.String(); !strings.Contains(text, "source_authorization") || strings.Contains(text, "hunter2") || strings.Contains(text, "bG9hZGVy") {
		t.Errorf("the statements: %s", text)
	}
}

// TestGenerations knows a file by what its server says of it.
func TestGenerations(t *testing.T) {
	s := newSite(t, map[string][]byte{"/a.parquet": []byte("one"), "/b.parquet": []byte("other")})
	src := s.source(Config{Netrc: "-", Wait: time.Nanosecond})
	objects, err := src.List(t.Context(), s.URL+"/*.parquet")
	if err != nil || len(objects) != 2 || objects[0] != (export.Object{Name: s.URL + "/a.parquet", Generation: fmt.Sprintf("%x", md5.Sum([]byte("one"))), Size: 3, Path: "/a.parquet"}) {
		t.Fatalf("%+v, %v", objects, err)
	}
	s.change(func() { s.untold, s.hidden["/b.parquet"] = true, true })
	now, err := src.Generations(t.Context(), objects)
	if err != nil || len(now) != 1 || now[objects[0].Name] != "3-20010909T014640Z" {
		t.Errorf("later: %v, %v", now, err)
	}
	s.asked = nil
	if some, err := src.ListRange(t.Context(), s.URL+"/*.parquet", s.URL+"/b", s.URL+"/c"); err != nil || len(some) != 0 || strings.Contains(strings.Join(s.asked, ","), "HEAD /a.parquet") {
		t.Errorf("a range: %+v, %v, asked %q", some, err, s.asked)
	}
}

func TestListErrors(t *testing.T) {
	s := newSite(t, map[string][]byte{"/folder/a.parquet": []byte("x"), "/far.txt": []byte("https://elsewhere.example/a.parquet\n"),
		"/globs.txt": []byte("*.parquet\n"), "/gone.txt": []byte("gone.parquet\n"), "/secret.txt": []byte("a.parquet?sig=hunter2\n")})
	src := s.source(Config{Netrc: "-", Wait: time.Nanosecond})
	for path, want := range map[string]string{
		"/none*.parquet": "no file matches", "/none.parquet": "no such file", "": "it is a folder", "/folder/": "it is a folder", "/{a": "not closed", "/{a,b}.parquet": "no file matches",
		"/far.txt": "of another server", "/globs.txt": "names the pattern", "/gone.txt": "no such file", "/secret.txt": "query", "/none.txt": "no such file",
	} {
		_, err := src.List(t.Context(), s.URL+path)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("List(%q): %v, want an error that says %q", path, err, want)
		}
	}
	tries := 0
	away := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		tries++
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	if _, err := src.List(t.Context(), away.URL+"/a.parquet"); err == nil || !strings.Contains(err.Error(), "503") || tries != maxTries {
		t.Errorf("a server that is down: %v after %d tries", err, tries)
	}
	away.Close()
	if _, err := src.List(t.Context(), away.URL+"/a.parquet"); err == nil || !strings.Contains(err.Error(), "cannot reach") {
		t.Errorf("a server that is away: %v", err)
	}
}

// TestShyServers takes the size from a range where a server answers no HEAD, refuses a
// file that nobody could tell changes of, and follows to safe addresses only.
func TestShyServers(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/bare.parquet":
			w.Header().Set("Content-Length", "1")
		case r.URL.Path == "/far.parquet":
			http.Redirect(w, r, "http://host.example/a.parquet", http.StatusFound)
		case r.URL.Path == "/near.parquet":
			http.Redirect(w, r, "/head.parquet", http.StatusFound)
		case r.Method == http.MethodHead:
			w.WriteHeader(http.StatusMethodNotAllowed)
		default:
			w.Header().Set("ETag", `W/"x"`)
			http.ServeContent(w, r, "", time.Time{}, strings.NewReader("four"))
		}
	}))
	t.Cleanup(server.Close)
	src := New(Config{Netrc: "-", Wait: time.Nanosecond})
	for _, path := range []string{"/head.parquet", "/near.parquet"} {
		if o, err := src.List(t.Context(), server.URL+path); err != nil || o[0].Size != 4 || o[0].Generation != "W/x" || o[0].Path != path {
			t.Errorf("%s: %+v, %v", path, o, err)
		}
	}
	for path, want := range map[string]string{"/bare.parquet": "neither an ETag nor", "/far.parquet": "is not read"} {
		if _, err := src.List(t.Context(), server.URL+path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}
