package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"clickql/internal/chconn"
)

// shadowPrefix begins the names of databases that hold a second set of tables.
const shadowPrefix = "clickql_shadow_"

// shadowName is what a shadow may be called.
var shadowName = regexp.MustCompile(`^[a-z0-9][a-z0-9_]{0,40}$`)

// epochsApart keeps the epochs of a shadow's ledger apart from those of the live
// one, so that no two batches have one name when the ledgers are brought
// together: a shadow begins at the next multiple.
const epochsApart = 100_000

// Shadow is a second set of tables beside the live ones, with a ledger of its
// own, loaded from another source or with other views.
type Shadow struct {
	in   *Ingest
	name string
}

// Shadow names a shadow; nothing happens yet.
func (in *Ingest) Shadow(name string) (*Shadow, error) {
	if !shadowName.MatchString(name) {
		return nil, fmt.Errorf("shadow %q: a name has small letters, digits and underscores, 41 at most", name)
	}
	return &Shadow{in, name}, nil
}

// Database holds the shadow's tables.
func (sh *Shadow) Database() string { return shadowPrefix + sh.in.cfg.Database + "_" + sh.name }

// ingest loads into the shadow.
func (sh *Shadow) ingest() *Ingest {
	cfg := sh.in.cfg
	cfg.Database = sh.Database()
	return &Ingest{cfg}
}

// Run creates the shadow's tables and views like the live ones, where they are
// missing, and loads what the sources name and the shadow does not hold yet.
// Between two runs, the first of which may name no source, its views may be
// changed.
func (sh *Shadow) Run(ctx context.Context, sources ...string) (Summary, error) {
	s := newSession(sh.in.cfg.Conn, sh.in.cfg.Database, 0)
	if err := sh.in.cfg.known(s, sources); err != nil {
		return Summary{}, err
	}
	if err := sh.create(ctx, s); err != nil {
		return Summary{}, fmt.Errorf("create the shadow %s: %w", sh.name, err)
	}
	if len(sources) == 0 {
		return Summary{}, nil
	}
	return sh.ingest().Run(ctx, Downloads, sources...)
}

// shadowReady is the table whose creation ends that of the shadow.
const shadowReady = "clickql_shadow"

// create copies the live tables' and views' definitions, once.
func (sh *Shadow) create(ctx context.Context, s *session) error {
	there, err := uuidOf(ctx, s, tableID{sh.Database(), shadowReady})
	if err != nil || there != "" {
		return err
	}
	d, err := readDerivation(ctx, s, sh.in.cfg.DownloadsTable)
	if err != nil {
		return err
	}
	if err := createBeside(ctx, s, sh.Database(), besideLine{besideShadow, s.database, sh.name}); err != nil {
		return err
	}
	for _, t := range d.all() {
		if t.Database != s.database {
			continue // of a backfill, or elsewhere
		}
		if err := s.run(ctx, "CREATE TABLE IF NOT EXISTS "+name(sh.Database(), t.Table)+" AS "+t.String()); err != nil {
			return err
		}
	}
	for _, v := range d.Views {
		if v.Target.Database != s.database || v.Source.Database != s.database {
			continue
		}
		query, err := v.over(sh.Database())
		if err == nil {
			err = s.run(ctx, "CREATE MATERIALIZED VIEW IF NOT EXISTS "+name(sh.Database(), v.Table)+" TO "+name(sh.Database(), v.Target.Table)+" AS "+query)
		}
		if err != nil {
			return err
		}
	}
	if err := sh.beginEpochs(ctx, s); err != nil {
		return err
	}
	return s.run(ctx, "CREATE TABLE IF NOT EXISTS "+name(sh.Database(), shadowReady)+" (n UInt8) ENGINE = MergeTree ORDER BY n")
}

// over is the view's SELECT over the table of the same name in another database.
func (v view) over(database string) (string, error) {
	if v.shape == nil {
		return redirect(v.Select, v.Source, name(database, v.Source.Table))
	}
	at := plainSelect.FindStringSubmatchIndex(v.Select)
	return v.Select[:at[4]] + name(database, v.Source.Table) + v.Select[at[5]:], nil
}

// beginEpochs leaves a lock that was given back, from whose epoch on the
// shadow's batches are named.
func (sh *Shadow) beginEpochs(ctx context.Context, s *session) error {
	state, err := readLock(ctx, s)
	if err != nil {
		return err
	}
	used, err := ledgerEpoch(ctx, s)
	if err != nil {
		return err
	}
	base := (max(state.Epoch, used)/epochsApart + 1) * epochsApart
	h := sh.in.cfg.Holder
	h.Released = true
	comment, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return s.run(ctx, "CREATE TABLE IF NOT EXISTS "+name(sh.Database(), lockTable(base))+
		" (beat UInt64) ENGINE = Memory SETTINGS min_rows_to_keep = 1, max_rows_to_keep = 1 COMMENT "+chconn.Literal(string(comment)))
}

// exists refuses a shadow that is not there.
func (sh *Shadow) exists(ctx context.Context, s *session) error {
	there, err := uuidOf(ctx, s, tableID{sh.Database(), shadowReady})
	if err == nil && there == "" {
		err = fmt.Errorf("shadow %s: there is none; these are: %s; make one with clickql ingest shadow run", sh.name, strings.Join(sh.others(ctx, s), ", "))
	}
	return err
}

// others lists the names of the shadows that there are, for messages.
func (sh *Shadow) others(ctx context.Context, s *session) []string {
	all, err := shadowStatuses(ctx, s)
	if err != nil || len(all) == 0 {
		return []string{"none"}
	}
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].Name
	}
	return names
}

// Discard drops the shadow.
func (sh *Shadow) Discard(ctx context.Context) error {
	s := newSession(sh.in.cfg.Conn, sh.in.cfg.Database, 0)
	if err := sh.exists(ctx, s); err != nil {
		return err
	}
	return sh.ingest().asWriter(ctx, func(ctx context.Context, r *run) error { return sh.drop(context.WithoutCancel(ctx), r.session) })
}

// drop removes the database; its lock goes with it, which its holder must not
// take for a loss. First that it is a shadow at all: a half dropped one is none.
func (sh *Shadow) drop(ctx context.Context, s *session) error {
	err := s.run(ctx, "DROP TABLE IF EXISTS "+name(sh.Database(), shadowReady)+" SYNC")
	if err != nil {
		return fmt.Errorf("discard the shadow %s: %w", sh.name, err)
	}
	return dropStage(ctx, s, sh.Database())
}

// Comparison is how a shadow's tables differ from the live ones.
type Comparison struct {
	Name   string          `json:"name"`
	Tables []TableCompared `json:"tables"`
	// Differences are the days, months and totals that differ.
	Differences []Difference `json:"differences"`
}

// TableCompared is one table in both.
type TableCompared struct {
	Table     string `json:"table"`
	Grain     Grain  `json:"grain"`
	Live      *int64 `json:"live,omitempty"`   // downloads; absent where there is no such table or it has no counts
	Shadow    *int64 `json:"shadow,omitempty"` // the same
	Differing int    `json:"differing"`
	Reason    string `json:"reason,omitempty"`
}

// Compare counts the downloads of every table of both by day, month or in total.
func (sh *Shadow) Compare(ctx context.Context) (Comparison, error) {
	out := Comparison{Name: sh.name, Tables: []TableCompared{}, Differences: []Difference{}}
	live, err := sh.in.held(ctx)
	if err != nil {
		return out, err
	}
	if err := sh.exists(ctx, live.session); err != nil {
		return out, err
	}
	shadow, err := sh.ingest().held(ctx)
	if err != nil {
		return out, err
	}
	for _, table := range sortedKeys(merged(live.tables, shadow.tables)) {
		out.compare(table, live, shadow)
	}
	return out, nil
}

// merged has the keys of both.
func merged(a, b map[string]heldTable) map[string]bool {
	out := map[string]bool{}
	for _, m := range []map[string]heldTable{a, b} {
		for k := range m {
			out[k] = true
		}
	}
	return out
}

// held is what all tables of a database hold.
type held struct {
	*verifier
	tables map[string]heldTable
}

// heldTable is what one table holds.
type heldTable struct {
	checked
	got observed
}

// held reads the raw table and every table that views fill from it.
func (in *Ingest) held(ctx context.Context) (held, error) {
	h := held{newVerifier(&run{session: newSession(in.cfg.Conn, in.cfg.Database, 0), cfg: in.cfg, kind: Downloads, sum: &Summary{}}), map[string]heldTable{}}
	if err := h.threads(ctx); err != nil {
		return h, err
	}
	known, err := h.verifier.tables(ctx)
	if err != nil {
		return h, err
	}
	for _, c := range append([]checked{h.rawTable()}, known...) {
		t := heldTable{checked: c}
		if c.grain != Unchecked {
			if t.got, err = h.observe(ctx, c); err != nil {
				return h, err
			}
		}
		h.tables[c.Table] = t
	}
	return h, nil
}

// compare compares one table.
func (out *Comparison) compare(table string, live, shadow held) {
	a, inLive := live.tables[table]
	b, inShadow := shadow.tables[table]
	t := TableCompared{Table: table, Grain: a.grain}
	if !inLive {
		t.Grain = b.grain
	}
	before := len(out.Differences)
	differ := func(period string, x, y int64) {
		if x != y {
			out.Differences = append(out.Differences, Difference{Table: table, Grain: t.Grain, Period: period, Expected: x, Found: y})
		}
	}
	switch {
	case !inLive:
		t.Reason = "only the shadow has it"
	case !inShadow:
		t.Reason = "only the live tables have it"
	case a.grain != b.grain:
		t.Reason = fmt.Sprintf("it counts by %s here and by %s in the shadow", a.grain, b.grain)
	case a.grain == Unchecked:
		t.Reason = a.reason
	case a.grain == FirstLast:
		differ("first day", int64(a.got.ends[0]), int64(b.got.ends[0]))
		differ("last day", int64(a.got.ends[1]), int64(b.got.ends[1]))
	default:
		for _, p := range periodsOf(a.got.counts, b.got.counts) {
			differ(a.grain.write(p), a.got.counts[p], b.got.counts[p])
		}
	}
	if inLive && a.count != "" {
		n := a.got.total()
		t.Live = &n
	}
	if inShadow && b.count != "" {
		n := b.got.total()
		t.Shadow = &n
	}
	t.Differing = len(out.Differences) - before
	out.Tables = append(out.Tables, t)
}
