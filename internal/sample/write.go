package sample

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"clickql/internal/chconn"
)

// Folders of a sample under its directory.
const (
	DownloadsDir = "file_downloads"
	ProjectsDir  = "projects"
	GitHubDir    = "github"
)

// Result says what was written.
type Result struct {
	// Rows is the number of downloads, Rejected how many of them lack a
	// project or a timestamp and will not be loaded.
	Rows, Rejected int64
	// Events is the number of events on GitHub.
	Events int64
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
	result := Result{Rows: w.options.Rows, Rejected: w.rejected(), From: w.first.String(), To: w.until.String()}
	// Wide enough for any machine: what a file holds does not depend on it.
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(2, min(8, runtime.NumCPU())))
	var mu sync.Mutex // over releases and done
	var releases, done, events int64
	for list := range slices.Chunk(w.projects, metadataProjects) {
		name := filepath.Join(ProjectsDir, fmt.Sprintf("projects-%012d.parquet", len(result.Files)))
		result.Files = append(result.Files, name)
		for i := range list {
			result.Projects += min(1, len(list[i].releases))
		}
		group.Go(func() error {
			n, err := w.writeMetadata(ctx, conn, list, out.path(name))
			mu.Lock()
			defer mu.Unlock()
			releases += n
			return err
		})
	}
	for _, f := range w.githubFiles() {
		result.Files = append(result.Files, f.name)
	}
	group.Go(func() (err error) {
		events, err = w.writeGitHub(out)
		return err
	})
	for _, s := range planDownloads(w.first, w.perDay) {
		for _, name := range s.names {
			result.Files = append(result.Files, filepath.Join(DownloadsDir, name))
		}
		group.Go(func() error {
			if err := w.writeDownloads(ctx, conn, s, out.path(DownloadsDir)); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			done += s.rows
			progress(done, w.options.Rows)
			return nil
		})
	}
	err := group.Wait()
	if err != nil {
		return Result{}, err
	}
	result.Releases, result.Events = releases, events
	result.Bytes, err = out.size(result.Files)
	return result, err
}

// writeDownloads writes the files of one statement to a folder.
func (w *world) writeDownloads(ctx context.Context, conn *chconn.Conn, s statement, folder string) error {
	cells, err := newTable("cells", cellColumns)
	if err != nil {
		return err
	}
	releases, err := newTable("releases", releaseColumns)
	if err != nil {
		return err
	}
	ids := map[*release]uint32{}
	var errs []error
	for _, d := range s.days {
		w.eachCell(d, func(c cell) {
			id, known := ids[c.release]
			if !known {
				id = uint32(len(ids))
				ids[c.release] = id
				errs = append(errs, releases.Append(releaseRow(id, c.project, c.release, len(w.lines))...))
			}
			errs = append(errs, cells.Append(id, int32(c.day), c.first, uint32(c.rows)))
		})
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	params := w.mix.params(s.days[0], w.lines)
	params["seed"], params["older"] = w.options.Seed, s.older
	params["beside_until"] = int32(besideUntil())
	params["no_project_of"], params["no_project_at"] = nullProjectOf, nullProjectAt
	params["no_time_of"], params["no_time_at"] = nullTimeOf, nullTimeAt
	if err := send(ctx, conn, downloadsQuery(s, folder), params, cells, releases); err != nil {
		return fmt.Errorf("write %s and what goes with it: %w", s.names[0], err)
	}
	return nil
}

// statement is one query over consecutive days. It writes one file of the older
// shape (dotted names, no ci), or one of the present for each day that has rows.
type statement struct {
	older bool
	days  []day
	rows  int64
	names []string // within file_downloads
}

const (
	// maxJointRows bounds the rows of days that share a statement, so that
	// there are several statements to run side by side, and what the writers
	// of the daily files hold in memory.
	maxJointRows = 500_000
	// maxJointDays bounds those days: all of them have the mix of the first.
	maxJointDays = 31
)

// bulkDays is the number of days, the oldest, that are exported in bulk and in
// the older shape.
func bulkDays(days int) int { return days / 3 }

// planDownloads divides the days into statements. Days without rows have no
// file.
func planDownloads(first day, perDay []int64) []statement {
	var list []statement
	for i, rows := range perDay {
		if rows == 0 {
			continue
		}
		d, older := first+day(i), i < bulkDays(len(perDay))
		last := len(list) - 1
		if last < 0 || list[last].older != older || list[last].rows+rows > maxJointRows || d-list[last].days[0] >= maxJointDays {
			last++
			list = append(list, statement{older: older})
			if older {
				list[last].names = []string{fmt.Sprintf("file_downloads-%012d.parquet", last)}
			}
		}
		s := &list[last]
		s.days, s.rows = append(s.days, d), s.rows+rows
		if !older {
			s.names = append(s.names, fmt.Sprintf("%d-%012d.parquet", d.unix(), 0))
		}
	}
	return list
}
