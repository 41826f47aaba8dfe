package catalog_test

import (
	"io"
	"net"
	"sync"
)

// open lets connections through.
func (d *door) open() {
	d.t.Helper()
	l, err := net.Listen("tcp", d.addr)
	if err != nil {
		d.t.Fatal(err)
	}
	p := &passage{open: map[net.Conn]bool{}}
	d.stop = func() {
		_ = l.Close()
		p.close()
	}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go p.join(in, d.target)
		}
	}()
}

// shut cuts every connection and takes no more.
func (d *door) shut() {
	d.stop()
	d.stop = func() {}
}

// passage is the connections through an open door.
type passage struct {
	mu     sync.Mutex
	closed bool
	open   map[net.Conn]bool
}

// keep remembers connections to cut; false where the door is shut already.
func (p *passage) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		p.open[c] = true
		if p.closed {
			_ = c.Close()
		}
	}
	return !p.closed
}

func (p *passage) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for c := range p.open {
		_ = c.Close()
	}
}

// join passes bytes both ways until one side ends.
func (p *passage) join(in net.Conn, target string) {
	out, err := net.Dial("tcp", target)
	if err != nil {
		_ = in.Close()
		return
	}
	if !p.keep(in, out) {
		return
	}
	go func() {
		_, _ = io.Copy(out, in)
		_ = out.Close()
	}()
	_, _ = io.Copy(in, out)
	_ = in.Close()
}
