package fetch

import (
	"errors"

	"clickql/internal/chconn"
	"clickql/internal/fault"
)

// failure turns a failure of ClickHouse into one that a client is told of.
func failure(err error) *fault.Error {
	if told, ok := errors.AsType[*fault.Error](err); ok {
		return told
	}
	if cut, ok := errors.AsType[*chconn.CutError](err); ok {
		return cutOff(cut)
	}
	e := &fault.Error{Code: fault.Internal, Message: "the query failed; the gateway's log has the reason", Cause: err}
	switch chconn.Classify(err) {
	case chconn.Unavailable:
		e.Code, e.Message = fault.Unavailable, "ClickHouse cannot be reached right now; try again in a moment"
	case chconn.Timeout, chconn.Cancelled:
		e.Code, e.Message = fault.Timeout, "ClickHouse did not answer in time; narrow the range or the filter"
	case chconn.TooMuch:
		e.Code, e.Message = fault.CostLimit, "the question would read or return more rows than are allowed; narrow the range or the filter"
	case chconn.Memory:
		e.Code, e.Message = fault.CostLimit, "the question needs more memory than is allowed; narrow the range or the filter"
	case chconn.UnknownTable, chconn.UnknownColumn: // until the catalog looks again
		e.Code, e.Message = fault.Unavailable, "the database's tables are not what they were; try again in a moment, the gateway's log has the reason"
	case chconn.Overloaded:
		e.Code, e.Message = fault.Overloaded, "ClickHouse is busy; try again in a moment"
	}
	return e
}

// cutOff is the refusal of an answer that a setting of the gateway's account may
// have made wrong. It names the setting: without that, nobody could mend it.
func cutOff(cut *chconn.CutError) *fault.Error {
	if cut.Met {
		return &fault.Error{Code: fault.CostLimit, Message: cut.Error(), Cause: cut}
	}
	return &fault.Error{Code: fault.Unavailable, Message: cut.Error(), Cause: cut}
}
