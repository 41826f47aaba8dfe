package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
)

// client is one HTTP client on a connection that it keeps. It does no more
// than it must, so that what is measured is the server: net/http's own client
// hands each request through two further goroutines. It asks for no
// compression, as load generators do not.
type client struct {
	conn net.Conn
	in   *bufio.Reader
}

// clients is a set of clients of one server, by number; each is used by one
// goroutine at a time.
type clients struct {
	addr string
	all  []client
}

func newClients(addr string, n int) *clients { return &clients{addr, make([]client, n)} }

// send writes a request and reads the answer's body into sink.
func (c *clients) send(ctx context.Context, number int, request []byte, sink io.Writer) error {
	cl := &c.all[number]
	if cl.conn == nil {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", c.addr)
		if err != nil {
			return err
		}
		cl.conn, cl.in = conn, bufio.NewReaderSize(conn, 64<<10)
	}
	stop := context.AfterFunc(ctx, func() { _ = cl.conn.Close() })
	defer stop()
	if _, err := cl.conn.Write(request); err != nil {
		return err
	}
	answer, err := http.ReadResponse(cl.in, nil)
	if err != nil {
		return err
	}
	_, err = io.Copy(sink, answer.Body)
	if closeErr := answer.Body.Close(); err == nil {
		err = closeErr
	}
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("the answer is %s", answer.Status)
	}
	return err
}

// close ends all connections.
func (c *clients) close() {
	for i := range c.all {
		if c.all[i].conn != nil {
			_ = c.all[i].conn.Close() // nothing is in flight
		}
	}
}
