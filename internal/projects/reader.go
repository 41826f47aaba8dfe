package projects

import (
	"context"
	"fmt"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/catalog"
	"clickql/internal/fault"
	"clickql/internal/fetch"
	"clickql/internal/pypi"
	"clickql/internal/query"
)

// Reader reads about projects within one operation. What is asked for one by one
// and was announced before (the methods that begin with Prefetch) is asked in one
// query.
type Reader struct{ op *fetch.Operation }

// In reads within the operation.
func In(op *fetch.Operation) Reader { return Reader{op} }

// metadataTable holds a row for each uploaded distribution file.
const metadataTable = "projects"

// onMetadata writes a statement on the table of metadata, which must have the
// columns. Errors are *fault.Error with Uncovered.
func onMetadata(snap *catalog.Snapshot, columns ...string) (*query.Writer, error) {
	if !snap.Metadata {
		return nil, &fault.Error{Code: fault.Uncovered, Message: fmt.Sprintf("this database has no table %s, which tells about releases", metadataTable)}
	}
	for _, c := range columns {
		if snap.MetadataColumns[c] == "" {
			return nil, &fault.Error{Code: fault.Uncovered, Message: fmt.Sprintf("the table %s of this database has no column %s", metadataTable, c)}
		}
	}
	return query.On(&catalog.Table{Database: snap.Database, Name: metadataTable, Rows: snap.MetadataRows}), nil
}

// rowsOfName is about how many rows are read for a name where the table is sorted by
// it: a granule.
const rowsOfName = 8192

// RowsFor is about how many rows are read to look so many projects up by name.
func RowsFor(snap *catalog.Snapshot, names int) uint64 {
	if snap.Spellings == nil {
		return snap.MetadataRows
	}
	return min(snap.MetadataRows, rowsOfName*uint64(names))
}

// onProjects is onMetadata of some projects by normalised name: through the
// table's sorting key, which is the name as it is written, where that is known.
func onProjects(snap *catalog.Snapshot, names []string, columns ...string) (*query.Writer, error) {
	w, err := onMetadata(snap, columns...)
	if err != nil {
		return nil, err
	}
	column := pypi.FoldedSQL("name")
	if snap.Spellings != nil {
		column, names = "name", slices.Clone(names)
		for _, name := range names {
			names = append(names, snap.Spellings[name]...)
		}
	}
	w.Table.Rows = RowsFor(snap, len(names))
	w.Where(column + " IN " + w.Param(names))
	return w, nil
}

// textOf is the SQL of a column of texts; the empty text where there is none.
func textOf(snap *catalog.Snapshot, column string) string {
	if snap.MetadataColumns[column] == "" {
		return "''"
	}
	return "ifNull(toString(" + catalog.Ident(column) + "), '')"
}

// listOf looks up a list that is asked for by itself, of which each row is an element.
func listOf[L interface {
	~[]E
	fetch.Sized
}, E any](ctx context.Context, r Reader, prefix, key string, ask func(*catalog.Snapshot) (*query.Query, error), scan func(driver.Rows) (E, error)) (L, error) {
	return fetch.Lookup[L]{
		Prefix: prefix,
		Ask:    func(snap *catalog.Snapshot, _ []string) (*query.Query, error) { return ask(snap) },
		Scan: func(rows driver.Rows, into map[string]L) error {
			one, err := scan(rows)
			into[key] = append(into[key], one)
			return err
		},
	}.Load(ctx, r.op, key)
}

// keyOf writes arguments as a key: equal only for equal ones.
func keyOf(args ...any) string {
	key := ""
	for _, a := range args {
		key += fmt.Sprintf("%#v,", a)
	}
	return key
}

// Names are names of projects. Read only.
type Names []string

// Bytes is about what they occupy.
func (ns Names) Bytes() (n int64) {
	for _, name := range ns {
		n += int64(16 + len(name))
	}
	return n
}
