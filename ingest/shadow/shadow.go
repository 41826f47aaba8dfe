package shadow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/ingest/tables"
)

// Prefix begins the names of databases that hold a second set of tables.
const Prefix = "clickql_shadow_"

// shadowName is what a shadow may be called.
var shadowName = regexp.MustCompile(`^[a-z0-9][a-z0-9_]{0,40}$`)

// Shadow is a second set of tables beside the live ones, with a ledger of its
// own, loaded from another source or with other views. Of shards each has one, on the
// server that is worked on; no replica follows it until it is promoted.
type Shadow struct {
	cfg  config.Config // of the live tables, or of what stands for those of all shards
	name string
	with Commands
	at   []*part // where it is, once that was looked for
}

// Commands are what a shadow needs of those that write.
type Commands struct {
	// Over does some work on the databases that a configuration stands for, each on
	// the server that is worked on.
	Over func(ctx context.Context, cfg config.Config, do func([]config.Config) error) error
	// AsWriters does some work as the only writer of some databases.
	AsWriters func(ctx context.Context, cfgs []config.Config, do func(context.Context, []*publish.Writer) error) error
	// Load loads downloads into databases.
	Load func(ctx context.Context, cfgs []config.Config, sources []string) (config.Summary, error)
}

// New names a shadow; nothing happens yet.
func New(cfg config.Config, name string, with Commands) (*Shadow, error) {
	if !shadowName.MatchString(name) {
		return nil, fmt.Errorf("shadow %q: a name has small letters, digits and underscores, 41 at most", name)
	}
	return &Shadow{cfg: cfg, name: name, with: with}, nil
}

// Name is what it is called.
func (sh *Shadow) Name() string { return sh.name }

// Databases are those that hold its tables, one of each shard: of the live tables' own
// server before any of its commands has run.
func (sh *Shadow) Databases() []string {
	if len(sh.at) == 0 {
		return []string{(&part{sh.cfg, sh.name}).database()}
	}
	names := make([]string, len(sh.at))
	for i, p := range sh.at {
		names[i] = p.database()
	}
	return names
}

// over does some work on the parts of it that there may be.
func (sh *Shadow) over(ctx context.Context, do func([]*part) error) error {
	return sh.with.Over(ctx, sh.cfg, func(cfgs []config.Config) error {
		sh.at = nil
		for _, cfg := range cfgs {
			sh.at = append(sh.at, &part{cfg, sh.name})
		}
		return do(sh.at)
	})
}

// Run creates the shadow's tables and views like the live ones, where they are
// missing, and loads what the sources name and the shadow does not hold yet.
// Between two runs, the first of which may name no source, its views may be
// changed.
func (sh *Shadow) Run(ctx context.Context, sources ...string) (sum config.Summary, err error) {
	if err := sh.cfg.AllSources(sh.cfg.Session()).Known(sources); err != nil {
		return sum, err
	}
	err = sh.over(ctx, func(parts []*part) error {
		for _, p := range parts {
			if err := p.create(ctx, p.cfg.Session()); err != nil {
				return p.cfg.OfShard(fmt.Errorf("create the shadow %s: %w", sh.name, err))
			}
		}
		if len(sources) > 0 {
			sum, err = sh.with.Load(ctx, owns(parts), sources)
		}
		return err
	})
	return sum, err
}

// Discard drops the shadow.
func (sh *Shadow) Discard(ctx context.Context) error {
	return sh.over(ctx, func(parts []*part) error {
		parts, err := present(ctx, parts)
		if err != nil {
			return err
		}
		return sh.with.AsWriters(ctx, owns(parts), func(ctx context.Context, _ []*publish.Writer) error {
			return dropAll(context.WithoutCancel(ctx), parts)
		})
	})
}

// part is a shadow of one database: of all there is, or of a shard.
type part struct {
	cfg  config.Config // of the live tables
	name string        // of the shadow
}

// owns are the configurations of parts' own tables.
func owns(parts []*part) []config.Config {
	cfgs := make([]config.Config, len(parts))
	for i, p := range parts {
		cfgs[i] = p.own()
	}
	return cfgs
}

// present are the parts that are there; an error where none is.
func present(ctx context.Context, parts []*part) (there []*part, err error) {
	for _, p := range parts {
		exists, absent := p.exists(ctx, p.cfg.Session()), (*absentError)(nil)
		switch {
		case errors.As(exists, &absent):
			err = exists
		case exists != nil:
			return nil, p.cfg.OfShard(exists)
		default:
			there = append(there, p)
		}
	}
	if len(there) > 0 {
		err = nil
	}
	return there, err
}

// dropAll drops the parts.
func dropAll(ctx context.Context, parts []*part) error {
	for _, p := range parts {
		if err := p.drop(ctx, p.cfg.Session()); err != nil {
			return p.cfg.OfShard(err)
		}
	}
	return nil
}

// absentError says that there is no such shadow.
type absentError struct{ name, others string }

func (e *absentError) Error() string {
	return fmt.Sprintf("shadow %s: there is none; these are: %s; make one with clickql ingest shadow run", e.name, e.others)
}

// database holds the part's tables.
func (sh *part) database() string { return Prefix + sh.cfg.Database + "_" + sh.name }

// own is the configuration of the part's own tables.
func (sh *part) own() config.Config {
	cfg := sh.cfg
	cfg.Database = sh.database()
	return cfg
}

// shadowReady is the table whose creation ends that of the shadow.
const shadowReady = "clickql_shadow"

// create copies the live tables' and views' definitions, once.
func (sh *part) create(ctx context.Context, s *session.Session) error {
	there, err := publish.UUIDOf(ctx, s, tables.ID{Database: sh.database(), Table: shadowReady})
	if err != nil {
		return err
	}
	if there != "" {
		return sh.loadable(ctx, s)
	}
	d, err := tables.Read(ctx, s, sh.cfg.DownloadsTable)
	if err != nil {
		return err
	}
	live := slices.DeleteFunc(d.All(), func(t tables.Target) bool { return stage.InFill(t.ID) })
	for _, t := range live {
		if t.Database != s.Database {
			return fmt.Errorf("the live view of %s fills a table of another database, which a promotion could not replace: drop the view first", t)
		}
		if err := publish.Replaceable(ctx, s, t.ID); err != nil {
			return err
		}
	}
	if err := stage.CreateLasting(ctx, s, sh.database(), stage.LastingID{Kind: stage.LastingShadow, Database: s.Database, Name: sh.name}); err != nil {
		return err
	}
	if err := sh.ours(ctx, s); err != nil {
		return err
	}
	for _, t := range live {
		if err := s.Do(ctx, "CREATE TABLE IF NOT EXISTS "+session.Name(sh.database(), t.Table)+" AS "+t.String()+t.AloneEngine()); err != nil {
			return err
		}
	}
	for _, v := range d.Views {
		if v.Target.Database != s.Database || v.Source.Database != s.Database {
			continue
		}
		query, err := v.Over(sh.database())
		if err == nil {
			err = s.Do(ctx, "CREATE MATERIALIZED VIEW IF NOT EXISTS "+session.Name(sh.database(), v.Table)+" TO "+session.Name(sh.database(), v.Target.Table)+" AS "+query)
		}
		if err != nil {
			return err
		}
	}
	return session.InOrder(ctx,
		func(ctx context.Context) error { return sh.createLanding(ctx, s) },
		func(ctx context.Context) error { return sh.beginEpochs(ctx, s) },
		func(ctx context.Context) error {
			return s.Do(ctx, "CREATE TABLE IF NOT EXISTS "+session.Name(sh.database(), shadowReady)+" (n UInt8) ENGINE = MergeTree ORDER BY n")
		})
}

// exists refuses a shadow that is not there: *absentError.
func (sh *part) exists(ctx context.Context, s *session.Session) error {
	there, err := publish.UUIDOf(ctx, s, tables.ID{Database: sh.database(), Table: shadowReady})
	if err == nil && there == "" {
		return &absentError{sh.name, strings.Join(sh.others(ctx, s), ", ")}
	}
	if err != nil {
		return err
	}
	return sh.ours(ctx, s)
}

// loadable refuses a shadow that is there and must not be loaded.
func (sh *part) loadable(ctx context.Context, s *session.Session) error {
	if err := sh.ours(ctx, s); err != nil {
		return err
	}
	live, err := ledger.ReadLock(ctx, s)
	if err != nil {
		return err
	}
	next, err := ledger.NextEpoch(ctx, s, live.Epoch)
	if err != nil {
		return err
	}
	state, err := ledger.ReadLock(ctx, s.Of(sh.database(), 0))
	if err == nil && promoted(next, state.Epoch) {
		err = errors.New("it has been promoted, and its promotion was ended before it was dropped: finish that with clickql ingest shadow promote")
	}
	return err
}

// ours refuses a database that is another one's: two names can give the same.
func (sh *part) ours(ctx context.Context, s *session.Session) error {
	found, err := stage.Lasting(ctx, s, stage.LastingShadow)
	if err == nil && found[sh.database()].Name != sh.name {
		err = fmt.Errorf("shadow %s: the database %s is there and is not of this shadow: give it another name", sh.name, sh.database())
	}
	return err
}

// others lists the names of the shadows that there are, for messages.
func (sh *part) others(ctx context.Context, s *session.Session) []string {
	all, err := stage.Lasting(ctx, s, stage.LastingShadow)
	if err != nil || len(all) == 0 {
		return []string{"none"}
	}
	var names []string
	for _, database := range slices.Sorted(maps.Keys(all)) {
		names = append(names, all[database].Name)
	}
	return names
}

// drop removes the database; its lock goes with it, which its holder must not
// take for a loss. First that it is a shadow at all: a half dropped one is none.
func (sh *part) drop(ctx context.Context, s *session.Session) error {
	err := s.Do(ctx, "DROP TABLE IF EXISTS "+session.Name(sh.database(), shadowReady)+" SYNC")
	if err != nil {
		return fmt.Errorf("discard the shadow %s: %w", sh.name, err)
	}
	return stage.Drop(ctx, s, sh.database())
}

// epochsApart keeps the epochs of a shadow's ledger apart from those of the live
// one, so that no two batches have one name when the ledgers are brought
// together: a shadow begins at the next multiple.
const epochsApart = 100_000

// promoted tells from the epochs of the live ledger and of a shadow's whether that
// shadow has become the live tables: the live epochs are of its range since then.
func promoted(live, shadow uint64) bool { return live/epochsApart == shadow/epochsApart }

// beginEpochs leaves a lock that was given back, from whose epoch on the
// shadow's batches are named. No two shadows have one range: each looks at the
// others after it has chosen, so that of two at once one sees the other.
func (sh *part) beginEpochs(ctx context.Context, s *session.Session) error {
	h := sh.cfg.Holder
	h.Released = true
	comment, err := json.Marshal(h)
	for err == nil {
		var used uint64
		if used, err = sh.greatestEpoch(ctx, s); err != nil {
			break
		}
		base := (used/epochsApart + 1) * epochsApart
		if err = ledger.CreatePulse(ctx, s, ledger.LockTable(sh.database(), base), string(comment), true); err != nil {
			break
		}
		if used, err = sh.greatestEpoch(ctx, s); err != nil || used < base {
			return err
		}
	}
	return err
}

// greatestEpoch is that of the live ledger and of every other shadow.
func (sh *part) greatestEpoch(ctx context.Context, s *session.Session) (uint64, error) {
	greatest, err := ledger.Of(s).Epoch(ctx)
	if err != nil {
		return 0, err
	}
	others, err := stage.Lasting(ctx, s, stage.LastingShadow)
	for _, database := range append(slices.Sorted(maps.Keys(others)), s.Database) {
		if database == sh.database() {
			continue
		}
		state, err := ledger.ReadLock(ctx, s.Of(database, 0))
		if err != nil {
			return 0, err
		}
		greatest = max(greatest, state.Epoch)
	}
	return greatest, err
}
