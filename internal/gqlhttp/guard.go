package gqlhttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"clickql/internal/cache"
	"clickql/internal/telemetry"
)

// GuardConfig says what a Guard works with.
type GuardConfig struct {
	// Schema is what documents are validated against.
	Schema *ast.Schema
	// Rules are the rules of validation; the specification's where nil.
	Rules *rules.Rules
	// Variables reads the variables of an operation of a valid document; nil
	// leaves them to gqlgen, which is lax. What it gives gqlgen takes as it is.
	Variables func(op *ast.OperationDefinition, given map[string]any) (map[string]any, gqlerror.List)
	// Limits bound each document.
	Limits Limits
	// Documents finds what requests name; nil where they send it.
	Documents *Documents
	// Terse leaves out of messages what they would tell of the schema: names that are
	// like an unknown one.
	Terse bool
	// CacheBytes bounds the memory of parsed documents; 0 and less keep none.
	CacheBytes int64
}

// Guard parses and validates documents, in place of gqlgen's executor, which does
// both in one step: a document is held against the limits in between. Every
// transport has to go through it.
type Guard struct {
	cfg    GuardConfig
	rules  []rule
	parsed *cache.Cache[*ast.QueryDocument]
}

// NewGuard makes a Guard.
func NewGuard(cfg GuardConfig) *Guard {
	if cfg.Rules == nil {
		cfg.Rules = rules.NewDefaultRules()
	}
	parsed := cache.New[*ast.QueryDocument](cache.Config{Bytes: cfg.CacheBytes, Now: time.Now})
	parsed.Use(always)
	return &Guard{cfg, boundedRules(cfg.Rules), parsed}
}

// always is the version of the parsed documents: the schema does not change while
// a process runs.
const always = "1"

// Transport is t behind the guard. The query cache of its executor must be a
// Handed.
func (g *Guard) Transport(t graphql.Transport) graphql.Transport { return behind{t, g} }

type behind struct {
	graphql.Transport
	guard *Guard
}

// Do answers a request.
func (b behind) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	b.Transport.Do(w, r, guarded{exec, b.guard})
}

// guarded is an executor that is handed documents that have been looked at.
type guarded struct {
	graphql.GraphExecutor
	guard *Guard
}

// CreateOperationContext finds, parses, bounds and validates the request's
// document, and has the executor see to the rest.
func (e guarded) CreateOperationContext(ctx context.Context, params *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	_, span := telemetry.Start(ctx, "parse")
	doc, errs := e.guard.document(params)
	if len(errs) == 0 {
		errs = e.guard.operation(doc, params)
	}
	telemetry.End(span, asError(errs))
	if len(errs) > 0 {
		errs = e.guard.terse(errs)
		return &graphql.OperationContext{RawQuery: params.Query, RecoverFunc: graphql.DefaultRecover, Headers: params.Headers}, errs
	}
	op, errs := e.GraphExecutor.CreateOperationContext(context.WithValue(ctx, documentKey{}, doc), params)
	for _, err := range e.guard.terse(errs) {
		err.Message = Shorten(err.Message)
	}
	return op, errs
}

// asError is nil where the list is empty.
func asError(errs gqlerror.List) error {
	if len(errs) == 0 {
		return nil
	}
	return errs
}

type documentKey struct{}

// Handed is the query cache of an executor behind a Guard: it has the document
// that the guard handed on, and keeps none itself.
type Handed struct{}

// Get is the document of the request.
func (Handed) Get(ctx context.Context, _ string) (*ast.QueryDocument, bool) {
	doc, ok := ctx.Value(documentKey{}).(*ast.QueryDocument)
	return doc, ok
}

// Add keeps nothing.
func (Handed) Add(context.Context, string, *ast.QueryDocument) {}

// document is the document of a request, or why it does not run.
func (g *Guard) document(params *graphql.RawParams) (*ast.QueryDocument, gqlerror.List) {
	if g.cfg.Documents != nil {
		if err := g.cfg.Documents.resolve(params); err != nil {
			return nil, gqlerror.List{err}
		}
	}
	if doc, _, known := g.parsed.Get(always, params.Query); known {
		return doc, nil
	}
	return g.read(params.Query)
}

// operation finds the operation that the request asks for, and reads its variables.
func (g *Guard) operation(doc *ast.QueryDocument, params *graphql.RawParams) (errs gqlerror.List) {
	op := doc.Operations.ForName(params.OperationName)
	switch {
	case op == nil:
		err := failure(errcode.ValidationFailed, whichOperation(doc, params.OperationName))
		return gqlerror.List{err}
	case g.cfg.Variables != nil:
		params.Variables, errs = g.cfg.Variables(op, params.Variables)
	}
	return errs
}

// whichOperation says why none of the document's operations is the one to run.
func whichOperation(doc *ast.QueryDocument, name string) string {
	var names []string
	for _, op := range doc.Operations {
		names = append(names, op.Name)
	}
	if name == "" {
		return fmt.Sprintf("the document has %d operations: say in operationName which one to run, %s", len(names), core.OrList(names...))
	}
	return fmt.Sprintf("the document has no operation %q, which operationName asks for; it has %s", name, strings.Join(names, ", "))
}

// read parses a document, holds it against the limits, validates it, and keeps it.
func (g *Guard) read(text string) (*ast.QueryDocument, gqlerror.List) {
	limits := g.cfg.Limits
	if limits.Bytes > 0 && len(text) > limits.Bytes {
		return nil, gqlerror.List{beyond(len(text), limits.Bytes, "the document has %d bytes", "send long values as variables")}
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, limits.Tokens)
	if err != nil {
		return nil, gqlerror.List{g.parseError(err)}
	}
	if len(doc.Operations) == 0 {
		err := gqlerror.Errorf("no operation provided")
		errcode.Set(err, errcode.ValidationFailed)
		return nil, gqlerror.List{err}
	}
	m, over := limits.check(doc)
	if over != nil {
		return nil, gqlerror.List{over}
	}
	if errs := validate(g.cfg.Schema, doc, g.rules, m.cyclic); len(errs) > 0 {
		return nil, errs
	}
	g.parsed.Put(always, text, doc, m.bytes())
	return doc, nil
}

// parseError is why a document cannot be parsed.
func (g *Guard) parseError(err error) *gqlerror.Error {
	told, ok := errors.AsType[*gqlerror.Error](err)
	if !ok {
		told = gqlerror.Wrap(err)
	}
	if strings.HasPrefix(told.Message, "exceeded token limit") {
		return beyond(g.cfg.Limits.Tokens+1, g.cfg.Limits.Tokens, "the document has %d tokens or more", "send it in parts")
	}
	told.Message = Shorten(told.Message)
	errcode.Set(told, errcode.ParseFailed)
	return told
}
