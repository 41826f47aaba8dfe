package export

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"clickql/ingest/session"
	"clickql/internal/chconn"
)

// Local is the source of files on the ClickHouse server's own disk. The server
// lists them itself: this command may run elsewhere.
type Local struct{ S *session.Session }

// Owns reports that name is a path and not an address.
func (Local) Owns(name string) bool { return !strings.Contains(name, "://") }

// List asks the server which files a path or glob names.
func (l Local) List(ctx context.Context, pattern string) ([]Object, error) {
	objects, err := l.find(ctx, pattern)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", pattern, localError(err))
	}
	isGlob := strings.ContainsAny(pattern, "*?{}")
	switch {
	case len(objects) == 0 && isGlob:
		return nil, fmt.Errorf("list %s: no file on the ClickHouse server matches; check the path, which is the server's, and the pattern", pattern)
	case len(objects) == 0:
		return nil, fmt.Errorf("list %s: it is a directory without files where a file is expected; name files, as in %s/*.parquet", pattern, strings.TrimRight(pattern, "/"))
	case !isGlob && strings.Contains(objects[0].Path+"/", strings.TrimLeft(path.Clean(pattern), ".")+"/"+path.Base(objects[0].Path)+"/"):
		return nil, fmt.Errorf("list %s: it is a directory where a file is expected; name the files in it: %s/*.parquet",
			pattern, strings.TrimRight(pattern, "/"))
	}
	return objects, nil
}

// find lists what a pattern names, by the server or, where something is in the way, by
// the names that are seen from here.
func (l Local) find(ctx context.Context, pattern string) ([]Object, error) {
	seen := look(ctx, pattern)
	if len(seen.others) > 0 && !seen.blind && l.isHere(ctx) {
		return l.around(ctx, seen)
	}
	objects, err := l.stat(ctx, pattern)
	switch {
	case err == nil || !circle.MatchString(err.Error()):
		return objects, err
	case len(seen.circles) == 0 || seen.blind: // the server's disk is not here
		return nil, inTheWay(err)
	}
	return l.around(ctx, seen)
}

// stat lists files without opening them as Parquet.
func (l Local) stat(ctx context.Context, pattern string) ([]Object, error) {
	type line struct {
		path     string
		size     int64
		modified uint32
	}
	lines, err := session.Scan(ctx, l.S, session.SQL("SELECT DISTINCT _path, toInt64(ifNull(_size, 0)), toUnixTimestamp(ifNull(_time, toDateTime(0))) FROM file({pattern:String}, 'One') ORDER BY _path",
		"pattern", pattern), func(l *line) []any { return []any{&l.path, &l.size, &l.modified} })
	objects := make([]Object, len(lines))
	for i, l := range lines {
		objects[i] = Object{Name: l.path, Path: l.path, Size: l.size, Generation: fmt.Sprintf("%d-%s", l.size, time.Unix(int64(l.modified), 0).UTC().Format("20060102T150405Z"))}
	}
	return objects, err
}

// localError adds the remedy to the server's refusals.
func localError(err error) error {
	code, _ := chconn.Code(err)
	switch code {
	case 107: // FILE_DOESNT_EXIST
		return errors.New("no such file on the ClickHouse server; check the path, which is the server's")
	case 291: // DATABASE_ACCESS_DENIED
		return fmt.Errorf("the server reads files only below its user_files_path; move or link it there: %w", err)
	}
	return err
}

// Generations lists the objects again.
func (l Local) Generations(ctx context.Context, objects []Object) (map[string]string, error) {
	now := make(map[string]string, len(objects))
	for _, group := range l.Group(objects) {
		found, err := l.stat(ctx, BraceList(pathsOf(group)))
		if code, _ := chconn.Code(err); code == 107 {
			continue // the only one of its group is gone
		}
		if err != nil {
			return nil, fmt.Errorf("list %s again: %w", group[0].Name, localError(err))
		}
		for _, o := range found {
			now[o.Name] = o.Generation
		}
	}
	return now, nil
}

// Path is the name: an absolute path.
func (Local) Path(name string) string { return name }

// Remedy is about the server's own rights.
func (Local) Remedy() string { return "let its account read the file" }

// Group splits objects into lists that one file() reads.
func (Local) Group(objects []Object) [][]Object { return GroupApart(objects) }

// Table reads a group with file().
func (Local) Table(group []Object, format, structure string) (TableFunction, error) {
	t := TableFunction{Params: map[string]any{"source_path": BraceList(pathsOf(group)), "source_format": format}}
	t.SQL = "file(" + t.With("{source_path:String}, {source_format:String}", structure) + ")"
	return t, nil
}

// pathsOf lists the objects' paths.
func pathsOf(objects []Object) []string {
	paths := make([]string, len(objects))
	for i, o := range objects {
		paths[i] = o.Path
	}
	return paths
}
