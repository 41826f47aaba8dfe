package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"clickql/internal/chconn"
	"clickql/internal/gateway"
)

// issue writes a certificate for loopback, and its key, and gives who trusts it.
func issue(t *testing.T, certFile, keyFile string, serial int64) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "EC PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Unix(1_800_000_000+serial, 0)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(cert)
	return pool
}

// The gateway speaks TLS by itself, with whatever certificate the files have by then;
// files that cannot be read leave the last one.
func TestServingEncrypted(t *testing.T) {
	dir := t.TempDir()
	f := servingFlags{certFile: filepath.Join(dir, "cert.pem"), keyFile: filepath.Join(dir, "key.pem")}
	pool := issue(t, f.certFile, f.keyFile, 1)
	encrypted, err := f.tls(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ln, err := listen("--addr", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	source, err := gateway.OpenServer(t.Context(), chconn.Config{DSN: "clickhouse://127.0.0.1:1/pypi?dial_timeout=1s"}) // nobody is there
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = source.Close() }()
	cfg := gateway.Config{Conn: source, Database: source.Database()}
	cfg.Server.TLS = encrypted
	g := gateway.New(cfg)
	ctx, stop := context.WithCancelCause(t.Context())
	if err := g.Start(ctx); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- f.untilStopped(ctx, g, ln) }()
	ask := func(pool *x509.CertPool) (serial int64, protocol string) {
		t.Helper()
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true, DisableKeepAlives: true}}
		resp, err := client.Get(baseURL(ln.Addr(), true) + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		return resp.TLS.PeerCertificates[0].SerialNumber.Int64(), resp.Proto
	}
	if serial, protocol := ask(pool); serial != 1 || protocol != "HTTP/2.0" {
		t.Errorf("certificate %d, %s", serial, protocol)
	}
	pool = issue(t, f.certFile, f.keyFile, 2)
	if serial, _ := ask(pool); serial != 2 {
		t.Errorf("after a change: certificate %d", serial)
	}
	if err := os.Remove(f.keyFile); err != nil {
		t.Fatal(err)
	}
	if serial, _ := ask(pool); serial != 2 {
		t.Errorf("without its key: certificate %d", serial)
	}
	stop(nil)
	if err := errors.Join(<-ended, g.Stop()); err != nil {
		t.Error(err)
	}
	for _, wrong := range []servingFlags{{certFile: f.certFile}, {keyFile: f.keyFile}, {certFile: f.certFile, keyFile: f.keyFile}} {
		if _, err := wrong.tls(slog.New(slog.DiscardHandler)); !errors.As(err, new(usageError)) {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
}

// Two processes may share an address where both want to.
func TestPortsAreShared(t *testing.T) {
	f := servingFlags{addr: "127.0.0.1:0", reusePort: true}
	env := func(string) string { return "" }
	first, err := f.listen(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.Close() }()
	f.addr = first.Addr().String()
	second, err := f.listen(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = second.Close() }()
	f.reusePort = false
	if _, err := f.listen(t.Context(), env); err == nil || !strings.Contains(err.Error(), "another process uses this address") {
		t.Errorf("%v", err)
	}
}

// SIGHUP has everything read again, and ends nothing.
func TestHangupReloads(t *testing.T) {
	reloaded := make(chan struct{}, 1)
	done := onHangup(func() { reloaded <- struct{}{} })
	for range 2 {
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		<-reloaded
	}
	done()
}
