package mcpserver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// maxAnswer is how many bytes a tool hands on: a model reads all of it.
const maxAnswer = 256 << 10

// maxImage is the same for a picture.
const maxImage = 4 << 20

// callerKey is the key of the request that a message came in.
type callerKey struct{}

// withCaller notes the request that a message came in. Its context is the one of
// what tools ask, so that who asks, as the gateway found out, asks there too.
func withCaller(r *http.Request) context.Context {
	return context.WithValue(r.Context(), callerKey{}, r)
}

// local is the address of who is at the other end of standard input.
const local = "127.0.0.1:0"

// request is what a tool asks of the gateway, as its caller would.
func request(ctx context.Context, method, target string, body []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("ask the gateway: %w", err)
	}
	r.RequestURI, r.RemoteAddr, r.Host = target, local, "localhost"
	if from, ok := ctx.Value(callerKey{}).(*http.Request); ok {
		r.RemoteAddr, r.Host, r.TLS = from.RemoteAddr, from.Host, from.TLS
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r, nil
}

// reply is an answer of the gateway, up to a length.
type reply struct {
	status int
	header http.Header
	body   bytes.Buffer
	most   int
	over   bool
}

// errTooLong ends an answer that nobody is handed.
var errTooLong = errors.New("the answer is too long for a tool")

func (a *reply) Header() http.Header { return a.header }

func (a *reply) WriteHeader(status int) {
	if a.status == 0 && status >= http.StatusOK {
		a.status = status
	}
}

func (a *reply) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if a.over = a.over || a.body.Len()+len(p) > a.most; a.over {
		return 0, errTooLong
	}
	return a.body.Write(p)
}

// ask has the gateway answer a request in at most so many bytes.
func (s *Service) ask(ctx context.Context, method, target string, body []byte, most int) (*reply, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if from, ok := ctx.Value(callerKey{}).(*http.Request); ok { // the library's context outlives it
		defer context.AfterFunc(from.Context(), cancel)()
	}
	r, err := request(ctx, method, target, body)
	if err != nil {
		return nil, err
	}
	a := &reply{header: http.Header{}, most: most}
	s.cfg.Gateway.ServeHTTP(a, r)
	if a.over {
		return nil, fmt.Errorf("RESPONSE_TOO_LARGE: the answer has more than %d bytes; ask for shorter lists, a longer interval, a shorter range or fewer fields", most)
	}
	return a, nil
}

// answer is a GraphQL response.
type answer struct {
	Data   json.RawMessage `json:"data,omitempty"`
	Errors []struct {
		Message    string `json:"message"`
		Extensions struct {
			Code string `json:"code"`
		} `json:"extensions"`
	} `json:"errors,omitempty"`
	Extensions struct {
		Cost struct {
			Rows float64 `json:"rows"`
		} `json:"cost"`
	} `json:"extensions"`
	body json.RawMessage
}

// operation is a GraphQL request.
type operation struct {
	Query         string          `json:"query"`
	Variables     map[string]any  `json:"variables,omitempty"`
	OperationName string          `json:"operationName,omitempty"`
	Extensions    map[string]bool `json:"extensions,omitempty"`
}

// operate runs an operation. The error says in words what the gateway refused, and
// when to come again where it tells.
func (s *Service) operate(ctx context.Context, op operation) (*answer, error) {
	body, err := json.Marshal(op)
	if err != nil {
		return nil, fmt.Errorf("write the operation: %w", err)
	}
	got, err := s.ask(ctx, http.MethodPost, "/graphql", body, maxAnswer)
	if err != nil {
		return nil, err
	}
	a := &answer{body: got.body.Bytes()}
	if err := json.Unmarshal(a.body, a); err != nil {
		return nil, got.refusal()
	}
	if len(a.Errors) > 0 && (len(a.Data) == 0 || string(a.Data) == "null") {
		return nil, a.failure(got.header.Get("Retry-After"))
	}
	return a, nil
}

// failure is the errors of a response in words, each with its code.
func (a *answer) failure(retry string) error {
	lines := make([]string, len(a.Errors))
	for i, e := range a.Errors {
		lines[i] = strings.TrimPrefix(e.Extensions.Code+": "+e.Message, ": ")
	}
	if retry != "" {
		lines = append(lines, "try again in "+retry+" seconds")
	}
	return errors.New(strings.Join(lines, "\n"))
}

// refusal is why there is no answer, of one that is not GraphQL's.
func (a *reply) refusal() error {
	failed := new(answer)
	if json.Unmarshal(a.body.Bytes(), failed) == nil && len(failed.Errors) > 0 {
		return failed.failure(a.header.Get("Retry-After"))
	}
	text := strings.TrimSpace(a.body.String())
	if text == "" || len(text) > 1000 {
		text = http.StatusText(a.status)
	}
	return fmt.Errorf("the gateway answers %d: %s", a.status, text)
}
