package ddl

import (
	"context"
	"fmt"

	"clickql/internal/chconn"
)

// checkCluster finds out whether the tables can be on the cluster: it must be
// known, and one shard of replicas. Over several shards each host would answer
// with its own part of the downloads, and none with all of them.
func checkCluster(ctx context.Context, conn *chconn.Conn, cluster string) error {
	ctx, err := chconn.WithParameters(ctx, map[string]any{"cluster": cluster})
	if err != nil {
		return err
	}
	var shards uint64
	var known []string
	err = conn.QueryRow(ctx, `SELECT uniqExactIf(shard_num, cluster = {cluster:String}), arraySort(groupUniqArray(cluster)) FROM system.clusters`).
		Scan(&shards, &known)
	switch {
	case err != nil:
		return fmt.Errorf("look for cluster %s: %w", cluster, err)
	case shards == 0:
		return fmt.Errorf("look for cluster %s: the server knows no such cluster, only %q; name one of them", cluster, known)
	case shards > 1:
		return fmt.Errorf("create tables on cluster %s: it has %d shards, and the tables must be whole on every host; name a cluster of one shard with replicas", cluster, shards)
	}
	return nil
}

// keepOnAllHosts forgets what some host of the cluster lacks, so that it is
// created again: a statement ON CLUSTER passes over the hosts that have it.
func (a *actual) keepOnAllHosts(ctx context.Context, conn *chconn.Conn, cluster string) error {
	all := func(table string) string {
		return "clusterAllReplicas(" + chconn.Literal(cluster) + ", system." + table + ")"
	}
	var hosts, databases uint64
	err := conn.QueryRow(ctx, "SELECT (SELECT count() FROM "+all("one")+"), (SELECT count() FROM "+all("databases")+" WHERE name = {database:String})").
		Scan(&hosts, &databases)
	if err != nil {
		return fmt.Errorf("ask every host of cluster %s: %w", cluster, err)
	}
	a.exists = databases == hosts
	rows, err := conn.Query(ctx, "SELECT name, count() FROM "+all("tables")+" WHERE database = {database:String} GROUP BY name")
	if err != nil {
		return fmt.Errorf("ask every host of cluster %s: %w", cluster, err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var n uint64
		if err := rows.Scan(&name, &n); err != nil {
			return err
		}
		if n < hosts {
			delete(a.tables, name)
		}
	}
	return rows.Err()
}
