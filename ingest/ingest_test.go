package ingest

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
)

// mustLoad runs a load or fails the test. It is run again where a command that the test
// has ended seems to live: its last sign of life may still have been on its way.
func mustLoad(t testing.TB, cfg config.Config, sources ...string) config.Summary {
	t.Helper()
	const most = 5
	for n := 1; ; n++ {
		sum, err := New(cfg).Run(t.Context(), ledger.Downloads, sources...)
		var held *ledger.HeldError
		if n < most && errors.As(err, &held) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
}

// TestLoad loads both shapes in several batches, by overlapping names, twice.
func TestLoad(t *testing.T) {
	t.Parallel()
	db := chtest.NewWithSchema(t)
	dir := t.TempDir()
	files := mixed(7, 500)
	exports(t, db.Conn, dir, files...)
	cfg := config.Config{Conn: db.Conn, BatchFiles: 3, Progress: config.NewProgress(time.Now)}
	sum := mustLoad(t, cfg, dir+"/*.parquet", dir+"/e00.parquet", dir+"/e0{1,2}.parquet")
	if sum.Listed != 7 || sum.Files != 7 || sum.Batches != 3 || !sum.Complete() {
		t.Errorf("first run: %+v", sum)
	}
	rejected := uint64(0)
	for _, r := range sum.Reject {
		rejected += r.Rows
	}
	if sum.Rows+rejected != 7*500 || len(sum.Reject) != 2 {
		t.Errorf("stored %d and rejected %+v of 3500 rows", sum.Rows, sum.Reject)
	}
	if p := cfg.Progress.Snapshot(); p.FilesDone != 7 || p.RowsDone != 3500 || p.Rows != 3500 {
		t.Errorf("progress at the end: %+v", p)
	}
	expected := expectation(t, db.Conn, db.Name, files)
	checkEqual(t, db.Conn, db.Name, expected)
	checkClean(t, db.Conn, db.Name)
	if sum := mustLoad(t, cfg, dir+"/**.parquet"); sum.Already != 7 || sum.Files != 0 || !sum.Complete() {
		t.Errorf("second run: %+v", sum)
	}
	checkEqual(t, db.Conn, db.Name, expected)

	more := exportFile{"e99.parquet", false, 99, 200}
	exports(t, db.Conn, dir, more)
	if sum := mustLoad(t, cfg, dir+"/*.parquet"); sum.Already != 7 || sum.Files != 1 || sum.PeakMemory == 0 || sum.PeakMemory > config.DefaultMaxMemory {
		t.Errorf("third run: %+v", sum)
	}
	checkEqual(t, db.Conn, db.Name, expectation(t, db.Conn, db.Name, append(files, more)))

	st, err := New(cfg).Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(st.Kinds) != 1 || st.Kinds[0].Files != 8 || st.Kinds[0].Rejected["no project"] == 0 || st.Kinds[0].NewestDay != "2024-01-12" ||
		len(st.InHand) != 0 || len(st.Failed) != 0 || st.Writer != nil {
		t.Errorf("status: %+v", st)
	}
}

// TestBadFiles loads good files beside every kind of bad one, and the bad ones
// once they are repaired.
func TestBadFiles(t *testing.T) {
	db := newFew(t)
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	files := mixed(3, 300)
	bad := []exportFile{{"half.parquet", false, 11, 300}, {"middle.parquet", false, 12, 300}, {"zero.parquet", true, 13, 300}, {"text.parquet", true, 14, 300}}
	exports(t, db.Conn, dir, append(files, bad...)...)
	content, err := os.ReadFile(at("half.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	for name, broken := range map[string][]byte{"half.parquet": content[:len(content)/2], "zero.parquet": nil, "text.parquet": []byte("no Parquet at all")} {
		if err := os.WriteFile(at(name), broken, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	corrupt(t, at("middle.parquet"), 3000)
	must(t, db.Conn, "INSERT INTO FUNCTION file('"+at("columns.parquet")+"', 'Parquet') SELECT 1 AS a, 'x' AS project")
	must(t, db.Conn, "INSERT INTO FUNCTION file('"+at("types.parquet")+"', 'Parquet') SELECT * REPLACE (toInt64(1) AS project) FROM file('"+at("e00.parquet")+"')")
	if err := os.Mkdir(at("folder.parquet"), 0o700); err != nil {
		t.Fatal(err)
	}
	cfg := config.Config{Conn: db.Conn}
	sum := mustLoad(t, cfg, dir+"/*.parquet")
	want := map[string]string{"half": "cut off", "zero": "empty (0 bytes)", "text": "not a Parquet file", "middle": "damaged",
		"columns": "lacks timestamp, country_code", "types": "project is of type INT64"}
	for _, f := range sum.Failed {
		name := strings.TrimSuffix(filepath.Base(f.Object.Name), ".parquet")
		if w, ok := want[name]; !ok || !strings.Contains(f.Reason, w) {
			t.Errorf("%s failed with %q, want %q", name, f.Reason, w)
		}
		delete(want, name)
	}
	if len(want) > 0 || sum.Files != 3 || sum.Complete() {
		t.Errorf("not reported: %v; %+v", want, sum)
	}
	checkEqual(t, db.Conn, db.Name, expectation(t, db.Conn, db.Name, files))
	checkClean(t, db.Conn, db.Name)
	st, err := New(cfg).Status(t.Context())
	if err != nil || len(st.Failed) != 6 {
		t.Errorf("status: %+v, %v", st.Failed, err)
	}

	exports(t, db.Conn, dir, bad...)
	if sum := mustLoad(t, cfg, dir+"/*.parquet"); len(sum.Failed) != 2 || sum.Files != 4 {
		t.Errorf("after the repair: %+v", sum)
	}
	checkEqual(t, db.Conn, db.Name, expectation(t, db.Conn, db.Name, append(files, bad...)))
}

// TestChanged does not load a file again that was loaded with other content.
func TestChanged(t *testing.T) {
	db := newFew(t)
	dir := t.TempDir()
	files := mixed(2, 100)
	exports(t, db.Conn, dir, files...)
	mustLoad(t, config.Config{Conn: db.Conn}, dir+"/*.parquet")
	exports(t, db.Conn, dir, exportFile{"e00.parquet", false, 77, 150})
	sum := mustLoad(t, config.Config{Conn: db.Conn}, dir+"/*.parquet")
	if len(sum.Changed) != 1 || sum.Changed[0].Object.Name != dir+"/e00.parquet" || sum.Files != 0 || sum.Complete() {
		t.Errorf("%+v", sum)
	}
	checkEqual(t, db.Conn, db.Name, expectation(t, db.Conn, db.Name, files))
}

// TestReplacedWhileRead refuses a file that changes between being read and the
// end of its staging.
func TestReplacedWhileRead(t *testing.T) {
	db := newFew(t)
	dir := t.TempDir()
	files := mixed(2, 100)
	exports(t, db.Conn, dir, files...)
	replaced := false
	cfg := config.Config{Conn: db.Conn, Before: atSteps(func(s Step) error {
		if s == StepRawStaged && !replaced {
			replaced = true
			exports(t, db.Conn, dir, exportFile{"e00.parquet", false, 5, 170})
		}
		return nil
	})}
	sum := mustLoad(t, cfg, dir+"/*.parquet")
	if len(sum.Failed) != 1 || !strings.Contains(sum.Failed[0].Reason, "replaced while it was being read") || sum.Files != 1 {
		t.Errorf("%+v", sum)
	}
	checkEqual(t, db.Conn, db.Name, expectation(t, db.Conn, db.Name, files[1:]))
}

func TestSourceErrors(t *testing.T) {
	db := newFew(t)
	dir := t.TempDir()
	exports(t, db.Conn, dir, mixed(1, 10)...)
	if err := os.Mkdir(dir+"/empty", 0o700); err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]string{
		dir:                   "is a directory",
		dir + "/":             "is a directory",
		dir + "/empty":        "is a directory",
		dir + "/none.parquet": "no such file",
		dir + "/none*":        "matches",
		"s3://bucket/x":       "no such kind of source",
	} {
		sum, err := New(config.Config{Conn: db.Conn}).Run(t.Context(), ledger.Downloads, dir+"/e00.parquet", source)
		if err == nil || !strings.Contains(err.Error(), source) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one that names it and says %q", source, err, want)
		}
		if sum.Files != 0 {
			t.Errorf("%s: something was loaded: %+v", source, sum)
		}
	}
	if n := scalar[uint64](t, db.Conn, "SELECT count() FROM pypi"); n != 0 {
		t.Errorf("%d rows were stored", n)
	}
}

// TestTwoAtOnce starts two loads of the same files: one works, the other says
// who does, or waits and finds nothing to do.
func TestTwoAtOnce(t *testing.T) {
	for _, wait := range []bool{false, true} {
		db := newFew(t)
		dir := t.TempDir()
		files := mixed(2, 100)
		exports(t, db.Conn, dir, files...)
		inside, other := make(chan struct{}), make(chan error, 1)
		var once sync.Once
		first := config.Config{Conn: db.Conn, Beat: 20 * time.Millisecond, Before: atSteps(func(s Step) error {
			if s == StepChecked {
				once.Do(func() { close(inside) })
				if !wait {
					other <- <-other // goes on when the other has refused
				}
			}
			return nil
		})}
		go func() {
			<-inside
			sum, err := New(config.Config{Conn: db.Conn, Beat: 20 * time.Millisecond, Wait: wait}).Run(context.WithoutCancel(t.Context()), ledger.Downloads, dir+"/*.parquet")
			if wait && (err != nil || sum.Already != 2 || sum.Files != 0) {
				err = errors.Join(errors.New("the one that waited loaded something"), err)
			}
			other <- err
		}()
		if sum := mustLoad(t, first, dir+"/*.parquet"); sum.Files != 2 {
			t.Errorf("the first: %+v", sum)
		}
		err := <-other
		var held *ledger.HeldError
		if wait && err != nil || !wait && (!errors.As(err, &held) || held.Holder.PID != os.Getpid()) {
			t.Errorf("the second, wait %v: %v", wait, err)
		}
		checkEqual(t, db.Conn, db.Name, expectation(t, db.Conn, db.Name, files))
	}
}

// TestForeignWriter notices that something else wrote into a table while a
// batch was half published, and doubles nothing.
func TestForeignWriter(t *testing.T) {
	db := newFew(t)
	dir := t.TempDir()
	files := mixed(2, 100)
	exports(t, db.Conn, dir, files...)
	stop := errors.New("stop here")
	crash := config.Config{Conn: db.Conn, Before: atSteps(func(s Step) error {
		if s == StepPublishing {
			return stop
		}
		return nil
	})}
	if _, err := New(crash).Run(t.Context(), ledger.Downloads, dir+"/*.parquet"); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	must(t, db.Conn, "INSERT INTO pypi_downloads_per_day VALUES ('project-1', '2024-01-01', 5)")
	next := config.Config{Conn: db.Conn, Beat: 20 * time.Millisecond, Lease: 200 * time.Millisecond}
	_, err := New(next).Run(t.Context(), ledger.Downloads, dir+"/*.parquet")
	var foreign *publish.ForeignError
	if !errors.As(err, &foreign) || foreign.Table != db.Name+".pypi_downloads_per_day" || foreign.Partition != "2024" ||
		foreign.Found != 5 || foreign.Expected[0] != 0 || foreign.Expected[1] == 0 {
		t.Fatalf("error %v", err)
	}
	if n := scalar[uint64](t, db.Conn, "SELECT count() FROM pypi"); n != 0 {
		t.Errorf("%d rows were published beside the refusal", n)
	}
	st, err := New(next).Status(t.Context())
	if err != nil || len(st.InHand) != 1 || st.InHand[0].State != "publishing" || st.InHand[0].Stuck == "" {
		t.Errorf("status %+v, %v", st, err)
	}
	must(t, db.Conn, "TRUNCATE TABLE pypi_downloads_per_day")
	mustLoad(t, next, dir+"/*.parquet")
	checkEqual(t, db.Conn, db.Name, expectation(t, db.Conn, db.Name, files))
	checkClean(t, db.Conn, db.Name)
}

// TestForeignViews fills views that are not of this program's own DDL: one that
// is understood, one that is not, one on another view's table, and one with an
// inner table.
func TestForeignViews(t *testing.T) {
	db := chtest.NewWithSchema(t)
	for _, sql := range []string{
		"CREATE TABLE by_system (system LowCardinality(String), downloads UInt64) ENGINE = SummingMergeTree ORDER BY system",
		"CREATE MATERIALIZED VIEW by_system_mv TO by_system AS SELECT system, count() AS downloads FROM pypi GROUP BY system",
		"CREATE TABLE ci_only (date Date, n UInt64, u AggregateFunction(uniq, String)) ENGINE = AggregatingMergeTree ORDER BY date",
		"CREATE MATERIALIZED VIEW ci_only_mv TO ci_only AS SELECT date, uniqState(version) AS u FROM pypi AS d WHERE d.ci = 'true' AND project != 'FROM pypi' GROUP BY date",
		"CREATE TABLE per_year (year UInt16, count Int64) ENGINE = SummingMergeTree(count) ORDER BY year",
		"CREATE MATERIALIZED VIEW per_year_mv TO per_year AS SELECT toYear(date) AS year, sum(count) AS count FROM pypi_downloads_per_day GROUP BY year",
		"CREATE MATERIALIZED VIEW inner_mv ENGINE = SummingMergeTree ORDER BY type AS SELECT type, count() AS n FROM pypi GROUP BY type",
	} {
		sql = strings.Replace(sql, ", n UInt64, u", ", u", 1)
		must(t, db.Conn, sql)
	}
	dir := t.TempDir()
	files := mixed(4, 400)
	exports(t, db.Conn, dir, files...)
	mustLoad(t, config.Config{Conn: db.Conn, BatchFiles: 2}, dir+"/*.parquet")
	source := expectation(t, db.Conn, db.Name, files)
	checkEqual(t, db.Conn, db.Name, source)
	for got, want := range map[string]string{
		"SELECT toString(groupArray((s, n))) FROM (SELECT system AS s, sum(downloads) AS n FROM by_system GROUP BY s ORDER BY s)": "SELECT toString(groupArray((s, n))) FROM (SELECT system AS s, count() AS n FROM " + source + " GROUP BY s ORDER BY s)",
		"SELECT toString(groupArray((d, n))) FROM (SELECT date AS d, uniqMerge(u) AS n FROM ci_only GROUP BY d ORDER BY d)":       "SELECT toString(groupArray((d, n))) FROM (SELECT date AS d, uniq(version) AS n FROM " + source + " WHERE ci = 'true' GROUP BY d ORDER BY d)",
		"SELECT toString(groupArray((y, n))) FROM (SELECT year AS y, sum(count) AS n FROM per_year GROUP BY y ORDER BY y)":        "SELECT toString(groupArray((y, n))) FROM (SELECT toYear(date) AS y, count() AS n FROM " + source + " GROUP BY y ORDER BY y)",
		"SELECT toString(groupArray((ty, n))) FROM (SELECT type AS ty, sum(n) AS n FROM inner_mv GROUP BY ty ORDER BY ty)":        "SELECT toString(groupArray((ty, n))) FROM (SELECT type AS ty, count() AS n FROM " + source + " GROUP BY ty ORDER BY ty)",
	} {
		if g, w := scalar[string](t, db.Conn, got), scalar[string](t, db.Conn, want); g != w {
			t.Errorf("%s\n got %s\nwant %s", got, g, w)
		}
	}
}

// TestStatementsAreLogged: at the level debug whoever reads the log sees queries as well
// as what changes something, without texts.
func TestStatementsAreLogged(t *testing.T) {
	db := chtest.New(t)
	var out strings.Builder
	conn, err := chconn.Open(t.Context(), chconn.Config{DSN: db.DSN, Log: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}()
	s := session.New(conn, db.Name, nil)
	if _, err := s.Count(t.Context(), "numbers(3)"); err != nil {
		t.Error(err)
	}
	if _, err := s.Texts(t.Context(), session.SQL("SELECT 'hidden' AS text")); err != nil {
		t.Error(err)
	}
	if err := s.Do(t.Context(), "CREATE TABLE `"+db.Name+"`.logged (n UInt8) ENGINE = Memory"); err != nil {
		t.Error(err)
	}
	type line struct {
		N uint8 `ch:"n"`
	}
	if err := session.Insert(t.Context(), s, "logged", "one", []line{{1}}); err != nil {
		t.Error(err)
	}
	if _, err := s.Texts(t.Context(), session.SQL("SELECT nonsense")); err == nil {
		t.Error("nonsense was taken")
	}
	for _, want := range []string{"SELECT count() FROM numbers(3)", "SELECT '…' AS text", "CREATE TABLE", "INSERT INTO", "SELECT nonsense", "failed="} {
		if strings.Count(out.String(), want) != 1 {
			t.Errorf("%q is not there once:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "hidden") {
		t.Errorf("the log shows a text:\n%s", out.String())
	}
}
