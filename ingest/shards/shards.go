package shards

import (
	"context"
	"errors"
	"fmt"

	"clickql/ingest/config"
	"clickql/ingest/session"
	"clickql/internal/chconn"
	"clickql/internal/chschema"
)

// Shard is a database that files are loaded into.
type Shard struct {
	Number uint32 // in the cluster; 0 where there are no shards
	Server string // the address of the replica that is worked on; empty where there are no shards
	// Config is a command's configuration for the shard alone.
	Config config.Config
	opened *chconn.Conn // for it alone; nil where it is the command's own
}

// Shards are the databases that one command works on, in the order in which it takes
// their locks.
type Shards []Shard

// Several reports that the database stands for those of shards, also where the cluster
// has only one.
func (all Shards) Several() bool { return all[0].Number > 0 }

// One is the configuration for a command that works on one database: of the shard of a
// number, 0 where there are none.
func (all Shards) One(number uint32) (config.Config, error) {
	if !all.Several() {
		if number > 0 {
			return config.Config{}, fmt.Errorf("--shard %d: %s in database %s is not Distributed, so that there are no shards", number, all[0].Config.DownloadsTable, all[0].Config.Database)
		}
		return all[0].Config, nil
	}
	if number < 1 || int(number) > len(all) {
		return config.Config{}, fmt.Errorf("name the shard that this is about with --shard, 1 to %d: clickql ingest verify tells which", len(all))
	}
	cfg := all[number-1].Config
	for _, sh := range all {
		if sh.Number != number {
			cfg.Others = append(cfg.Others, sh.Config)
		}
	}
	return cfg, nil
}

// Configs are the configurations of all.
func (all Shards) Configs() []config.Config {
	cfgs := make([]config.Config, len(all))
	for i, sh := range all {
		cfgs[i] = sh.Config
	}
	return cfgs
}

// Chosen are those that a command is about: the shard of a number, or all for 0.
func (all Shards) Chosen(number uint32) (Shards, error) {
	if number == 0 {
		return all, nil
	}
	if _, err := all.One(number); err != nil {
		return nil, err
	}
	return all[number-1 : number], nil
}

// Close closes the connections that were opened for them.
func (all Shards) Close() error {
	var errs []error
	for _, sh := range all {
		if sh.opened != nil {
			errs = append(errs, sh.opened.Close())
		}
	}
	return errors.Join(errs...)
}

// Open finds the databases that a configuration stands for, and a server of each: of
// shards behind Distributed tables, and of replicas where the DSN names several hosts.
func Open(ctx context.Context, cfg config.Config) (Shards, error) {
	to, err := readFront(ctx, cfg.Session().ReadOnly(), cfg)
	switch {
	case err != nil:
		return nil, err
	case to == nil:
		return Shards{{Config: cfg}}, nil
	}
	c := &cluster{cfg: cfg, front: *to}
	defer c.close()
	if err := c.ask(ctx); err != nil {
		return nil, err
	}
	if to.path != "" {
		sh, err := c.shard(ctx, 1, "")
		sh.Number = 0
		return Shards{sh}, err
	}
	return c.shards(ctx)
}

// front is what stands for the tables of other servers: Distributed tables, or replicas
// that may be any of the DSN's hosts.
type front struct {
	cluster             string
	database            string // empty where the cluster gives each shard its own
	downloads, projects string
	path                string // of the replicas in Keeper; empty where there are shards
}

// readFront reads where the tables lead to; nil where they are those of the one
// server.
func readFront(ctx context.Context, s *session.Session, cfg config.Config) (*front, error) {
	type table struct {
		name   string
		engine chschema.Engine
	}
	found, err := session.Scan(ctx, s, session.SQL("SELECT name, engine, engine_full FROM system.tables WHERE database = {database:String} AND name IN {tables:Array(String)}",
		"database", cfg.Database, "tables", []string{cfg.DownloadsTable, cfg.ProjectsTable}), func(t *table) []any { return []any{&t.name, &t.engine.Name, &t.engine.Full} })
	if err != nil {
		return nil, fmt.Errorf("look for %s and %s of database %s: %w", cfg.DownloadsTable, cfg.ProjectsTable, cfg.Database, err)
	}
	var to *front
	for _, t := range found {
		cluster, at, ok := t.engine.Distributed()
		if !ok {
			continue
		}
		if to == nil {
			to = &front{cluster: cluster, database: at.Database, downloads: cfg.DownloadsTable, projects: cfg.ProjectsTable}
		}
		if cluster != to.cluster || at.Database != to.database {
			return nil, fmt.Errorf("%s and %s of database %s lead to different places, %s of cluster %s and %s of cluster %s: make them lead to the same tables of each shard",
				cfg.DownloadsTable, cfg.ProjectsTable, cfg.Database, to.database, to.cluster, at.Database, cluster)
		}
		if t.name == cfg.ProjectsTable {
			to.projects = at.Table
		} else {
			to.downloads = at.Table
		}
	}
	if to != nil || len(cfg.Conn.Hosts()) == 1 {
		return to, nil
	}
	return readReplicas(ctx, s, cfg)
}

// readReplicas reads of which table several hosts are to be replicas; nil where it is
// not replicated.
func readReplicas(ctx context.Context, s *session.Session, cfg config.Config) (*front, error) {
	paths, err := s.Texts(ctx, session.SQL("SELECT zookeeper_path FROM system.replicas WHERE database = {database:String} AND table IN {tables:Array(String)} ORDER BY table = {downloads:String} DESC LIMIT 1",
		"database", cfg.Database, "tables", []string{cfg.DownloadsTable, cfg.ProjectsTable}, "downloads", cfg.DownloadsTable))
	if err != nil || len(paths) == 0 {
		return nil, session.Wrap(err, "look for the replicas of %s", cfg.DownloadsTable)
	}
	return &front{database: cfg.Database, downloads: cfg.DownloadsTable, projects: cfg.ProjectsTable, path: paths[0]}, nil
}

// of is the configuration of one shard at a host of the DSN.
func (f front) of(cfg config.Config, number uint32, addr, database string) Shard {
	cfg.Conn, cfg.Database = cfg.Conn.Alone(addr, database), database
	cfg.DownloadsTable, cfg.ProjectsTable = f.downloads, f.projects
	if f.path == "" {
		cfg.Shard, cfg.Log = fmt.Sprintf("shard %d, at %s", number, addr), cfg.Log.With("shard", number)
	}
	return Shard{Number: number, Server: addr, Config: cfg, opened: cfg.Conn}
}
