// Package stage fills private databases: copies of every table that a batch goes into,
// of which nothing is public.
//
// The private database of a batch is its claim: CREATE DATABASE succeeds for exactly
// one of those who try. Its name holds the batch, the epoch of the writer that may use
// it, and the number of the attempt. A helper gives signs of life in a table of it.
// Backfills and shadows have databases that outlive commands, see Lasting.
package stage
