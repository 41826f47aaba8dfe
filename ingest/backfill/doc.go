// Package backfill computes an aggregate from history while loads and inserts go on:
//
//	nothing -> arrivals and their view, snapshot -> ready -> ranges -> published
//
// A private view collects what arrives, hard links keep what the source held when
// that began, each range of days is computed into a table that gets its final name
// when it is complete, and arrivals and ranges are put together and swapped in. All
// of it is in a database that outlives the command, which carries on.
package backfill
