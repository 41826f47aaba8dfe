package ingest

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/go-cmp/cmp"
)

// TestJudgeMove goes through every instant at which a move of one part can be
// interrupted, and the totals that only somebody else can have made.
func TestJudgeMove(t *testing.T) {
	for _, c := range []struct {
		what                 string
		before, delta, found int64
		staged               bool
		want                 landing
	}{
		{"before the target's rename", 100, 7, 100, true, notLanded},
		{"between the target's rename and the source's", 100, 7, 107, true, landed},
		{"after the source's rename", 100, 7, 107, false, landed},
		{"into an empty partition, before", 0, 7, 0, true, notLanded},
		{"into an empty partition, after", 0, 7, 7, false, landed},
		{"a private table dropped by hand", 100, 7, 100, false, vanished},
		{"somebody added", 100, 7, 103, true, foreign},
		{"somebody added after it landed", 100, 7, 110, false, foreign},
		{"somebody removed", 100, 7, 0, true, foreign},
		{"it landed twice", 100, 7, 114, false, foreign},
	} {
		if got := judgeMove(c.before, c.delta, c.found, c.staged); got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
	if judgeIdempotent(true) != notLanded || judgeIdempotent(false) != landed {
		t.Error("an idempotent table is moved again exactly while something is staged")
	}
}

func TestJudgeBatch(t *testing.T) {
	for state, want := range map[State]recovery{Planned: giveUp, Staging: giveUp, Staged: giveUp, Publishing: rollForward, Done: leaveAlone, Failed: leaveAlone} {
		if got := judgeBatch(state); got != want {
			t.Errorf("%v: %v, want %v", state, got, want)
		}
		if state.Final() != (want == leaveAlone) {
			t.Errorf("%v: final is %v", state, state.Final())
		}
	}
	if Failed < Publishing || Failed < Done {
		t.Error("a batch that was given up could be revived by a later line")
	}
}

func TestJudgeHolder(t *testing.T) {
	me := Holder{Machine: "m", PID: 1, Token: "mine"}
	alive := func(pid int) bool { return pid == 7 }
	for _, c := range []struct {
		what  string
		state lockState
		me    Holder
		want  verdict
	}{
		{"no lock", lockState{}, me, takeFree},
		{"given back", lockState{3, Holder{Released: true, PID: 7, Machine: "m"}}, me, takeFree},
		{"alive here", lockState{3, Holder{PID: 7, Machine: "m"}}, me, watchLease},
		{"dead here", lockState{3, Holder{PID: 8, Machine: "m"}}, me, takeDead},
		{"elsewhere", lockState{3, Holder{PID: 8, Machine: "n"}}, me, watchLease},
		{"a machine that does not tell", lockState{3, Holder{PID: 8}}, Holder{}, watchLease},
	} {
		if got := judgeHolder(c.state, c.me, alive); got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}

func TestParseShape(t *testing.T) {
	source := tableID{"pypi", "pypi"}
	for _, c := range []struct {
		sql  string
		want *shape
	}{
		{"SELECT project, date, count() AS count FROM pypi.pypi GROUP BY project, date",
			&shape{Keys: []item{{Name: "project", Column: "project"}, {Name: "date", Column: "date"}}, Counts: []string{"count"}}},
		{"SELECT toStartOfMonth(date) AS month, project, count() AS count FROM pypi.pypi GROUP BY month, project",
			&shape{Keys: []item{{Name: "month", Func: "toStartOfMonth", Column: "date"}, {Name: "project", Column: "project"}}, Counts: []string{"count"}}},
		{"SELECT project, max(date) AS max_date, min(date) AS min_date FROM pypi.pypi GROUP BY project",
			&shape{Keys: []item{{Name: "project", Column: "project"}}, Ends: []item{{Name: "max_date", Func: "max", Column: "date"}, {Name: "min_date", Func: "min", Column: "date"}}}},
		{"SELECT project, count() AS count FROM pypi.other GROUP BY project", nil},
		{"SELECT project, count() AS count FROM pypi.pypi WHERE ci = 'true' GROUP BY project", nil},
		{"SELECT project, count() AS count FROM pypi.pypi GROUP BY project HAVING count > 1", nil},
		{"SELECT project, date, count() AS count FROM pypi.pypi GROUP BY project", nil},
		{"SELECT project, sum(n) AS count FROM pypi.pypi GROUP BY project", nil},
		{"SELECT DISTINCT project, count() AS count FROM pypi.pypi GROUP BY project", nil},
		{"SELECT project, rand(date) AS r, count() AS count FROM pypi.pypi GROUP BY project, r", nil},
		{"SELECT lower(project) AS project, count() AS count FROM pypi.pypi GROUP BY project", nil},
		{"SELECT lower(system) AS project, project AS p, count() AS count FROM pypi.pypi GROUP BY project, p", nil},
		{"SELECT lower(system) AS project, max(project) AS last, count() AS count FROM pypi.pypi GROUP BY project", nil},
		{"WITH 1 AS x SELECT project, count() AS count FROM pypi.pypi GROUP BY project", nil},
	} {
		if diff := cmp.Diff(c.want, parseShape(c.sql, source)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", c.sql, diff)
		}
	}
}

func TestTuplesAreGroupedByApart(t *testing.T) {
	base := []targetColumn{
		{Name: "date", Type: "Date"}, {Name: "libc", Type: "Tuple(lib LowCardinality(String), version LowCardinality(String))"},
		{Name: "odd", Type: "Tuple(a Enum8('x, y' = 1))"}, {Name: "deep", Type: "Tuple(a Tuple(b String, c String), d String)"},
	}
	s := parseShape("SELECT date, libc, odd, deep, count() AS count FROM pypi.pypi GROUP BY date, libc, odd, deep", tableID{"pypi", "pypi"})
	want := "INSERT INTO x (date, libc, odd, deep, count) SELECT date, tuple(libc.1, libc.2), odd, deep, count() FROM y GROUP BY date, libc.1, libc.2, odd, deep"
	if got := s.tuplesApart(base).insertSQL("INSERT INTO x", "y", "count()", ""); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := s.insertSQL("INSERT INTO x", "y", "count()", ""); strings.Contains(got, "tuple(") {
		t.Errorf("the shape itself was changed: %s", got)
	}
}

func TestRedirect(t *testing.T) {
	source := tableID{"pypi", "pypi"}
	for sql, want := range map[string]string{
		"SELECT a FROM pypi.pypi":                                      "SELECT a FROM s.pypi AS pypi",
		"SELECT a FROM pypi.pypi AS p WHERE p.a = 'pypi.pypi'":         "SELECT a FROM s.pypi AS p WHERE p.a = 'pypi.pypi'",
		"SELECT a FROM (SELECT b AS a FROM `pypi`.`pypi`) AS x":        "SELECT a FROM (SELECT b AS a FROM s.pypi AS pypi) AS x",
		"SELECT 'it\\'s pypi.pypi' FROM pypi.pypi":                     "SELECT 'it\\'s pypi.pypi' FROM s.pypi AS pypi",
		"SELECT a FROM pypi.pypi_downloads":                            "",
		"SELECT a FROM pypi.pypi WHERE a IN (SELECT a FROM pypi.pypi)": "",
		"SELECT a FROM xpypi.pypi":                                     "",
	} {
		got, err := redirect(sql, source, "s.pypi")
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v; want %q", sql, got, err, want)
		}
	}
}

func TestViewTarget(t *testing.T) {
	for create, want := range map[string]tableID{
		"CREATE MATERIALIZED VIEW pypi.v TO pypi.t (`a` String) AS SELECT a FROM pypi.pypi":                              {"pypi", "t"},
		"CREATE MATERIALIZED VIEW `my-db`.v TO `my-db`.`a.b` (`a` String) AS SELECT a FROM x.y":                          {"my-db", "a.b"},
		"CREATE MATERIALIZED VIEW pypi.v (`a` String) ENGINE = MergeTree ORDER BY a AS SELECT ' TO x.y ' FROM pypi.pypi": {"pypi", ".inner_id.7"},
	} {
		if got := viewTarget("pypi", create, "7"); got != want {
			t.Errorf("%s: %v, want %v", create, got, want)
		}
	}
}

func TestWitness(t *testing.T) {
	for _, c := range []struct {
		engine, full string
		key          []string
		columns      string // name type, ...
		want         string // expression; "-" idempotent; or the error
	}{
		{"MergeTree", "MergeTree ORDER BY a", nil, "a String", "count()"},
		{"SummingMergeTree", "SummingMergeTree(count) ORDER BY a", []string{"a"}, "a String;other Int64;count Int64", "sum(count)"},
		{"SummingMergeTree", "SummingMergeTree((n, m)) ORDER BY a", []string{"a"}, "a String;count Int64;m Int64;n UInt32", "sum(m)"},
		{"SummingMergeTree", "SummingMergeTree ORDER BY a", []string{"a"}, "a Int64;n UInt64", "sum(n)"},
		{"SummingMergeTree", "SummingMergeTree ORDER BY a", []string{"a"}, "a Int64;n Float64", "sums no column of whole numbers"},
		{"SummingMergeTree", "SummingMergeTree PARTITION BY p ORDER BY a", []string{"a"}, "a Int64;p UInt16;n UInt64", "sum(n)"},
		{"AggregatingMergeTree", "AggregatingMergeTree ORDER BY a", []string{"a"}, "a String;x SimpleAggregateFunction(max, Date)", "-"},
		{"AggregatingMergeTree", "AggregatingMergeTree ORDER BY a", []string{"a"}, "a String;x AggregateFunction(uniq, String)", "-"},
		{"AggregatingMergeTree", "AggregatingMergeTree ORDER BY a", []string{"a"}, "a String;x AggregateFunction(uniq, String);n SimpleAggregateFunction(sum, UInt64)", "sum(n)"},
		{"AggregatingMergeTree", "AggregatingMergeTree ORDER BY a", []string{"a"}, "a String;n AggregateFunction(count)", "countMerge(n)"},
		{"AggregatingMergeTree", "AggregatingMergeTree ORDER BY a", []string{"a"}, "a String;x AggregateFunction(avg, UInt64)", "cannot be proven"},
		{"MergeTree", "MergeTree ORDER BY a TTL d + toIntervalDay(1)", nil, "a String", "TTL"},
		{"Log", "Log", nil, "a String", "engine Log"},
		{"ReplicatedMergeTree", "ReplicatedMergeTree", nil, "a String", "engine ReplicatedMergeTree"},
	} {
		tgt := target{tableID: tableID{"d", "t"}, Engine: c.engine, Key: c.key, PartitionBy: []string{"p"}}
		for _, column := range strings.Split(c.columns, ";") {
			if n, typ, ok := strings.Cut(column, " "); ok && n != "" {
				tgt.Columns = append(tgt.Columns, targetColumn{Name: n, Type: typ})
			}
		}
		w, err := witnessOf(tgt, c.full)
		got := w.Expr
		switch {
		case err != nil:
			got = err.Error()
		case w.Idempotent:
			got = "-"
		}
		if got != c.want && (err == nil || !strings.Contains(got, c.want)) {
			t.Errorf("%s with %s: %q, want %q", c.full, c.columns, got, c.want)
		}
	}
}

func TestLayout(t *testing.T) {
	f := feed{Kind: Downloads, Leaves: []leaf{{Path: "a"}, {Path: "s.x"}, {Path: "s.y.z", Type: timeLeaf}, {Path: "ci", Type: boolLeaf, Optional: true}, {Path: "l", Type: listLeaf, Optional: true}}}
	text := func(path, name string) parquetLeaf {
		return parquetLeaf{Path: path, Name: name, Physical: "BYTE_ARRAY"}
	}
	stamp := func(path, name string) parquetLeaf {
		return parquetLeaf{Path: path, Name: name, Physical: "INT64", Logical: "Timestamp(isAdjustedToUTC=true)"}
	}
	list := parquetLeaf{Path: "l.list.element", Name: "element", Physical: "BYTE_ARRAY", Repeated: true}
	ci := parquetLeaf{Path: "ci", Name: "ci", Physical: "BOOLEAN"}
	for _, c := range []struct {
		schema []parquetLeaf
		want   string
	}{
		{[]parquetLeaf{text("a", "a"), text("s.x", "x"), stamp("s.y.z", "z"), ci, list}, "nnnnn"},
		{[]parquetLeaf{text("a", "a"), text("s.x", "s.x"), stamp("s.y.z", "s.y.z")}, "nff--"},
		{[]parquetLeaf{text("a", "a"), stamp("s.y.z", "z")}, "lacks s.x"},
		{[]parquetLeaf{text("a", "a"), text("s.x", "x"), text("s.y.z", "z")}, "s.y.z is of type BYTE_ARRAY"},
		{[]parquetLeaf{{Path: "a", Name: "a", Physical: "INT64"}, text("s.x", "x"), stamp("s.y.z", "z")}, "a is of type INT64"},
	} {
		lay, err := layoutOf(f, c.schema)
		if got := string(lay); got != c.want && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v: %q, %v; want %q", c.schema, got, err, c.want)
		}
	}
	if got, want := structure(f, "nnnnn"), "a Nullable(String), ci Nullable(Bool), l Array(Nullable(String)), "+
		"s Tuple(x Nullable(String), y Tuple(z Nullable(DateTime64(6, 'UTC'))))"; got != want {
		t.Errorf("nested structure\n got %s\nwant %s", got, want)
	}
	if got, want := structure(f, "nff--"), "a Nullable(String), `s.x` Nullable(String), `s.y.z` Nullable(DateTime64(6, 'UTC'))"; got != want {
		t.Errorf("flattened structure\n got %s\nwant %s", got, want)
	}
	if got, want := resolve(f, "nfn--", "f($s.x$, $s.y.z$, $ci$, $l$)"), "f(`s.x`, s.y.z, CAST(NULL AS Nullable(Bool)), CAST([] AS Array(Nullable(String))))"; got != want {
		t.Errorf("resolved\n got %s\nwant %s", got, want)
	}
}

func TestCut(t *testing.T) {
	of := func(rows uint64, size int64) file { return file{Object: Object{Size: size}, Rows: rows} }
	files := []file{of(5, 1), of(5, 1), of(1, 1), of(50, 1), of(0, 90), of(1, 20), of(1, 1), of(1, 1), of(1, 1)}
	var got []int
	for _, b := range cut(files, limits{Rows: 10, Bytes: 100, Files: 3}) {
		got = append(got, len(b))
	}
	if diff := cmp.Diff([]int{2, 1, 1, 1, 3, 1}, got); diff != "" {
		t.Errorf("files by batch (-want +got)\n%s", diff)
	}
}

func TestBraceList(t *testing.T) {
	for want, paths := range map[string][]string{
		"/a/b.parquet":              {"/a/b.parquet"},
		"/a/{b.parquet,bc.parquet}": {"/a/b.parquet", "/a/bc.parquet"},
		"/{a/x,b/y}":                {"/a/x", "/b/y"},
		"bucket/{x,d/y}":            {"bucket/x", "bucket/d/y"},
	} {
		if got := BraceList(paths); got != want {
			t.Errorf("%v: %s, want %s", paths, got, want)
		}
	}
}

func TestStageName(t *testing.T) {
	stage := stageName("my_db", "00000012_0003", 14, 1)
	m := stagePattern.FindStringSubmatch(stage)
	if m == nil || m[1] != "my_db" || m[2] != "00000012_0003" || m[3] != "00000014" {
		t.Errorf("%s reads back as %v", stage, m)
	}
}

// TestEpochOfQuery tells the statements of one database from those of another
// whose name goes on.
func TestEpochOfQuery(t *testing.T) {
	s := newSession(nil, "", nil).of("my-db-00000001", 7)
	if epoch, ok := epochOfQuery("my-db-00000001", s.nextID()); !ok || epoch != 7 {
		t.Errorf("epoch %d, %v", epoch, ok)
	}
	if _, ok := epochOfQuery("my-db", s.nextID()); ok {
		t.Error("a statement for my-db-00000001 is taken for one for my-db")
	}
}

// TestBlamesFile tells what one file is to blame for from what all share.
func TestBlamesFile(t *testing.T) {
	exception := func(code int32, text string) error { return &clickhouse.Exception{Code: code, Message: text} }
	for _, c := range []struct {
		err  error
		want bool
	}{
		{exception(1001, "Parquet magic bytes not found in footer"), true},
		{exception(636, "the file is empty"), true},
		{exception(499, "NoSuchKey: HTTP response code: 404"), true},
		{exception(75, "Cannot open file x: Permission denied"), true},
		{errEmptyFile, true},
		{exception(499, "AccessDenied. HTTP response code: 403"), false},
		{exception(1000, "Host not found: storage.googleapis.com"), false},
		{exception(241, "memory limit exceeded"), false},
		{exception(394, "Query was cancelled"), false},
		{io.EOF, false},
		{errors.New("something else"), false},
	} {
		if got := blamesFile(c.err); got != c.want {
			t.Errorf("%v: %v, want %v", c.err, got, c.want)
		}
	}
}

func TestSpeed(t *testing.T) {
	at := func(seconds int) time.Time { return time.Unix(1_700_000_000+int64(seconds), 0) }
	batches := []batchLine{
		{Stored: 100, Seconds: 10, At: at(10)}, {Stored: 100, Seconds: 10, At: at(15)}, // side by side for half of it
		{Stored: 200, Seconds: 5, At: at(1000)},
	}
	if got := speed(batches); got != 20 {
		t.Errorf("%v rows a second, want 20", got)
	}
	if got := speed(nil); got != 0 {
		t.Errorf("%v rows a second of nothing", got)
	}
}

// TestWhatABatchDoes tells loads from repairs, which are done anew in other ways.
func TestWhatABatchDoes(t *testing.T) {
	first, last := time.Date(2024, 1, 31, 0, 0, 0, 0, time.UTC), time.Date(2024, 2, 2, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		batch       batchLine
		what, again string
	}{
		{batchLine{Kind: "downloads", Files: 2, FirstDay: first, LastDay: last}, "downloads", "clickql ingest run"},
		{batchLine{Kind: "projects", Files: 1}, "projects", "clickql ingest projects"},
		{batchLine{Kind: "downloads", FirstDay: first, LastDay: first}, "repair of 2024-01-31", "that command"},
		{batchLine{Kind: "downloads", FirstDay: first, LastDay: last}, "repair of 2024-01-31 to 2024-02-02", "that command"},
		{batchLine{Kind: "promotion"}, "promotion", "that command"},
	} {
		if what, again := c.batch.what(), c.batch.again(); what != c.what || !strings.Contains(again, c.again) {
			t.Errorf("%+v: %q, %q; want %q, %q", c.batch, what, again, c.what, c.again)
		}
	}
}
