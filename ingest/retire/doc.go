// Package retire drops the raw rows of old days. What the aggregates have counted of
// them stays, and the ledger says which rows went, by day: so that what was dropped on
// purpose is told from what was lost.
//
// Whole partitions go, each by one statement, after every aggregate that can be
// compared has been found to hold what they hold. A batch of the ledger lists them with
// their rows; a command that was killed is brought to its end by the next one, which
// drops the partitions that still have these rows. One that has others by then stops it.
package retire
