// Package shards finds the databases that a command works on: the one that it is
// given, or, where the downloads there are a Distributed table, that of each shard, on
// one of its replicas.
//
// It reaches a shard by the hosts of the DSN alone, which each say what they are of
// the cluster: servers may know one another by other names than this machine does, and
// a password goes nowhere but where it is sent to.
package shards
