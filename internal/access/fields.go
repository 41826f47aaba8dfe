package access

import (
	"fmt"
	"strings"
	"time"
)

// Fields are the values of the fields RateLimit-Policy and RateLimit for a request
// of a class, as draft-ietf-httpapi-ratelimit-headers-11 defines them; empty where
// the client has no limits. Quotas of rows have the unit "rows", which is none of
// the draft's own: a client that does not know it has to leave such a policy alone.
func (c *Client) Fields(class Class) (policy, limit string) {
	if c == nil {
		return "", ""
	}
	var policies, limits []string
	now := c.gate.now()
	c.account.mu.Lock()
	defer c.account.mu.Unlock()
	for _, p := range c.policies(class) {
		item := fmt.Sprintf("%q;q=%d", p.name, p.rate.N)
		if p.unit != "" {
			item += fmt.Sprintf(";qu=%q", p.unit)
		}
		if p.used == nil {
			policies = append(policies, item)
			limits = append(limits, fmt.Sprintf("%q;r=%d", p.name, max(0, p.rate.N-int64(c.account.running))))
			continue
		}
		left, reset := p.used.left(p.rate, now)
		policies = append(policies, item+fmt.Sprintf(";w=%d", seconds(p.rate.Per)))
		limits = append(limits, fmt.Sprintf("%q;r=%d;t=%d", p.name, left, seconds(reset)))
	}
	return strings.Join(policies, ", "), strings.Join(limits, ", ")
}

// policy is one limit as it is told.
type policy struct {
	name, unit string
	rate       Rate
	used       *window // nil for what is counted at one time
}

// policies are the limits that bear on a request of a class.
func (c *Client) policies(class Class) (all []policy) {
	for _, p := range []policy{
		{nameOf(class), "", c.limits.rate(class), &c.account.requests[class]},
		{"rows", "rows", c.limits.Rows, &c.account.rows},
		{"rows-per-day", "rows", c.limits.daily(), &c.account.day},
		{"at-once", "concurrent-requests", Rate{N: int64(c.limits.AtOnce)}, nil},
	} {
		if !p.rate.None() {
			all = append(all, p)
		}
	}
	return all
}

// seconds is a time in whole seconds, rounded up.
func seconds(d time.Duration) int64 { return int64(until(d) / time.Second) }
