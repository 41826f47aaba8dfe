package gqlhttp

import (
	"context"
	"errors"
	"io"
	"time"
)

// perByte is about how many bytes of memory a byte of a message takes until its
// operation is known: as it came, as a payload, and as values.
const perByte = 4

// read takes messages until the socket ends.
func (s *socket) read() {
	waiting := context.WithoutCancel(s.ctx)
	first, cancel := context.WithTimeout(waiting, initTimeout)
	defer cancel()
	ctx := first
	for {
		data, release, err := s.receive(ctx)
		switch {
		case err != nil && !s.begun && errors.Is(first.Err(), context.DeadlineExceeded):
			s.close(closeInitTimeout, "Connection initialisation timeout")
			return
		case err != nil:
			return
		}
		code, reason := s.take(data)
		release()
		if code != 0 {
			s.close(code, reason)
			return
		}
		if s.begun && ctx == first {
			cancel()
			ctx = waiting
		}
	}
}

// receive reads a message. For a long one it waits for room, which the caller has
// to release when the message has been acted on; the client has to send the rest in
// time then, as others wait.
func (s *socket) receive(ctx context.Context) (data []byte, release func(), err error) {
	release = func() {}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	_, r, err := s.conn.Reader(ctx)
	if err != nil {
		return nil, release, err
	}
	data, err = io.ReadAll(io.LimitReader(r, leastReserved))
	if err != nil || len(data) < leastReserved {
		return data, release, err
	}
	if s.Memory != nil {
		var room context.Context
		room, release = s.Memory.Hold(ctx)
		if err := Reserve(room, perByte*s.MaxMessage); err != nil {
			return nil, release, err
		}
	}
	late := time.AfterFunc(writeTimeout, cancel)
	defer late.Stop()
	data = append(make([]byte, 0, s.MaxMessage+1), data...) // once, as there is room for it
	for {
		n, err := r.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case errors.Is(err, io.EOF):
			return data, release, nil
		case err == nil && len(data) < cap(data):
			continue
		case err == nil:
			err = io.ErrShortBuffer // the socket's own limit is smaller
		}
		release()
		return nil, func() {}, err
	}
}
