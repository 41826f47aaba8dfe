package telemetry

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestEnvironment(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		on   bool
		want string // a part of the error
	}{
		{nil, false, ""},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, true, ""},
		{map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/x"}, true, ""},
		{map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, true, ""},
		{map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, true, ""},
		{map[string]string{"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, false, ""},
		{map[string]string{"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, false, ""},
		{map[string]string{"OTEL_TRACES_EXPORTER": "zipkin"}, false, "OTEL_TRACES_EXPORTER"},
		{map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}, false, "OTEL_EXPORTER_OTLP_PROTOCOL"},
	} {
		tracing, err := FromEnvironment(t.Context(), func(name string) string { return c.env[name] }, "v1")
		if (tracing != nil) != c.on || (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: on is %v, error %v", c.env, tracing != nil, err)
		}
		if tracing != nil {
			if err := tracing.Close(t.Context()); err != nil {
				t.Errorf("%v: %v", c.env, err)
			}
		}
	}
}

// Without traces nothing is made: contexts stay as they are.
func TestOffCostsNothing(t *testing.T) {
	var off *Tracing
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	traced, answered := off.Request(r)
	answered("/", http.StatusOK)
	if traced != r {
		t.Error("the request was made anew")
	}
	if n := testing.AllocsPerRun(100, func() {
		ctx, span := Start(r.Context(), "x")
		End(span, nil)
		if ctx != r.Context() || SpanOf(ctx).IsValid() {
			t.Error("a span was made")
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
	if err := off.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestNamesAreBounded(t *testing.T) {
	ctx := WithOperation(WithRequest(context.Background(), "id"), strings.Repeat("n", 1000))
	if RequestID(ctx) != "id" || len(Operation(ctx)) != maxOperation || RequestID(t.Context()) != "" || Operation(t.Context()) != "" {
		t.Errorf("%q, %q", RequestID(ctx), Operation(ctx))
	}
}
