// Package repair rebuilds days from the source, in the raw table and in every table that
// views fill from it, and puts each table's successor in its place in one step. It
// refuses what would lose downloads.
package repair
