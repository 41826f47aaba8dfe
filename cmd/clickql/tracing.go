package main

import (
	"context"
	"os"
	"time"

	"go.opentelemetry.io/otel"

	"clickql/internal/telemetry"
)

// lastTraces is how long a gateway that stops waits for its last traces to be taken.
const lastTraces = 5 * time.Second

// openTracing reads OpenTelemetry's variables of the environment. What its exporter
// cannot send is logged, and bothers no request.
func (a *app) openTracing(ctx context.Context) (*telemetry.Tracing, error) {
	tracing, err := telemetry.FromEnvironment(ctx, os.Getenv, version())
	if err != nil {
		return nil, usagef("traces: %w", err)
	}
	if tracing != nil {
		otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { a.log.WarnContext(ctx, "traces", "error", err) }))
		a.log.InfoContext(ctx, "traces are sent by OTLP, as OpenTelemetry's variables say")
	}
	return tracing, nil
}

// closeTracing sends what is left.
func closeTracing(ctx context.Context, tracing *telemetry.Tracing) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastTraces)
	defer cancel()
	return tracing.Close(ctx)
}
