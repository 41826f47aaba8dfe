package telemetry

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// scope names the instrumentation in every span.
const scope = "clickql"

// Start opens a span within that of ctx, from the same provider. Where ctx has none
// that records, the context comes back as it was, with a span that does nothing.
func Start(ctx context.Context, name string, opts ...trace.SpanStartOption) (context.Context, trace.Span) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, nothing
	}
	return parent.TracerProvider().Tracer(scope).Start(ctx, name, opts...)
}

// nothing is the span of a context without one.
var nothing = trace.SpanFromContext(context.Background())

// Waited notes a wait that began at since and is over, as a span within that of ctx.
func Waited(ctx context.Context, name string, since time.Time) {
	_, span := Start(ctx, name, trace.WithTimestamp(since))
	span.End()
}

// End closes a span, failed where err is not nil.
func End(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
	span.End()
}

// Event notes something within the span of ctx.
func Event(ctx context.Context, name string, attrs ...attribute.KeyValue) {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.AddEvent(name, trace.WithAttributes(attrs...))
	}
}

// SpanOf is the span of ctx as it is told to another process; not valid where none is
// recorded.
func SpanOf(ctx context.Context) trace.SpanContext {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		return span.SpanContext()
	}
	return trace.SpanContext{}
}

// Request opens the span of an HTTP request, whose parent a proxy or client may have
// named in traceparent. answered closes it, with the route's pattern and the status.
//
// It is ours and not otelhttp's: that one records the client's address and agent,
// and the gateway notes nothing personal of anybody.
func (t *Tracing) Request(r *http.Request) (traced *http.Request, answered func(route string, status int)) {
	if t == nil {
		return r, func(string, int) {}
	}
	ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	ctx, span := t.provider.Tracer(scope).Start(ctx, r.Method, trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.String("http.request.method", r.Method), attribute.String("clickql.request.id", RequestID(r.Context()))))
	return r.WithContext(ctx), func(route string, status int) {
		span.SetName(r.Method + " " + route)
		span.SetAttributes(attribute.String("http.route", route), attribute.Int("http.response.status_code", status))
		if status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, strconv.Itoa(status))
		}
		span.End()
	}
}

// Observe counts a time, with the trace of ctx as an exemplar where there is one.
func Observe(ctx context.Context, histogram prometheus.Observer, took time.Duration) {
	if span := SpanOf(ctx); span.IsValid() {
		if of, ok := histogram.(prometheus.ExemplarObserver); ok {
			of.ObserveWithExemplar(took.Seconds(), prometheus.Labels{"trace_id": span.TraceID().String()})
			return
		}
	}
	histogram.Observe(took.Seconds())
}
