package access

import (
	"context"
	"strconv"

	"clickql/internal/fault"
)

// Client is who asks. A nil Client is nobody in particular, who may do everything:
// what asks without a Gate.
type Client struct {
	gate    *Gate
	id      string // of the account
	key     *Key   // nil for who has none
	limits  Limits
	account *account
}

// ID tells clients apart; empty for nobody in particular. It may hold an address:
// it is not for logs.
func (c *Client) ID() string {
	if c == nil {
		return ""
	}
	return c.id
}

// Name is the name of the client's key, for logs; empty for who has none.
func (c *Client) Name() string {
	if c == nil || c.key == nil {
		return ""
	}
	return c.key.Name
}

// Admit counts one request; done must be called when it has been answered. The
// error says when it is worth trying again. A key that was revoked since the client
// was identified, over a connection that stays open, is refused.
func (c *Client) Admit(class Class) (done func(), refused *fault.Error) {
	if c == nil {
		return func() {}, nil
	}
	limits := c.limits
	if c.key != nil {
		key := c.gate.keys.byID(c.key.ID)
		if key == nil {
			return nil, unknownKey()
		}
		limits = key.Limits.withPictures()
	}
	return c.account.admit(limits, class, c.gate.now())
}

// Spend counts rows that ClickHouse is expected to read for the client.
func (c *Client) Spend(rows int64) *fault.Error {
	if c == nil {
		return nil
	}
	return c.account.spend(c.limits, rows, c.gate.now())
}

// MaxCost is the most rows that one operation of the client may be expected to have
// read; 0 for no limit of its own.
func (c *Client) MaxCost() int64 {
	if c == nil {
		return 0
	}
	return c.limits.MaxCost
}

// Explains reports that the client is told which queries ran.
func (c *Client) Explains() bool {
	return c == nil || !c.gate.cfg.NoExplain || c.key != nil && c.key.Explain
}

// Variant is what of an answer depends on who asks: answers for clients of one
// variant are the same.
func (c *Client) Variant() string {
	return strconv.FormatInt(c.MaxCost(), 10) + "," + strconv.FormatBool(c.Explains())
}

type clientKey struct{}

// With is ctx for what a client asks.
func With(ctx context.Context, c *Client) context.Context {
	return context.WithValue(ctx, clientKey{}, c)
}

// Of is who asks in ctx; nil where nobody has been identified.
func Of(ctx context.Context) *Client {
	c, _ := ctx.Value(clientKey{}).(*Client)
	return c
}
