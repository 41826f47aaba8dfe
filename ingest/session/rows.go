package session

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/chconn"
	"clickql/internal/cube"
)

// Each calls scan for every row of a query.
func (s *Session) Each(ctx context.Context, st Statement, scan func(driver.Rows) error) (err error) {
	ctx, end, err := s.begin(ctx, st)
	if err != nil {
		return err
	}
	defer end()
	defer func(began time.Time) { s.conn.Ended(ctx, st.SQL, began, err) }(time.Now())
	rows, err := s.conn.Query(ctx, st.SQL)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := scan(rows); err != nil {
			_ = rows.Close() // the scan's error is the cause
			return err
		}
	}
	if err := rows.Close(); err != nil {
		return err
	}
	return rows.Err()
}

// Row scans the only row of a query.
func (s *Session) Row(ctx context.Context, st Statement, dest ...any) (err error) {
	ctx, end, err := s.begin(ctx, st)
	if err != nil {
		return err
	}
	defer end()
	defer func(began time.Time) { s.conn.Ended(ctx, st.SQL, began, err) }(time.Now())
	return s.conn.QueryRow(ctx, st.SQL).Scan(dest...)
}

// Count reads the number of rows of a table, or of what else stands after FROM.
func (s *Session) Count(ctx context.Context, from string) (n uint64, err error) {
	return n, s.Row(ctx, SQL("SELECT count() FROM "+from), &n)
}

// Sum is an aggregate over a table, or over some of its rows.
type Sum struct {
	Expr string // gives a whole number
	From string // what stands after FROM
}

// GroupSum is a Sum over the rows of one group.
type GroupSum struct {
	Group string
	Sum   int64
}

// sumsChunk bounds the sums that one statement computes, and sumsBeside how many such
// run at a time: the server plans each in one thread, which is most of what they take
// over small tables.
const sumsChunk, sumsBeside = 25, 2

// Sums computes sums, some together in one statement: for small tables a round trip
// is most of what each alone would cost.
func (s *Session) Sums(ctx context.Context, of []Sum) ([]int64, error) {
	all, err := s.sums(ctx, of, "")
	sums := make([]int64, len(of))
	for i, one := range all {
		for _, p := range one {
			sums[i] = p.Sum
		}
	}
	return sums, err
}

// SumsBy is Sums for each value of a column, in their order.
func (s *Session) SumsBy(ctx context.Context, of []Sum, column string) ([][]GroupSum, error) {
	return s.sums(ctx, of, column)
}

// sums computes sums by a column; an empty one makes one group of all.
func (s *Session) sums(ctx context.Context, of []Sum, by string) ([][]GroupSum, error) {
	all := make([][]GroupSum, len(of))
	group, order := "''", ""
	if by != "" {
		group, order = by, " GROUP BY "+by+" ORDER BY "+by
	}
	type line struct {
		query uint32
		GroupSum
	}
	return all, SideBySide(ctx, sumsBeside, slices.Collect(slices.Chunk(of, sumsChunk)), func(ctx context.Context, n int, chunk []Sum) error {
		parts := make([]string, len(chunk))
		for i, q := range chunk {
			parts[i] = fmt.Sprintf("(SELECT toUInt32(%d) AS query, toString(%s) AS grouped, toInt64(%s) AS sum FROM %s%s)", n*sumsChunk+i, group, q.Expr, q.From, order)
		}
		lines, err := Scan(ctx, s, SQL(strings.Join(parts, "\nUNION ALL ")), func(l *line) []any { return []any{&l.query, &l.Group, &l.Sum} })
		for _, l := range lines {
			all[l.query] = append(all[l.query], l.GroupSum) // each sum is of one statement
		}
		return err
	})
}

// Texts reads a query's only column, of texts.
func (s *Session) Texts(ctx context.Context, st Statement) ([]string, error) {
	return Scan(ctx, s, st, func(text *string) []any { return []any{text} })
}

// Scan reads a query's rows; into says where the columns of one go.
func Scan[T any](ctx context.Context, s *Session, st Statement, into func(*T) []any) (all []T, err error) {
	err = s.Each(ctx, st, func(rows driver.Rows) error {
		var one T
		err := rows.Scan(into(&one)...)
		all = append(all, one)
		return err
	})
	return all, err
}

// Structs reads a query's rows by the names of their columns.
func Structs[T any](ctx context.Context, s *Session, st Statement) (all []T, err error) {
	err = s.Each(ctx, st, func(rows driver.Rows) error {
		var one T
		err := rows.ScanStruct(&one)
		all = append(all, one)
		return err
	})
	return all, err
}

// Insert writes lines in one block, so all of them or none. The note is what a
// hook sees of them.
func Insert[T any](ctx context.Context, s *Session, table, note string, lines []T) (err error) {
	if len(lines) == 0 {
		return nil
	}
	into := "INSERT INTO " + Name(s.Database, table)
	st := SQL(into + " /* " + note + " */")
	st.Settings = map[string]any{}
	s.quorate(st.Settings)
	ctx, end, err := s.begin(ctx, st)
	if err != nil {
		return err
	}
	defer end()
	defer func(began time.Time) { s.conn.Ended(ctx, st.SQL, began, err) }(time.Now())
	block, err := s.conn.PrepareBatch(ctx, into)
	if err != nil {
		return err
	}
	for i := range lines {
		if err := block.AppendStruct(&lines[i]); err != nil {
			_ = block.Abort() // the line's error is the cause
			return err
		}
	}
	return block.Send()
}

// Name qualifies and quotes a table of a database.
func Name(database, table string) string { return chconn.Ident(database) + "." + chconn.Ident(table) }

// ReadDays reads numbers by day: a query's two columns, of which several rows may
// be of one day.
func ReadDays(ctx context.Context, s *Session, st Statement) (map[cube.Day]int64, error) {
	type line struct {
		day time.Time
		n   int64
	}
	lines, err := Scan(ctx, s, st, func(l *line) []any { return []any{&l.day, &l.n} })
	days := make(map[cube.Day]int64, len(lines))
	for _, l := range lines {
		days[cube.DayOf(l.day)] += l.n
	}
	return days, err
}
