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
)
