package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"clickql/ingest/ledger"
	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/ddl"
	"clickql/internal/engine"
	"clickql/internal/sample"
)

// fillDemo fills the embedded engine with the sample, by the steps of schema
// apply, sample, ingest projects, ingest github and ingest run. Each of them does only what is
// not done yet: a demo that was killed goes on, and a filled one starts at once.
func (a *app) fillDemo(ctx context.Context, e *engine.Engine, o sample.Options) error {
	conn, err := a.open(ctx, e.DSN(), nil)
	if err != nil {
		return err
	}
	defer a.releasing(conn.Close)
	o.Dir = filepath.Join(e.Dir(), "sample")
	d := demo{app: a, conn: conn, sample: o}
	if err := d.fill(ctx); err != nil {
		return fmt.Errorf("fill the demo in %s: %w; run the same command again to go on", e.Dir(), err)
	}
	return nil
}

// demo fills a database with a sample.
type demo struct {
	*app
	conn   *chconn.Conn
	sample sample.Options
}

// manifest is the file that a complete sample has.
const manifest = "sample.json"

// filled is the file that is written when a database holds all of the sample.
func (d demo) filled() string {
	return filepath.Join(d.sample.Dir, "loaded-into-"+d.conn.Database())
}

func (d demo) fill(ctx context.Context) error {
	if exists(d.filled()) {
		return nil
	}
	if _, err := ddl.Apply(ctx, d.conn, ddl.Options{Database: d.conn.Database()}); err != nil {
		return err
	}
	if !exists(filepath.Join(d.sample.Dir, manifest)) {
		if others, err := d.holdsRows(ctx); err != nil || others {
			return err
		}
		if err := d.write(ctx); err != nil {
			return err
		}
	}
	for _, part := range []struct {
		kind  ledger.Kind
		files string
	}{{ledger.Projects, sample.ProjectsDir + "/*.parquet"}, {ledger.GitHub, sample.GitHubDir + "/*.json.gz"}, {ledger.Downloads, sample.DownloadsDir + "/*.parquet"}} {
		files := filepath.Join(d.sample.Dir, part.files)
		if err := d.ingest(ctx, ingestFlags{wait: true}, part.kind, []string{files}); err != nil {
			return err
		}
	}
	return os.WriteFile(d.filled(), nil, 0o600)
}

// holdsRows reports that there are downloads which no demo has loaded: they are
// left alone and served as they are.
func (d demo) holdsRows(ctx context.Context) (bool, error) {
	cat, err := catalog.Open(ctx, d.conn, catalog.Options{Database: d.conn.Database(), Log: d.log})
	if err != nil {
		return false, err
	}
	if err := cat.Ready(); err != nil {
		return false, err
	}
	if cat.Snapshot().Days.Empty() {
		return false, nil
	}
	d.log.Warn("this data directory holds downloads already; --demo adds nothing to them")
	return true, nil
}

// write writes the sample.
func (d demo) write(ctx context.Context) error {
	p := d.progress("writing sample")
	if _, err := sample.Write(ctx, d.conn, d.sample, p.Update); err != nil {
		return err
	}
	p.Finish()
	return nil
}

// exists reports that there is a file of that name.
func exists(name string) bool {
	_, err := os.Stat(name)
	return !errors.Is(err, fs.ErrNotExist)
}
