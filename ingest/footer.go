package ingest

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/chconn"
)

// file is an object whose footer has been read.
type file struct {
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

// readFooters reads the objects' footers. What is wrong with one object fails
// that object alone; an error is one of the server or of access to it.
func readFooters(ctx context.Context, s *session, src Source, f feed, objects []Object) ([]file, []Failure, error) {
	var files []file
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
func footersOf(ctx context.Context, s *session, src Source, f feed, group []Object, readable bool) ([]file, []Failure, error) {
	good, bad, err := queryFooters(ctx, s, src, f, group)
	if err == nil {
		return good, bad, nil
	}
	if ctx.Err() != nil {
		return nil, nil, context.Cause(ctx)
	}
	refused := refusal.MatchString(err.Error())
	readable = readable || refused && readsAny(ctx, s, src, f, group)
	if !blamesFile(err) && (!refused || !readable) {
		return nil, nil, fmt.Errorf("read the Parquet footer of %s: %w", describeGroup(group), withAccessRemedy(err))
	}
	if len(group) == 1 {
		return nil, []Failure{{group[0], plainReason(err)}}, nil
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
func readsAny(ctx context.Context, s *session, src Source, f feed, group []Object) bool {
	for _, o := range []Object{group[0], group[len(group)-1]} {
		if len(group) > 1 {
			if _, _, err := queryFooters(ctx, s, src, f, []Object{o}); err == nil || blamesFile(err) {
				return true
			}
		}
	}
	return false
}

// queryFooters reads the footers of a group in one statement.
func queryFooters(ctx context.Context, s *session, src Source, f feed, group []Object) ([]file, []Failure, error) {
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
	var good []file
	var bad []Failure
	err = s.each(ctx, statement{
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
			good = append(good, file{Object: o, Rows: rowCount, Layout: lay})
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

// fileError is a fault of a file that is known without the server's help.
type fileError string

func (e fileError) Error() string { return string(e) }

const (
	errEmptyFile   = fileError("it is empty (0 bytes)")
	errMissingFile = fileError("it could not be found again: it was removed after it had been listed")
)

// blamesFile reports that an error may be the fault of a file rather than of
// the server, the network or the account.
func blamesFile(err error) bool {
	if _, ok := err.(fileError); ok { //nolint:errorlint // never wrapped
		return true
	}
	if accessFault.MatchString(err.Error()) {
		return false
	}
	switch chconn.Classify(err) {
	case chconn.Other:
		_, ok := chconn.Code(err)
		return ok
	case chconn.UnknownColumn:
		return true
	default:
		return false
	}
}

// accessFault matches failures that all files of a bucket share, so that not
// each of them is tried alone and set aside.
var accessFault = regexp.MustCompile(refusal.String() + `|InvalidAccessKeyId|SignatureDoesNotMatch|Host not found|Connection refused|Network is unreachable|Temporary DNS`)

// refusal matches those that may also be of one object alone.
var refusal = regexp.MustCompile(`AccessDenied|HTTP response code: 40[13]`)

// withAccessRemedy says what to do where ClickHouse may not read, or cannot reach, a
// bucket.
func withAccessRemedy(err error) error {
	if accessFault.MatchString(err.Error()) {
		return fmt.Errorf("the ClickHouse server cannot read it; for a private bucket give it an HMAC key of an account that may (--gcs-hmac-key), otherwise check its network: %w", err)
	}
	return err
}

// faults translates what ClickHouse says about bad files.
var faults = []struct {
	pattern *regexp.Regexp
	words   string
}{
	{refusal, "the ClickHouse server may not read it, though it may read others; allow its account to"},
	{regexp.MustCompile(`magic bytes not found|smaller than the minimum file footer|[Nn]ot a [Pp]arquet file|[Ii]nvalid magic`), "it is not a Parquet file, or it is cut off: its footer is missing"},
	{regexp.MustCompile(`file size is 0 bytes|the file is empty`), "it is empty (0 bytes)"},
	{regexp.MustCompile(`there are no files with provided path|FILE_DOESNT_EXIST|NoSuchKey|does not exist|HTTP response code: 404`), "it is not there any more"},
	{regexp.MustCompile(`Permission denied`), "the ClickHouse server may not read it"},
	{regexp.MustCompile(`read stage|TProtocolException|[Cc]orrupt|decompress|Unexpected end|Couldn't deserialize|PARQUET|Parquet`), "its content is damaged"},
}

// plainReason says in words what is wrong with a file, and what the server said.
func plainReason(err error) string {
	if f, ok := err.(fileError); ok { //nolint:errorlint // never wrapped
		return string(f)
	}
	text := firstLine(err.Error())
	for _, f := range faults {
		if f.pattern.MatchString(err.Error()) {
			return f.words + " (ClickHouse: " + text + ")"
		}
	}
	return "ClickHouse cannot read it: " + text
}

// versionSuffix is what the server adds to each exception.
var versionSuffix = regexp.MustCompile(`\s*\(version [^)]*\)|(: )?While executing.*|: \(in file/uri [^)]*\)`)

// firstLine shortens the server's message to one line.
func firstLine(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	text = strings.TrimSpace(versionSuffix.ReplaceAllString(text, ""))
	const limit = 300
	if len(text) > limit {
		text = text[:limit] + "…"
	}
	return text
}

// describeGroup names a group of objects in a message.
func describeGroup(group []Object) string {
	if len(group) == 1 {
		return group[0].Name
	}
	return fmt.Sprintf("%s and %d more", group[0].Name, len(group)-1)
}
