package ledger

import (
	"context"
	"fmt"
	"strings"

	"clickql/ingest/session"
	"clickql/internal/chconn"
)

// Where replicas keep the downloads they keep the ledger and the lock too: a command
// may come to any of them. A line is on two of them before it is acknowledged, as far
// as there are two, so that none is lost with one server whose other parts are there;
// and whoever holds the lock first gets all lines that Keeper knows of.

// sharedLock holds the lock's lines, and sharedBeats its holders' signs of life.
const (
	sharedLock  = LockPrefix + "lines"
	sharedBeats = LockPrefix + "beats"
)

// sharedTables are the lock's, where replicas keep it. Keeper remembers for ever which
// epochs were taken.
var sharedTables = []struct{ name, structure string }{
	{sharedLock, `(epoch UInt64, token String, holder String, released UInt8) ENGINE = MergeTree ORDER BY (epoch, released)
		SETTINGS replicated_deduplication_window = 1000000, replicated_deduplication_window_seconds = 3153600000
		COMMENT 'clickql ingest: who may write; the greatest epoch counts'`},
	{sharedBeats, `(epoch UInt64, beat UInt64) ENGINE = ReplacingMergeTree(beat) ORDER BY epoch COMMENT 'clickql ingest: signs of life of those who may write'`},
}

// createShared creates the replicated ledger, on all replicas at once where the
// server knows a cluster of them.
func (l Ledger) createShared(ctx context.Context) error {
	there, err := l.there(ctx)
	if err != nil {
		return err
	}
	on := ""
	for _, t := range append(ledgerTables[:len(ledgerTables):len(ledgerTables)], sharedTables...) {
		if there[t.name] {
			continue
		}
		if on == "" {
			if on, err = l.onReplicas(ctx); err != nil {
				return err
			}
		}
		structure := strings.Replace(t.structure, ") ENGINE = ", ") ENGINE = Replicated", 1)
		structure = withPath(structure, session.KeptAt(l.S.Database, t.name))
		st := session.SQL("CREATE TABLE IF NOT EXISTS " + session.Name(l.S.Database, t.name) + on + structure)
		st.Settings = map[string]any{"distributed_ddl_output_mode": "throw_only_active"}
		if err := l.S.Exec(ctx, st); err != nil {
			return fmt.Errorf("create the ledger in database %s: %w", l.S.Database, err)
		}
	}
	return nil
}

// withPath puts a path in Keeper before the arguments of a Replicated engine.
func withPath(structure, path string) string {
	at := strings.Index(structure, "ENGINE = Replicated")
	end := at + strings.Index(structure[at:], "MergeTree") + len("MergeTree")
	if strings.HasPrefix(structure[end:], "(") {
		return structure[:end+1] + path + ", " + structure[end+1:]
	}
	return structure[:end] + "(" + path + ")" + structure[end:]
}

// onReplicas is the clause that creates tables on all replicas: a blank where the
// server is the only one, or knows no cluster that has as many of its own shard.
func (l Ledger) onReplicas(ctx context.Context) (string, error) {
	clusters, err := l.S.Texts(ctx, session.SQL(`SELECT cluster FROM system.clusters WHERE (cluster, shard_num) IN (SELECT cluster, shard_num FROM system.clusters WHERE is_local)
		GROUP BY cluster HAVING count() > 1 AND count() = (SELECT max(total_replicas) FROM system.replicas WHERE database = {database:String}) ORDER BY cluster LIMIT 1`,
		"database", l.S.Database))
	if err != nil {
		return "", fmt.Errorf("look for a cluster of the replicas: %w", err)
	}
	if len(clusters) == 0 {
		return " ", nil
	}
	return " ON CLUSTER " + chconn.Ident(clusters[0]) + " ", nil
}

// Quorum is on how many replicas a line is to be: two, where two are there.
func (l Ledger) Quorum(ctx context.Context) (n uint64, err error) {
	if !l.Shared {
		return 0, nil
	}
	err = l.S.Row(ctx, session.SQL("SELECT toUInt64(least(2, min(active_replicas))) FROM system.replicas WHERE database = {database:String} AND table IN {tables:Array(String)}",
		"database", l.S.Database, "tables", []string{Batches, sharedLock}), &n)
	return n, session.Wrap(err, "ask how many replicas keep the ledger")
}

// CatchUp waits until this server has all lines that were acknowledged before.
func (l Ledger) CatchUp(ctx context.Context) error {
	if !l.Shared {
		return nil
	}
	for _, t := range ledgerTables {
		if err := session.CatchUp(ctx, l.S, l.S.Database, t.name); err != nil {
			return err
		}
	}
	return nil
}

// sharedEpochs reads the lock's lines: each epoch's holder, as a comment is.
func sharedEpochs(ctx context.Context, s *session.Session) (map[uint64]string, error) {
	if !s.ReadsOnly() {
		if err := session.CatchUp(ctx, s, s.Database, sharedLock); err != nil {
			return nil, err
		}
	}
	type line struct {
		epoch  uint64
		holder string
	}
	lines, err := session.Scan(ctx, s, session.SQL("SELECT epoch, argMax(holder, released) FROM "+session.Name(s.Database, sharedLock)+" GROUP BY epoch ORDER BY epoch DESC LIMIT 1"),
		func(l *line) []any { return []any{&l.epoch, &l.holder} })
	epochs := map[uint64]string{}
	for _, l := range lines {
		epochs[l.epoch] = l.holder
	}
	return epochs, err
}

// takeShared writes the line of an epoch: of those who try, the first one's stands,
// as Keeper knows its token from then on. Who that was is read afterwards.
func takeShared(ctx context.Context, s *session.Session, epoch uint64, token, holder string, released uint8) error {
	return s.Exec(ctx, s.Once(session.SQL("INSERT INTO "+session.Name(s.Database, sharedLock)+" SELECT {epoch:UInt64}, {token:String}, {holder:String}, {released:UInt8}",
		"epoch", epoch, "token", token, "holder", holder, "released", uint64(released)), fmt.Sprintf("%d %d", epoch, released)))
}
