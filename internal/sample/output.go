package sample

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// ErrForeignFiles is wrapped by the refusal to write beside files that are not
// a sample's.
var ErrForeignFiles = errors.New("holds files that no sample wrote")

const (
	manifestName = "sample.json"
	privateName  = ".sample-partial"
)

// manifest is sample.json: what a sample is and which files belong to it.
type manifest struct {
	Options
	Files []string `json:"files"`
}

// output is the directory of a sample while it is written. Files come into
// being in a private folder on the same file system and are renamed when all
// of them are complete.
type output struct {
	dir  string
	lock *os.File
	old  []string // files of the sample that is replaced
}

// openOutput creates the directory and the private folder, and makes sure that
// nothing of anybody else's would be mixed in.
func openOutput(dir string) (*output, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open the sample's directory %s: %w", dir, err)
	}
	if err := os.MkdirAll(abs, 0o755); err != nil {
		return nil, fmt.Errorf("create the sample's directory: %w", err)
	}
	if strings.ContainsAny(abs, "*?{}") {
		return nil, fmt.Errorf("%w: the directory is %s, and ClickHouse reads * ? { } in a path as a pattern; name another directory", ErrOptions, abs)
	}
	out := &output{dir: abs}
	if out.lock, err = lockDir(abs); err != nil {
		return nil, err
	}
	if err := out.prepare(); err != nil {
		out.close()
		return nil, err
	}
	return out, nil
}

// lockDir keeps other writers of samples out until the file is closed.
func lockDir(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("open the sample's directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("write a sample to %s: another sample is being written there; wait for it or name another directory: %w", dir, err), f.Close())
	}
	return f, nil
}

// prepare reads the earlier sample's manifest, refuses foreign files and makes
// the private folder, without what a killed writer may have left in it.
func (out *output) prepare() error {
	content, err := os.ReadFile(filepath.Join(out.dir, manifestName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the earlier sample's manifest: %w", err)
	}
	if err == nil {
		var m manifest
		if err := json.Unmarshal(content, &m); err != nil {
			return fmt.Errorf("read %s in %s: %w; remove the directory or name another", manifestName, out.dir, err)
		}
		out.old = m.Files
	}
	for _, folder := range []string{DownloadsDir, ProjectsDir} {
		if err := out.refuseForeign(folder); err != nil {
			return err
		}
	}
	if err := out.discard(); err != nil {
		return err
	}
	for _, folder := range []string{DownloadsDir, ProjectsDir} {
		if err := os.MkdirAll(out.path(folder), 0o755); err != nil {
			return fmt.Errorf("create the sample's folder: %w", err)
		}
	}
	return nil
}

// refuseForeign is an error if a folder holds files that the earlier sample
// does not name.
func (out *output) refuseForeign(folder string) error {
	entries, err := os.ReadDir(filepath.Join(out.dir, folder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look into the sample's directory: %w", err)
	}
	for _, e := range entries {
		if name := filepath.Join(folder, e.Name()); !slices.Contains(out.old, name) {
			return fmt.Errorf("write a sample to %s: it %w, such as %s; name an empty directory", out.dir, ErrForeignFiles, name)
		}
	}
	return nil
}

// path is a place in the private folder.
func (out *output) path(parts ...string) string {
	return filepath.Join(append([]string{out.dir, privateName}, parts...)...)
}

// size adds up files in the private folder.
func (out *output) size(files []string) (int64, error) {
	var total int64
	for _, f := range files {
		info, err := os.Stat(out.path(f))
		if err != nil {
			return 0, fmt.Errorf("find what ClickHouse wrote: %w; it must see the same disk as this command", err)
		}
		total += info.Size()
	}
	return total, nil
}

// discard removes the private folder.
func (out *output) discard() error {
	if err := os.RemoveAll(out.path()); err != nil {
		return fmt.Errorf("remove unfinished files: %w", err)
	}
	return nil
}

// publish gives the files their names and removes those of the earlier sample.
// The manifest comes first and names both, so that whatever a crash leaves is
// still known as a sample's and can be replaced.
func (out *output) publish(o Options, files []string) error {
	both := slices.Concat(out.old, files)
	slices.Sort(both)
	if err := out.writeManifest(o, slices.Compact(both)); err != nil {
		return err
	}
	for _, f := range out.old {
		if err := remove(filepath.Join(out.dir, f)); err != nil {
			return fmt.Errorf("remove a file of the earlier sample: %w", err)
		}
	}
	for _, folder := range []string{DownloadsDir, ProjectsDir} {
		if err := os.MkdirAll(filepath.Join(out.dir, folder), 0o755); err != nil {
			return fmt.Errorf("create the sample's folder: %w", err)
		}
	}
	for _, f := range files {
		if err := os.Rename(out.path(f), filepath.Join(out.dir, f)); err != nil {
			return fmt.Errorf("name a finished file: %w", err)
		}
	}
	if err := out.writeManifest(o, files); err != nil {
		return err
	}
	return out.discard()
}

// writeManifest replaces the manifest.
func (out *output) writeManifest(o Options, files []string) error {
	content, err := json.MarshalIndent(manifest{o, files}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(out.path(manifestName), append(content, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	if err := os.Rename(out.path(manifestName), filepath.Join(out.dir, manifestName)); err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	return nil
}

// close gives up the lock.
func (out *output) close() {
	// Nothing was written through it: there is nothing that closing could lose.
	_ = out.lock.Close()
}
