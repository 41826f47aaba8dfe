package mcpserver_test

import (
	"bytes"
	"io"
	"sync"
)

// newPipe is a pipe whose ends are as a process's standard input is.
func newPipe() (io.ReadCloser, io.WriteCloser) { return io.Pipe() }

// safeBuffer is a buffer that tells when a text has been written into it.
type safeBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
	want []byte
	then func()
}

// until has then called once, when the text is there.
func (b *safeBuffer) until(text string, then func()) {
	b.want, b.then = []byte(text), sync.OnceFunc(then)
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, err := b.text.Write(p)
	if bytes.Contains(b.text.Bytes(), b.want) {
		go b.then()
	}
	return n, err
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
