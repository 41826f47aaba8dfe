package main

import "golang.org/x/sys/unix"

// sharePort lets several processes listen on a socket's address.
func sharePort(fd int) error {
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
}
