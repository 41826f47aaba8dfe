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
	"syscall"
)

// circle matches the server's refusal to list a folder in which a symbolic link leads
// to itself, be it by way of others: it gives up the whole list.
var circle = regexp.MustCompile(`Too many (?:levels of )?symbolic links`)

// errCircle is what is wrong with such a link.
const errCircle = FileError("it is a symbolic link that leads to itself")

// aroundLinks lists a pattern that the server does not, for a link in its folder that
// leads to itself. The folder is read here, as far as it is here; the server, whose the
// files are, is then asked for each by its name. The link is listed with what is wrong
// with it.
func (l Local) aroundLinks(ctx context.Context, pattern string, refused error) ([]Object, error) {
	match, err := CompileGlob(pattern)
	if err != nil || !filepath.IsAbs(pattern) {
		return nil, refused
	}
	var good, circles []Object
	err = filepath.WalkDir(filepath.Dir(literalPrefix(pattern)+"x"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return err
		}
		if !match(path) {
			return nil
		}
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, syscall.ELOOP):
			circles = append(circles, Object{Name: path, Path: path, Generation: "circle", Fault: string(errCircle)})
		case err == nil && !info.IsDir():
			good = append(good, Object{Name: path, Path: path})
		}
		return nil
	})
	if err != nil || len(circles) == 0 { // the server's disk is not here
		return nil, fmt.Errorf("%w; a symbolic link there leads to itself, and the server lists nothing of its folder: remove the link", refused)
	}
	var found []Object
	for _, group := range l.Group(good) {
		objects, err := l.stat(ctx, BraceList(pathsOf(group)))
		if err != nil {
			return nil, err
		}
		found = append(found, objects...)
	}
	return slices.Concat(found, circles), nil
}
