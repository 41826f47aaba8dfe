package query

import (
	"clickql/internal/cube"
	"clickql/internal/fault"
)

// Requests and answers are said in the words of package cube, failures in those
// of package fault.
type (
	// Interval is cube.Interval.
	Interval = cube.Interval
	// Condition is cube.Condition.
	Condition = cube.Condition
	// Slice is cube.Slice.
	Slice = cube.Slice
	// Bounds is cube.Bounds.
	Bounds = cube.Bounds
	// Request is cube.Request.
	Request = cube.Request
	// Kind is cube.Kind.
	Kind = cube.Kind
	// Cursor is cube.Cursor.
	Cursor = cube.Cursor
	// Group is cube.Group.
	Group = cube.Group
	// Result is cube.Result.
	Result = cube.Result
	// Code is fault.Code.
	Code = fault.Code
	// Error is fault.Error.
	Error = fault.Error
)

// The intervals of package cube.
const (
	Daily     = cube.Daily
	Weekly    = cube.Weekly
	Monthly   = cube.Monthly
	Quarterly = cube.Quarterly
	Yearly    = cube.Yearly
)

// The kinds of request of package cube.
const (
	Total  = cube.Total
	Series = cube.Series
	Split  = cube.Split
	Extent = cube.Extent
	Rank   = cube.Rank
	Count  = cube.Count
)

// The codes of package fault.
const (
	BadUserInput = fault.BadUserInput
	CostLimit    = fault.CostLimit
	Uncovered    = fault.Uncovered
	Unavailable  = fault.Unavailable
	Timeout      = fault.Timeout
	Overloaded   = fault.Overloaded
	Internal     = fault.Internal
)

var (
	// MirrorInstallers is cube.MirrorInstallers.
	MirrorInstallers = cube.MirrorInstallers
	// Buckets is cube.Buckets.
	Buckets = cube.Buckets
	// BucketCount is cube.BucketCount.
	BucketCount = cube.BucketCount
	// TotalOf is cube.TotalOf.
	TotalOf = cube.TotalOf
	// SeriesOf is cube.SeriesOf.
	SeriesOf = cube.SeriesOf
	// SplitOf is cube.SplitOf.
	SplitOf = cube.SplitOf
	// ExtentOf is cube.ExtentOf.
	ExtentOf = cube.ExtentOf
	// RankOf is cube.RankOf.
	RankOf = cube.RankOf
	// CountOf is cube.CountOf.
	CountOf = cube.CountOf
)
