package telemetry

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// Tracing sends spans to where the environment says. nil sends none.
type Tracing struct{ provider *sdk.TracerProvider }

// FromEnvironment reads OpenTelemetry's standard variables
// (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
// Traces are on where OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT
// is set, or OTEL_TRACES_EXPORTER is otlp, unless that is none or OTEL_SDK_DISABLED is
// true; nil, which is a Tracing that does nothing, where they are off. Protocols are
// http/protobuf, the default, and grpc. Sampling, headers, certificates, batches and
// the resource are read by OpenTelemetry's own code. The error names the variable.
func FromEnvironment(ctx context.Context, getenv func(string) string, version string) (*Tracing, error) {
	on, err := wanted(getenv)
	if err != nil || !on {
		return nil, err
	}
	exporter, err := newExporter(ctx, getenv)
	if err != nil {
		return nil, err
	}
	about, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", scope), attribute.String("service.version", version)),
		resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("read OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	return Open(sdk.WithBatcher(exporter), sdk.WithResource(about)), nil
}

// Open is a Tracing with a provider of one's own making.
func Open(opts ...sdk.TracerProviderOption) *Tracing {
	return &Tracing{sdk.NewTracerProvider(opts...)}
}

// wanted reports that the environment asks for traces.
func wanted(getenv func(string) string) (bool, error) {
	if getenv("OTEL_SDK_DISABLED") == "true" {
		return false, nil
	}
	switch kind := getenv("OTEL_TRACES_EXPORTER"); kind {
	case "":
		return getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != "", nil
	case "otlp":
		return true, nil
	case "none":
		return false, nil
	default:
		return false, fmt.Errorf("OTEL_TRACES_EXPORTER is %q: it can be otlp or none", kind)
	}
}

// newExporter speaks the protocol that the environment names.
func newExporter(ctx context.Context, getenv func(string) string) (exporter sdk.SpanExporter, err error) {
	name := "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
	protocol := getenv(name)
	if protocol == "" {
		name = "OTEL_EXPORTER_OTLP_PROTOCOL"
		protocol = getenv(name)
	}
	switch protocol {
	case "", "http/protobuf":
		exporter, err = otlptracehttp.New(ctx)
	case "grpc":
		exporter, err = otlptracegrpc.New(ctx)
	default:
		return nil, fmt.Errorf("%s is %q: it can be http/protobuf or grpc", name, protocol)
	}
	if err != nil {
		return nil, fmt.Errorf("open the exporter of traces: %w", err)
	}
	return exporter, nil
}

// Close sends what is left, until ctx ends.
func (t *Tracing) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("send the last traces: %w", err)
	}
	return nil
}
