// Package fault is how a failure is told to whoever asked: a code that clients
// may rely on, and a message for people.
package fault

import (
	"fmt"
	"time"
)

// Code says what went wrong in a form that clients may rely on: it is the
// `extensions.code` of a GraphQL error.
type Code string

// The codes.
const (
	BadUserInput Code = "BAD_USER_INPUT" // the question itself is wrong
	NotFound     Code = "NOT_FOUND"      // there is nothing of that name
	CostLimit    Code = "COST_LIMIT"     // the question would read too much
	Uncovered    Code = "UNCOVERED"      // no table of this database can answer
	Unavailable  Code = "UNAVAILABLE"    // ClickHouse cannot be reached
	Timeout      Code = "TIMEOUT"        // ClickHouse did not answer in time
	Overloaded   Code = "OVERLOADED"     // ClickHouse refuses more work for now
	Internal     Code = "INTERNAL"       // a fault of ours or of the database

	RateLimited     Code = "RATE_LIMITED"    // the client has used up what it may for now
	Unauthenticated Code = "UNAUTHENTICATED" // the API key is none that is known
	Forbidden       Code = "FORBIDDEN"       // the API key may not be used for this, or from here
)

// Error is a failure that a client is told of. Message is for people and holds
// neither SQL nor host names; Cause, if any, is for the log.
type Error struct {
	Code    Code
	Message string
	Cause   error
	// Limit and Given are, where a limit was exceeded, what it is and what it was
	// held against; both 0 otherwise.
	Limit, Given int64
	// Retry is after how long it is worth trying again; 0 where that is not known.
	Retry time.Duration
}

// RetryAfter is Retry in whole seconds, rounded up, as HTTP's header of that name
// has it.
func (e *Error) RetryAfter() int64 { return int64((e.Retry + time.Second - 1) / time.Second) }

// BadInput is the error of a question that is wrong in itself.
func BadInput(format string, args ...any) *Error {
	return &Error{Code: BadUserInput, Message: fmt.Sprintf(format, args...)}
}

// NoSuch is the error of a question about what there is not.
func NoSuch(message string) *Error { return &Error{Code: NotFound, Message: message} }

// OverLimit is the error for given of something, where at most limit may be.
func OverLimit[N int | int64](code Code, given, limit N, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Limit: int64(limit), Given: int64(given)}
}

// Error is the message, without the cause.
func (e *Error) Error() string { return e.Message }

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Cause }
