// Package oracle answers questions about downloads by counting single downloads
// one by one, and makes questions up: what the gateway answers, from whatever
// table, must be the same. It shares nothing with the planner: not its ranges,
// not its conditions, not its buckets. Only tests import it.
package oracle

import (
	"slices"
	"strings"
	"testing"
	"time"

	"clickql/internal/chconn"
	"clickql/internal/chschema"
	"clickql/internal/cube"
)

// Row is one download as the raw table holds it.
type Row struct {
	// Day is midnight UTC.
	Day    time.Time
	values []string // in the order of cube.Dimensions
}

// Of is the download's value of a dimension.
func (r *Row) Of(d cube.Dimension) string { return r.values[place(d)] }

// place is where a dimension's value stands.
func place(d cube.Dimension) int {
	if i := slices.Index(cube.Dimensions, d); i >= 0 {
		return i
	}
	panic("oracle: no dimension " + string(d))
}

// Data is every download of a raw table.
type Data struct {
	// Rows are the downloads.
	Rows []*Row
	// First and Last are the days of the first and the last download.
	First, Last time.Time
	// Dimensions are those that the raw table has a column for; Missing the
	// others, about which nothing can be known.
	Dimensions, Missing []cube.Dimension
	// Unsettled are days that are known not to be loaded wholly; so are days of First
	// to Last without any download, as far as that can be told (BlindToGaps).
	Unsettled []time.Time
	// BlindToGaps: which days have nothing at all cannot be told.
	BlindToGaps bool
	// Projects are the names that occur.
	Projects []string
	// Days are days that questions should often begin or end with, because
	// something changes there.
	Days []time.Time

	loaded map[int64]bool // the days with a download, once somebody asked
}

// Read reads the raw table, given as SQL names it. It must not be empty.
func Read(t testing.TB, conn *chconn.Conn, table string) *Data {
	t.Helper()
	d := &Data{}
	columns, known := d.columns(t, conn, table), map[string]string{}
	each(t, conn, "SELECT date, "+strings.Join(columns, ", ")+" FROM "+table, func(row func(...any) error) error { return d.take(row, known) })
	if len(d.Rows) == 0 {
		t.Fatalf("%s is empty", table)
	}
	d.Days = []time.Time{d.First, d.Last}
	return d
}

// each hands over the rows of a query.
func each(t testing.TB, conn *chconn.Conn, query string, take func(row func(...any) error) error) {
	t.Helper()
	if err := (chschema.DB{Conn: conn}).Each(t.Context(), query, nil, take); err != nil {
		t.Fatal(err)
	}
}

// columns are the SQL of each dimension's value.
func (d *Data) columns(t testing.TB, conn *chconn.Conn, table string) (list []string) {
	t.Helper()
	has := map[string]bool{}
	each(t, conn, "SELECT name FROM system.columns WHERE (database, table) = (SELECT database, name FROM system.tables WHERE database = currentDatabase() AND name = trim(BOTH '`' FROM '"+table+"'))",
		func(row func(...any) error) error {
			var name string
			err := row(&name)
			has[name] = true
			return err
		})
	for _, dim := range cube.Dimensions {
		switch name := dim.Column(); {
		case !has[name]:
			d.Missing = append(d.Missing, dim)
			list = append(list, "'"+unknown+"'")
			continue
		case dim == cube.Libc:
			list = append(list, "if(libc.lib = '', '', concat(libc.lib, ' ', libc.version))")
		default:
			list = append(list, "toString("+name+")")
		}
		d.Dimensions = append(d.Dimensions, dim)
	}
	return list
}

// take reads one row. Equal values share their memory.
func (d *Data) take(row func(...any) error, known map[string]string) error {
	r := &Row{values: make([]string, len(cube.Dimensions))}
	dest := []any{&r.Day}
	for i := range r.values {
		dest = append(dest, &r.values[i])
	}
	if err := row(dest...); err != nil {
		return err
	}
	r.Day = r.Day.UTC()
	for i, v := range r.values {
		if _, ok := known[v]; !ok {
			known[v] = v
		}
		r.values[i] = known[v]
	}
	if name := r.Of(cube.Project); known["\x00"+name] == "" {
		known["\x00"+name] = name
		d.Projects = append(d.Projects, name)
	}
	if len(d.Rows) == 0 || r.Day.Before(d.First) {
		d.First = r.Day
	}
	if r.Day.After(d.Last) {
		d.Last = r.Day
	}
	d.Rows = append(d.Rows, r)
	return nil
}

// All are all downloads of all time.
func (d *Data) All() Slice { return Slice{Rows: d.Rows, all: d.Rows, AllTime: true} }

// Forget makes the dimensions of downloads up to a day, itself included, what
// nobody knows: what is said of them is wrong, whatever it is.
func (d *Data) Forget(dims []cube.Dimension, until time.Time) {
	for _, r := range d.Rows {
		if r.Day.After(until) {
			continue
		}
		for _, dim := range dims {
			r.values[place(dim)] = unknown
		}
	}
}

// unknown stands for a value that the raw table does not tell.
const unknown = "nobody knows"
