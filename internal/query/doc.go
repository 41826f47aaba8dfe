// Package query decides how questions about downloads are answered: which table
// covers each at the least cost, which share one scan, what SQL runs with which
// parameters, and what the rows mean.
//
// It is pure. [NewPlan] takes an immutable [catalog.Snapshot] and requests, and
// returns queries; no context, clock, driver or lock is involved, and ties are
// broken explicitly, so that equal inputs give equal plans.
//
// # The ladder, from request to statement
//
//	request    one question about one slice (cube.Request). A split may say what
//	           will be asked of each of its values: whether one query answers these
//	           levels too is settled first (nest.go)
//	need       what a request asks of a table, the days that have data considered:
//	           dimensions kept apart, a grain, days (need.go)
//	picks      the coordinates of a request that are fixed to one value, such as
//	           its project
//	family     requests under the same conditions but for the values of their
//	           picks, and for their range: one scan finds the rows of all
//	grouping   requests of a family that one GROUP BY answers: range and measure
//	part       requests of one family and grouping, its members (part.go)
//	axes       the picks in which members differ; their queries are grouped by them
//	bundle     what one query answers: parts of one family over one range, and
//	           totals over other ranges, its extras (bundle.go)
//	estimate   what answering from a table is expected to read and cost (cost.go)
//	choice     the cheapest table that can answer a bundle, or a pair of halves: a
//	           table of months, and one of days for the ragged edges (choose.go)
//	plan       bundles united while one scan costs less than two, refusals, answers
//	           that need no query (plan.go, refusal.go)
//	query      a bundle's statement, and what its rows mean (query.go)
//	statement  SQL with typed parameters, by a Writer (writer.go, sql.go, groups.go)
//	decoder    rows to results (decode.go, levels.go)
//
// A table can answer a request when every dimension that is split by or filtered
// on is in its grouping key as the engine sees it, its grain expresses the interval
// and both edges of the range, and it holds every download of the range.
//
// A shape is a query without what it is about, for counting what is asked
// (shape.go), and for planning it again on other tables (replay.go).
package query
