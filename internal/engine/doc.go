// Package engine is the embedded ClickHouse: the whole server, out of a shared
// library, in a child process that all commands on one data directory share.
package engine
