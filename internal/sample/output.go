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
	if strings.ContainsAny(abs, "*?{}") {
		return nil, fmt.Errorf("%w: the directory is %s, and ClickHouse reads * ? { } in a path as a pattern; name another directory", ErrOptions, abs)
	}
	if err := os.MkdirAll(abs, 0o755); err != nil {
		return nil, fmt.Errorf("create the sample's directory: %w", err)
	}
	out := &output{dir: abs}
	if out.lock, err = os.Open(abs); err != nil {
		return nil, fmt.Errorf("open the sample's directory: %w", err)
	}
	if err := syscall.Flock(int(out.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		err = fmt.Errorf("write a sample to %s: another sample is being written there; wait for it or name another directory: %w", abs, err)
		return nil, errors.Join(err, out.lock.Close())
	}
	if err := out.prepare(); err != nil {
		out.close()
		return nil, err
	}
	return out, nil
}

// prepare reads the earlier sample's manifest, refuses files that it does not
// name, which would be loaded together with the new ones, and makes the private
// folder, without what a killed writer may have left in it.
func (out *output) prepare() error {
	content, err := os.ReadFile(filepath.Join(out.dir, manifestName))
	if err == nil {
		var m manifest
		err = json.Unmarshal(content, &m)
		out.old = m.Files
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read %s in %s: %w; remove the directory or name another", manifestName, out.dir, err)
	}
	found, err := filepath.Glob(filepath.Join(out.dir, "*", "*"))
	if err != nil {
		return err
	}
	for _, path := range found {
		name, err := filepath.Rel(out.dir, path)
		folder := filepath.Dir(name)
		if err != nil || (folder == DownloadsDir || folder == ProjectsDir || folder == GitHubDir) && !slices.Contains(out.old, name) {
			return fmt.Errorf("write a sample to %s: it %w, such as %s; name an empty directory", out.dir, ErrForeignFiles, name)
		}
	}
	return errors.Join(out.discard(), makeFolders(out.path()))
}

// makeFolders makes the folders of a sample.
func makeFolders(dir string) error {
	var errs []error
	for _, folder := range []string{DownloadsDir, ProjectsDir, GitHubDir} {
		errs = append(errs, os.MkdirAll(filepath.Join(dir, folder), 0o755))
	}
	return errors.Join(errs...)
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
func (out *output) discard() error { return os.RemoveAll(out.path()) }

// publish gives the files their names and removes those of the earlier sample.
// The manifest comes first and names both, so that whatever a crash leaves is
// still known as a sample's and can be replaced.
func (out *output) publish(o Options, files []string) error {
	if err := out.writeManifest(o, slices.Concat(out.old, files)); err != nil {
		return err
	}
	for _, f := range out.old {
		if err := os.Remove(filepath.Join(out.dir, f)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := makeFolders(out.dir); err != nil {
		return err
	}
	for _, f := range files {
		if err := os.Rename(out.path(f), filepath.Join(out.dir, f)); err != nil {
			return err
		}
	}
	return errors.Join(out.writeManifest(o, files), out.discard())
}

// writeManifest replaces the manifest.
func (out *output) writeManifest(o Options, files []string) error {
	content, err := json.MarshalIndent(manifest{o, files}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(out.path(manifestName), append(content, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(out.path(manifestName), filepath.Join(out.dir, manifestName))
}

// close gives up the lock.
func (out *output) close() {
	// Nothing was written through it: there is nothing that closing could lose.
	_ = out.lock.Close()
}
