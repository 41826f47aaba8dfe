package gqlhttp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// WebSocket answers over WebSockets, by the protocol graphql-transport-ws of the
// library graphql-ws (its PROTOCOL.md). It is a gqlgen transport.
type WebSocket struct {
	// Origin reports that the pages of a site may open one, by the header Origin. Those
	// of the host that is asked always may.
	Origin func(origin string) bool
	// Door decides who comes in, and what may run; nil lets everybody in.
	Door Door
	// Timeout ends a query; subscriptions go on until one side ends them. 0 is no
	// limit.
	Timeout time.Duration
	// Operations is how many operations may run at one time over one socket,
	// subscriptions that wait included; 100 where 0.
	Operations int
	// MaxMessage is the longest message of a client in bytes; 1 MiB where 0.
	MaxMessage int64
	// Memory bounds the answers and the long messages of all sockets; nil does not.
	Memory *Memory
	// Limits bound what a message's JSON is decoded to.
	Limits Limits
}

// Door decides who comes in over WebSockets.
type Door interface {
	// Enter is asked with the payload of connection_init, which may be empty: the
	// context of what is asked from then on, or why the client is not let in.
	Enter(ctx context.Context, r *http.Request, payload json.RawMessage) (context.Context, *gqlerror.Error)
	// Admit is asked before each operation; done must be called when it has ended.
	Admit(ctx context.Context) (done func(), refused *gqlerror.Error)
	// Unauthenticated reports that Enter refused a client since it does not know it.
	Unauthenticated(refused *gqlerror.Error) bool
}

const (
	defaultOperations = 100
	defaultMessage    = 1 << 20
	// initTimeout is how long a new socket may take to say what it wants.
	initTimeout = 10 * time.Second
	// writeTimeout is how long a client may take to take one message, or one event
	// of a stream, in.
	writeTimeout = 15 * time.Second
	// maxID is the longest id of an operation.
	maxID = 256
)

// subprotocol is the protocol's name.
const subprotocol = "graphql-transport-ws"

// The codes that the protocol closes a socket with.
const (
	closeInvalid      websocket.StatusCode = 4400
	closeUnauthorized websocket.StatusCode = 4401
	closeForbidden    websocket.StatusCode = 4403
	closeProtocol     websocket.StatusCode = 4406
	closeInitTimeout  websocket.StatusCode = 4408
	closeDuplicate    websocket.StatusCode = 4409
	closeInitAgain    websocket.StatusCode = 4429
)

// Supports takes WebSockets.
func (WebSocket) Supports(r *http.Request) bool { return r.Header.Get("Upgrade") != "" }

// Do answers a socket until one side ends it. Pings are the client's: they are
// answered, and TCP's own find those who have gone. A ping from here would cost a
// goroutine for each who waits.
func (t WebSocket) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols: []string{subprotocol}, InsecureSkipVerify: t.Origin != nil && t.Origin(r.Header.Get("Origin")),
	})
	if err != nil { // it has been answered
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	s := &socket{WebSocket: t.withDefaults(), conn: conn, ctx: ctx, exec: exec, request: r, running: map[string]context.CancelFunc{}}
	defer s.end(cancel)
	if conn.Subprotocol() != subprotocol {
		s.close(closeProtocol, "Subprotocol not acceptable: ask for "+subprotocol)
		return
	}
	conn.SetReadLimit(s.MaxMessage)
	// A read whose context ends takes the connection with it, and nobody would be told.
	told := context.AfterFunc(r.Context(), func() { s.close(websocket.StatusGoingAway, "the server stops") })
	defer told()
	s.read()
}

// withDefaults fills what is not set.
func (t WebSocket) withDefaults() WebSocket {
	if t.Operations <= 0 {
		t.Operations = defaultOperations
	}
	if t.MaxMessage <= 0 {
		t.MaxMessage = defaultMessage
	}
	return t
}

// socket is one connection.
type socket struct {
	WebSocket
	conn    *websocket.Conn
	ctx     context.Context
	exec    graphql.GraphExecutor
	request *http.Request // that opened it
	begun   bool          // the client has been welcomed

	mu      sync.Mutex
	running map[string]context.CancelFunc // by the operation's id
	work    sync.WaitGroup
}

// message is what both sides send.
type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// end gives everything up that still runs, and waits for it.
func (s *socket) end(cancel context.CancelFunc) {
	cancel()
	s.work.Wait()
	_ = s.conn.CloseNow() // it may be closed already
}

// close ends the socket and tells why.
func (s *socket) close(code websocket.StatusCode, reason string) {
	const longest = 120 // bytes, of 123 that fit into a frame
	if len(reason) > longest {
		reason = strings.ToValidUTF8(reason[:longest], "")
	}
	_ = s.conn.Close(code, reason) // the client has gone: nobody to tell
}

// take acts on one message; a code other than 0 ends the socket.
func (s *socket) take(data []byte) (code websocket.StatusCode, reason string) {
	if no := s.Limits.weighs(data); no != nil {
		return closeInvalid, no.Message
	}
	var m message
	if err := json.Unmarshal(data, &m); err != nil {
		return closeInvalid, "Invalid message: it is not a JSON object with a type"
	}
	switch m.Type {
	case "connection_init":
		if s.begun {
			return closeInitAgain, "Too many initialisation requests"
		}
		return s.enter(m.Payload)
	case "ping":
		s.send(message{Type: "pong", Payload: m.Payload})
	case "pong":
	case "subscribe":
		return s.subscribe(m)
	case "complete":
		s.mu.Lock()
		if cancel := s.running[m.ID]; cancel != nil {
			cancel()
			delete(s.running, m.ID)
		}
		s.mu.Unlock()
	default:
		return closeInvalid, fmt.Sprintf("Invalid message: there is no type %.40q", m.Type)
	}
	return 0, ""
}

// enter lets a client in, or not.
func (s *socket) enter(payload json.RawMessage) (websocket.StatusCode, string) {
	if s.Door != nil {
		ctx, err := s.Door.Enter(s.ctx, s.request, payload)
		switch {
		case err != nil && s.Door.Unauthenticated(err):
			return closeUnauthorized, "Unauthorized: " + err.Message
		case err != nil:
			return closeForbidden, "Forbidden: " + err.Message
		}
		s.ctx = ctx
	}
	s.begun = true
	s.send(message{Type: "connection_ack"})
	return 0, ""
}

// admit asks whether one more operation may run.
func (s *socket) admit() (done func(), refused gqlerror.List) {
	if s.Door == nil {
		return func() {}, nil
	}
	done, err := s.Door.Admit(s.ctx)
	if err != nil {
		return nil, gqlerror.List{err}
	}
	return done, nil
}

// subscribe begins an operation.
func (s *socket) subscribe(m message) (websocket.StatusCode, string) {
	switch {
	case !s.begun:
		return closeUnauthorized, "Unauthorized: send connection_init first"
	case m.ID == "" || len(m.ID) > maxID:
		return closeInvalid, fmt.Sprintf("Invalid message: subscribe needs an id of up to %d bytes", maxID)
	}
	ctx, cancel := context.WithCancel(s.ctx)
	s.mu.Lock()
	_, twice := s.running[m.ID]
	full := len(s.running) >= s.Operations
	if !twice && !full {
		s.running[m.ID] = cancel
	}
	s.mu.Unlock()
	switch {
	case twice:
		cancel()
		return closeDuplicate, fmt.Sprintf("Subscriber for %.60s already exists", m.ID)
	case full:
		cancel()
		s.fail(m.ID, gqlerror.List{beyond(s.Operations+1, s.Operations, "%d operations over one socket at one time", "complete some, or open another socket")})
		return 0, ""
	}
	// Reading on waits until the operation has been looked at: who sends faster than
	// that is slowed down.
	done, errs := s.admit()
	if errs != nil {
		s.leave(ctx, m.ID, cancel)
		s.fail(m.ID, errs)
		return 0, ""
	}
	op, errs := s.operation(ctx, m)
	if errs != nil {
		done()
		s.leave(ctx, m.ID, cancel)
		s.fail(m.ID, errs)
		return 0, ""
	}
	s.work.Go(func() {
		defer done()
		s.run(ctx, cancel, m.ID, op)
	})
	return 0, ""
}

// operation is what a message asks for, or why it is refused.
func (s *socket) operation(ctx context.Context, m message) (*graphql.OperationContext, gqlerror.List) {
	ctx = graphql.StartOperationTrace(ctx)
	start := graphql.Now()
	params := &graphql.RawParams{}
	if err := decode(m.Payload, params); err != nil {
		return nil, gqlerror.List{failure(CodeBadRequest, "the payload must be a JSON object with the parameter query")}
	}
	params.Headers = s.request.Header
	params.ReadTime = graphql.TraceTiming{Start: start, End: graphql.Now()}
	op, errs := s.exec.CreateOperationContext(ctx, params)
	if errs != nil {
		return nil, s.exec.DispatchError(graphql.WithOperationContext(ctx, op), errs).Errors
	}
	return op, nil
}

// run answers an operation until it ends.
func (s *socket) run(ctx context.Context, cancel context.CancelFunc, id string, op *graphql.OperationContext) {
	defer s.leave(ctx, id, cancel)
	defer func() {
		if cause := recover(); cause != nil {
			s.leave(ctx, id, cancel)
			s.fail(id, gqlerror.List{gqlerror.Wrap(op.Recover(ctx, cause))})
		}
	}()
	running := ctx
	if op.Operation.Operation != ast.Subscription {
		bounded, done := s.bounded(ctx)
		defer done()
		running = bounded
	}
	next, running := s.exec.DispatchOperation(graphql.WithOperationContext(running, op), op)
	answered := false
	for resp := next(running); resp != nil; resp = next(running) {
		if ctx.Err() != nil { // completed by the client, which is told no more
			return
		}
		answered = true
		s.send(message{ID: id, Type: "next", Payload: encode(resp)})
	}
	if ctx.Err() != nil {
		return
	}
	late := !answered && running.Err() != nil
	s.leave(ctx, id, cancel) // the client may use the id again as soon as it knows
	if late {
		s.fail(id, gqlerror.List{failure(CodeTimeout, "the answer was not ready in time")})
		return
	}
	s.send(message{ID: id, Type: "complete"})
}

// bounded is the context of a query: for so long, and with room for its answer.
func (s *socket) bounded(ctx context.Context) (query context.Context, done func()) {
	cancel, release := func() {}, func() {}
	if s.Timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, s.Timeout)
	}
	if s.Memory != nil {
		ctx, release = s.Memory.Hold(ctx)
	}
	return ctx, func() { release(); cancel() }
}

// leave forgets an operation, unless the id is another's by now.
func (s *socket) leave(ctx context.Context, id string, cancel context.CancelFunc) {
	s.mu.Lock()
	if ctx.Err() == nil {
		delete(s.running, id)
	}
	s.mu.Unlock()
	cancel()
}

// fail ends an operation that did not run.
func (s *socket) fail(id string, errs gqlerror.List) {
	s.send(message{ID: id, Type: "error", Payload: marshal(errs)})
}

// send writes a message. A client that does not take it in in time loses the
// socket. Once the server stops there is nothing to say but that (close), and a write
// whose context ends would take the connection away before it is said.
func (s *socket) send(m message) {
	if s.ctx.Err() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), writeTimeout)
	defer cancel()
	_ = s.conn.Write(ctx, websocket.MessageText, marshal(m)) // reading ends too
}
