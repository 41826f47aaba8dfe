package publish

import (
	"context"
	"fmt"

	"clickql/ingest/session"
	"clickql/ingest/tables"
)

// caughtUp tells whether replicas keep a public table, and sees to it, the first
// time, that this server has all of it that Keeper knows of: what was acknowledged
// to other writers, and what a statement of a dead one came to. Totals say nothing
// before.
func (p *publisher) caughtUp(ctx context.Context, id tables.ID) (replicated bool, err error) {
	if !p.cfg.Shared {
		return false, nil
	}
	if known, asked := p.replicated[id]; asked {
		return known, nil
	}
	if replicated, err = session.Replicated(ctx, p.s, id.Database, id.Table); err != nil {
		return false, err
	}
	if replicated {
		if err := session.CatchUp(ctx, p.s, id.Database, id.Table); err != nil {
			return false, fmt.Errorf("wait until this server has all of %s: %w", id, err)
		}
	}
	p.replicated[id] = replicated
	return replicated, nil
}
