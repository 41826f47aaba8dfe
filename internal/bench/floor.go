package main

import (
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// floor is a bare net/http server that writes answers it was given: the least
// that any server written in Go pays for an HTTP answer of these bytes.
type floor struct {
	*clients
	srv   *http.Server
	ended chan error
}

// startFloor serves bodies[i] under every path that begins with /i.
func startFloor(bodies [][]byte, contentType string) (*floor, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &floor{clients: newClients(ln.Addr().String(), maxClients), ended: make(chan error, 1)}
	f.srv = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		number, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		i, err := strconv.Atoi(number)
		if err != nil || i < 0 || i >= len(bodies) {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(bodies[i]) // a client that has gone fails by itself
	})}
	go func() { f.ended <- f.srv.Serve(ln) }()
	return f, nil
}

// Close ends the clients' connections, then the server.
func (f *floor) Close() error {
	f.close()
	err := f.srv.Close()
	if ended := <-f.ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
