package export

import (
	"context"
	"fmt"
	"slices"

	"clickql/ingest/session"
)

// File is an object whose footer has been read.
type File struct {
	Object
	Rows   uint64 // as its footer says
	Layout layout
}

// Failure is a file that cannot be loaded, and why, in plain words.
type Failure struct {
	Object Object
	Reason string
}

// footerGroup bounds the footers that one statement reads.
const footerGroup = 100

// ReadFooters reads the objects' footers. What is wrong with one object fails
// that object alone; an error is one of the server or of access to it.
func ReadFooters(ctx context.Context, s *session.Session, src Source, f Feed, objects []Object) ([]File, []Failure, error) {
	var files []File
	var failures []Failure
	for _, group := range src.Group(objects) {
		for part := range slices.Chunk(group, footerGroup) {
			good, bad, err := footersOf(ctx, s, src, f, part, false)
			if err != nil {
				return nil, nil, err
			}
			files, failures = append(files, good...), append(failures, bad...)
		}
	}
	return files, failures, nil
}

// footersOf reads one group, and where that fails its halves, down to the
// object that is at fault. readable reports that objects of the group's bucket
// can be read, so that one which is refused is refused alone.
func footersOf(ctx context.Context, s *session.Session, src Source, f Feed, group []Object, readable bool) ([]File, []Failure, error) {
	good, bad, err := queryFooters(ctx, s, src, f, group)
	if err == nil {
		return good, bad, nil
	}
	if ctx.Err() != nil {
		return nil, nil, context.Cause(ctx)
	}
	refused := refusal.MatchString(err.Error())
	readable = readable || refused && readsAny(ctx, s, src, f, group)
	if !BlamesFile(err) && (!refused || !readable) {
		return nil, nil, fmt.Errorf("look into %s: %w", describeGroup(group), WithAccessRemedy(err, src))
	}
	if len(group) == 1 {
		return nil, []Failure{{group[0], PlainReason(err)}}, nil
	}
	half := len(group) / 2
	for _, part := range [][]Object{group[:half], group[half:]} {
		g, b, err := footersOf(ctx, s, src, f, part, readable)
		if err != nil {
			return nil, nil, err
		}
		good, bad = append(good, g...), append(bad, b...)
	}
	return good, bad, nil
}

// readsAny reports that the first or the last of several objects can be read.
func readsAny(ctx context.Context, s *session.Session, src Source, f Feed, group []Object) bool {
	for _, o := range []Object{group[0], group[len(group)-1]} {
		if len(group) > 1 {
			if _, _, err := queryFooters(ctx, s, src, f, []Object{o}); err == nil || BlamesFile(err) {
				return true
			}
		}
	}
	return false
}

// queryFooters reads the footers of a group in one statement; of files without any,
// it counts the lines.
func queryFooters(ctx context.Context, s *session.Session, src Source, f Feed, group []Object) (good []File, bad []Failure, err error) {
	byPath := make(map[string]Object, len(group))
	for _, o := range group {
		if o.Size == 0 {
			return nil, nil, errEmptyFile
		}
		byPath[o.Path] = o
	}
	if f.Format == lines {
		good, err = countLines(ctx, s, src, f, byPath, group)
		return good, nil, err
	}
	table, err := src.Table(group, "ParquetMetadata", "")
	if err != nil {
		return nil, nil, err
	}
	type footer struct {
		path                            string
		rows                            uint64
		paths, names, physical, logical []string
		repeated                        []uint8
	}
	lines, err := session.Scan(ctx, s, session.Statement{
		SQL: `SELECT _path, num_rows, columns.path, columns.name, arrayMap(x -> x > 0, columns.max_repetition_level),
			columns.physical_type, columns.logical_type FROM ` + table.SQL,
		Params: table.Params, Settings: table.Settings,
	}, func(f *footer) []any {
		return []any{&f.path, &f.rows, &f.paths, &f.names, &f.repeated, &f.physical, &f.logical}
	})
	if err == nil && len(lines) != len(group) {
		err = errMissingFile
	}
	if err != nil {
		return nil, nil, err
	}
	for _, l := range lines {
		o, ok := byPath[l.path]
		if !ok {
			return nil, nil, fmt.Errorf("the server read %s, which was not asked for", l.path)
		}
		schema := make([]parquetLeaf, len(l.paths))
		for i := range schema {
			schema[i] = parquetLeaf{Path: l.paths[i], Name: l.names[i], Repeated: l.repeated[i] == 1, Physical: l.physical[i], Logical: l.logical[i]}
		}
		lay, misfit := layoutOf(f, schema)
		if misfit != nil {
			bad = append(bad, Failure{o, misfit.Error()})
			continue
		}
		good = append(good, File{Object: o, Rows: l.rows, Layout: lay})
	}
	return good, bad, nil
}

// countLines counts the lines of each file of a group.
func countLines(ctx context.Context, s *session.Session, src Source, f Feed, byPath map[string]Object, group []Object) (files []File, err error) {
	table, err := src.Table(group, f.Format, structure(f, allPresent(f)))
	if err != nil {
		return nil, err
	}
	type count struct {
		path string
		rows uint64
	}
	counts, err := session.Scan(ctx, s, session.Statement{SQL: "SELECT _path, count() FROM " + table.SQL + " GROUP BY _path", Params: table.Params, Settings: table.Settings},
		func(c *count) []any { return []any{&c.path, &c.rows} })
	if err == nil && len(counts) != len(group) {
		err = errMissingFile
	}
	for _, c := range counts {
		files = append(files, File{Object: byPath[c.path], Rows: c.rows, Layout: allPresent(f)})
	}
	return files, err
}

// describeGroup names a group of objects in a message.
func describeGroup(group []Object) string {
	if len(group) == 1 {
		return group[0].Name
	}
	return fmt.Sprintf("%s and %d more", group[0].Name, len(group)-1)
}
