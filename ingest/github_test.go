package ingest

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/internal/chtest"
)

// gzipped writes a file of lines.
func gzipped(t testing.TB, path string, lines ...string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	_, err = z.Write([]byte(strings.Join(lines, "\n") + "\n"))
	for _, end := range []error{err, z.Close(), f.Close()} {
		if end != nil {
			t.Fatal(end)
		}
	}
}

// TestGitHub loads files of GH Archive in its present and its former shape, once
// each, and tells what it does not store and why.
func TestGitHub(t *testing.T) {
	db := chtest.NewWithSchema(t)
	dir := t.TempDir()
	gzipped(t, filepath.Join(dir, "2024-01-31-5.json.gz"),
		`{"id":"1","type":"WatchEvent","actor":{"id":7,"login":"ann"},"repo":{"id":9,"name":"Own/Thing","url":"u"},"payload":{"action":"started"},"public":true,"created_at":"2024-01-31T05:00:01Z"}`,
		`{"type":"PullRequestEvent","actor":{"login":"bob"},"repo":{"id":9,"name":"Own/Thing"},"payload":{"action":"closed","number":12,"pull_request":{"number":12,"merged":true}},"created_at":"2024-01-31T05:59:59Z"}`,
		`{"type":"IssuesEvent","actor":{"login":"it's \"ö\""},"repo":{"id":9,"name":"Own/Renamed"},"payload":{"action":"opened","issue":{"number":13}},"created_at":"2024-01-31T06:00:00Z"}`,
		`{"type":"PushEvent","actor":{"login":"ann"},"repo":{"id":9,"name":"Own/Renamed"},"payload":{"push_id":1},"created_at":"2024-01-31T05:30:00Z"}`,
		`{"type":"WatchEvent","actor":{"login":"cut","re`, ``,
		`{"actor":{"login":"ann"},"repo":{"id":9,"name":"a/b"},"created_at":"2024-01-31T05:30:00Z"}`,
		`{"type":"WatchEvent","actor":{"login":"ann"},"repo":{"id":9,"name":"a/b"},"created_at":"yesterday"}`,
		`{"type":"GistEvent","actor":{"login":"ann"},"created_at":"2024-01-31T05:30:00Z"}`,
		`{"type":"WatchEvent","actor":{},"repo":{"id":9,"name":"a/b"},"created_at":"2024-01-31T05:30:00Z"}`,
	)
	former := filepath.Join(dir, "older.json")
	if err := os.WriteFile(former, []byte(`{"type":"IssuesEvent","actor":"carl","actor_attributes":{"login":"carl"},"repository":{"id":9,"name":"thing","owner":"first"},"payload":{"action":"closed","number":3,"issue":77},"created_at":"2012-03-11T08:12:13-08:00"}`+"\n"+
		`{"type":"ForkEvent","actor":"dora","repository":{"id":10,"name":"x","owner":"y"},"payload":{},"created_at":"2012-03-11T08:12:13Z"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for turn := range 2 {
		sum, err := New(config.Config{Conn: db.Conn}).Run(t.Context(), ledger.GitHub, dir+"/*.json*", former)
		if err != nil || !sum.Complete() {
			t.Fatalf("%+v, %v", sum, err)
		}
		want := config.Summary{Listed: 2, Already: 2 * turn, Files: 2 * (1 - turn)}
		if turn == 0 {
			want.Rows = 6
			want.Reject = []config.Rejected{{Reason: "no JSON", Rows: 2}, {Reason: "no account", Rows: 1}, {Reason: "no event type", Rows: 1}, {Reason: "no repository", Rows: 1}, {Reason: "no time", Rows: 1}}
		}
		if got := (config.Summary{Listed: sum.Listed, Already: sum.Already, Files: sum.Files, Rows: sum.Rows, Reject: sum.Reject}); !reflect.DeepEqual(got, want) {
			t.Errorf("run %d\n got %+v\nwant %+v", turn, got, want)
		}
		for of, want := range map[string]string{
			"SELECT file_time, event_type, actor_login, repo_name, repo_id, created_at, action, number, merged FROM github_events ORDER BY created_at": `` +
				`('2012-03-11 08:00:00','ForkEvent','dora','y/x','10','2012-03-11 08:12:13','none',0,0) ` +
				`('2012-03-11 16:00:00','IssuesEvent','carl','first/thing','9','2012-03-11 16:12:13','closed',3,0) ` +
				`('2024-01-31 05:00:00','WatchEvent','ann','Own/Thing','9','2024-01-31 05:00:01','started',0,0) ` +
				`('2024-01-31 05:00:00','PushEvent','ann','Own/Renamed','9','2024-01-31 05:30:00','none',0,0) ` +
				`('2024-01-31 05:00:00','PullRequestEvent','bob','Own/Thing','9','2024-01-31 05:59:59','closed',12,1) ` +
				`('2024-01-31 05:00:00','IssuesEvent','it\'s "ö"','Own/Renamed','9','2024-01-31 06:00:00','opened',13,0)`,
			"SELECT DISTINCT name, repo_id FROM github_names ORDER BY name":                         `('first/thing','9') ('own/renamed','9') ('own/thing','9') ('y/x','10')`,
			"SELECT file_time, sum(events) FROM github_hours GROUP BY file_time ORDER BY file_time": `('2012-03-11 08:00:00',1) ('2012-03-11 16:00:00',1) ('2024-01-31 05:00:00',4)`,
		} {
			if got := scalar[string](t, db.Conn, "SELECT arrayStringConcat(groupArray(toString(tuple(*))), ' ') FROM ("+of+")"); got != want {
				t.Errorf("run %d: %s\n got %s\nwant %s", turn, of, got, want)
			}
		}
	}
	checkClean(t, db.Conn, db.Name)

	gzipped(t, filepath.Join(dir, "2024-01-31-6.json.gz"), `{"type":"WatchEvent","actor":{"login":"eve"},"repo":{"id":9,"name":"Own/Renamed"},"created_at":"2024-01-31T06:00:00Z"}`)
	whole, err := os.ReadFile(filepath.Join(dir, "2024-01-31-5.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "2024-01-31-7.json.gz"), whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(config.Config{Conn: db.Conn}).Verify(t.Context(), false, dir+"/*.json*"); err == nil || !strings.Contains(err.Error(), "was loaded by clickql ingest github") {
		t.Errorf("verified as downloads: %v", err)
	}
	sum, err := New(config.Config{Conn: db.Conn}).Run(t.Context(), ledger.GitHub, dir+"/2024*")
	if err != nil || sum.Files != 1 || sum.Rows != 1 || len(sum.Failed) != 1 || !strings.HasSuffix(sum.Failed[0].Object.Name, "-7.json.gz") {
		t.Errorf("with a file that is cut off: %+v, %v", sum, err)
	}
	st, err := New(config.Config{Conn: db.Conn}).Status(t.Context())
	if err != nil || len(st.Kinds) != 1 || st.Kinds[0].Kind != ledger.GitHub || st.Kinds[0].Rows != 7 || st.Kinds[0].Rejected["no JSON"] != 2 || len(st.Failed) != 1 {
		t.Errorf("status: %+v, %v", st, err)
	}
}
