// Package fetch runs what the planner plans: it collects the requests of one
// GraphQL operation into batches, merges them into few queries, runs each query
// once however many operations wait for it, and keeps results in memory, bounded
// in bytes, under the version of the data that they were computed from.
package fetch
