package ledger

import (
	"context"
	"fmt"

	"clickql/ingest/session"
)

// acquireShared takes an epoch that nobody has taken; nil where somebody else did at
// the same time.
func acquireShared(ctx context.Context, s *session.Session, me Holder, epoch uint64, holder string) (*Lock, error) {
	if err := takeShared(ctx, s, epoch, me.Token, holder, 0); err != nil {
		return nil, fmt.Errorf("take the writer's lock of database %s: %w", s.Database, err)
	}
	now, err := ReadLock(ctx, s)
	if err != nil || now.Epoch != epoch || now.Holder.Token != me.Token {
		return nil, err
	}
	return &Lock{S: s.Of(s.Database, epoch), holder: me, shared: true}, nil
}

// keepShared is Keep for a lock that replicas keep: nobody takes a table away, so
// that each sign of life is followed by a look.
func (l *Lock) keepShared(ctx context.Context, cfg Locking) (context.Context, *Pulse) {
	beats := session.Name(l.S.Database, sharedBeats)
	return startPulse(ctx, cfg.Beat, ErrLockLost, func(ctx context.Context, beat uint64) (lost bool) {
		// What fails is tried again with the next one: only silence counts.
		_ = l.S.Exec(ctx, session.Statement{SQL: "INSERT INTO " + beats + " SELECT {epoch:UInt64}, {beat:UInt64}",
			Params: map[string]any{"epoch": l.S.Epoch, "beat": beat}, Pulse: true})
		var greatest uint64
		err := l.S.Row(ctx, session.Statement{SQL: "SELECT max(epoch) FROM " + session.Name(l.S.Database, sharedLock), Pulse: true}, &greatest)
		return err == nil && greatest > l.S.Epoch
	})
}
