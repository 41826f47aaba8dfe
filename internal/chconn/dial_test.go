package chconn_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"

	"clickql/internal/chconn"
	"clickql/internal/chtest"
)

// silent listens, accepts and never says a word. begun tells of each
// connection when its first byte has come.
func silent(t *testing.T) (addr string, begun chan struct{}) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	begun = make(chan struct{}, 16)
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			context.AfterFunc(t.Context(), func() { _ = conn.Close() })
			if _, err := io.ReadFull(conn, make([]byte, 1)); err == nil {
				begun <- struct{}{}
			}
		}
	}()
	return ln.Addr().String(), begun
}

// TestLoginIsCancelled gives up while a server keeps the login waiting.
func TestLoginIsCancelled(t *testing.T) {
	for _, scheme := range []string{"clickhouse", "http"} {
		addr, begun := silent(t)
		conn := open(t, chconn.Config{DSN: scheme + "://user:pw@" + addr + "/x?dial_timeout=1h"})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- conn.Ping(ctx) }()
		<-begun
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want that it was cancelled", scheme, err)
		}
	}
}

// TestSilentHost passes over a host that accepts and does not answer, and
// alone calls it unavailable.
func TestSilentHost(t *testing.T) {
	info := chtest.Engine(t).Info()
	for scheme, good := range map[string]string{"clickhouse": info.Native, "http": info.HTTP} {
		addr, _ := silent(t)
		conn := open(t, chconn.Config{DSN: dsn(scheme, addr+","+good, info.User, info.Password, info.Database) + "?dial_timeout=2s"})
		if err := conn.Ping(t.Context()); err != nil {
			t.Errorf("%s: %v", scheme, err)
		}
		conn = open(t, chconn.Config{DSN: scheme + "://user:pw@" + addr + "/x?dial_timeout=50ms"})
		if err := conn.Ping(t.Context()); chconn.Classify(err) != chconn.Unavailable {
			t.Errorf("%s: %v is of class %v, want %v", scheme, err, chconn.Classify(err), chconn.Unavailable)
		}
	}
}

// TestTLS speaks to the engine through something that ends TLS, over both
// protocols, with a certificate that is known and with one that is not.
func TestTLS(t *testing.T) {
	info := chtest.Engine(t).Info()
	for scheme, addr := range map[string]string{"clickhouse": chtest.Balance(t, true, info.Native), "https": chtest.Balance(t, true, info.HTTP)} {
		plain := dsn(scheme, addr, info.User, info.Password, info.Database) + "?secure=true"
		if err := open(t, chconn.Config{DSN: plain + "&skip_verify=true"}).Ping(t.Context()); err != nil {
			t.Errorf("%s: %v", scheme, err)
		}
		var unknown *tls.CertificateVerificationError
		if err := open(t, chconn.Config{DSN: plain}).Ping(t.Context()); !errors.As(err, &unknown) {
			t.Errorf("%s: %v, want that the certificate is not trusted", scheme, err)
		}
	}
}
