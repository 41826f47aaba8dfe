// Package gqlhttp carries GraphQL over HTTP as the GraphQL over HTTP working
// draft and the audits of the npm package graphql-http have it: GET and POST,
// media types, statuses, and streams of server-sent events by the protocol of
// graphql-sse (distinct connections). What it executes with is gqlgen's
// executor.
//
// # Which form an answer has
//
// The operation decides, then the client. A query is answered with one JSON
// document, a subscription with a stream; a client that lists many types (urql
// names text/event-stream on every request) gets for each the one that fits.
// Only a client that accepts nothing but text/event-stream gets a query's answer
// as a stream of one.
//
// # Statuses
//
// A request that is no GraphQL request (bad JSON, a parameter of a wrong type)
// is refused with 4xx in either media type. An operation that is refused before
// it runs (syntax, validation, variables, a limit) is answered with 200 as
// application/json, which legacy clients need, and with 4xx as
// application/graphql-response+json. What has run is a 200, errors of fields
// included.
package gqlhttp
