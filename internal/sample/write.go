package sample

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/ext"
	"golang.org/x/sync/errgroup"

	"clickql/internal/chconn"
)

// Folders of a sample under its directory.
const (
	DownloadsDir = "file_downloads"
	ProjectsDir  = "projects"
)

// Result says what was written.
type Result struct {
	// Rows is the number of downloads, Rejected how many of them lack a
	// project or a timestamp and will not be loaded.
	Rows, Rejected int64
	// Releases is the number of rows of distribution metadata: one for each
	// uploaded file.
	Releases int64
	// Projects is the number of projects with at least one release.
	Projects int
	// Files are the paths of all files, relative to the directory.
	Files []string
	// Bytes is their size.
	Bytes int64
	// From and To are the first and the last day, written YYYY-MM-DD.
	From, To string
}

// Write writes a sample. The files are written by the ClickHouse of conn, which
// must see the directory under the same path: the embedded engine does.
// progress, which may be nil, is told the rows done so far and the rows there
// will be; it is called by one goroutine at a time.
//
// An earlier sample in the directory is replaced when the new one is complete;
// until then it stays, also when Write fails. Files in its folders that no
// sample wrote are an error, since they would be loaded together with it.
func Write(ctx context.Context, conn *chconn.Conn, o Options, progress func(done, total int64)) (Result, error) {
	if err := o.Validate(); err != nil {
		return Result{}, err
	}
	w, err := newWorld(o)
	if err != nil {
		return Result{}, err
	}
	out, err := openOutput(o.Dir)
	if err != nil {
		return Result{}, err
	}
	defer out.close()
	if progress == nil {
		progress = func(int64, int64) {}
	}
	result, err := w.writeAll(ctx, conn, out, progress)
	if err != nil {
		return Result{}, errors.Join(fmt.Errorf("write the sample to %s: %w", o.Dir, err), out.discard())
	}
	if err := out.publish(o, result.Files); err != nil {
		return Result{}, fmt.Errorf("write the sample to %s: %w", o.Dir, err)
	}
	return result, nil
}

// writeAll writes all files to the output's private folder.
func (w *world) writeAll(ctx context.Context, conn *chconn.Conn, out *output, progress func(done, total int64)) (Result, error) {
	result := Result{
		Rows: w.options.Rows, Rejected: w.rejected(),
		From: w.first.String(), To: w.until.String(),
	}
	for i := range w.projects {
		if len(w.projects[i].releases) > 0 {
			result.Projects++
		}
	}
	// Wide enough for any machine: what a file holds does not depend on it.
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(2, min(8, runtime.NumCPU())))
	var releases atomic.Int64
	for _, b := range w.planMetadata() {
		result.Files = append(result.Files, filepath.Join(ProjectsDir, b.name))
		group.Go(func() error {
			n, err := w.writeMetadata(ctx, conn, b, out.path(ProjectsDir, b.name))
			releases.Add(n)
			return err
		})
	}
	report := counter(progress, w.options.Rows)
	for _, s := range planDownloads(w.first, w.perDay) {
		for _, name := range s.files() {
			result.Files = append(result.Files, filepath.Join(DownloadsDir, name))
		}
		group.Go(func() error {
			if err := w.writeDownloads(ctx, conn, s, out.path(DownloadsDir)); err != nil {
				return err
			}
			report(s.rows)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return Result{}, err
	}
	result.Releases = releases.Load()
	var err error
	result.Bytes, err = out.size(result.Files)
	return result, err
}

// writeDownloads writes the files of one statement to a folder.
func (w *world) writeDownloads(ctx context.Context, conn *chconn.Conn, s statement, folder string) error {
	m := w.newMix(s.segments[0].day)
	var cells cellTable
	for _, g := range s.segments {
		w.eachCell(g, func(c cell) { cells.add(c, m.python) })
	}
	table, err := cells.table()
	if err != nil {
		return err
	}
	if err := send(ctx, conn, downloadsQuery(s, folder), m.params, table); err != nil {
		return fmt.Errorf("write %s and what goes with it: %w", s.name, err)
	}
	return nil
}

// send runs a statement with its parameters and the tables that it reads.
func send(ctx context.Context, conn *chconn.Conn, query string, params map[string]any, tables ...*ext.Table) error {
	ctx, err := chconn.WithParameters(ctx, params)
	if err != nil {
		return err
	}
	return conn.Exec(clickhouse.Context(ctx, clickhouse.WithExternalTable(tables...)), query)
}

// rejected is the number of rows without a project or without a timestamp.
func (w *world) rejected() int64 {
	older := w.options.Rows // rows in the older shape, which come first
	if b := bulkDays(w.options.Days); b < len(w.starts) {
		older = w.starts[b]
	}
	n := every(w.options.Rows, nullProjectOf, nullProjectAt) + every(older, nullTimeOf, nullTimeAt)
	for at := int64(nullProjectAt); at < older; at += nullProjectOf {
		if at%nullTimeOf == nullTimeAt {
			n--
		}
	}
	return n
}

// every is how many numbers below n leave the remainder at when divided by of.
func every(n, of, at int64) int64 { return max(0, (n-at+of-1)/of) }

// remove deletes a file that may be missing.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
