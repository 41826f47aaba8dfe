package graph

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"clickql/internal/fault"
)

// A database that cannot be reached is told as such, without its address, and
// what needs no database is answered.
func TestUnreachableDatabase(t *testing.T) {
	var log bytes.Buffer
	h := handlerOn(t, fixed{snap: knownData(t)}, Limits{}, slog.New(slog.NewTextHandler(&log, nil)))
	got := post(t, h, `{ bad: project(name: "numpy") { downloads { total } } good: project(name: "numpy") { name } }`, nil, nil)
	if len(got.Errors) != 1 || got.Errors[0].code() != "UNAVAILABLE" || got.Errors[0].path() != `["bad","downloads","total"]` {
		t.Fatalf("want UNAVAILABLE at the total: %s", got.body)
	}
	if strings.Contains(got.body, "127.0.0.1") || strings.Contains(got.body, "SELECT") {
		t.Errorf("the answer tells the host or the SQL: %s", got.body)
	}
	if !strings.Contains(log.String(), "127.0.0.1") {
		t.Errorf("the log does not tell the cause: %s", log.String())
	}
	if good, _ := got.Data["good"].(map[string]any); good["name"] != "numpy" {
		t.Errorf("the rest of the response is not intact: %s", got.body)
	}
}

// As long as nothing is known of the data, no project is said to be unknown.
func TestNotReady(t *testing.T) {
	data := fixed{snap: knownData(t), ready: errors.New("dial tcp 192.0.2.7:9000: refused")}
	h := handlerOn(t, data, Limits{}, nil)
	for _, field := range []string{
		`project(name: "numpy") { name }`, `node(id: "` + projectID("numpy") + `") { id }`, `projects(names: ["numpy"]) { name }`,
		`search(text: "n") { nodes { name } }`, `dataset { lastDay }`, `downloads { total }`, `topProjects { nodes { total } }`,
	} {
		got := post(t, h, `{ `+field+` }`, nil, nil)
		if len(got.Errors) != 1 || got.Errors[0].code() != "UNAVAILABLE" || strings.Contains(got.body, "192.0.2.7") {
			t.Errorf("%s: %s", field, got.body)
		}
	}
	if got := post(t, h, `{ __schema { queryType { name } } }`, nil, nil); len(got.Errors) != 0 {
		t.Errorf("introspection needs no database: %s", got.body)
	}
}

func TestPresent(t *testing.T) {
	for _, c := range []struct {
		name          string
		err           error
		code, message string
	}{
		{"ours", &fault.Error{Code: fault.CostLimit, Message: "too much"}, "COST_LIMIT", "too much"},
		{"ours, wrapped", gqlerror.Wrap(&fault.Error{Code: fault.Overloaded, Message: "later"}), "OVERLOADED", "later"},
		{"a limit", fault.OverLimit(fault.BadUserInput, 5, 4, "five"), "BAD_USER_INPUT", "five"},
		{"cancelled", context.Canceled, "TIMEOUT", "in time"},
		{"anything else", errors.New("dial tcp 192.0.2.7:9000: SELECT 1"), "INTERNAL", "went wrong"},
		{"anything else, by gqlgen", gqlerror.Errorf("SELECT 1"), "INTERNAL", "went wrong"},
	} {
		ctx := graphql.WithOperationContext(t.Context(), &graphql.OperationContext{})
		got := presenter{slog.New(slog.DiscardHandler)}.present(ctx, c.err)
		if got.Extensions["code"] != fault.Code(c.code) || !strings.Contains(got.Message, c.message) {
			t.Errorf("%s: %v: %s", c.name, got.Extensions, got.Message)
		}
	}
}

func TestPanicsAreToldAndLogged(t *testing.T) {
	var log bytes.Buffer
	tell := presenter{slog.New(slog.NewTextHandler(&log, nil))}
	shown := tell.present(t.Context(), tell.recovered(t.Context(), "secret of the house"))
	if shown.Extensions["code"] != fault.Internal || strings.Contains(shown.Message, "secret") {
		t.Errorf("shown: %v", shown)
	}
	if !strings.Contains(log.String(), "secret of the house") || !strings.Contains(log.String(), "errors_test.go") {
		t.Errorf("the log has neither the cause nor the stack: %s", log.String())
	}
}
