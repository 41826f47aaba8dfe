package ingest

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clickql/ingest/backfill"
	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/internal/chtest"
)

// sharded is a database of Distributed tables in front of two shards, and files to
// load.
type sharded struct {
	*chtest.DB
	shards [2]*chtest.DB
	dir    string
	files  []exportFile
}

// newSharded has loaded nothing yet.
func newSharded(t *testing.T, files ...exportFile) *sharded {
	t.Helper()
	s := &sharded{DB: chtest.New(t), shards: chtest.NewShards(t), dir: t.TempDir(), files: files}
	for _, shard := range s.shards {
		applyFew(t, shard.Conn, shard.Name)
	}
	for _, table := range few() {
		must(t, s.Conn, "CREATE TABLE "+table+" AS "+s.shards[0].Name+"."+table+" ENGINE = Distributed('"+chtest.Cluster+"', '', '"+table+"', rand())")
	}
	exports(t, s.Conn, s.dir, files...)
	return s
}

// source names all files.
func (s *sharded) source() string { return s.dir + "/*.parquet" }

// held lists the files that a shard's ledger holds as loaded.
func (s *sharded) held(t *testing.T, shard int) (files []exportFile) {
	t.Helper()
	l := ledger.Of(session.New(s.Conn, s.shards[shard].Name, nil))
	for _, name := range scalar[[]string](t, s.Conn, "SELECT groupArray(name) FROM "+l.InForce("kind = 'downloads'")) {
		for _, f := range s.files {
			if f.name == filepath.Base(name) {
				files = append(files, f)
			}
		}
	}
	return files
}

// check compares each shard's tables with its files, and those in front with all.
func (s *sharded) check(t *testing.T) {
	t.Helper()
	loaded := 0
	for i, shard := range s.shards {
		own := s.held(t, i)
		loaded += len(own)
		checkEqual(t, s.Conn, shard.Name, expectation(t, s.Conn, shard.Name, own))
		checkClean(t, s.Conn, shard.Name)
	}
	if loaded != len(s.files) {
		t.Errorf("the shards' ledgers hold %d files, want %d", loaded, len(s.files))
	}
	checkEqual(t, s.Conn, s.Name, expectation(t, s.Conn, s.Name, s.files))
}

// TestShards loads files into two shards with one command: each is in one of them,
// and stays there.
func TestShards(t *testing.T) {
	s := newSharded(t, mixed(9, 60)...)
	few := s.files[:3]
	var names []string
	for _, f := range few {
		names = append(names, filepath.Join(s.dir, f.name))
	}
	if sum, err := New(config.Config{Conn: s.Conn}).Run(t.Context(), ledger.Downloads, names...); err != nil || sum.Files != 3 || sum.Listed != 3 {
		t.Fatalf("%+v, %v", sum, err)
	}
	sum, err := New(config.Config{Conn: s.Conn, BatchFiles: 2}).Run(t.Context(), ledger.Downloads, s.source())
	if err != nil || sum.Files != 6 || sum.Already != 3 || !sum.Complete() {
		t.Fatalf("%+v, %v", sum, err)
	}
	for i := range s.shards {
		if n := len(s.held(t, i)); n < 3 {
			t.Errorf("shard %d has %d of 9 files of about one size", i+1, n)
		}
	}
	s.check(t)
	if sum, err := New(config.Config{Conn: s.Conn}).Run(t.Context(), ledger.Downloads, s.source()); err != nil || sum.Files != 0 || sum.Already != 9 {
		t.Errorf("a third load: %+v, %v", sum, err)
	}
	s.check(t)
	st, err := New(config.Config{Conn: s.Conn}).Status(t.Context())
	if err != nil || len(st.Shards) != 2 || st.Kinds[0].Files != 9 || st.Shards[0].Kinds[0].Files+st.Shards[1].Kinds[0].Files != 9 {
		t.Errorf("status: %+v, %v", st, err)
	}
	rows := scalar[uint64](t, s.Conn, "SELECT count() FROM pypi")
	if st.Kinds[0].Rows != rows {
		t.Errorf("status tells of %d rows of %d", st.Kinds[0].Rows, rows)
	}
	for _, quick := range []bool{true, false} {
		v, err := New(config.Config{Conn: s.Conn}).Verify(t.Context(), quick, s.source())
		if err != nil || !v.Agrees || v.Rows != rows || len(v.Shards) != 2 || v.Files.Loaded != 9 || v.Files.Listed != 9 {
			t.Errorf("quick %t: %+v, %v", quick, v, err)
		}
	}
}

// TestShardsDiffer finds what is wrong in one shard, and files that are in none or in
// both.
func TestShardsDiffer(t *testing.T) {
	s := newSharded(t, mixed(4, 80)...)
	mustLoad(t, config.Config{Conn: s.Conn}, s.source())
	verified := func() []string {
		t.Helper()
		v, err := New(config.Config{Conn: s.Conn}).Verify(t.Context(), false, s.source())
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, p := range v.Problems {
			found = append(found, p.State+" "+filepath.Base(p.Name))
		}
		for _, sh := range v.Shards {
			for _, p := range sh.Problems {
				found = append(found, p.State+" "+filepath.Base(p.Name))
			}
			if len(sh.Differences) > 0 {
				found = append(found, "differs in "+sh.Database)
			}
		}
		if v.Agrees != (len(found) == 0) {
			t.Errorf("agrees: %t, with %q", v.Agrees, found)
		}
		return found
	}
	if found := verified(); len(found) > 0 {
		t.Errorf("after a load: %q", found)
	}
	twice := s.held(t, 0)[0].name
	if _, err := New(config.Config{Conn: s.shards[1].Conn}).Run(t.Context(), ledger.Downloads, filepath.Join(s.dir, twice)); err != nil {
		t.Fatal(err)
	}
	if found := strings.Join(verified(), ", "); found != "twice "+twice {
		t.Errorf("with a file in both shards: %q", found)
	}
	must(t, s.Conn, "INSERT INTO "+s.shards[1].Name+".pypi_downloads_per_day SELECT * FROM "+s.shards[1].Name+".pypi_downloads_per_day LIMIT 1")
	if found := strings.Join(verified(), ", "); found != "twice "+twice+", differs in "+s.shards[1].Name {
		t.Errorf("with a wrong table: %q", found)
	}
	exports(t, s.Conn, s.dir, exportFile{"late.parquet", false, 99, 50})
	if found := verified(); !slices.Contains(found, "new late.parquet") {
		t.Errorf("with a new file: %q", found)
	}
}

// TestShardsKilled ends loads at statements that chance chooses: in the end every file
// is in one shard, once.
func TestShardsKilled(t *testing.T) {
	t.Parallel()
	s := newSharded(t, mixed(12, 40)...)
	chance := rand.New(rand.NewPCG(7, 19))
	kills := setting(t, killsVariable, 12)
	for killed := uint64(0); ; {
		cfg := config.Config{Conn: s.Conn, BatchFiles: 1, Holder: ledger.Self("test", time.Now())}
		cfg.Holder.PID = 1 << 30 // of a process that has ended, as the next one sees it
		var n atomic.Int64
		last := int64(1 + chance.IntN(300))
		cfg.Before = func(string) error {
			if killed < kills && n.Add(1) >= last {
				return errKilled
			}
			return nil
		}
		sum, err := New(cfg).Run(t.Context(), ledger.Downloads, s.source())
		switch {
		case errors.Is(err, errKilled):
			killed++
			continue
		case err != nil || !sum.Complete():
			t.Fatalf("%+v, %v", sum, err)
		case killed < kills: // all was loaded before: more of it
			for _, f := range mixed(len(s.files)+6, 40)[len(s.files):] {
				s.files = append(s.files, f)
				exports(t, s.Conn, s.dir, f)
			}
			continue
		}
		break
	}
	s.check(t)
}

// errKilled ends a load at a statement.
var errKilled = errors.New("killed")

// TestShardsOneLoad refuses a load beside another, whichever shard that is working on.
func TestShardsOneLoad(t *testing.T) {
	s := newSharded(t, mixed(4, 40)...)
	for i, other := range []*chtest.DB{s.DB, s.shards[0], s.shards[1]} {
		inside, goOn := make(chan struct{}), make(chan struct{})
		enter := sync.OnceFunc(func() { close(inside) })
		cfg := config.Config{Conn: other.Conn, Beat: 20 * time.Millisecond, BatchFiles: 1}
		cfg.Before = atSteps(func(step Step) error {
			if step == StepStageCreated {
				enter()
				<-goOn
			}
			return nil
		})
		name := filepath.Join(s.dir, s.files[i].name)
		ended := make(chan error, 1)
		go func() {
			_, err := New(cfg).Run(context.WithoutCancel(t.Context()), ledger.Downloads, name)
			ended <- err
		}()
		select {
		case <-inside:
		case err := <-ended:
			t.Fatalf("the load ended: %v", err)
		}
		var held *ledger.HeldError
		if _, err := New(config.Config{Conn: s.Conn, Beat: 20 * time.Millisecond}).Run(t.Context(), ledger.Downloads, s.source()); !errors.As(err, &held) {
			t.Errorf("beside a load into %s: %v", other.Name, err)
		}
		close(goOn)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
	mustLoad(t, config.Config{Conn: s.Conn}, s.source())
	s.check(t)
}

// TestShardsHelped lets a worker prepare batches of both shards.
func TestShardsHelped(t *testing.T) {
	s := newSharded(t, mixed(8, 60)...)
	planned, goOn := make(chan struct{}), make(chan struct{})
	var begun atomic.Int64
	cfg := config.Config{Conn: s.Conn, Beat: 20 * time.Millisecond, Lease: 10 * time.Second, BatchFiles: 1, Holder: ledger.Holder{Host: "a", PID: 1, Token: "a"}}
	cfg.Before = func(sql string) error {
		if strings.HasPrefix(sql, "CREATE TABLE `clickql_stage_") || strings.HasPrefix(sql, "CREATE TABLE clickql_stage_") {
			if begun.Add(1) == 2 { // each shard's first batch; others are the helper's
				close(planned)
			}
			<-goOn
		}
		return nil
	}
	ended := make(chan error, 1)
	go func() {
		_, err := New(cfg).Run(context.WithoutCancel(t.Context()), ledger.Downloads, s.source())
		ended <- err
	}()
	select {
	case <-planned:
	case err := <-ended:
		t.Fatalf("the load ended: %v", err)
	}
	helper := cfg
	helper.Holder = ledger.Holder{Host: "b", PID: 1, Token: "b"}
	var done atomic.Int64
	helper.Before = func(sql string) error {
		if strings.Contains(sql, "_claim") && strings.Contains(sql, "MODIFY COMMENT") && done.Add(1) == 6 {
			close(goOn)
		}
		return nil
	}
	n, err := New(helper).Help(t.Context())
	if err != nil || n != 6 {
		t.Errorf("helped with %d batches: %v", n, err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	s.check(t)
}

// TestShardsLocalFiles refuses a path that is another file on another shard's server.
func TestShardsLocalFiles(t *testing.T) {
	s := newSharded(t, mixed(2, 40)...)
	cfg := config.Config{Conn: s.Conn}
	listed := 0
	cfg.Before = func(sql string) error {
		if strings.Contains(sql, "FROM file(") && strings.Contains(sql, "'One'") {
			if listed++; listed == 2 {
				return os.Remove(filepath.Join(s.dir, s.files[0].name))
			}
		}
		return nil
	}
	_, err := New(cfg).Run(t.Context(), ledger.Downloads, s.source())
	if err == nil || !strings.Contains(err.Error(), "do not have the same files") {
		t.Errorf("%v", err)
	}
	if n := scalar[uint64](t, s.Conn, "SELECT count() FROM pypi"); n > 0 {
		t.Errorf("%d rows were loaded", n)
	}
}

// TestShardsBackfill fills an aggregate of each shard that is wrong, or of one, carries
// on where it was killed, and creates nothing on the shards alone.
func TestShardsBackfill(t *testing.T) {
	s := newSharded(t, mixed(6, 60)...)
	if sum, err := New(config.Config{Conn: s.Conn}).Run(t.Context(), ledger.Downloads, s.source()); err != nil || !sum.Complete() {
		t.Fatalf("%+v, %v", sum, err)
	}
	for _, shard := range s.shards {
		must(t, shard.Conn, "INSERT INTO pypi_downloads_per_month SELECT * FROM pypi_downloads_per_month")
	}
	month := backfill.Request{Table: "pypi_downloads_per_month"}
	ended := errors.New("killed")
	ranges := 0
	_, err := New(config.Config{Conn: s.Conn, Before: atSteps(func(st Step) error {
		if st == StepRangeFilled {
			ranges++
		}
		if ranges > 1 { // those of the first shard are there
			return ended
		}
		return nil
	})}).Backfill(t.Context(), month)
	if !errors.Is(err, ended) || !strings.Contains(err.Error(), "shard 2") {
		t.Fatalf("the backfill did not end where it should: %v", err)
	}
	quick := config.Config{Conn: s.Conn, Beat: 20e6, Lease: 200e6, Holder: ledger.Holder{Host: "elsewhere", PID: 1, Token: "x"}}
	month.Shard = 2
	if plans, err := New(quick).Backfill(t.Context(), month); err != nil || len(plans) != 1 || !plans[0].Resumes || !strings.HasPrefix(plans[0].Shard, "shard 2") {
		t.Errorf("%+v, %v", plans, err)
	}
	s.check(t)
	for _, shard := range s.shards {
		checkNoFill(t, shard.Conn, shard.Name)
	}
	for _, c := range []struct {
		req  backfill.Request
		want string
	}{
		{backfill.Request{Table: "pypi_downloads"}, "clickql schema apply --cluster"},
		{backfill.Request{Table: "mine", Key: []string{"project"}}, "with a Distributed table in front"},
		{backfill.Request{Table: "pypi_downloads_per_month", Shard: 3}, "--shard, 1 to 2"},
		{backfill.Request{Table: "pypi_downloads_per_month", Discard: true}, "there is none"},
	} {
		if _, err := New(quick).Backfill(t.Context(), c.req); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.req, err)
		}
	}
	// What the name of the raw table stands for is that of every shard.
	if plans, err := New(quick).Backfill(t.Context(), backfill.Request{Table: "pypi", DryRun: true}); err != nil || len(plans) != 2 || plans[0].SourceRows == 0 {
		t.Errorf("%+v, %v", plans, err)
	}
}
