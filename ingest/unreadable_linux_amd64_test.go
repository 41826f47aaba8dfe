package ingest

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/internal/chconn"
)

// TestUnreadableDisk lets reads of the engine's files fail while it is asked for
// a digest of all tables: it answers right, or ends and says what it could not read.
func TestUnreadableDisk(t *testing.T) {
	rounds, seed, random := dice(t, 6)
	a := newArena(t, 4)
	database := a.database()
	mustLoad(t, config.Config{Conn: a.revive(database)}, a.source)
	var tables []string
	for _, table := range strings.Fields(scalar[string](t, a.conn, "SELECT arrayStringConcat(groupArray(name), ' ') FROM system.tables WHERE database = '"+database+"' AND engine LIKE '%MergeTree' AND total_rows > 0")) {
		tables = append(tables, "SELECT sum(cityHash64(*)) AS hash FROM "+database+"."+table)
	}
	digest := "SELECT toString(groupArray(hash)) FROM (SELECT hash FROM (" + strings.Join(tables, " UNION ALL ") + ") ORDER BY hash)"
	want := scalar[string](t, a.conn, digest)
	for range rounds {
		a.killEngine() // and what it remembers of the files
		conn := a.revive(database)
		f := filling{Dir: filepath.Join(a.dir, "data", "store"), Unreadable: true, From: 1 + random.IntN(1<<(1+random.IntN(7))), For: 1 + random.IntN(3)}
		what := fmt.Sprintf("seed %d, unreadable from call %d, for %d", seed, f.From, f.For)
		stop := a.failing(f)
		var got string
		err := conn.QueryRow(t.Context(), digest).Scan(&got)
		failed := stop()
		_ = conn.Close()
		switch {
		case err == nil:
			a.count(map[bool]string{true: "none failed", false: "answered all the same"}[failed == ""])
			if got != want {
				t.Fatalf("%s, first at %q: it answers %s, want %s", what, failed, got, want)
			}
		case chconn.Classify(err) != chconn.Unavailable:
			t.Fatalf("%s, first at %q: %v", what, failed, err)
		default:
			a.count(chconn.Classify(err).String())
			if a.endedFor("input/output error"); t.Failed() {
				t.Fatalf("%s, first at %q: %v", what, failed, err)
			}
		}
		_ = a.revive(database).Close()
	}
	t.Logf("%d rounds: %v", rounds, a.killed)
}

// TestUnreadableFile lets reads of the files that are loaded fail: what cannot be
// read whole is not loaded, and is when it can be.
func TestUnreadableFile(t *testing.T) {
	t.Parallel()
	rounds, seed, random := dice(t, 3)
	a := newArena(t, 4)
	for range rounds {
		database := a.database()
		f := filling{Dir: a.folder, Unreadable: true, From: 1 + random.IntN(20), For: 1 + random.IntN(3)}
		what := fmt.Sprintf("seed %d, unreadable from call %d, for %d", seed, f.From, f.For)
		conn := a.revive(database)
		stop := a.failing(f)
		sum, err := New(config.Config{Conn: conn}).Run(t.Context(), ledger.Downloads, a.source)
		failed := stop()
		switch {
		case failed == "":
			a.count("none failed")
		case err == nil && len(sum.Failed) == 0:
			a.count("loaded all the same")
			checkEqual(t, conn, database, a.want)
		default:
			a.count("not loaded")
			if said := fmt.Sprint(err, sum.Failed); !strings.Contains(said, "Input/output error") || !strings.Contains(said, a.folder) {
				t.Errorf("%s, first at %q: it says %s", what, failed, said)
			}
		}
		sum, err = New(config.Config{Conn: conn, RetryAll: true}).Run(t.Context(), ledger.Downloads, a.source)
		if err != nil || len(sum.Failed) > 0 {
			t.Fatalf("%s, first at %q: run again: %v, %+v", what, failed, err, sum)
		}
		checkEqual(t, conn, database, a.want)
		_ = conn.Close()
	}
	t.Logf("%d rounds: %v", rounds, a.killed)
}
