package gqlhttp

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// CodeBadRequest is the code of a request that is no GraphQL request.
const CodeBadRequest = "BAD_REQUEST"

// refusal is why a request is not a GraphQL request, and the status that says
// so.
type refusal struct {
	status int
	*gqlerror.Error
}

// refusef makes a refusal.
func refusef(status int, format string, args ...any) *refusal {
	return &refusal{status, failure(CodeBadRequest, fmt.Sprintf(format, args...))}
}

// weighs refuses JSON of more values than the limit.
func (l Limits) weighs(text []byte) *refusal {
	values, depth := weigh(text)
	switch {
	case l.Values > 0 && values > l.Values:
		return &refusal{http.StatusRequestEntityTooLarge, beyond(values, l.Values, "the request's JSON has %d values", "send shorter lists")}
	case depth > maxNested:
		return &refusal{http.StatusRequestEntityTooLarge, beyond(depth, maxNested, "the request's JSON is nested %d levels deep", "no variable needs that")}
	}
	return nil
}

// params reads the parameters of a request: of one operation, or, batched, of
// several.
func (l Limits) params(r *http.Request) (list []*graphql.RawParams, batched bool, no *refusal) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		var p *graphql.RawParams
		p, no = l.urlParams(r.URL.RawQuery)
		list = []*graphql.RawParams{p}
	case http.MethodPost:
		list, batched, no = l.bodyParams(r)
	default:
		no = refusef(http.StatusMethodNotAllowed, "GraphQL is asked by GET or POST, not by %s", r.Method)
	}
	if no != nil {
		return nil, batched, no
	}
	for _, p := range list {
		p.Headers = r.Header
	}
	return list, batched, nil
}

// urlParams reads the parameters out of the query of a URL.
func (l Limits) urlParams(raw string) (*graphql.RawParams, *refusal) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, refusef(http.StatusBadRequest, "the query of the URL cannot be read: escape it as application/x-www-form-urlencoded")
	}
	p := &graphql.RawParams{Query: values.Get("query"), OperationName: values.Get("operationName")}
	for name, into := range map[string]*map[string]any{"variables": &p.Variables, "extensions": &p.Extensions} {
		text := []byte(values.Get(name))
		if no := l.weighs(text); no != nil {
			return nil, no
		}
		if len(text) > 0 && decode(text, into) != nil {
			return nil, refusef(http.StatusBadRequest, "the parameter %s must be a JSON object, not %s", name, kindOf(text))
		}
	}
	return identified(p, values.Get(documentID))
}

// bodyParams reads the parameters out of a JSON body: an object, or a list of them.
func (l Limits) bodyParams(r *http.Request) (list []*graphql.RawParams, batched bool, no *refusal) {
	body, no := jsonBody(r)
	if no != nil {
		return nil, false, no
	}
	if no := l.weighs(body); no != nil {
		return nil, false, no
	}
	if body[0] == '[' {
		list, no = l.listParams(body)
		return list, true, no
	}
	p, no := objectParams(body)
	return []*graphql.RawParams{p}, false, no
}

// jsonBody is the body of a request, which is not empty.
func jsonBody(r *http.Request) ([]byte, *refusal) {
	if no := checkType(r.Header.Get("Content-Type")); no != nil {
		return nil, no
	}
	body, err := whole(r.Body)
	if err != nil {
		return nil, refusef(http.StatusBadRequest, "the request's body ended early")
	}
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return nil, refusef(http.StatusBadRequest, "the request has no body: send a JSON object with the parameter query")
	case bytes.HasPrefix(body, []byte("\uFEFF")):
		return nil, refusef(http.StatusBadRequest, "the body begins with a byte order mark (U+FEFF): send the JSON without it")
	}
	return body, nil
}

// listParams reads the parameters of a batch.
func (l Limits) listParams(body []byte) (list []*graphql.RawParams, no *refusal) {
	if l.Batch <= 0 {
		return nil, refusef(http.StatusBadRequest, "batches are not taken: send each operation as a request of its own, or several fields in one operation")
	}
	var sent []json.RawMessage
	if err := decode(body, &sent); err != nil {
		return nil, refusef(http.StatusBadRequest, "the body is not a JSON list")
	}
	switch {
	case len(sent) == 0:
		return nil, refusef(http.StatusBadRequest, "the batch is empty: send an operation at least")
	case len(sent) > l.Batch:
		return nil, &refusal{http.StatusRequestEntityTooLarge, beyond(len(sent), l.Batch, "the batch has %d operations", "send it in parts")}
	}
	for i, one := range sent {
		p, no := objectParams(one)
		if no != nil {
			no.Message = fmt.Sprintf("operation %d of the batch: %s", i+1, no.Message)
			return nil, no
		}
		list = append(list, p)
	}
	return list, nil
}

// objectParams reads the parameters of one operation.
func objectParams(body []byte) (*graphql.RawParams, *refusal) {
	var sent map[string]json.RawMessage
	if err := decode(body, &sent); err != nil || sent == nil {
		return nil, refusef(http.StatusBadRequest, "the request is not a JSON object")
	}
	p, id := &graphql.RawParams{}, ""
	for _, field := range []struct {
		name, kind string
		into       any
	}{
		{"query", "string", &p.Query}, {"operationName", "string", &p.OperationName}, {documentID, "string", &id},
		{"variables", "object", &p.Variables}, {"extensions", "object", &p.Extensions},
	} {
		value := sent[field.name]
		if len(value) == 0 { // null decodes into the zero value: as if not sent
			continue
		}
		if err := decode(value, field.into); err != nil {
			return nil, refusef(http.StatusBadRequest, "the parameter %s must be a JSON %s, not %s", field.name, field.kind, kindOf(value))
		}
	}
	return identified(p, id)
}

// whole is a body. One that is in memory already tells so, and is not copied.
func whole(body io.Reader) ([]byte, error) {
	if there, ok := body.(interface{ Bytes() []byte }); ok {
		return there.Bytes(), nil
	}
	return io.ReadAll(body)
}

// kindOf is what a JSON value is, as its first character tells.
func kindOf(value []byte) string {
	if value = bytes.TrimSpace(value); len(value) == 0 {
		return "nothing"
	}
	return cmp.Or(kinds[value[0]], "a number, or what is no JSON")
}

// kinds are what JSON values are, by how they begin.
var kinds = map[byte]string{
	'[': "a list: [] is not {}", '{': "an object, or one that cannot be read", '"': "a string", 't': "a boolean", 'f': "a boolean",
}

// checkType refuses bodies that are not JSON in UTF-8. Forms are refused too:
// a browser sends them for any page without asking first.
func checkType(header string) *refusal {
	kind, attributes, err := mime.ParseMediaType(header)
	if err != nil || kind != "application/json" {
		return refusef(http.StatusUnsupportedMediaType, "the body's type must be application/json: send it in the header Content-Type")
	}
	if charset := attributes["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return refusef(http.StatusUnsupportedMediaType, "the body's encoding must be utf-8")
	}
	return nil
}

// identified puts a persisted document's identifier where Documents looks for
// it, and refuses requests that name no document at all.
func identified(p *graphql.RawParams, id string) (*graphql.RawParams, *refusal) {
	if id != "" {
		if p.Extensions == nil {
			p.Extensions = map[string]any{}
		}
		p.Extensions[documentID] = id
	}
	if p.Query == "" && p.Extensions[documentID] == nil && p.Extensions[persistedQuery] == nil {
		return nil, refusef(http.StatusBadRequest, "the parameter query is missing: it holds the text of the GraphQL document")
	}
	return p, nil
}

// decode reads exactly one JSON value. Numbers keep their digits: an Int64 does
// not fit a float.
func decode(data []byte, into any) error {
	switch into.(type) {
	case *string, *map[string]json.RawMessage, *[]json.RawMessage: // no numbers: what each request sends, read in half the time
		return json.Unmarshal(data, into)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("read JSON: more follows the value")
	}
	return nil
}
