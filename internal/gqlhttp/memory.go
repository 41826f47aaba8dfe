package gqlhttp

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// Memory bounds what answers occupy together, while they are made and until they
// have been sent: a client that reads slowly keeps its answer in memory.
type Memory struct {
	free     *semaphore.Weighted
	size     int64
	pressure *Pressure
}

// NewMemory is room for so many bytes, which put pressure on the garbage collector
// while they are taken; nil for none.
func NewMemory(bytes int64, pressure *Pressure) *Memory {
	return &Memory{semaphore.NewWeighted(bytes), bytes, pressure}
}

type heldKey struct{}

// held is what one answer occupies.
type held struct {
	of    *Memory
	bytes int64
}

// Hold is ctx for one answer. What is reserved with it is free again with release,
// which must be called when the answer has been sent.
func (m *Memory) Hold(ctx context.Context) (answer context.Context, release func()) {
	h := &held{of: m}
	return context.WithValue(ctx, heldKey{}, h), func() {
		m.free.Release(h.bytes)
		if h.bytes > 0 {
			m.pressure.release()
		}
	}
}

// leastReserved is below what answers are let through: there may be many of them,
// but they are small.
const leastReserved = 256 << 10

// Reserve waits for room for an answer of about so many bytes. It is called once for
// an answer, so that none waits for room while it keeps some. The error is ctx's.
// Without a Hold around it, it reserves nothing.
func Reserve(ctx context.Context, bytes int64) error {
	h, ok := ctx.Value(heldKey{}).(*held)
	if !ok || bytes < leastReserved {
		return nil
	}
	bytes = min(bytes, h.of.size)
	if err := h.of.free.Acquire(ctx, bytes); err != nil {
		return err
	}
	if h.bytes == 0 {
		h.of.pressure.hold()
	}
	h.bytes += bytes
	return nil
}
