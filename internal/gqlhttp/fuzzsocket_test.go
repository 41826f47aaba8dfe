package gqlhttp

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// refuser takes no operation.
type refuser struct{ graphql.GraphExecutor }

// CreateOperationContext refuses.
func (refuser) CreateOperationContext(context.Context, *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	return &graphql.OperationContext{}, gqlerror.List{failure(CodeBadRequest, "nothing runs here")}
}

// DispatchError tells the errors.
func (refuser) DispatchError(_ context.Context, errs gqlerror.List) *graphql.Response {
	return &graphql.Response{Errors: errs}
}

// frame is a message of a client's WebSocket, its mask zero.
func frame(opcode byte, text string) string {
	head := []byte{0x80 | opcode}
	switch n := len(text); {
	case n < 126:
		head = append(head, 0x80|byte(n))
	default:
		head = binary.BigEndian.AppendUint16(append(head, 0x80|126), uint16(n))
	}
	return string(head) + "\x00\x00\x00\x00" + text
}

// panics counts what a server logs of them.
type panics struct{ atomic.Int32 }

// Write takes a line of the log.
func (p *panics) Write(line []byte) (int, error) {
	if strings.Contains(string(line), "panic") {
		p.Add(1)
	}
	return len(line), nil
}

// FuzzFrames sends anything over an open WebSocket, frames and what is none: the
// socket ends when the client does, and nothing panics.
func FuzzFrames(f *testing.F) {
	const text, closing, ping = 1, 8, 9
	for _, m := range []string{
		`{"type":"connection_init"}`, `{"type":"subscribe","id":"1","payload":{"query":"{ n }"}}`, `{"type":"complete","id":"1"}`,
		`{"type":"ping","payload":[1]}`, `{"type":"subscribe","id":"","payload":null}`, `{"type":1}`, `[]`, "\xff", strings.Repeat("[", 200), strings.Repeat("x", 5000),
	} {
		f.Add([]byte(frame(text, m)))
		f.Add([]byte(frame(text, `{"type":"connection_init"}`) + frame(text, m) + frame(text, m)))
	}
	f.Add([]byte(frame(ping, "x") + frame(closing, "\x03\xe8bye")))
	f.Add([]byte("\x01\x80\x00\x00\x00\x00" + frame(text, "{}")))
	f.Add([]byte("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00"))
	var failed panics
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		WebSocket{Limits: fuzzLimits, MaxMessage: 4096}.Do(w, r, refuser{})
	}))
	srv.Config.ErrorLog = log.New(&failed, "", 0)
	srv.Start()
	f.Cleanup(srv.Close)
	f.Fuzz(func(t *testing.T, sent []byte) {
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if err := upgrade(conn); err != nil {
			t.Fatal(err)
		}
		const patience = time.Minute // none takes it
		_ = conn.SetDeadline(time.Now().Add(patience))
		_, _ = conn.Write(sent) // it may end before
		_ = conn.(*net.TCPConn).CloseWrite()
		if _, err := io.Copy(io.Discard, conn); timedOut(err) {
			t.Fatal("the socket stays open when its client has left")
		}
		if n := failed.Load(); n > 0 {
			t.Fatalf("%d panics", n)
		}
	})
}

// upgrade opens a WebSocket by hand, so that what follows is not a client's.
func upgrade(conn net.Conn) error {
	const ask = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: MDAwMDAwMDAwMDAwMDAwMA==\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: " + subprotocol + "\r\n\r\n"
	if _, err := io.WriteString(conn, ask); err != nil {
		return err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return errors.Join(fmt.Errorf("status %s", resp.Status), resp.Body.Close())
	}
	return resp.Body.Close() // it is empty: what follows are frames
}

// timedOut tells whether an error is that of a deadline.
func timedOut(err error) bool {
	late, ok := errors.AsType[net.Error](err)
	return ok && late.Timeout()
}
