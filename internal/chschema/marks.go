package chschema

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"

	"clickql/internal/chconn"
)

// A mark is a number that the server works out of a table's parts, equal on two
// replicas of it where they hold the same rows, and not changed by merges: of each
// partition the outermost blocks, the last mutation and, where merges keep every
// row, the rows. Blocks are numbered by Keeper, for all replicas alike. What a
// replica knows it still has to fetch or to mutate is part of it, since the parts
// that are there do not tell of one that lacks in the middle; and the table's path
// in Keeper, which tells it from another one that was exchanged for it.
//
// Marks of several tables are joined by XOR, so that any set of tables has one.

// Identity is, in SQL, what tells a server from others. Some builds have no UUID.
const Identity = "concat(hostName(), ':', toString(tcpPort()), ' ', toString(serverUUID()))"

// Marks are the marks of some tables on one server.
type Marks struct {
	// Server tells the server from others.
	Server string
	// Of has each table's mark.
	Of map[Name]uint64
	// Pending is how many parts the server knows to lack, and Progress grows with
	// what it has.
	Pending, Progress uint64
}

// waiting is, in SQL, how much a replica knows that it has still to do but merges.
const waiting = "toUInt64(queue_size - merges_in_queue)"

// marked is the query of what makes up the marks of tables, of which several lines
// may be of one: h is to be joined by XOR.
func marked(shared bool, tables []Name) string {
	condition, last := tablesIn(tables, "table"), "max(greatest(max_block_number, "+mutationOf+"))"
	sql := `SELECT database, table, cityHash64(database, table, partition_id, min(min_block_number), max(max_block_number), max(` + mutationOf + `),
	if(engine IN ('MergeTree', 'ReplicatedMergeTree', 'SharedMergeTree'), sum(rows), 0)) AS h, toUInt64(0) AS pending, toUInt64(greatest(` + last + `, 0)) + 1 AS progress
FROM system.parts WHERE active AND rows > 0 AND ` + condition + ` GROUP BY database, table, partition_id, engine
UNION ALL SELECT database, table, cityHash64(database, table, zookeeper_path, ` + waiting + `), ` + waiting + `, toUInt64(0)
FROM system.replicas WHERE ` + condition
	if shared { // their paths in Keeper are not shown
		sql += "\nUNION ALL SELECT database, name, cityHash64(database, name, uuid), toUInt64(0), toUInt64(0) FROM system.tables WHERE " + tablesIn(tables, "name")
	}
	return sql
}

// tablesIn is the condition that a line is about one of some tables, whose names
// are in a column.
func tablesIn(tables []Name, column string) string {
	seen, databases := map[string]bool{}, []string{}
	names := make([]string, len(tables))
	pairs := make([]string, len(tables))
	for i, t := range tables {
		if !seen[t.Database] {
			seen[t.Database], databases = true, append(databases, chconn.Literal(t.Database))
		}
		names[i] = chconn.Literal(t.Table)
		pairs[i] = "(" + chconn.Literal(t.Database) + ", " + names[i] + ")"
	}
	// The server reads no more than what the first two leave.
	condition := "database IN (" + strings.Join(databases, ", ") + ") AND " + column + " IN (" + strings.Join(names, ", ") + ")"
	if len(databases) > 1 {
		condition += " AND (database, " + column + ") IN (" + strings.Join(pairs, ", ") + ")"
	}
	return condition
}

// ReadMarks asks a server for the marks of tables. Nil without an error tells that
// the account may not see what they are made of; which server it is, is told even so.
func ReadMarks(ctx context.Context, q Querier, tables []*Table) (Marks, error) {
	m := Marks{Of: map[Name]uint64{}}
	names := make([]Name, len(tables))
	for i, t := range tables {
		names[i] = t.Name
		m.Of[t.Name] = 0
	}
	if len(tables) > 0 {
		sql := "SELECT " + Identity + ", database, table, groupBitXor(h), sum(pending), sum(progress) FROM (\n" +
			marked(SharedAmong(tables), names) + "\n) GROUP BY database, table"
		err := q.Each(ctx, sql, nil, func(row func(...any) error) error {
			var of Name
			var mark, pending, progress uint64
			if err := row(&m.Server, &of.Database, &of.Table, &mark, &pending, &progress); err != nil {
				return err
			}
			m.Of[of], m.Pending, m.Progress = mark, m.Pending+pending, m.Progress+progress
			return nil
		})
		if err == nil && m.Server != "" {
			return m, nil
		}
		if err != nil && !Unseen(err) {
			return m, fmt.Errorf("read the tables' marks: %w", err)
		}
		if err != nil {
			m.Of = nil
		}
	}
	err := q.Each(ctx, "SELECT "+Identity, nil, func(row func(...any) error) error { return row(&m.Server) })
	if err != nil {
		return m, fmt.Errorf("ask which server this is: %w", err)
	}
	return m, nil
}

// SharedAmong reports that ClickHouse Cloud's storage keeps some of the tables.
func SharedAmong(tables []*Table) bool {
	return slices.ContainsFunc(tables, func(t *Table) bool { return strings.HasPrefix(t.Engine.Name, "Shared") })
}

// Mark joins the marks of some tables.
func (m Marks) Mark(tables []Name) (mark uint64) {
	for _, t := range tables {
		mark ^= m.Of[t]
	}
	return mark
}

// elsewhere is the message of a statement that another server answers, or this
// one at another state of its data, or of its tables.
const elsewhere = "clickql: this server's data is not of the version that was asked for"

// codeThrown is FUNCTION_THROW_IF_VALUE_IS_NON_ZERO.
const codeThrown = 395

// Elsewhere reports that a guard refused a statement on the server that it came to, or
// that a Witness heard of another table.
func Elsewhere(err error) bool {
	if errors.Is(err, ErrElsewhere) {
		return true
	}
	code, ok := chconn.Code(err)
	if !ok || code != codeThrown {
		return false
	}
	var ex *clickhouse.Exception
	return !errors.As(err, &ex) || strings.Contains(ex.Message, elsewhere)
}

// firstTable finds the first table that a statement reads, with a WHERE or the end of
// its clause behind it.
var firstTable = regexp.MustCompile("FROM (?:`(?:[^`\\\\]|\\\\.)*`|\\w+)\\.(?:`(?:[^`\\\\]|\\\\.)*`|\\w+)(?:(\\sWHERE )|()(?:[\n)]|$))")

// guarded writes a statement that fails where a condition holds on the server that
// it comes to. The condition is a scalar, which is worked out before anything is
// read, in the WHERE of the first table: one of WITH is passed over when nothing
// uses it.
func guarded(sql, condition, from string) string {
	guard := "(SELECT throwIf(" + condition + ", " + chconn.Literal(elsewhere) + ")" + from + ") = 0"
	at := firstTable.FindStringSubmatchIndex(sql)
	switch {
	case at == nil:
		return "SELECT * FROM (\n" + sql + "\n) WHERE " + guard
	case at[2] >= 0:
		return sql[:at[3]] + guard + " AND " + sql[at[3]:]
	}
	return sql[:at[4]] + "\nWHERE " + guard + sql[at[4]:]
}

// GuardMark is the statement bound to a state of some tables: it fails, see
// Elsewhere, on a server that does not have the mark of them all.
func GuardMark(sql string, tables []Name, shared bool, mark uint64) string {
	return guarded(sql, fmt.Sprintf("groupBitXor(h) != %d", mark), " FROM (\n"+marked(shared, tables)+"\n)")
}

// Exact is a table, and no other one that goes, or went, by its name.
type Exact struct {
	Name
	// UUID is noUUID in databases that give tables none.
	UUID string
}

// noUUID is the UUID of tables in databases that give none.
const noUUID = "00000000-0000-0000-0000-000000000000"

// GuardTables is the statement bound to the tables that it reads: it fails, see
// Elsewhere, where one of them has gone, or another one goes by its name. Tables are
// found before conditions are worked out, so that what the statement reads is what was
// there before it was looked at.
func GuardTables(sql string, tables []Exact) string {
	var each []string
	for i, t := range tables {
		if t.UUID != "" && t.UUID != noUUID && !slices.Contains(tables[:i], t) {
			each = append(each, "database = "+chconn.Literal(t.Database)+" AND name = "+chconn.Literal(t.Table)+" AND uuid = "+chconn.Literal(t.UUID))
		}
	}
	if len(each) == 0 {
		return sql
	}
	return guarded(sql, fmt.Sprintf("count() != %d", len(each)), " FROM system.tables WHERE "+strings.Join(each, " OR "))
}

// GuardServer is the statement bound to one server.
func GuardServer(sql, server string) string {
	return guarded(sql, Identity+" != "+chconn.Literal(server), "")
}
