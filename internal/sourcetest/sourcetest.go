// Package sourcetest is what every source over an object store must do, as tests that
// the packages of the sources run over their own fakes.
package sourcetest

import (
	"context"
	"strings"
	"sync"
	"testing"

	"clickql/ingest"
	"clickql/ingest/config"
	"clickql/ingest/count"
	"clickql/ingest/export"
	"clickql/ingest/ledger"
	"clickql/ingest/verify"
	"clickql/internal/chtest"
)

// Store is a bucket with a source that reads it.
type Store struct {
	Source export.Source
	// Bucket is its address, as gs://bucket.
	Bucket string
	// Put writes an object, and Remove takes it away.
	Put    func(key string, content []byte)
	Remove func(key string)
}

// run loads what patterns name; before is called before each statement.
func (s Store) run(ctx context.Context, db *chtest.DB, before func(string) error, patterns ...string) (config.Summary, error) {
	return ingest.New(config.Config{Conn: db.Conn, Sources: []export.Source{s.Source}, Before: before}).Run(ctx, ledger.Downloads, patterns...)
}

// Loads tests that each object is loaded once however it is named, that one that has
// changed is told and not loaded, and that verify knows all of this.
func Loads(t *testing.T, s Store) {
	db := chtest.NewWithSchema(t)
	s.Put("2024/a.parquet", db.Export(t, 1, 1000))
	s.Put("2024/b c%41+#é.parquet", db.Export(t, 2, 100))
	s.Put("2024/d,e.parquet", db.Export(t, 3, 10))
	s.Put("2024/deep/f.parquet", db.Export(t, 4, 1))
	s.Put("other.txt", []byte("x"))
	sum, err := s.run(t.Context(), db, nil, s.Bucket+"/2024/*.parquet", s.Bucket+"/2024/a.parquet")
	if err != nil {
		t.Fatal(err)
	}
	if sum.Listed != 3 || sum.Files != 3 || sum.Rows != 1110 || !sum.Complete() || db.Downloads(t) != 1110 {
		t.Fatalf("first load: %+v, %d rows in the table", sum, db.Downloads(t))
	}
	s.Put("2024/a.parquet", db.Export(t, 5, 500))
	if sum, err = s.run(t.Context(), db, nil, s.Bucket+"/**.parquet"); err != nil {
		t.Fatal(err)
	}
	if sum.Already != 2 || len(sum.Changed) != 1 || sum.Changed[0].Object.Name != s.Bucket+"/2024/a.parquet" || sum.Rows != 1 || db.Downloads(t) != 1111 {
		t.Fatalf("second load: %+v, %d rows in the table", sum, db.Downloads(t))
	}
	check := func() (verify.Report, error) {
		return ingest.New(config.Config{Conn: db.Conn, Sources: []export.Source{s.Source}}).Verify(t.Context(), false, s.Bucket+"/**.parquet")
	}
	v, err := check()
	if err != nil {
		t.Fatal(err)
	}
	if v.Agrees || v.Rows != 611 || v.Files != (count.FileCounts{Listed: 4, Loaded: 3, Changed: 1}) || v.Differences[0].Cause != verify.CauseChanged {
		t.Fatalf("verify with a changed object: %+v", v)
	}
	s.Put("2024/a.parquet", db.Export(t, 1, 1000))
	if v, err = check(); err != nil || len(v.Differences) > 0 {
		t.Fatalf("verify with the object's old content: %+v, %v", v, err)
	}
}

// ReplacedWhileRead replaces an object between its staging and its check.
func ReplacedWhileRead(t *testing.T, s Store) {
	db := chtest.NewWithSchema(t)
	s.Put("a.parquet", db.Export(t, 1, 10))
	s.Put("b.parquet", db.Export(t, 2, 100))
	other := db.Export(t, 3, 10)
	once := sync.OnceFunc(func() { s.Put("a.parquet", other) })
	before := func(sql string) error {
		if strings.HasPrefix(sql, "SELECT count() FROM clickql_stage_") {
			once()
		}
		return nil
	}
	sum, err := s.run(t.Context(), db, before, s.Bucket+"/*.parquet")
	if err != nil {
		t.Fatal(err)
	}
	if len(sum.Failed) != 1 || !strings.Contains(sum.Failed[0].Reason, "replaced while it was being read") || sum.Rows != 100 || db.Downloads(t) != 100 {
		t.Fatalf("%+v, %d rows in the table", sum, db.Downloads(t))
	}
	sum, err = s.run(t.Context(), db, before, s.Bucket+"/*.parquet")
	if err != nil || sum.Rows != 10 || db.Downloads(t) != 110 {
		t.Fatalf("after the replacement: %+v, %v, %d rows in the table", sum, err, db.Downloads(t))
	}
}

// Vanishes tests that an object which goes away between its listing and its reading
// holds no other up, and is loaded once it is there again.
func Vanishes(t *testing.T, s Store) {
	db := chtest.NewWithSchema(t)
	s.Put("a.parquet", db.Export(t, 1, 10))
	s.Put("b.parquet", db.Export(t, 2, 100))
	s.Put("c.parquet", db.Export(t, 3, 1000))
	once := sync.OnceFunc(func() { s.Remove("b.parquet") })
	sum, err := s.run(t.Context(), db, func(sql string) error {
		if strings.HasPrefix(sql, "INSERT INTO clickql_stage_") {
			once()
		}
		return nil
	}, s.Bucket+"/*.parquet")
	if err != nil {
		t.Fatal(err)
	}
	if sum.Listed != 3 || len(sum.Failed) != 1 || sum.Failed[0].Object.Name != s.Bucket+"/b.parquet" || sum.Rows != 1010 || db.Downloads(t) != 1010 {
		t.Fatalf("%+v, %d rows in the table", sum, db.Downloads(t))
	}
	if sum, err = s.run(t.Context(), db, nil, s.Bucket+"/*.parquet"); err != nil || sum.Listed != 2 || sum.Already != 2 || db.Downloads(t) != 1010 {
		t.Fatalf("while it is away: %+v, %v, %d rows in the table", sum, err, db.Downloads(t))
	}
	s.Put("b.parquet", db.Export(t, 2, 100))
	if sum, err = s.run(t.Context(), db, nil, s.Bucket+"/*.parquet"); err != nil || !sum.Complete() || sum.Rows != 100 || db.Downloads(t) != 1110 {
		t.Fatalf("when it is there again: %+v, %v, %d rows in the table", sum, err, db.Downloads(t))
	}
}

// ListErrors tests that patterns which name nothing say why.
func ListErrors(t *testing.T, s Store) {
	s.Put("folder/a.parquet", []byte("x"))
	beside := s.Bucket[:strings.LastIndexByte(s.Bucket, '/')+1]
	for pattern, want := range map[string]string{
		beside + "nowhere/*.parquet":    "there is no bucket nowhere",
		s.Bucket + "/none*.parquet":     "no object matches",
		s.Bucket + "/none.parquet":      "no object matches",
		s.Bucket + "/folder":            "it is a folder",
		s.Bucket + "/folder/":           "it is a folder",
		s.Bucket:                        "it is a folder",
		beside:                          "name one bucket",
		beside + "ex*/a":                "name one bucket",
		s.Bucket + "/folder/{a.parquet": "not closed",
	} {
		_, err := s.Source.List(t.Context(), pattern)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), pattern) {
			t.Errorf("List(%q): %v, want an error that names it and says %q", pattern, err, want)
		}
	}
}

// Ranges tests that a part of a listing, and later generations, are those of the whole.
func Ranges(t *testing.T, s Store) {
	for _, key := range []string{"r/1", "r/12", "r/2", "r/3", "r/é", "s/1"} {
		s.Put(key, []byte(key))
	}
	ranger := s.Source.(export.RangeLister)
	for bounds, want := range map[[2]string]string{
		{"/r/12", "/r/3"}: "/r/12 /r/2", {"/r/1", "/r/12"}: "/r/1", {"/r/4", "/r/5"}: "", {"/r/", "/r:"}: "/r/1 /r/12 /r/2 /r/3 /r/é", {"/r/é", "/r:"}: "/r/é",
	} {
		found, err := ranger.ListRange(t.Context(), s.Bucket+"/r/*", s.Bucket+bounds[0], s.Bucket+bounds[1])
		names := make([]string, len(found))
		for i, o := range found {
			names[i] = strings.TrimPrefix(o.Name, s.Bucket)
		}
		if got := strings.Join(names, " "); err != nil || got != want {
			t.Errorf("%v: %s, %v; want %s", bounds, got, err, want)
		}
	}
	objects, err := s.Source.List(t.Context(), s.Bucket+"/{r/12,r/2,s/1}")
	if err != nil || len(objects) != 3 {
		t.Fatalf("%+v, %v", objects, err)
	}
	s.Put("r/2", []byte("other"))
	now, err := s.Source.Generations(t.Context(), append(objects, export.Object{Name: s.Bucket + "/r/gone", Path: s.Source.Path(s.Bucket + "/r/gone")}))
	if err != nil || len(now) != 3 || now[objects[0].Name] != objects[0].Generation || now[objects[1].Name] == objects[1].Generation || now[objects[2].Name] != objects[2].Generation {
		t.Errorf("generations of %+v are now %v, %v", objects, now, err)
	}
}
