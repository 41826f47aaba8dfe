// Package clustertest holds tests against a real cluster: servers that are replicas
// of one another, which the embedded ClickHouse cannot be. They are built with the tag
// cluster for one shard, or shards for several, and take what they need from the
// environment:
//
//	CLUSTER          a DSN that names every host, in the order of the cluster's
//	                 shards and replicas, with an account that may do everything
//	CLUSTER_NAME     the cluster's name in the servers' configuration; all by default
//	CLUSTER_CONTROL  a command that takes `kill N`, `pause N`, `resume N`, `start N`
//	                 (N is a host's place, from 1), `zk kill` and `zk start`; only for
//	                 the tests with the tag clustercontrol, which kill and pause
//	                 hosts while they load
//	CLUSTER_FAULTS   in how many loads, and backfills, they do that; 2 by default
//	CLUSTER_SEED     what they choose by; 1 by default
//
// make test-cluster and make test-shards run them; docs/CLUSTER.md says how to start a cluster for it.
package clustertest
