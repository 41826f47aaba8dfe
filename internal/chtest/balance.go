package chtest

import (
	"crypto/tls"
	"io"
	"net"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

// Balance listens, and passes what each connection says on to the next of some
// addresses, as a balancer of connections does. Secured it ends TLS, with a certificate
// that nobody trusts.
func Balance(t testing.TB, secured bool, to ...string) (address string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	if secured {
		server := httptest.NewTLSServer(nil) // for its certificate
		t.Cleanup(server.Close)
		ln = tls.NewListener(ln, &tls.Config{Certificates: server.TLS.Certificates})
	}
	var n atomic.Uint64
	go func() {
		for {
			from, err := ln.Accept()
			if err != nil {
				return
			}
			go pass(from, to[n.Add(1)%uint64(len(to))])
		}
	}()
	return ln.Addr().String()
}

// pass connects a connection with an address until either end closes.
func pass(from net.Conn, address string) {
	defer func() { _ = from.Close() }()
	to, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(to, from)
		_ = to.Close()
	}()
	_, _ = io.Copy(from, to)
}
