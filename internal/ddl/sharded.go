package ddl

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"clickql/internal/chconn"
)

// Over several shards there are two databases. What each shard holds is in one whose
// name ends in _shard, with all tables and views under their names: replicas of it
// are loaded into and checked like any database. In front of it, under the name that
// is asked, Distributed tables lead to all shards.

// shardSuffix ends the name of the database of a shard's own rows.
const shardSuffix = "_shard"

// ShardDatabase is the database in which each shard of a cluster keeps its rows of
// another one.
func ShardDatabase(database string) string { return database + shardSuffix }

// applySharded is Apply over several shards.
func applySharded(ctx context.Context, conn *chconn.Conn, o Options, shards uint64) ([]string, error) {
	local := Options{Database: ShardDatabase(o.database()), Cluster: o.Cluster, sharded: true}
	created, err := create(ctx, conn, local, shards, shardStatements)
	if err != nil {
		return created, err
	}
	front, err := create(ctx, conn, o, shards, func(o Options, _ func(string) bool) []Statement { return frontStatements(o) })
	return append(created, front...), err
}

// shardStatements create what each shard holds: everything but dictionaries, which
// would know of one shard alone.
func shardStatements(o Options, has func(column string) bool) []Statement {
	return slices.DeleteFunc(statements(o, has), func(s Statement) bool { return s.Kind == "dictionary" })
}

// frontStatements create what leads to all shards, and what all hosts have alike.
func frontStatements(o Options) []Statement {
	db, shard := o.database(), ShardDatabase(o.database())
	list := []Statement{{Kind: "database", Object: db, SQL: createDatabase(o)}}
	for _, t := range Tables() {
		sql := fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s%s AS %s\nENGINE = Distributed(%s, %s, %s, %s)", qualified(db, t.Name), o.onCluster(), qualified(shard, t.Name),
			chconn.Literal(o.Cluster), chconn.Literal(shard), chconn.Literal(t.Name), t.shardingKey())
		if t.everywhere() {
			sql = fmt.Sprintf("CREATE VIEW IF NOT EXISTS %s%s AS SELECT * FROM %s", qualified(db, t.Name), o.onCluster(), qualified(shard, t.Name))
		}
		list = append(list, Statement{Kind: "table", Object: db + "." + t.Name, SQL: sql})
	}
	for _, d := range Dictionaries() {
		list = append(list, Statement{Kind: "dictionary", Object: db + "." + d.Name, SQL: d.create(o)})
	}
	return list
}

// shardingKey is where a row goes that is inserted through the Distributed table: a
// project's rows to one shard. What is loaded into shards by themselves need not
// follow it, and nothing relies on it.
func (t Table) shardingKey() string {
	for _, column := range []string{"project", "name"} {
		if slices.Contains(t.ColumnNames(), column) {
			return "cityHash64(" + column + ")"
		}
	}
	return "rand()"
}

// everywhere reports that all shards have all rows of the table.
func (t Table) everywhere() bool { return t.Name == "countries" }

// replicatedEverywhere is the engine of a table that all hosts of all shards keep as
// one.
func (t Table) replicatedEverywhere() string {
	kind, rest, has := strings.Cut(t.Engine, "(")
	if has {
		rest = ", " + rest
	} else {
		rest = ")"
	}
	return "Replicated" + kind + "('/clickhouse/tables/{uuid}/everywhere', '{shard}_{replica}'" + rest
}
