// Package query decides how a question about downloads is answered: which table
// covers it at the least cost, which questions share one scan, what SQL runs
// with which parameters, and what the rows mean.
//
// It is pure. [Plan] takes an immutable [catalog.Snapshot] and requests, and
// returns queries; no context, clock, driver or lock is involved, and ties are
// broken explicitly, so equal inputs give equal plans.
//
// A table can answer a request when (see eligible.go)
//
//  1. every dimension that is split by or filtered on is in the grouping key as
//     the engine sees it,
//  2. its grain expresses the interval and both edges of the range,
//  3. it holds every download of the range.
//
// Among those the one that reads least wins (cost.go). Requests that differ only
// in which project, or which value of a filtered dimension, they ask about share
// one query, grouped by what differs (merge.go).
package query
