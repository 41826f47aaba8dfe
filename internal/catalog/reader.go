package catalog

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"clickql/internal/chschema"
	"clickql/internal/cube"
)

// reader turns a database into snapshots. It is used by one goroutine at a time.
type reader struct {
	db       chschema.DB // of the lead, where there are several servers
	conn     Conn
	lead     lead
	opts     Options
	verifier verifier

	// What the last look saw. Parts are nil where they cannot be seen.
	signature signature
	parts     chschema.Parts
	stored    []*chschema.Table // that answers depend on; nil where the last look failed
	seen      seenDays
	moved     bool // the parts are others than those of the last version

	index *Index // the last one, whose names are used again
	// unnormalised reports that some names were not normalised at the last look.
	unnormalised bool
	spellings    spellings
	githubDays   githubDays
	sized        map[string]sized
	versions     versions
	// doubt is since when tables disagree that agreed before; zero while none
	// does.
	doubt    time.Time
	doubting atomic.Bool
	// took is how long it took to read everything.
	took time.Duration
	// cost is how long the last look took that found nothing new.
	cost atomic.Int64
}

func newReader(conn Conn, opts Options) reader {
	db := chschema.DB{Conn: conn}
	return reader{db: db, conn: conn, lead: lead{at: -1, silent: map[int]bool{}}, opts: opts, sized: map[string]sized{},
		verifier: verifier{db: db, fullRows: opts.WholeRows}}
}

// unsettled reports that the last look was taken in the middle of a publish.
func (r *reader) unsettled() bool { return r.doubting.Load() }

// next is the snapshot that replaces before; nil where nothing changed.
func (r *reader) next(ctx context.Context, before *Snapshot, always bool) (*Snapshot, error) {
	began := time.Now()
	if err := r.choose(ctx, r.conn); err != nil {
		return nil, err
	}
	signature, err := r.sign(ctx)
	if err != nil {
		return nil, err
	}
	if !always && before.Err == nil && r.stored != nil && signature.same(r.signature, r.parts != nil) && !r.unsettled() {
		same, err := r.unchanged(ctx, before)
		r.cost.Store(int64(time.Since(began)))
		if err != nil || same && signature.Ledger == r.signature.Ledger {
			return nil, err
		}
		if same && r.seen.known {
			return r.settleAgain(ctx, before, signature)
		}
	}
	reading := time.Now()
	next, err := r.readLead(ctx)
	if errors.Is(err, errBehind) {
		return nil, nil
	}
	if err != nil {
		if _, spent := chschema.SpentUntil(err); !spent {
			r.stored = nil
		}
		return nil, err
	}
	r.took = time.Since(reading)
	r.signature = signature
	if r.hold(before, next) {
		return nil, nil
	}
	return r.date(ctx, before, next)
}

// stampQuery tells one state of the tables from another by the times at which their
// definitions were written, with the seconds since the last of them, -1 where a database
// keeps no times. definitionsQuery does by the definitions too: the server reads and
// prints each, which is most of what a look costs.
const (
	stampQuery       = `SELECT ` + stamp + `, toUInt64(0) ` + signedTables
	definitionsQuery = `SELECT ` + stamp + `, cityHash64(count(), groupBitXor(cityHash64(database, name, uuid, engine, create_table_query))) ` + signedTables
	stamp            = `cityHash64(count(), groupBitXor(cityHash64(database, name, uuid, engine, metadata_modification_time))),
	if(countIf(metadata_modification_time = 0) > 0, toInt64(-1), dateDiff('second', max(metadata_modification_time), now())),
	max(ifNull(total_rows, 0) * (name = {raw:String})), sum(ifNull(total_rows, 0) * (database = {database:String} AND name IN {ledger:Array(String)}))`
	signedTables = `
FROM system.tables WHERE database IN {databases:Array(String)} AND NOT startsWith(name, '_')`
)

// settledStamp is how many seconds after the last definition was written no other can be
// that bears the same time, which has no fractions.
const settledStamp = 2

// signature tells one state of the tables from another.
type signature struct {
	// Tables changes when one is created, dropped, exchanged or altered.
	Tables uint64
	// Stamp does too, and stands for Tables for as long as it is the same; 0 where it
	// may not, as a definition was too young.
	Stamp uint64
	// Rows is the raw table's size, which is all of the data that some accounts see.
	Rows uint64
	// Ledger is the lines of the ledger of loads, which only grows.
	Ledger uint64
}

// same compares two; what the parts tell of the data is left to them.
func (s signature) same(o signature, parts bool) bool {
	return s.Tables == o.Tables && (parts || s.Rows == o.Rows)
}

// sign asks for the signature of now. Where the stamp is the last one's, the tables are.
func (r *reader) sign(ctx context.Context) (s signature, err error) {
	databases := []string{r.opts.Database}
	for _, t := range r.stored {
		databases = append(databases, t.Database)
	}
	slices.Sort(databases)
	p := map[string]any{"databases": slices.Compact(databases), "raw": r.opts.RawTable,
		"database": r.opts.Database, "ledger": []string{ledgerFiles, ledgerBatches}}
	last, age := &r.signature, int64(0)
	if last.Stamp != 0 {
		err = r.db.Row(ctx, stampQuery, p, &s.Stamp, &age, &s.Rows, &s.Ledger, &s.Tables)
		if s.Tables = last.Tables; err == nil && s.Stamp == last.Stamp {
			return s, nil
		}
	}
	if err == nil {
		err = r.db.Row(ctx, definitionsQuery, p, &s.Stamp, &age, &s.Rows, &s.Ledger, &s.Tables)
	}
	if err != nil {
		return s, fmt.Errorf("look at the tables of %s: %w", r.opts.Database, err)
	}
	if age < settledStamp {
		s.Stamp = 0
	}
	if s.Tables == last.Tables {
		last.Stamp = s.Stamp
	}
	return s, nil
}

// unchanged reports that the data is as it was, or, where that cannot be seen,
// that the snapshot is young enough.
func (r *reader) unchanged(ctx context.Context, before *Snapshot) (bool, error) {
	if before.Version == "" && r.opts.Now().Sub(before.ReadAt) >= max(r.opts.TTL, restFactor*r.took, r.bearable(readStatements)) {
		return false, nil
	}
	if r.parts == nil {
		marks, err := r.marks(ctx, r.stored)
		return marks.Server == before.Server, err
	}
	now, err := chschema.ReadParts(ctx, r.db, r.stored)
	if err != nil || now == nil || !now.Same(r.parts, r.stored) {
		return false, err
	}
	marks, err := r.marks(ctx, r.stored)
	return marks.Server == before.Server && sameMarks(marks.Of, r.lead.marks), err
}

// readLead takes a snapshot. Which server has most is known only when it is known
// of which tables: after the first look that is asked, and where it is another
// there is a second one.
func (r *reader) readLead(ctx context.Context) (*Snapshot, error) {
	first, at := r.stored == nil, r.lead.at
	next, err := r.readStill(ctx)
	if err != nil || !first {
		return next, err
	}
	if err := r.choose(ctx, r.conn); err != nil || r.lead.at == at {
		return next, err
	}
	r.parts, r.lead.server = nil, "" // they were another server's
	return r.readStill(ctx)
}

// readStill takes a snapshot, and another one where the data changed meanwhile.
func (r *reader) readStill(ctx context.Context) (next *Snapshot, err error) {
	for range marksTries {
		if next, err = r.read(ctx); err != nil || r.lead.still {
			break
		}
	}
	return next, err
}

// read takes a snapshot.
func (r *reader) read(ctx context.Context) (*Snapshot, error) {
	readAt := r.opts.Now()
	l, err := r.take(ctx)
	if err != nil {
		return nil, err
	}
	if l.retired, err = r.readRetired(ctx, l.dayLedger); err != nil {
		return nil, err
	}
	stored := l.stored()
	marks, err := r.marks(ctx, stored)
	if err != nil {
		return nil, err
	}
	parts, err := chschema.ReadParts(ctx, r.db, stored)
	if err != nil {
		return nil, err
	}
	if err := r.goesBack(marks.Server, parts); err != nil {
		return nil, err
	}
	days, keep, err := r.verifier.verify(ctx, moment{inventory: l, now: parts, since: r.parts})
	if err != nil {
		return nil, err
	}
	if err := r.remember(ctx, keep, stored, parts); err != nil {
		return nil, err
	}
	days, strays, err := r.keepPlausible(ctx, l, days)
	if err != nil {
		return nil, err
	}
	snap := &Snapshot{Database: r.opts.Database, ReadAt: readAt, Days: days, Strays: strays, Retired: l.retired, Tables: l.measured(parts), Mirrors: r.opts.Mirrors}
	if l.metadata != nil {
		snap.Metadata, snap.MetadataColumns, snap.MetadataRows = true, l.metadata.Types(), l.metadata.Rows
	}
	named, err := r.beside(ctx, snap, l, parts)
	if err != nil {
		return nil, err
	}
	snap.Ignored, snap.Daily = l.ignored, l.daily
	r.seen = seenDays{true, l.gaps, l.totals, l.ledger}
	snap.Missing, snap.SettledBy = settle(days, l.gaps, l.totals, named)
	if parts != nil && !l.spread() {
		snap.Version = r.versions.next(hashed(parts, stored, snap.text()), r.moved)
		snap.UpdatedAt, r.moved = parts.Modified(), false
	}
	after, err := r.marks(ctx, stored)
	if err != nil {
		return nil, err
	}
	r.lead.still = snap.bind(marks, after, l)
	r.lead.marks = marks.Of
	return snap, nil
}

// beside reads at one time what no other reading waits for, into the snapshot, then
// how large projects are in its tables; and which days the ledger names.
func (r *reader) beside(ctx context.Context, snap *Snapshot, l *inventory, parts chschema.Parts) (named ledgerDays, err error) {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { snap.Extents, err = r.extents(gctx, l, snap.Days); return err })
	g.Go(func() (err error) { snap.Threads, err = r.threads(gctx); return err })
	g.Go(func() (err error) { snap.Projects, err = r.projects(gctx, snap); return err })
	g.Go(func() (err error) { snap.Spellings, err = r.spell(gctx, l, parts); return err })
	g.Go(func() (err error) { snap.GitHub, err = r.github(gctx, l, parts); return err })
	g.Go(func() (err error) { named, err = r.readLedger(gctx, l.ledger); return err })
	if err := g.Wait(); err != nil {
		return named, err
	}
	for _, t := range snap.Tables {
		if t.Dims[cube.Project] && !t.Raw {
			t.KeySpace = snap.Projects.keySpace(t.Rows)
		}
		if e := snap.Extents; e != nil && t.Written != nil {
			e.Written = t.Written
		}
	}
	return named, r.sizes(ctx, snap)
}

// take reads which tables there are, and what each can serve for.
func (r *reader) take(ctx context.Context) (*inventory, error) {
	database := r.opts.Database
	if exists, err := chschema.Exists(ctx, r.db, database); err != nil {
		return nil, err
	} else if !exists {
		return nil, fmt.Errorf("find the database %s: it does not exist or the account may not see it; "+
			"name another one in the DSN, or create it with `clickql schema apply`", database)
	}
	s, err := chschema.Read(ctx, r.db, database, githubDatabase)
	if err != nil {
		return nil, err
	}
	l, err := classify(s, database, r.opts.RawTable)
	if err == nil {
		has := func(table string) bool { return s[chschema.Name{Database: database, Table: table}] != nil }
		l.ledger, l.dayLedger = has(ledgerFiles) && has(ledgerBatches), has(ledgerDayRows) && has(ledgerBatches)
	}
	if err == nil && l.raw == nil && len(l.tables) == 0 {
		return nil, fmt.Errorf("read the database %s: it holds neither the table %s nor an aggregate of it; "+
			"create the tables with `clickql schema apply`, or name the database that has them in the DSN", database, r.opts.RawTable)
	}
	return l, err
}

// threads is how many threads the server lets one query use.
func (r *reader) threads(ctx context.Context) (int, error) {
	var n uint64
	if err := r.db.Row(ctx, "SELECT toUInt64(getSetting('max_threads'))", nil, &n); err != nil {
		return 0, fmt.Errorf("ask how many threads a query may use: %w", err)
	}
	return int(n), nil
}

// remember makes what was read the state that later changes are read against.
func (r *reader) remember(ctx context.Context, keep func(after chschema.Parts), stored []*chschema.Table, parts chschema.Parts) error {
	var after chschema.Parts
	if parts != nil {
		var err error
		if after, err = chschema.ReadParts(ctx, r.db, stored); err != nil {
			return err
		}
	}
	keep(after)
	r.moved = r.moved || r.parts != nil && parts != nil && !parts.Same(r.parts, stored)
	r.parts, r.stored = parts, stored
	return nil
}

// hold reports that the snapshot shows a publish half done: a table that held
// everything no longer does. The last snapshot then stands a little longer; all
// it promises is still there, and what is being published follows. That is not so
// where the table is another one under its name.
func (r *reader) hold(before, next *Snapshot) bool {
	if !regressed(before, next) {
		r.doubt = time.Time{}
		r.doubting.Store(false)
		return false
	}
	if r.doubt.IsZero() {
		r.doubt = r.opts.Now()
	}
	held := r.opts.Now().Sub(r.doubt) < r.opts.Settle && !replaced(before, next)
	r.doubting.Store(held)
	if !held {
		r.opts.Log.Warn("tables no longer agree with the raw table", "tables", next.incomplete())
	}
	return held
}

// date sets when the data last changed.
func (r *reader) date(ctx context.Context, before, next *Snapshot) (*Snapshot, error) {
	switch {
	case next.Version == "" || before.UpdatedAt.IsZero():
	case next.Version == before.Version:
		next.UpdatedAt = before.UpdatedAt
	case !next.UpdatedAt.After(before.UpdatedAt):
		if err := r.db.Row(ctx, "SELECT now('UTC')", nil, &next.UpdatedAt); err != nil {
			return nil, fmt.Errorf("ask for the server's time: %w", err)
		}
	}
	return next, nil
}

// hashed is a hash over the marks of all tables: equal for every gateway that
// reads the same data, now and after a restart.
func hashed(parts chschema.Parts, tables []*chschema.Table, more string) string {
	h := fnv.New128a()
	for _, t := range tables {
		parts.Mark(h, t)
	}
	fmt.Fprint(h, more)
	return hex.EncodeToString(h.Sum(nil))
}

// versions makes a data version out of hashes, so that a version never comes
// back for other data within the life of a process: answers computed while the
// data was another would be served again.
type versions struct {
	last string
	seen map[string]bool
	turn int // how often a hash came back
}

// seenMost bounds the memory of hashes.
const seenMost = 10_000

// next is the version for a hash. moved reports that the data is known to have
// changed, even if the hash has not.
func (v *versions) next(hash string, moved bool) string {
	if v.seen == nil || len(v.seen) >= seenMost {
		v.seen = map[string]bool{}
	}
	if hash == v.last && moved || hash != v.last && v.seen[hash] {
		v.turn++
	}
	v.last, v.seen[hash] = hash, true
	if v.turn == 0 {
		return hash
	}
	return fmt.Sprintf("%s-%d", hash, v.turn)
}
