// Package publish makes public what is staged, and brings to an end what others left
// half published.
//
// A Writer is a command that holds the lock; AsWriter makes one, after recovery. A
// Passage is one batch on its way through the ledger's states. Partitions are moved
// and judged by totals, whole tables are exchanged and judged by UUIDs: judge.go has
// the decisions, the documentation of ingest the argument.
package publish
