package ddl

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"clickql/internal/chconn"
	"clickql/internal/chschema"
)

// A host that is new to a cluster, or stands for one that was lost, gets what the others
// have. A replicated table finds its rows in Keeper by its UUID, which CREATE ... ON
// CLUSTER makes anew each time: created so, it would be one of its own beside the
// others, and empty. So it is created as it is elsewhere, under the UUID that it has there.

// partial is what some hosts of a cluster have and others lack.
type partial struct {
	uuids      []string // of the hosts that have it
	replicated bool
	view       bool
	create     string // how one of them was created, with its UUID
}

// allHosts is a table of the database system on all hosts of a cluster.
func (o Options) allHosts(table string) string {
	return "clusterAllReplicas(" + chconn.Literal(o.Cluster) + ", system." + table + ")"
}

// keepOnAllHosts forgets what some host of the cluster lacks, so that it is
// created again: a statement ON CLUSTER passes over the hosts that have it.
func (p *Present) keepOnAllHosts(ctx context.Context, db chschema.DB, o Options) error {
	var hosts, databases uint64
	err := db.Row(ctx, "SELECT (SELECT count() FROM "+o.allHosts("one")+"), (SELECT count() FROM "+o.allHosts("databases")+" WHERE name = {database:String})",
		map[string]any{"database": o.database()}, &hosts, &databases)
	if err != nil {
		return fmt.Errorf("ask every host of cluster %s: %w", o.Cluster, err)
	}
	p.Database, p.partial = databases == hosts, map[string]partial{}
	err = db.Each(ctx, `SELECT name, groupUniqArray(toString(uuid)), toBool(any(engine) LIKE 'Replicated%'), toBool(any(engine) = 'MaterializedView'), any(create_table_query)
FROM `+o.allHosts("tables")+` WHERE database = {database:String} GROUP BY name HAVING count() < {hosts:UInt64}
SETTINGS show_table_uuid_in_table_create_query_if_not_nil = 1`,
		map[string]any{"database": o.database(), "hosts": hosts}, func(row func(...any) error) error {
			var name string
			var some partial
			err := row(&name, &some.uuids, &some.replicated, &some.view, &some.create)
			p.partial[name] = some
			delete(p.Tables, name)
			return err
		})
	if err != nil {
		return fmt.Errorf("ask every host of cluster %s: %w", o.Cluster, err)
	}
	return nil
}

// partlyThere is what some hosts have of what the statement creates; ok is false where
// all of them or none do. A database may be named as a table is, and rows are those of one.
func (p *Present) partlyThere(s Statement, o Options) (some partial, ok bool) {
	some, ok = p.partial[s.Name(o.database())]
	return some, ok && s.Kind != "database" && s.Kind != "rows"
}

// joined is the statement that creates on the hosts which lack it a table that others
// have, as theirs: under their UUID, where its place in Keeper is told by that, as it is
// in the server's default.
func (p partial) joined(o Options, s Statement) (Statement, error) {
	before, rest, found := strings.Cut(p.create, " UUID '")
	id, after, ended := strings.Cut(rest, "'")
	switch byID := strings.Contains(after, "{uuid}"); {
	case !found || !ended:
		return s, fmt.Errorf("create %s %s where it is missing: the server does not tell its UUID in %q", s.Kind, s.Object, p.create)
	case byID && len(p.uuids) > 1:
		return s, fmt.Errorf("create %s %s where it is missing: the hosts that have it know it by %d UUIDs, so that it cannot be told which to join; "+
			"create it there as SHOW CREATE TABLE tells it on another replica of the same shard, with that one's UUID", s.Kind, s.Object, len(p.uuids))
	case byID:
		before += " UUID " + chconn.Literal(id)
	}
	create := "CREATE " + strings.ToUpper(s.Kind) + " "
	s.SQL = strings.Replace(before, create, create+"IF NOT EXISTS ", 1) + o.onCluster() + after
	return s, nil
}

// joining are the statements that create, on the hosts which lack them, replicated tables
// that the schema does not have, such as the ledger of loads, and the views into them.
func (p *Present) joining(o Options, schema []Statement) (list []Statement, err error) {
	var views []Statement
	for _, name := range slices.Sorted(maps.Keys(p.partial)) {
		some, s := p.partial[name], Statement{Kind: "table", Object: o.database() + "." + name}
		if !some.replicated && !some.view || slices.ContainsFunc(schema, func(of Statement) bool { return of.Object == s.Object }) {
			continue
		}
		to := &list
		if some.view {
			s.Kind, to = "materialized view", &views
		}
		if s, err = some.joined(o, s); err != nil {
			return nil, err
		}
		*to = append(*to, s)
	}
	return append(list, views...), nil
}

// disjoint is an error where a table is replicated on the cluster's hosts and these do not
// share its rows: each shard has one such table, and all of them one of those that are
// the same everywhere.
func disjoint(ctx context.Context, db chschema.DB, o Options, shards uint64) error {
	var found []string
	err := db.Each(ctx, `SELECT table, arrayStringConcat(arraySort(groupUniqArray(replica_name)), ', ') FROM `+o.allHosts("replicas")+`
WHERE database = {database:String} GROUP BY table HAVING uniqExact(zookeeper_path) > if(table IN {everywhere:Array(String)}, 1, {shards:UInt64}) ORDER BY table`,
		map[string]any{"database": o.database(), "shards": shards, "everywhere": everywhere(o)}, func(row func(...any) error) error {
			var name, replicas string
			err := row(&name, &replicas)
			found = append(found, name+" of "+replicas)
			return err
		})
	switch {
	case err != nil:
		return fmt.Errorf("ask every host of cluster %s for its replicas: %w", o.Cluster, err)
	case len(found) > 0:
		return fmt.Errorf("database %s: hosts of cluster %s have replicated tables that share no rows, each its own: %s, and %d more tables; "+
			"run DROP DATABASE %s SYNC on the host that is to fetch what another one has, and apply again", o.database(), o.Cluster, found[0], len(found)-1, chconn.Ident(o.database()))
	}
	return nil
}

// everywhere are the tables that all shards have as one.
func everywhere(o Options) (names []string) {
	for _, t := range Tables() {
		if o.sharded && t.everywhere() {
			names = append(names, t.Name)
		}
	}
	return names
}

// codeReplicaExists is ClickHouse's REPLICA_ALREADY_EXISTS.
const codeReplicaExists = 253

// failed is the error of a statement that creates something.
func (s Statement) failed(err error) error {
	err = fmt.Errorf("create %s %s: %w", s.Kind, s.Object, err)
	if code, _ := chconn.Code(err); code == codeReplicaExists {
		err = fmt.Errorf("%w; a host that was lost is still registered: run SYSTEM DROP REPLICA with its replica's name on another one of its shard, and apply again", err)
	}
	return err
}
