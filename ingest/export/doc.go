// Package export knows the files that are loaded: how sources list them and ClickHouse
// reads them, what their footers say, and how their rows become the tables' rows.
//
// A Feed is the mapping of one kind of export into its table: the leaves that it
// reads, the columns that it computes and the rows that it refuses. A Layout is how
// one file holds the feed's leaves, nested in structs or under dotted names. Files of
// one source and one layout are a Group, which one statement reads; a Reading is the
// SQL of that.
package export
