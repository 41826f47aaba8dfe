package export

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

// Object is one file at a fixed generation: the unit that is loaded once.
type Object struct {
	// Name says where it is, in the one way in which its source writes it: an
	// address such as gs://bucket/name, or an absolute path on the server's disk.
	// It holds no credentials.
	Name string
	// Generation changes whenever the content does: the object's generation in
	// Google Cloud Storage, an ETag in S3 and on the web, "size-mtime" for a local
	// file, or where the web has no ETag.
	Generation string
	// Size in bytes.
	Size int64
	// Path is what ClickHouse gives as _path for the object's rows.
	Path string
	// Fault is why it cannot be read, where the listing tells; empty otherwise.
	Fault string
}

// TableFunction is a table expression over objects, with the typed parameters
// that it names. Credentials travel as parameters, so that no statement's text
// holds them.
type TableFunction struct {
	SQL      string
	Params   map[string]any
	Settings map[string]any
}

// With are a table function's arguments with the structure of what it reads, where one
// is given.
func (t TableFunction) With(args, structure string) string {
	if structure == "" {
		return args
	}
	t.Params["source_structure"] = structure
	return args + ", {source_structure:String}"
}

// Source lists objects and says how ClickHouse reads them.
type Source interface {
	// Owns reports whether a SOURCE argument or an object's name is of this source.
	Owns(name string) bool
	// List expands one SOURCE argument, a name or a glob. A pattern that
	// matches nothing is an error that says so.
	List(ctx context.Context, pattern string) ([]Object, error)
	// Generations are those that the objects have now; an object that is gone
	// has none.
	Generations(ctx context.Context, objects []Object) (map[string]string, error)
	// Path is the Object.Path of an object's name.
	Path(name string) string
	// Group splits objects into lists that one table function can read.
	Group(objects []Object) [][]Object
	// Remedy says what to do where the ClickHouse server may not read the objects,
	// or cannot reach them.
	Remedy() string
	// Table is the table function that reads one group in a format with a
	// structure; an empty structure leaves it to the format.
	Table(group []Object, format, structure string) (TableFunction, error)
}

// RangeLister is a Source that can list a part of a long listing for the price
// of the part.
type RangeLister interface {
	// ListRange is List for the objects whose names are from on and come before
	// before, in the order of bytes. None is no error.
	ListRange(ctx context.Context, pattern, from, before string) ([]Object, error)
}

// Unreadable reports why an object's name cannot be given to ClickHouse, or "".
// ClickHouse reads these characters as a pattern wherever they stand.
func Unreadable(name string) string {
	if i := strings.IndexAny(name, "*?{}"); i >= 0 {
		return "its name holds " + name[i:i+1] + ", which ClickHouse reads as a pattern: rename it"
	}
	return ""
}

// BraceList writes paths as one pattern that matches exactly them: what they
// share, and the rest in braces. Paths are of one of GroupApart's groups.
func BraceList(paths []string) string {
	if len(paths) == 1 {
		return paths[0]
	}
	prefix := paths[0]
	for _, p := range paths[1:] {
		for !strings.HasPrefix(p, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	prefix = prefix[:strings.LastIndexByte(prefix, '/')+1]
	var b strings.Builder
	b.WriteString(prefix)
	b.WriteByte('{')
	for i, p := range paths {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(p[len(prefix):])
	}
	b.WriteByte('}')
	return b.String()
}

// GroupApart puts objects whose name a BraceList cannot hold in groups of their
// own, and the others into groups that one parameter can list: a comma separates
// the alternatives of a list, and where two colons stand ClickHouse takes what is
// before them for an archive.
func GroupApart(objects []Object) [][]Object {
	var groups [][]Object
	var plain []Object
	bytes := 0
	for _, o := range objects {
		if strings.Contains(o.Name, ",") || strings.Contains(o.Name, "::") {
			groups = append(groups, []Object{o})
			continue
		}
		if bytes += len(o.Path); len(plain) == groupLimit || len(plain) > 0 && bytes > groupBytes {
			groups, plain, bytes = append(groups, plain), nil, len(o.Path)
		}
		plain = append(plain, o)
	}
	if len(plain) > 0 {
		groups = append(groups, plain)
	}
	return groups
}

// groupLimit and groupBytes bound the files that one table function names: over
// HTTP servers take 128 KiB of a parameter, and an address may need three bytes
// for one.
const (
	groupLimit = 500
	groupBytes = 40_000
)

// ErrNoSource refuses a SOURCE of a kind that nothing here reads.
var ErrNoSource = errors.New("no such kind of source: give gs://bucket/object, s3://bucket/object, az://ACCOUNT.blob.core.windows.net/container/path, https://host/file or a path on the ClickHouse server's disk")

// AddressError refuses a SOURCE that its kind of source could never read: trying again
// mends nothing.
type AddressError string

func (e AddressError) Error() string { return string(e) }

// Sources are those that can be read.
type Sources []Source

// Of finds the source that reads a name; nil for none.
func (all Sources) Of(name string) Source {
	if i := slices.IndexFunc(all, func(s Source) bool { return s.Owns(name) }); i >= 0 {
		return all[i]
	}
	return nil
}

// BySource gives the objects of each source, in the order in which sources come first.
func (all Sources) BySource(objects []Object) iter.Seq2[Source, []Object] {
	return grouped(objects, func(o Object) Source { return all.Of(o.Name) })
}

// Generations are those that the objects have now; one that is gone has none.
func (all Sources) Generations(ctx context.Context, objects []Object) (map[string]string, error) {
	now := make(map[string]string, len(objects))
	for src, of := range all.BySource(objects) {
		found, err := src.Generations(ctx, of)
		if err != nil {
			return nil, err
		}
		maps.Copy(now, found)
	}
	return now, nil
}

// Known refuses names that no source reads.
func (all Sources) Known(names []string) error {
	for _, name := range names {
		if all.Of(name) == nil {
			return fmt.Errorf("read %s: %w", name, ErrNoSource)
		}
	}
	return nil
}
