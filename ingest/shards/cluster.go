package shards

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/internal/chconn"
)

// hostTimeout is how long a host may take to say what it is.
const hostTimeout = 10 * time.Second

// cluster is what the hosts of a DSN say that they are.
type cluster struct {
	cfg   config.Config
	front front
	hosts []*host
}

// host is one of the DSN's.
type host struct {
	addr   string
	conn   *chconn.Conn
	server string // as locks name it
	holds  []held
	err    error // why it says nothing
}

// held is a shard of which a host is a replica.
type held struct {
	shard    uint32
	database string
}

// close closes the connections that were only to ask.
func (c *cluster) close() {
	for _, h := range c.hosts {
		_ = h.conn.Close() // nothing is to be told of it any more
	}
}

// ask asks all hosts side by side. One that does not answer is none: its shard may
// have others.
func (c *cluster) ask(ctx context.Context) error {
	var all sync.WaitGroup
	for _, addr := range c.cfg.Conn.Hosts() {
		h := &host{addr: addr, conn: c.cfg.Conn.Alone(addr, c.cfg.Database)}
		c.hosts = append(c.hosts, h)
		all.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, hostTimeout)
			defer cancel()
			h.err = c.askHost(ctx, h)
		})
	}
	all.Wait()
	return ctx.Err()
}

// session runs statements on a host.
func (c *cluster) session(h *host, database string) *session.Session {
	return session.New(h.conn, database, c.cfg.Before).ReadOnly()
}

// itself chooses a server's own lines of system.clusters. One whose ports were opened
// after its start does not know itself by is_local.
const itself = "(is_local OR port = getServerPort('tcp_port') AND (startsWith(host_address, '127.') OR host_address = '::1'))"

// askHost asks a host who it is, and of which shards it has the rows.
func (c *cluster) askHost(ctx context.Context, h *host) (err error) {
	s := c.session(h, c.cfg.Database)
	if h.server, err = session.Server(ctx, s); err != nil {
		return err
	}
	st := session.SQL("SELECT shard_num, if({database:String} = '', default_database, {database:String}) FROM system.clusters WHERE cluster = {cluster:String} AND "+itself+" ORDER BY shard_num",
		"cluster", c.front.cluster, "database", c.front.database)
	if c.front.path != "" {
		st = session.SQL("SELECT DISTINCT toUInt32(1), database FROM system.replicas WHERE database = {database:String} AND zookeeper_path = {path:String}",
			"database", c.front.database, "path", c.front.path)
	}
	h.holds, err = session.Scan(ctx, s, st, func(l *held) []any { return []any{&l.shard, &l.database} })
	return session.Wrap(err, "ask which shard it is")
}

// shards finds a host of each shard.
func (c *cluster) shards(ctx context.Context) (Shards, error) {
	servers, err := c.servers(ctx)
	if err != nil {
		return nil, err
	}
	var all Shards
	for i, there := range servers {
		sh, err := c.shard(ctx, uint32(i+1), there)
		if err != nil {
			return nil, errors.Join(err, all.Close())
		}
		all = append(all, sh)
	}
	return all, nil
}

// shard finds a host of one shard, of which the cluster knows some servers.
func (c *cluster) shard(ctx context.Context, number uint32, servers string) (Shard, error) {
	at, database, err := c.replica(ctx, number)
	if err == nil && at == nil {
		err = c.missing(number, servers)
	}
	if err != nil {
		return Shard{}, err
	}
	return c.front.of(c.cfg, number, at.addr, database), nil
}

// servers lists the servers of each shard, in the order of the shards, as a host that
// answers knows them.
func (c *cluster) servers(ctx context.Context) ([]string, error) {
	var errs []error
	for _, h := range c.hosts {
		if h.err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", h.addr, h.err))
			continue
		}
		servers, err := c.session(h, c.cfg.Database).Texts(ctx, session.SQL("SELECT arrayStringConcat(groupArray(concat(host_name, ':', toString(port))), ', ') FROM (SELECT * FROM system.clusters WHERE cluster = {cluster:String} ORDER BY replica_num) GROUP BY shard_num ORDER BY shard_num",
			"cluster", c.front.cluster))
		if err == nil && len(servers) == 0 {
			err = fmt.Errorf("%s leads to the cluster %s, which %s does not know: name it in that server's configuration", c.cfg.DownloadsTable, c.front.cluster, h.addr)
		}
		return servers, session.Wrap(err, "list the shards of the cluster %s", c.front.cluster)
	}
	return nil, errors.Join(errs...)
}

// missing refuses a command where a shard has no host: whether files are loaded there
// cannot be known.
func (c *cluster) missing(number uint32, servers string) error {
	var errs []error
	for _, h := range c.hosts {
		if h.err != nil {
			errs = append(errs, fmt.Errorf("%s does not answer: %w", h.addr, h.err))
		}
	}
	if c.front.path != "" {
		errs = append([]error{fmt.Errorf("no server in the DSN that answers is a replica of %s any more: name them all, and see that one of them runs", c.cfg.DownloadsTable)}, errs...)
		return errors.Join(errs...)
	}
	err := fmt.Errorf("shard %d of the cluster %s has no server in the DSN that answers, and without its ledger no file can be told from one that is loaded: "+
		"name one of its servers beside the others (the cluster knows them as %s), and see that it runs", number, c.front.cluster, servers)
	return errors.Join(append([]error{err}, errs...)...)
}

// replica chooses the host on which a shard is worked on, nil for none: that which has
// what is still to be published of a batch, as no other can carry that on; or that
// on which another command works, whose lock is then seen to be held; or that on which
// a backfill has been begun, or a shadow; or the first.
func (c *cluster) replica(ctx context.Context, number uint32) (at *host, database string, err error) {
	var replicas []*host
	for _, h := range c.hosts {
		if i := slices.IndexFunc(h.holds, func(l held) bool { return l.shard == number }); h.err == nil && i >= 0 {
			replicas, database = append(replicas, h), h.holds[i].database
		}
	}
	if len(replicas) < 2 {
		return slices.Concat(replicas, []*host{nil})[0], database, nil
	}
	var epoch uint64
	half, works, begun := "", "", ""
	for _, h := range replicas {
		s := c.session(h, database)
		lock, err := ledger.ReadLock(ctx, s)
		if err != nil {
			return nil, "", err
		}
		if lock.Epoch > epoch && !lock.Holder.Released {
			epoch, works = lock.Epoch, lock.Holder.Server
		}
		holds, err := holdsHalf(ctx, s)
		if err != nil {
			return nil, "", err
		}
		if holds {
			half = h.server
		}
		for _, kind := range []string{stage.LastingBackfill, stage.LastingShadow} {
			lasting, err := stage.Lasting(ctx, s, kind)
			if err != nil {
				return nil, "", err
			}
			if len(lasting) > 0 {
				begun = h.server
			}
		}
	}
	for _, server := range []string{half, works, begun} {
		if i := slices.IndexFunc(replicas, func(h *host) bool { return h.server == server }); i >= 0 {
			return replicas[i], database, nil
		}
	}
	return replicas[0], database, nil
}

// holdsHalf reports that a server has the private database of a batch that may be half
// public.
func holdsHalf(ctx context.Context, s *session.Session) (bool, error) {
	open, err := ledger.Of(s).Batches(ctx, "", fmt.Sprintf("HAVING state = %d", ledger.Publishing))
	if session.Gone(err) {
		return false, nil
	}
	if err != nil || len(open) == 0 {
		return false, err
	}
	held, err := stage.List(ctx, s)
	return slices.ContainsFunc(open, func(b ledger.Batch) bool { return len(held[b.Batch]) > 0 }), err
}
