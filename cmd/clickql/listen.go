package main

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// listen opens the address of a flag. It is taken before anything else is done,
// so that a wrong one is known at once.
func listen(flag, addr string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	switch {
	case err == nil:
		return ln, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("listen on %s: another process uses this address; choose another, such as %s 127.0.0.1:0 for any free port", addr, flag)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("listen on %s: not permitted; choose a port from 1024 upwards with %s", addr, flag)
	}
	if wrong := new(net.AddrError); errors.As(err, &wrong) {
		return nil, usagef("%s %s: %w; write host:port, such as 127.0.0.1:8080", flag, addr, err)
	}
	return nil, fmt.Errorf("listen on %s: %w; choose another address with %s", addr, err, flag)
}

// baseURL is where a browser on this machine reaches the listener.
func baseURL(addr net.Addr, encrypted bool) string {
	scheme := "http://"
	if encrypted {
		scheme = "https://"
	}
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return scheme + addr.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return scheme + net.JoinHostPort(host, port)
}
