package chconn

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// progressKey is the key of a context's follower of progress.
type progressKey struct{}

// WithProgress gives a context whose queries tell what they read, a message at a
// time, to a follower. It is used in place of the driver's, which has room for one
// follower only. Over HTTP nothing is told.
func WithProgress(ctx context.Context, follow func(*clickhouse.Progress)) context.Context {
	return context.WithValue(ctx, progressKey{}, follow)
}

// proof watches one statement, to tell whether its answer is whole.
type proof struct {
	account *account
	began   time.Time
	rows    uint64 // read
	total   uint64 // that the server meant to read
	bytes   uint64
}

// watch gives the context of a statement and what tells, when it has ended,
// whether its answer is whole; nil where no limit bears on it.
func (a *account) watch(ctx context.Context) (context.Context, *proof) {
	follow, _ := ctx.Value(progressKey{}).(func(*clickhouse.Progress))
	if len(a.bounds) == 0 {
		if follow == nil {
			return ctx, nil
		}
		return clickhouse.Context(ctx, clickhouse.WithProgress(follow)), nil
	}
	p := &proof{account: a, began: time.Now()}
	return clickhouse.Context(ctx, clickhouse.WithProgress(func(m *clickhouse.Progress) {
		p.rows, p.total, p.bytes = p.rows+m.Rows, p.total+m.TotalRows, p.bytes+m.Bytes
		if follow != nil {
			follow(m)
		}
	})), p
}

// whole is nil where the statement, which has ended, has met no limit that ends
// it without an error. A limit on rows is held against what the server expected to
// read too: it gives up at once where that is more.
func (p *proof) whole() error {
	if p == nil {
		return nil
	}
	return p.account.check(max(p.rows, p.total), p.bytes, time.Since(p.began))
}

// ending judges how a statement ended.
type ending struct {
	quota *quota
	key   string // of the quota
	proof *proof
}

// judge is the failure of a statement, remembered where the quota is spent; of one that
// ended without, why its answer may not be whole.
func (e ending) judge(err error) error {
	if err != nil {
		return e.quota.noted(e.key, err, time.Now())
	}
	return e.proof.whole()
}

// judgedRows are rows whose end tells whether they are all. Bounds of a quota on what is
// read are met on the way.
type judgedRows struct {
	driver.Rows
	ending
	err error
}

// Next is false at the end, and Err then tells whether rows are missing.
func (r *judgedRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	if r.err == nil {
		r.err = r.judge(r.Rows.Err())
	}
	return false
}

// Err is why there are no more rows.
func (r *judgedRows) Err() error {
	if err := r.Rows.Err(); err != nil && r.err == nil {
		r.err = r.judge(err)
	}
	return r.err
}

// judgedRow is a row that is not given where it may be wrong.
type judgedRow struct {
	driver.Row
	ending
}

// Scan reads the row.
func (r judgedRow) Scan(dest ...any) error { return r.judge(r.Row.Scan(dest...)) }

// folded writes a statement whose result is one row: for each column an array of
// which values are NULL, then for each an array of the values. Arrays leave NULL
// out, and the rows' order is that of the statement.
func folded(query string) string {
	return "SELECT * APPLY(x -> groupArray(isNull(x))), * APPLY(x -> groupArray(assumeNotNull(x)))\nFROM (\n" + query + "\n)"
}

// folds reports that a statement can be folded: it gives rows of a table.
func folds(query string) bool {
	begin := strings.ToUpper(strings.TrimLeft(query, " \t\n("))
	return strings.HasPrefix(begin, "SELECT") || strings.HasPrefix(begin, "WITH")
}

// foldedRows are the rows that one row of arrays holds.
type foldedRows struct {
	driver.Rows
	nulls  [][]bool        // of each column
	values []reflect.Value // slices, of the types of the first Scan's destinations
	at     int             // the row, from 1; 0 before the first
	err    error
}

// Next reads the one row with the first call.
func (r *foldedRows) Next() bool {
	if r.nulls == nil && r.err == nil {
		r.err = r.read()
	}
	if r.err != nil || len(r.nulls) == 0 || r.at >= len(r.nulls[0]) {
		_ = r.Rows.Next() // takes in how the statement ended
		return false
	}
	r.at++
	return true
}

// read takes the arrays of NULLs; those of values wait for their types.
func (r *foldedRows) read() error {
	r.nulls = [][]bool{}
	if !r.Rows.Next() {
		return r.Rows.Err()
	}
	columns := len(r.Rows.Columns()) / 2
	flags := make([][]uint8, columns)
	dest := make([]any, 2*columns)
	for i := range columns {
		dest[i], dest[columns+i] = &flags[i], new(any)
	}
	if err := r.Rows.Scan(dest...); err != nil {
		return fmt.Errorf("read rows as arrays: %w", err)
	}
	for _, column := range flags {
		isNull := make([]bool, len(column))
		for i, flag := range column {
			isNull[i] = flag != 0
		}
		r.nulls = append(r.nulls, isNull)
	}
	return nil
}

// Scan reads the row into pointers; of a column that may be NULL, into pointers
// to pointers.
func (r *foldedRows) Scan(dest ...any) error {
	if len(dest) != len(r.nulls) {
		return fmt.Errorf("read rows as arrays: %d destinations for %d columns", len(dest), len(r.nulls))
	}
	if r.values == nil {
		if err := r.take(dest); err != nil {
			return err
		}
	}
	for i, d := range dest {
		to, null := reflect.ValueOf(d).Elem(), r.nulls[i][r.at-1]
		if null {
			to.SetZero()
			continue
		}
		value := r.values[i].Index(r.at - 1) // assumeNotNull gives NULLs a value too
		if to.Kind() == reflect.Pointer && value.Kind() != reflect.Pointer {
			held := reflect.New(value.Type())
			held.Elem().Set(value)
			value = held
		}
		to.Set(value)
	}
	return nil
}

// take reads the arrays of values as slices of what the destinations hold.
func (r *foldedRows) take(dest []any) error {
	columns := len(r.nulls)
	all := make([]any, 2*columns)
	r.values = make([]reflect.Value, columns)
	for i, d := range dest {
		held := reflect.TypeOf(d).Elem()
		if held.Kind() == reflect.Pointer {
			held = held.Elem()
		}
		slice := reflect.New(reflect.SliceOf(held))
		all[i], all[columns+i] = new(any), slice.Interface()
		r.values[i] = slice.Elem()
	}
	if err := r.Rows.Scan(all...); err != nil {
		return fmt.Errorf("read rows as arrays: %w", err)
	}
	return nil
}

// Err is why there are no more rows.
func (r *foldedRows) Err() error { return errors.Join(r.Rows.Err(), r.err) }

// Columns are the names of the statement's columns.
func (r *foldedRows) Columns() []string {
	all := r.Rows.Columns()
	names := make([]string, 0, len(all)/2)
	for _, name := range all[len(all)/2:] {
		name = strings.TrimSuffix(strings.TrimPrefix(name, "groupArray(assumeNotNull("), "))")
		names = append(names, name)
	}
	return names
}

// ScanStruct is not to be had: columns are arrays.
func (*foldedRows) ScanStruct(any) error {
	return errors.New("read rows as arrays: into fields of a struct is not possible")
}
