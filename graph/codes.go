package graph

import (
	"fmt"

	"clickql/internal/query"
)

// The codes that this package adds to those of package query. Together they
// are every `extensions.code` that a client can meet, beside package gqlhttp's and
// gqlgen's GRAPHQL_PARSE_FAILED and GRAPHQL_VALIDATION_FAILED.
const (
	CodeTooDeep query.Code = "QUERY_TOO_DEEP" // selections are nested too deep
	CodeTooWide query.Code = "QUERY_TOO_WIDE" // the operation selects too many fields
)

// badInput is an error in the question itself.
func badInput(format string, args ...any) *query.Error {
	return &query.Error{Code: query.BadUserInput, Message: fmt.Sprintf(format, args...)}
}

// overLimit is the error for given of something, where at most limit may be.
func overLimit(code query.Code, given, limit int, format string, args ...any) *query.Error {
	return query.OverLimit(code, int64(given), int64(limit), format, args...)
}
