package gqlhttp

import (
	"context"
	"net/http"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"
)

// BatchPart is one operation of a batch.
type BatchPart struct {
	// Context is what it runs with.
	Context context.Context
	// Over tells that it has ended, or did not begin.
	Over func()
}

// batch answers several operations that came in one request, in their order, as
// application/json has no word for it: a list of what each would be answered by
// itself. Limits of documents hold for all of them together; what is wrong with one
// of them is told in its own place.
func (t Transport) batch(w http.ResponseWriter, r *http.Request, kind string, exec graphql.GraphExecutor, list []*graphql.RawParams) {
	ops, answers := make([]*graphql.OperationContext, len(list)), make([]*graphql.Response, len(list))
	var docs []*ast.QueryDocument
	var texts []string
	for i, params := range list {
		op, errs := exec.CreateOperationContext(r.Context(), params)
		ops[i] = op
		switch ctx := graphql.WithOperationContext(r.Context(), op); {
		case errs != nil:
			answers[i] = exec.DispatchError(ctx, errs)
		case op.Operation.Operation != ast.Query:
			answers[i] = exec.DispatchError(ctx, gqlerror.List{failure(CodeBadRequest, "a batch is of queries: send the "+string(op.Operation.Operation)+" as a request of its own")})
		default:
			docs, texts = append(docs, op.Doc), append(texts, op.RawQuery)
		}
	}
	if over := t.Limits.checkAll(docs, texts); over != nil {
		refuse(w, kind, &refusal{http.StatusRequestEntityTooLarge, over})
		return
	}
	t.runAll(r.Context(), exec, ops, answers)
	w.Header().Set("Content-Type", kind+"; charset=utf-8")
	out := []byte{'['}
	for i, answer := range answers {
		if answer == nil { // the client has gone
			return
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, encode(answer)...)
	}
	_, _ = w.Write(append(out, ']')) // the client has gone: nobody to tell
}

// runAll runs the operations that have no answer yet, at one time.
func (t Transport) runAll(ctx context.Context, exec graphql.GraphExecutor, ops []*graphql.OperationContext, answers []*graphql.Response) {
	var left []int
	for i, answer := range answers {
		if answer == nil {
			left = append(left, i)
		}
	}
	parts := make([]BatchPart, len(left))
	if t.Together != nil {
		parts = t.Together(ctx, len(left))
	}
	var all sync.WaitGroup
	for at, i := range left {
		part := parts[at]
		if part.Context == nil {
			part = BatchPart{ctx, func() {}}
		}
		all.Go(func() {
			defer part.Over()
			answers[i] = t.runPart(part.Context, exec, ops[i])
		})
	}
	all.Wait()
}

// runPart is run for an operation in a goroutine of its own, where nobody else would
// see to a panic.
func (t Transport) runPart(ctx context.Context, exec graphql.GraphExecutor, op *graphql.OperationContext) (resp *graphql.Response) {
	defer func() {
		if cause := recover(); cause != nil {
			ctx := graphql.WithOperationContext(ctx, op)
			resp = exec.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(op.Recover(ctx, cause))})
		}
	}()
	return t.run(ctx, exec, op)
}

// checkAll refuses documents that together are beyond what one may be.
func (l Limits) checkAll(docs []*ast.QueryDocument, texts []string) *gqlerror.Error {
	var all shape
	bytes, tokens := 0, 0
	for i, doc := range docs {
		one, _ := measured(doc)
		all = all.and(one)
		bytes, tokens = bytes+len(texts[i]), tokens+tokensOf(texts[i])
	}
	over := firstOver(
		bound{bytes, l.Bytes, "the documents of the batch have %d bytes", "send long values as variables"},
		bound{tokens, l.Tokens, "the documents of the batch have %d tokens", "send it in parts"},
	)
	if over != nil {
		return over
	}
	return l.checkShape(all)
}

// tokensOf is how many tokens a document has, which can be parsed.
func tokensOf(text string) (n int) {
	lex := lexer.New(&ast.Source{Input: text})
	for {
		token, err := lex.ReadToken()
		if err != nil || token.Kind == lexer.EOF {
			return n
		}
		n++
	}
}
