package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"

	"clickql/ingest"
	"clickql/ingest/config"
	"clickql/ingest/export"
	"clickql/ingest/gcs"
	"clickql/ingest/ledger"
	"clickql/internal/chconn"
	"clickql/internal/ddl"
	"clickql/internal/engine"
	"clickql/internal/fakegcs"
	"clickql/internal/sample"
)

// workspace is the directory that keeps data between runs. It ignores itself
// in git.
type workspace string

// openWorkspace creates the directory where it is missing.
func openWorkspace(dir string) (workspace, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("resolve the data directory %s: %w", dir, err)
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return "", fmt.Errorf("create the data directory: %w; name another with -data", err)
	}
	return workspace(abs), os.WriteFile(filepath.Join(abs, ".gitignore"), []byte("*\n"), 0o600)
}

func (w workspace) path(parts ...string) string {
	return filepath.Join(append([]string{string(w)}, parts...)...)
}

// made is the note that a complete data set leaves: what it was made of. Data
// whose note differs is made anew.
type made struct {
	Sample sample.Options
	Schema string
}

// upToDate reports that a note says what would be made now.
func (m made) upToDate(path string) (bool, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read what the data was made of: %w", err)
	}
	var have made
	if err := json.Unmarshal(content, &have); err != nil {
		return false, fmt.Errorf("read what the data was made of in %s: %w; remove the file to have it made anew", path, err)
	}
	if have.Sample.Until.Equal(m.Sample.Until) {
		have.Sample.Until = m.Sample.Until // the same moment, whatever its zone
	}
	have.Sample.Dir = m.Sample.Dir
	return have == m, nil
}

// note writes the note.
func (m made) note(path string) error {
	content, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(content, '\n'), 0o600)
}

// store is an embedded engine with its administrative connection.
type store struct {
	engine *engine.Engine
	admin  *chconn.Conn
}

// openStore starts the engine of a directory.
func (b *bench) openStore(ctx context.Context, dir string, temporary bool) (*store, error) {
	e, err := engine.Open(ctx, engine.Config{Dir: dir, Temporary: temporary, Log: b.log})
	if err != nil {
		return nil, err
	}
	conn, err := chconn.Open(ctx, chconn.Config{DSN: e.DSN(), MaxConns: 8, Log: b.log})
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return &store{e, conn}, nil
}

// Close ends the connection, then the engine.
func (s *store) Close() error { return errors.Join(s.admin.Close(), s.engine.Close()) }

// sample makes a sample where the directory does not hold it yet, with an
// engine of its own that leaves nothing behind.
func (b *bench) sample(ctx context.Context, o sample.Options) error {
	m := made{Sample: o}
	path := o.Dir + ".json"
	if ok, err := m.upToDate(path); ok || err != nil {
		return err
	}
	b.say("writing a sample of %d rows, %d days", o.Rows, o.Days)
	if err := errors.Join(os.RemoveAll(o.Dir), os.RemoveAll(path)); err != nil {
		return fmt.Errorf("remove an earlier sample: %w", err)
	}
	st, err := b.openStore(ctx, o.Dir+"-engine", true)
	if err != nil {
		return err
	}
	_, err = sample.Write(ctx, st.admin, o, nil)
	if err = errors.Join(err, st.Close()); err != nil {
		return err
	}
	return m.note(path)
}

// serving makes the data that is served, by the steps of schema apply, sample,
// ingest projects and ingest run, and merges every table, as time does. It
// returns the directory of the engine, which is not running.
func (b *bench) serving(ctx context.Context, o sample.Options) (dir string, err error) {
	base := b.space.path(fmt.Sprintf("serving-%dx%dx%d", o.Rows, o.Days, o.Projects))
	dir, o.Dir = base+"-engine", base
	m := made{Sample: o, Schema: ddl.Print(ddl.Options{})}
	path := dir + ".json"
	if ok, err := m.upToDate(path); ok || err != nil {
		return dir, err
	}
	if err := b.sample(ctx, o); err != nil {
		return "", err
	}
	b.say("loading %d rows", o.Rows)
	if err := errors.Join(os.RemoveAll(dir), os.RemoveAll(path)); err != nil {
		return "", fmt.Errorf("remove earlier data: %w", err)
	}
	st, err := b.openStore(ctx, dir, false)
	if err != nil {
		return "", err
	}
	err = b.fill(ctx, st, o)
	if err = errors.Join(err, st.Close()); err != nil {
		return "", err
	}
	return dir, m.note(path)
}

// fill loads a sample and merges the tables.
func (b *bench) fill(ctx context.Context, st *store, o sample.Options) error {
	if _, err := ddl.Apply(ctx, st.admin, ddl.Options{Database: st.admin.Database()}); err != nil {
		return err
	}
	for _, part := range []struct {
		kind   ledger.Kind
		folder string
	}{{ledger.Projects, sample.ProjectsDir}, {ledger.Downloads, sample.DownloadsDir}} {
		if _, err := b.ingest(ctx, config.Config{Conn: st.admin}, part.kind, filepath.Join(o.Dir, part.folder, "*.parquet")); err != nil {
			return err
		}
	}
	b.say("merging the tables")
	return merge(ctx, st.admin, tableNames(ddl.Tables()))
}

// merge merges tables, as time does: as many at once as there are processors, of which
// each merge takes one.
func merge(ctx context.Context, conn *chconn.Conn, names []string) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.NumCPU())
	for _, name := range names {
		g.Go(func() error {
			if err := conn.Exec(ctx, "OPTIMIZE TABLE "+chconn.Ident(name)+" FINAL"); err != nil {
				return fmt.Errorf("merge %s: %w", name, err)
			}
			return nil
		})
	}
	return g.Wait()
}

// tableNames names tables.
func tableNames(tables []ddl.Table) (names []string) {
	for _, t := range tables {
		names = append(names, t.Name)
	}
	return names
}

// ingest loads files as the command does, and tells how many rows.
func (b *bench) ingest(ctx context.Context, cfg config.Config, kind ledger.Kind, files string) (rows uint64, err error) {
	cfg.Log = b.log
	sum, err := ingest.New(cfg).Run(ctx, kind, files)
	if err == nil && !sum.Complete() {
		err = fmt.Errorf("load %s: %d of %d files failed, such as %v", files, len(sum.Failed), sum.Listed, sum.Failed)
	}
	return sum.Rows, err
}

// bucketName is that of the bucket that a sample is served as.
const bucketName = "sample"

// place is where a load finds the files of a sample: on the disk of ClickHouse's
// machine, or in a bucket of an emulator of Google Cloud Storage in this process.
type place struct {
	dir    string
	bucket *fakegcs.Bucket // nil: on the disk
	source *gcs.Source
}

// openBucket serves a sample as a bucket, from memory.
func openBucket(dir string) (p place, err error) {
	files, err := filepath.Glob(filepath.Join(dir, sample.DownloadsDir, "*.parquet"))
	if err != nil {
		return p, err
	}
	bucket, err := fakegcs.Start(bucketName)
	if err != nil {
		return p, err
	}
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			bucket.Stop()
			return p, err
		}
		bucket.Put(filepath.Base(f), content)
	}
	p = place{dir: dir, bucket: &bucket}
	p.source = gcs.New(gcs.Config{EmulatorHost: bucket.URL()})
	return p, nil
}

// Close ends serving.
func (p place) Close() error {
	if p.bucket == nil {
		return nil
	}
	err := p.source.Close()
	p.bucket.Stop()
	return err
}

// table is the table function that reads the files of a shape.
func (p place) table(s shape) (string, error) {
	if p.bucket == nil {
		return s.from(p.dir), nil
	}
	files, err := filepath.Glob(s.pattern(p.dir))
	if err != nil {
		return "", err
	}
	if len(files) == 0 {
		return "", errors.New("the sample has no file " + s.files)
	}
	for i := range files {
		files[i] = strings.TrimSuffix(filepath.Base(files[i]), ".parquet")
	}
	return "gcs(" + literal(p.bucket.URL()+"/"+bucketName+"/{"+strings.Join(files, ",")+"}.parquet") + ", NOSIGN, 'Parquet')", nil
}

// load names the files for ingest, and who reads them.
func (p place) load() (sources []export.Source, files string) {
	if p.bucket == nil {
		return nil, filepath.Join(p.dir, sample.DownloadsDir, "*.parquet")
	}
	return []export.Source{p.source}, "gs://" + bucketName + "/*.parquet"
}
