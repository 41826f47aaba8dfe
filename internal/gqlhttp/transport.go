package gqlhttp

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Transport answers GET and POST. It is a gqlgen transport.
type Transport struct {
	// Timeout ends an operation that is answered in one document; streams go on
	// until one side ends them. 0 is no limit.
	Timeout time.Duration
	// KeepAlive is how often a silent stream sends a comment, so that nobody on
	// the way takes it for dead; 12 s where 0.
	KeepAlive time.Duration
	// Status is the status of an operation that was refused before it ran, as
	// application/graphql-response+json, by its first error's code; 400 where
	// absent.
	Status map[string]int
	// Firm are statuses, by the code of the first error, of operations that did not
	// run which hold in either media type.
	Firm map[string]int
	// Limits bound what a request's JSON is decoded to, and what the operations of a
	// batch come to together.
	Limits Limits
	// Together makes the parts of a batch of so many operations, which are then planned
	// together; nil leaves each alone.
	Together func(ctx context.Context, parts int) []BatchPart
}

// RetryAfter is the extension of an error that tells after how many seconds it is
// worth trying again. Of an operation that did not run it is also the header
// Retry-After.
const RetryAfter = "retryAfter"

// CodeTimeout is the code of an operation whose time was over before it ran.
const CodeTimeout = "TIMEOUT"

// defaultKeepAlive stays below the 15 s after which the most impatient proxies
// end a silent connection.
const defaultKeepAlive = 12 * time.Second

// Supports leaves WebSockets to others and takes everything else, so that every
// other method is refused in the same form.
func (Transport) Supports(r *http.Request) bool { return r.Header.Get("Upgrade") == "" }

// Do answers a request.
func (t Transport) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	w.Header().Add("Vary", "Accept")
	w.Header().Set("Cache-Control", "no-store") // whoever keeps the answer by its data's version says otherwise
	if r.Method == http.MethodOptions {
		w.Header().Set("Allow", allowed)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	want := accepts(r.Header.Values("Accept"))
	kind, ok := want.document()
	if !ok && want.stream == 0 {
		refuse(w, kind, refusef(http.StatusNotAcceptable, "answers are %s, %s or, for subscriptions, %s: accept one of them", typeAnswer, typeJSON, typeStream))
		return
	}
	start := graphql.Now()
	list, batched, no := t.Limits.params(r)
	if no != nil {
		refuse(w, kind, no)
		return
	}
	for _, raw := range list {
		raw.ReadTime = graphql.TraceTiming{Start: start, End: graphql.Now()}
	}
	switch {
	case !batched:
		t.one(w, r, exec, list[0])
	case !ok:
		refuse(w, kind, refusef(http.StatusNotAcceptable, "batches are answered as %s: accept it", typeJSON))
	default:
		t.batch(w, r, kind, exec, list)
	}
}

// one answers a request for one operation.
func (t Transport) one(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor, raw *graphql.RawParams) {
	want := accepts(r.Header.Values("Accept"))
	kind, ok := want.document()
	op, errs := exec.CreateOperationContext(r.Context(), raw)
	ctx := graphql.WithOperationContext(r.Context(), op)
	switch {
	case errs != nil && ok:
		t.answer(w, kind, exec.DispatchError(ctx, errs))
	case errs != nil:
		t.stream(ctx, w, graphql.OneShot(exec.DispatchError(ctx, errs)))
	case op.Operation.Operation == ast.Mutation && r.Method != http.MethodPost:
		refuse(w, kind, refusef(http.StatusMethodNotAllowed, "mutations are asked by POST"))
	case op.Operation.Operation == ast.Subscription && want.stream == 0:
		refuse(w, kind, refusef(http.StatusNotAcceptable, "subscriptions are answered as %s, or over a WebSocket with the protocol graphql-transport-ws", typeStream))
	case op.Operation.Operation == ast.Subscription:
		next, ctx := exec.DispatchOperation(r.Context(), op)
		t.stream(ctx, w, next)
	case !ok:
		t.stream(ctx, w, graphql.OneShot(t.run(r.Context(), exec, op)))
	default:
		t.answer(w, kind, t.run(r.Context(), exec, op))
	}
}

// run is the response to an operation that has one; nil where the client has gone.
func (t Transport) run(waiting context.Context, exec graphql.GraphExecutor, op *graphql.OperationContext) *graphql.Response {
	ctx := waiting
	if t.Timeout > 0 {
		bounded, cancel := context.WithTimeout(ctx, t.Timeout)
		defer cancel()
		ctx = bounded
	}
	next, ctx := exec.DispatchOperation(ctx, op)
	resp := next(ctx)
	if resp == nil && waiting.Err() == nil { // the time was over before anything ran
		resp = exec.DispatchError(graphql.WithOperationContext(waiting, op), gqlerror.List{failure(CodeTimeout, "the answer was not ready in time")})
	}
	return resp
}

// allowed lists the methods.
const allowed = "GET, HEAD, POST, OPTIONS"

// answer writes a response in one document. One without data is of an operation
// that did not run. As application/json its status stays 200: legacy clients take
// any other for a failure of HTTP.
func (t Transport) answer(w http.ResponseWriter, kind string, resp *graphql.Response) {
	if resp == nil { // the client has gone
		return
	}
	w.Header().Set("Content-Type", kind+"; charset=utf-8")
	if len(resp.Data) == 0 {
		t.refused(w, kind, resp.Errors)
	}
	_, _ = w.Write(encode(resp)) // the client has gone: nobody to tell
}

// refused writes the header for an operation that did not run.
func (t Transport) refused(w http.ResponseWriter, kind string, errs gqlerror.List) {
	if len(errs) > 0 {
		if after, ok := errs[0].Extensions[RetryAfter].(int64); ok {
			w.Header().Set("Retry-After", strconv.FormatInt(after, 10))
		}
	}
	of := code(errs)
	switch {
	case t.Firm[of] != 0:
		w.WriteHeader(t.Firm[of])
	case kind != typeAnswer:
	case t.Status[of] != 0:
		w.WriteHeader(t.Status[of])
	default:
		w.WriteHeader(http.StatusBadRequest)
	}
}

// code is the first error's code.
func code(errs gqlerror.List) string {
	if len(errs) == 0 {
		return ""
	}
	b, err := json.Marshal(errs[0].Extensions["code"])
	if err != nil {
		return ""
	}
	return strings.Trim(string(b), `"`)
}

// refuse answers a request that is no GraphQL request.
func refuse(w http.ResponseWriter, kind string, no *refusal) {
	w.Header().Set("Content-Type", kind+"; charset=utf-8")
	if no.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", allowed)
	}
	w.WriteHeader(no.status)
	body := encode(&graphql.Response{Errors: gqlerror.List{no.Error}})
	_, _ = w.Write(body) // the client has gone: nobody to tell
}

// encode is the response as JSON, errors first, as the specification advises.
// Data is JSON already and goes out as it is: encoding it again would read all of
// it once more; only bytes of tables that are no UTF-8 become U+FFFD, as JSON has
// none. Where there is no data, the operation did not run, and the entry is left out.
func encode(resp *graphql.Response) []byte {
	out := append(make([]byte, 0, len(resp.Data)+64), '{')
	entry := func(name string, value []byte) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(out, name...), value...)
	}
	if len(resp.Errors) > 0 {
		entry(`"errors":`, marshal(resp.Errors))
	}
	if len(resp.Data) > 0 {
		data := []byte(resp.Data)
		if !utf8.Valid(data) {
			data = bytes.ToValidUTF8(data, []byte("\uFFFD"))
		}
		entry(`"data":`, data)
	}
	if len(resp.Extensions) > 0 {
		entry(`"extensions":`, marshal(resp.Extensions))
	}
	return append(out, '}')
}

// marshal encodes what is made of maps, lists and plain values, which always
// succeeds. Characters that only HTML gives a meaning stay as they are.
func marshal(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return []byte("null")
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
