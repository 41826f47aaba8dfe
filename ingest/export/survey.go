package export

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"clickql/ingest/session"
)

// Two things stand in the way of a listing by the server: a symbolic link that leads to
// itself, for which it gives up the whole list, and what is no file (a FIFO, a socket, a
// device), which it opens as one, and may wait for until somebody writes. So where the
// folder is on this machine it is looked through here, and the server is asked for each
// file of it by name.

// circle matches the server's refusal to list a folder with a link that leads to itself.
var circle = regexp.MustCompile(`Too many (?:levels of )?symbolic links`)

// What is wrong with such names.
const (
	errCircle = FileError("it is a symbolic link that leads to itself")
	errNoFile = FileError("it is no file but a FIFO, a socket or a device, which is not read")
)

// survey is what a pattern names on this machine's disk.
type survey struct {
	files []Object
	// circles are links that lead to themselves, others what is no file; both have
	// their Fault.
	circles, others []Object
	// blind tells that something could not be looked at: files may be missing.
	blind bool
}

// look looks through the folder of a pattern.
func look(ctx context.Context, pattern string) (s survey) {
	match, err := CompileGlob(pattern)
	if err != nil || !filepath.IsAbs(pattern) {
		return survey{blind: true}
	}
	w := walk{ctx: ctx, survey: &s, match: match}
	segments := strings.Split(strings.TrimLeft(pattern, "/"), "/")
	w.open, w.deep = 1+slices.IndexFunc(segments, manyFolders), strings.Contains(pattern, "**")
	w.into("/", segments, nil)
	return s
}

// manyFolders reports that a part of a pattern between slashes is of no one folder: ** or
// the half of {a/b,c}.
func manyFolders(segment string) bool {
	return strings.Contains(segment, "**") || strings.Count(segment, "{") != strings.Count(segment, "}")
}

// walk goes through folders.
type walk struct {
	ctx    context.Context
	survey *survey
	match  func(path string) bool
	// open is the segment of the pattern, from 1, from which on all that is in a folder
	// is looked at; 0 for none. deep tells that this goes on in whatever is below.
	open int
	deep bool
}

// into looks at what is in a folder that the first of the pattern's segments are for,
// rest being the others. above are the folders that it is in.
func (w *walk) into(dir string, rest []string, above []fs.FileInfo) {
	names, fits := []string{rest[0]}, func(string) bool { return true }
	if strings.ContainsAny(rest[0], GlobChars) || w.within(above) {
		entries, err := os.ReadDir(dir)
		if err != nil || w.ctx.Err() != nil {
			w.survey.blind = true
			return
		}
		names = names[:0]
		for _, e := range entries {
			names = append(names, e.Name())
		}
		if of, err := CompileGlob(rest[0]); err == nil && !w.within(above) {
			fits = of
		}
	}
	for _, name := range names {
		if fits(name) {
			w.at(filepath.Join(dir, name), rest, above)
		}
	}
}

// within reports that the folders above are of the part of the pattern where all are
// looked through.
func (w *walk) within(above []fs.FileInfo) bool { return w.open > 0 && len(above)+1 >= w.open }

// at takes in one name.
func (w *walk) at(path string, rest []string, above []fs.FileInfo) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, syscall.ELOOP):
		if w.match(path) {
			w.survey.circles = append(w.survey.circles, Object{Name: path, Path: path, Generation: "circle", Fault: string(errCircle)})
		}
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		w.survey.blind = true
	case info.IsDir():
		if slices.ContainsFunc(above, func(a fs.FileInfo) bool { return os.SameFile(a, info) }) {
			return
		}
		if below := append(slices.Clip(above), info); len(rest) > 1 {
			w.into(path, rest[1:], below)
		} else if w.deep {
			w.into(path, rest, below)
		}
	case !w.match(path):
	case info.Mode().IsRegular():
		w.survey.files = append(w.survey.files, Object{Name: path, Path: path})
	default:
		w.survey.others = append(w.survey.others, Object{Name: path, Path: path, Generation: "no file", Fault: string(errNoFile)})
	}
}

// around lists what a survey has found: files as the server has them, and the others
// with what is wrong with them.
func (l Local) around(ctx context.Context, s survey) (found []Object, err error) {
	for _, group := range l.Group(s.files) {
		objects, err := l.stat(ctx, BraceList(pathsOf(group)))
		if err != nil {
			return nil, err
		}
		found = append(found, objects...)
	}
	return slices.Concat(found, s.circles, s.others), nil
}

// isHere reports that the server's disk is this machine's, as far as names tell.
func (l Local) isHere(ctx context.Context) bool {
	ours, err := os.Hostname()
	if err != nil {
		return false
	}
	theirs, err := l.S.Texts(ctx, session.SQL("SELECT hostName()"))
	short := func(name string) string { host, _, _ := strings.Cut(name, "."); return host }
	return err == nil && len(theirs) == 1 && short(theirs[0]) == short(ours)
}

// inTheWay is a refusal to list a pattern for a link that leads to itself, where the
// link is not seen from here.
func inTheWay(refused error) error {
	return fmt.Errorf("%w; a symbolic link there leads to itself, and the server lists nothing of its folder: remove the link", refused)
}
