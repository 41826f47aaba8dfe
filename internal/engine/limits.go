package engine

import (
	"fmt"
	"strings"
	"time"
)

// Limits are the ceilings of the read-only account, per query. A query may set
// lower ones for itself, never higher ones, and never none.
type Limits struct {
	// MaxExecutionTime, in whole seconds (error 159).
	MaxExecutionTime time.Duration `json:"max_execution_time"`
	// MaxRowsToRead from tables (error 158).
	MaxRowsToRead int64 `json:"max_rows_to_read"`
	// MaxResultRows (error 396).
	MaxResultRows int64 `json:"max_result_rows"`
	// MaxMemoryUsage, in bytes (error 241).
	MaxMemoryUsage int64 `json:"max_memory_usage"`
}

// DefaultLimits are what the fields of Limits mean when they are zero.
func DefaultLimits() Limits {
	return Limits{MaxExecutionTime: time.Minute, MaxRowsToRead: 20_000_000_000, MaxResultRows: 10_000_000, MaxMemoryUsage: 8 << 30}
}

func (l Limits) complete() Limits {
	d := DefaultLimits()
	return Limits{
		MaxExecutionTime: positiveOr(l.MaxExecutionTime, d.MaxExecutionTime),
		MaxRowsToRead:    positiveOr(l.MaxRowsToRead, d.MaxRowsToRead),
		MaxResultRows:    positiveOr(l.MaxResultRows, d.MaxResultRows),
		MaxMemoryUsage:   positiveOr(l.MaxMemoryUsage, d.MaxMemoryUsage),
	}
}

// positiveOr is a limit, or another one where it is none.
func positiveOr[T ~int64](limit, other T) T {
	if limit > 0 {
		return limit
	}
	return other
}

// limit is one of them by ClickHouse's name.
type limit struct {
	name  string
	value int64
}

// settings lists the limits.
func (l Limits) settings() []limit {
	return []limit{
		{"max_execution_time", max(1, int64(l.MaxExecutionTime/time.Second))},
		{"max_rows_to_read", l.MaxRowsToRead},
		{"max_result_rows", l.MaxResultRows},
		{"max_memory_usage", l.MaxMemoryUsage},
	}
}

// overflowModes decide what happens at a limit. They stay at throw: a result
// cut off at a limit would be a wrong number.
var overflowModes = [...]string{"read_overflow_mode", "result_overflow_mode", "timeout_overflow_mode"}

// profile writes the settings profile of the read-only account. A limit's
// minimum is 1 because ClickHouse reads 0 as no limit.
func (l Limits) profile() string {
	var values, constraints strings.Builder
	for _, s := range l.settings() {
		fmt.Fprintf(&values, "<%s>%d</%[1]s>\n", s.name, s.value)
		fmt.Fprintf(&constraints, "<%s><min>1</min><max>%d</max></%[1]s>\n", s.name, s.value)
	}
	for _, name := range overflowModes {
		fmt.Fprintf(&values, "<%s>throw</%[1]s>\n", name)
		fmt.Fprintf(&constraints, "<%s><readonly/></%[1]s>\n", name)
	}
	for _, name := range fileSettings {
		fmt.Fprintf(&constraints, "<%s><readonly/></%[1]s>\n", name)
	}
	return "<readonly>2</readonly>\n" + values.String() + "<constraints>\n" + constraints.String() + "</constraints>\n"
}
