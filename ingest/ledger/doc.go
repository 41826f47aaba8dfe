// Package ledger keeps what ingest has done: tables that only grow, in the database
// that they speak of. It also holds the writer's lock and everybody's signs of life.
//
// A batch's state is the greatest of its lines, so that the order of lines, and
// every clock, is without meaning. The lock is a table whose name ends in an epoch;
// epochs only grow (the documentation of ingest has the argument). There is one sign
// of life, a Pulse: a number in a table, which grows; and one rule of liveness, a
// Sighting: who gives none for a lease on the watcher's own monotonic clock has
// lapsed. The lock and the claims of helpers are both judged by it.
package ledger
