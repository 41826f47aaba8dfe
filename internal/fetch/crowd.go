package fetch

import (
	"sync"
	"time"
)

// crowd knows whether several clients ask at the same time.
type crowd struct {
	now func() time.Time

	mu          sync.Mutex
	last, other seen // other is the last one that was another
}

// seen is a client and when it last asked.
type seen struct {
	client string
	at     time.Time
}

// crowdTime is how long after its last statement a client counts as asking.
const crowdTime = time.Second

// note notes that a client asks something.
func (c *crowd) note(client string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if client != c.last.client {
		c.other = c.last
	}
	c.last = seen{client, c.now()}
}

// besides reports that somebody asks besides a client. A nil crowd knows of nobody.
func (c *crowd) besides(client string) bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	of := c.last
	if of.client == client {
		of = c.other
	}
	return !of.at.IsZero() && c.now().Sub(of.at) < crowdTime
}
