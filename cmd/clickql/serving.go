package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"clickql/internal/gateway"
	"clickql/internal/gqlhttp"
)

// servingFlags say where and how the gateway listens, and how it stops.
type servingFlags struct {
	addr, admin       string
	reusePort         bool
	certFile, keyFile string
	grace             time.Duration
}

// add defines the flags.
func (f *servingFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.addr, "addr", "127.0.0.1:8080", "`host:port` to listen on; port 0 takes any free one. A socket that systemd hands over (LISTEN_FDS) goes before it")
	flags.StringVar(&f.admin, "admin-addr", "", "`host:port` for /healthz, /readyz, /metrics and profiles (/debug/pprof/), which --addr then does not have; keep it private")
	flags.BoolVar(&f.reusePort, "reuse-port", false, "share --addr with other processes that do so too, such as the next version, which starts before this one stops")
	flags.StringVar(&f.certFile, "tls-cert", "", "`file` of the certificate for TLS, with its chain, in PEM; read again when it changes")
	flags.StringVar(&f.keyFile, "tls-key", "", "`file` of its private key")
	flags.DurationVar(&f.grace, "grace", 2*time.Second, "how long to go on after SIGTERM with /readyz red, so that balancers send traffic elsewhere")
}

// tls is how connections are encrypted; nil for not at all.
func (f *servingFlags) tls(log *slog.Logger) (*tls.Config, error) {
	if f.certFile == "" && f.keyFile == "" {
		return nil, nil
	}
	if f.certFile == "" || f.keyFile == "" {
		return nil, usagef("--tls-cert and --tls-key go together: the certificate and its private key")
	}
	c := &certificate{certFile: f.certFile, keyFile: f.keyFile, log: log}
	if _, err := c.get(nil); err != nil {
		return nil, usagef("--tls-cert %s, --tls-key %s: %w", f.certFile, f.keyFile, err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}, nil
}

// certificate is a certificate in files, which are read again when they change.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu     sync.Mutex
	seen   [2]time.Time // when the files were last changed
	loaded *tls.Certificate
}

// get is the certificate; where the files can no longer be read, the last one.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var now [2]time.Time
	for i, path := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(path); err == nil {
			now[i] = info.ModTime()
		}
	}
	if c.loaded != nil && now == c.seen {
		return c.loaded, nil
	}
	c.seen = now
	loaded, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	switch {
	case err == nil:
		c.loaded = &loaded
	case c.loaded == nil:
		return nil, err
	default:
		c.log.Error("the certificate cannot be read again; the last one stays", "error", err)
	}
	return c.loaded, nil
}

// listen opens --addr, or takes the socket that systemd hands over.
func (f *servingFlags) listen(ctx context.Context, env func(string) string) (net.Listener, error) {
	if env("LISTEN_PID") == strconv.Itoa(os.Getpid()) && env("LISTEN_FDS") != "" && env("LISTEN_FDS") != "0" {
		const first = 3 // sd_listen_fds(3)
		handed := os.NewFile(first, "socket")
		defer func() { _ = handed.Close() }() // the listener has its own
		ln, err := net.FileListener(handed)
		if err != nil {
			return nil, fmt.Errorf("take the socket that was handed over (LISTEN_FDS): %w", err)
		}
		return ln, nil
	}
	if !f.reusePort {
		return listen("--addr", f.addr)
	}
	shared := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		controlErr := c.Control(func(fd uintptr) { err = sharePort(int(fd)) })
		if controlErr != nil {
			return controlErr
		}
		return err
	}}
	ln, err := shared.Listen(ctx, "tcp", f.addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s with --reuse-port: %w; every process there has to share it", f.addr, err)
	}
	return ln, nil
}

// untilStopped serves until ctx ends and then, where SIGTERM ended it, for the grace:
// an interrupt from a terminal is not waited for.
func (f *servingFlags) untilStopped(ctx context.Context, g *gateway.Gateway, ln net.Listener) error {
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	go func() {
		select {
		case <-serving.Done(): // it failed
			return
		case <-ctx.Done():
		}
		g.Leave()
		if cause := context.Cause(ctx); cause != nil && strings.Contains(cause.Error(), syscall.SIGTERM.String()) {
			select {
			case <-time.After(f.grace):
			case <-serving.Done():
			}
		}
		stop()
	}()
	return g.Serve(serving, ln)
}

// onHangup calls reload with each SIGHUP until done is called. The signal ends nothing.
func onHangup(reload func()) (done func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	var working sync.WaitGroup
	working.Go(func() {
		for range signals {
			reload()
		}
	})
	return func() {
		signal.Stop(signals)
		close(signals)
		working.Wait()
	}
}

// reload reads again what may have changed: keys and certificates are looked at
// whenever they are used, documents now.
func (a *app) reload(documents *gqlhttp.Trusted, dir string) {
	if documents != nil {
		newer, err := trustedDocuments(dir)
		if err != nil {
			a.log.Error("SIGHUP: the trusted documents cannot be read again; they stay as they were", "error", err)
			return
		}
		documents.Replace(newer)
		a.log.Info("SIGHUP: the trusted documents were read again", "documents", newer.Len())
		return
	}
	a.log.Info("SIGHUP: keys and certificates are read again when they are next used")
}
