package fetch

import (
	"errors"

	"clickql/internal/chconn"
	"clickql/internal/query"
)

// failure turns a failure of ClickHouse into one that a client is told of.
func failure(err error) *query.Error {
	if told, ok := errors.AsType[*query.Error](err); ok {
		return told
	}
	if cut, ok := errors.AsType[*chconn.CutError](err); ok {
		return cutOff(cut)
	}
	e := &query.Error{Code: query.Internal, Message: "the query failed; the gateway's log has the reason", Cause: err}
	switch chconn.Classify(err) {
	case chconn.Unavailable:
		e.Code, e.Message = query.Unavailable, "ClickHouse cannot be reached right now; try again in a moment"
	case chconn.Timeout, chconn.Cancelled:
		e.Code, e.Message = query.Timeout, "ClickHouse did not answer in time; narrow the range or the filter"
	case chconn.TooMuch:
		e.Code, e.Message = query.CostLimit, "the question would read or return more rows than are allowed; narrow the range or the filter"
	case chconn.Memory:
		e.Code, e.Message = query.CostLimit, "the question needs more memory than is allowed; narrow the range or the filter"
	case chconn.UnknownTable, chconn.UnknownColumn: // until the catalog looks again
		e.Code, e.Message = query.Unavailable, "the database's tables are not what they were; try again in a moment, the gateway's log has the reason"
	case chconn.Overloaded:
		e.Code, e.Message = query.Overloaded, "ClickHouse is busy; try again in a moment"
	}
	return e
}

// cutOff is the refusal of an answer that a setting of the gateway's account may
// have made wrong. It names the setting: without that, nobody could mend it.
func cutOff(cut *chconn.CutError) *query.Error {
	if cut.Met {
		return &query.Error{Code: query.CostLimit, Message: cut.Error(), Cause: cut}
	}
	return &query.Error{Code: query.Unavailable, Message: cut.Error(), Cause: cut}
}
