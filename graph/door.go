package graph

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"clickql/internal/access"
	"clickql/internal/fault"
	"clickql/internal/gqlhttp"
)

// door lets clients in over WebSockets.
type door struct {
	gate *access.Gate
	tell presenter
}

// doorOf is the door of a gate; nil for none.
func doorOf(gate *access.Gate, tell presenter) gqlhttp.Door {
	if gate == nil {
		return nil
	}
	return door{gate, tell}
}

// Enter finds out who asks over a socket, by the member authorization of what
// connection_init carries; without one, by the request that opened it.
func (d door) Enter(ctx context.Context, r *http.Request, payload json.RawMessage) (context.Context, *gqlerror.Error) {
	text := ""
	var sent map[string]any
	if json.Unmarshal(payload, &sent) == nil {
		for name, value := range sent {
			if strings.EqualFold(name, "authorization") {
				text, _ = value.(string)
			}
		}
	}
	if text == "" {
		return ctx, nil
	}
	client, err := d.gate.Holder(r, text)
	if err != nil {
		return nil, d.tell.shown(ctx, err)
	}
	return access.With(ctx, client), nil
}

// Admit counts one operation.
func (d door) Admit(ctx context.Context) (done func(), refused *gqlerror.Error) {
	done, err := access.Of(ctx).Admit(access.Operations)
	if err != nil {
		return nil, d.tell.shown(ctx, err)
	}
	return done, nil
}

// Unauthenticated reports that an error is about a key that is none.
func (door) Unauthenticated(err *gqlerror.Error) bool {
	return err.Extensions["code"] == fault.Unauthenticated
}
