package publish

import (
	"context"

	"clickql/ingest/session"
	"clickql/ingest/tables"
)

// catchUp sees to it, the first time, that this server has all of a public table that
// Keeper knows of, where replicas keep it: what was acknowledged to other writers, and
// what a statement of a dead one came to. Totals say nothing before.
func (p *publisher) catchUp(ctx context.Context, id tables.ID) error {
	if _, asked := p.replicated[id]; asked || !p.cfg.Shared {
		return nil
	}
	replicated, err := session.Replicated(ctx, p.s, id.Database, id.Table)
	if err != nil {
		return err
	}
	if replicated {
		if err := session.CatchUp(ctx, p.s, id.Database, id.Table); err != nil {
			return err
		}
	}
	p.replicated[id] = replicated
	return nil
}
