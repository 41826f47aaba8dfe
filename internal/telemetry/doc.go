// Package telemetry follows a request through the gateway: its id, the name of its
// operation, and, where the operator asks for traces, spans of OpenTelemetry.
//
// What a request is called travels in its context, so that every package may say
// it (in the log, to ClickHouse) without knowing HTTP or GraphQL:
//
//	request id   of the client's or proxy's X-Request-Id, or made for it
//	operation    the name of the GraphQL operation, or the route of a picture
//
// Traces are on where the standard environment variables of OpenTelemetry name a
// place that takes them (FromEnvironment). A span is then open around
//
//	GET /graphql    the request, its parent taken from traceparent (W3C Trace Context)
//	parse           reading, measuring and validating a document
//	plan            finding out what an operation needs, and handing it on
//	queue           a statement's wait for a place in its lane
//	query           a statement at ClickHouse, which is told the span, so that its own
//	                system.opentelemetry_span_log joins the trace
//
// Without them no span is made anywhere: Start gives back what it was given, since
// the context holds no span that records.
package telemetry
