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
// own, loaded from another source or with other views.
type Shadow struct {
	cfg  config.Config // of the live tables
	Name string        // of the shadow
	with Commands
}

// Commands are what a shadow needs of those that write, for any configuration.
type Commands struct {
	// AsWriter does some work as the only writer of a database.
	AsWriter func(ctx context.Context, cfg config.Config, do func(context.Context, *publish.Writer) error) error
	// Load loads downloads.
	Load func(ctx context.Context, cfg config.Config, sources []string) (config.Summary, error)
}

// New names a shadow; nothing happens yet.
func New(cfg config.Config, name string, with Commands) (*Shadow, error) {
	if !shadowName.MatchString(name) {
		return nil, fmt.Errorf("shadow %q: a name has small letters, digits and underscores, 41 at most", name)
	}
	return &Shadow{cfg, name, with}, nil
}

// Database holds the shadow's tables.
func (sh *Shadow) Database() string { return Prefix + sh.cfg.Database + "_" + sh.Name }

// own is the configuration of the shadow's own tables.
func (sh *Shadow) own() config.Config {
	cfg := sh.cfg
	cfg.Database = sh.Database()
	return cfg
}

// Run creates the shadow's tables and views like the live ones, where they are
// missing, and loads what the sources name and the shadow does not hold yet.
// Between two runs, the first of which may name no source, its views may be
// changed.
func (sh *Shadow) Run(ctx context.Context, sources ...string) (config.Summary, error) {
	s := sh.cfg.Session()
	if err := sh.cfg.AllSources(s).Known(sources); err != nil {
		return config.Summary{}, err
	}
	if err := sh.create(ctx, s); err != nil {
		return config.Summary{}, fmt.Errorf("create the shadow %s: %w", sh.Name, err)
	}
	if len(sources) == 0 {
		return config.Summary{}, nil
	}
	return sh.with.Load(ctx, sh.own(), sources)
}

// shadowReady is the table whose creation ends that of the shadow.
const shadowReady = "clickql_shadow"

// create copies the live tables' and views' definitions, once.
func (sh *Shadow) create(ctx context.Context, s *session.Session) error {
	there, err := publish.UUIDOf(ctx, s, tables.ID{Database: sh.Database(), Table: shadowReady})
	if err != nil {
		return err
	}
	if there != "" {
		return sh.loadable(ctx, s)
	}
	if err := sh.alone(ctx, s); err != nil {
		return err
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
		if _, err := publish.Exchangeable(ctx, s, t.ID); err != nil {
			return err
		}
	}
	if err := stage.CreateLasting(ctx, s, sh.Database(), stage.LastingID{Kind: stage.LastingShadow, Database: s.Database, Name: sh.Name}); err != nil {
		return err
	}
	if err := sh.ours(ctx, s); err != nil {
		return err
	}
	for _, t := range live {
		if err := s.Do(ctx, "CREATE TABLE IF NOT EXISTS "+session.Name(sh.Database(), t.Table)+" AS "+t.String()); err != nil {
			return err
		}
	}
	for _, v := range d.Views {
		if v.Target.Database != s.Database || v.Source.Database != s.Database {
			continue
		}
		query, err := v.Over(sh.Database())
		if err == nil {
			err = s.Do(ctx, "CREATE MATERIALIZED VIEW IF NOT EXISTS "+session.Name(sh.Database(), v.Table)+" TO "+session.Name(sh.Database(), v.Target.Table)+" AS "+query)
		}
		if err != nil {
			return err
		}
	}
	return session.InOrder(ctx,
		func(ctx context.Context) error { return sh.createLanding(ctx, s) },
		func(ctx context.Context) error { return sh.beginEpochs(ctx, s) },
		func(ctx context.Context) error {
			return s.Do(ctx, "CREATE TABLE IF NOT EXISTS "+session.Name(sh.Database(), shadowReady)+" (n UInt8) ENGINE = MergeTree ORDER BY n")
		})
}

// alone refuses live tables that several servers keep, of which only this one would have
// the shadow.
func (sh *Shadow) alone(ctx context.Context, s *session.Session) error {
	engines, err := s.Texts(ctx, session.SQL("SELECT engine FROM system.tables WHERE database = {database:String} AND name = {name:String} AND (engine = 'Distributed' OR startsWith(engine, 'Replicated'))",
		"database", s.Database, "name", sh.cfg.DownloadsTable))
	if err == nil && len(engines) > 0 {
		err = fmt.Errorf("%s is %s, and a shadow is on one server, whose tables take the place of live ones there only: make a second database on all servers with clickql schema apply --cluster, "+
			"load it with clickql ingest run, and lead the gateway to it; docs/CLUSTER.md has the commands", sh.cfg.DownloadsTable, engines[0])
	}
	return err
}

// Exists refuses a shadow that is not there.
func (sh *Shadow) Exists(ctx context.Context, s *session.Session) error {
	there, err := publish.UUIDOf(ctx, s, tables.ID{Database: sh.Database(), Table: shadowReady})
	if err == nil && there == "" {
		return fmt.Errorf("shadow %s: there is none; these are: %s; make one with clickql ingest shadow run", sh.Name, strings.Join(sh.others(ctx, s), ", "))
	}
	if err != nil {
		return err
	}
	return sh.ours(ctx, s)
}

// loadable refuses a shadow that is there and must not be loaded.
func (sh *Shadow) loadable(ctx context.Context, s *session.Session) error {
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
	state, err := ledger.ReadLock(ctx, s.Of(sh.Database(), 0))
	if err == nil && promoted(next, state.Epoch) {
		err = errors.New("it has been promoted, and its promotion was ended before it was dropped: finish that with clickql ingest shadow promote")
	}
	return err
}

// ours refuses a database that is another one's: two names can give the same.
func (sh *Shadow) ours(ctx context.Context, s *session.Session) error {
	found, err := stage.Lasting(ctx, s, stage.LastingShadow)
	if err == nil && found[sh.Database()].Name != sh.Name {
		err = fmt.Errorf("shadow %s: the database %s is there and is not of this shadow: give it another name", sh.Name, sh.Database())
	}
	return err
}

// others lists the names of the shadows that there are, for messages.
func (sh *Shadow) others(ctx context.Context, s *session.Session) []string {
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

// Discard drops the shadow.
func (sh *Shadow) Discard(ctx context.Context) error {
	s := sh.cfg.Session()
	if err := sh.Exists(ctx, s); err != nil {
		return err
	}
	return sh.with.AsWriter(ctx, sh.own(), func(ctx context.Context, w *publish.Writer) error { return sh.drop(context.WithoutCancel(ctx), w.S) })
}

// drop removes the database; its lock goes with it, which its holder must not
// take for a loss. First that it is a shadow at all: a half dropped one is none.
func (sh *Shadow) drop(ctx context.Context, s *session.Session) error {
	err := s.Do(ctx, "DROP TABLE IF EXISTS "+session.Name(sh.Database(), shadowReady)+" SYNC")
	if err != nil {
		return fmt.Errorf("discard the shadow %s: %w", sh.Name, err)
	}
	return stage.Drop(ctx, s, sh.Database())
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
func (sh *Shadow) beginEpochs(ctx context.Context, s *session.Session) error {
	h := sh.cfg.Holder
	h.Released = true
	comment, err := json.Marshal(h)
	for err == nil {
		var used uint64
		if used, err = sh.greatestEpoch(ctx, s); err != nil {
			break
		}
		base := (used/epochsApart + 1) * epochsApart
		if err = ledger.CreatePulse(ctx, s, ledger.LockTable(sh.Database(), base), string(comment), true); err != nil {
			break
		}
		if used, err = sh.greatestEpoch(ctx, s); err != nil || used < base {
			return err
		}
	}
	return err
}

// greatestEpoch is that of the live ledger and of every other shadow.
func (sh *Shadow) greatestEpoch(ctx context.Context, s *session.Session) (uint64, error) {
	greatest, err := ledger.Of(s).Epoch(ctx)
	if err != nil {
		return 0, err
	}
	others, err := stage.Lasting(ctx, s, stage.LastingShadow)
	for _, database := range append(slices.Sorted(maps.Keys(others)), s.Database) {
		if database == sh.Database() {
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
