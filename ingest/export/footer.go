package export

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

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
		for len(group) > 0 {
			n := min(len(group), footerGroup)
			good, bad, err := footersOf(ctx, s, src, f, group[:n], false)
			if err != nil {
				return nil, nil, err
			}
			files, failures, group = append(files, good...), append(failures, bad...), group[n:]
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
		return nil, nil, fmt.Errorf("read the Parquet footer of %s: %w", describeGroup(group), WithAccessRemedy(err))
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

// queryFooters reads the footers of a group in one statement.
func queryFooters(ctx context.Context, s *session.Session, src Source, f Feed, group []Object) ([]File, []Failure, error) {
	byPath := make(map[string]Object, len(group))
	for _, o := range group {
		if o.Size == 0 {
			return nil, nil, errEmptyFile
		}
		byPath[o.Path] = o
	}
	table, err := src.Table(group, "ParquetMetadata", "")
	if err != nil {
		return nil, nil, err
	}
	var good []File
	var bad []Failure
	err = s.Each(ctx, session.Statement{
		SQL: `SELECT _path, num_rows, columns.path, columns.name, arrayMap(x -> x > 0, columns.max_repetition_level),
			columns.physical_type, columns.logical_type FROM ` + table.SQL,
		Params: table.Params, Settings: table.Settings,
	}, func(rows driver.Rows) error {
		o, rowCount, schema, err := scanFooter(rows, byPath)
		if err != nil {
			return err
		}
		lay, misfit := layoutOf(f, schema)
		if misfit != nil {
			bad = append(bad, Failure{o, misfit.Error()})
		} else {
			good = append(good, File{Object: o, Rows: rowCount, Layout: lay})
		}
		return nil
	})
	if err == nil && len(good)+len(bad) != len(group) {
		err = errMissingFile
	}
	if err != nil {
		return nil, nil, err
	}
	return good, bad, nil
}

// scanFooter reads one row of queryFooters.
func scanFooter(rows driver.Rows, byPath map[string]Object) (Object, uint64, []parquetLeaf, error) {
	var path string
	var count uint64
	var paths, names, physical, logical []string
	var repeated []uint8
	if err := rows.Scan(&path, &count, &paths, &names, &repeated, &physical, &logical); err != nil {
		return Object{}, 0, nil, err
	}
	o, ok := byPath[path]
	if !ok {
		return Object{}, 0, nil, fmt.Errorf("the server read %s, which was not asked for", path)
	}
	schema := make([]parquetLeaf, len(paths))
	for i := range paths {
		schema[i] = parquetLeaf{Path: paths[i], Name: names[i], Repeated: repeated[i] == 1, Physical: physical[i], Logical: logical[i]}
	}
	return o, count, schema, nil
}

func (e FileError) Error() string { return string(e) }

// describeGroup names a group of objects in a message.
func describeGroup(group []Object) string {
	if len(group) == 1 {
		return group[0].Name
	}
	return fmt.Sprintf("%s and %d more", group[0].Name, len(group)-1)
}
