// Package fakegcs starts an emulator of Google Cloud Storage in this process, for
// tests and benchmarks.
package fakegcs

import (
	"fmt"
	"net"

	"github.com/fsouza/fake-gcs-server/fakestorage"
)

// Bucket is one bucket of an emulator of its own on loopback, held in memory.
type Bucket struct {
	// Server is the emulator; Stop ends it.
	*fakestorage.Server
	name string
}

// Start starts an emulator with an empty bucket.
func Start(bucket string) (Bucket, error) {
	// The emulator serves an object under bucket/name only where it knows its own
	// address, so its port is chosen beforehand.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return Bucket{}, fmt.Errorf("choose a port for the emulator of Google Cloud Storage: %w", err)
	}
	address := l.Addr().(*net.TCPAddr)
	if err := l.Close(); err != nil {
		return Bucket{}, fmt.Errorf("choose a port for the emulator of Google Cloud Storage: %w", err)
	}
	server, err := fakestorage.NewServerWithOptions(fakestorage.Options{Scheme: "http", Host: "127.0.0.1",
		Port: uint16(address.Port), PublicHost: address.String()})
	if err != nil {
		return Bucket{}, fmt.Errorf("start an emulator of Google Cloud Storage: %w", err)
	}
	server.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: bucket})
	return Bucket{server, bucket}, nil
}

// Put writes an object, under a new generation.
func (b Bucket) Put(name string, content []byte) {
	b.CreateObject(fakestorage.Object{ObjectAttrs: fakestorage.ObjectAttrs{BucketName: b.name, Name: name}, Content: content})
}

// Remove takes an object away; nothing where there is none.
func (b Bucket) Remove(name string) {
	_ = b.Backend().DeleteObject(b.name, name) // there was none
}
