package shadow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"clickql/ingest/config"
	"clickql/ingest/count"
	"clickql/ingest/ledger"
	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/ingest/tables"
	"clickql/internal/catalog/judge"
)

// Promote puts the shadow's tables and its ledger in the live ones' places, and
// drops it with what the live tables held. The metadata of distributions, which
// a shadow does not have, stays. A day that only the live tables have is refused
// unless fewer allows it. Of shards one is promoted after the other, once all may be.
func (sh *Shadow) Promote(ctx context.Context, fewer bool) error {
	return sh.over(ctx, func(parts []*part) error {
		return sh.with.AsWriters(ctx, lives(parts), func(ctx context.Context, live []*publish.Writer) error {
			there, err := present(ctx, parts)
			if err != nil {
				return err
			}
			return sh.with.AsWriters(ctx, owns(there), func(ctx context.Context, shadows []*publish.Writer) error {
				var todo []*promoter
				for i, p := range there {
					w := live[slices.Index(parts, p)]
					if !promoted(w.S.Epoch, shadows[i].S.Epoch) { // or else a promotion was ended before it dropped the part
						todo = append(todo, newPromoter(p, w, shadows[i]))
					}
				}
				if err := sh.promoteAll(ctx, len(parts), len(there), todo, fewer); err != nil {
					return err
				}
				return dropAll(context.WithoutCancel(ctx), there)
			})
		})
	})
}

// promoteAll promotes what is to be of the parts that are there. Parts are dropped once
// all are promoted: one that is not there beside one that is to be promoted was never made.
func (sh *Shadow) promoteAll(ctx context.Context, parts, there int, todo []*promoter, fewer bool) error {
	if len(todo) == 0 {
		return nil
	}
	err := errors.New("not all shards have it: carry on with clickql ingest shadow run")
	if there == parts {
		// Some promoted, the others may lack days that files in those brought.
		err = sh.allowed(ctx, todo, fewer || len(todo) < parts)
	}
	if err != nil {
		return fmt.Errorf("promote the shadow %s: %w; nothing was changed", sh.name, err)
	}
	for _, p := range todo {
		if err := p.promote(ctx); err != nil {
			return p.sh.cfg.OfShard(err)
		}
	}
	return nil
}

// lives are the configurations of the live tables beside parts.
func lives(parts []*part) []config.Config {
	cfgs := make([]config.Config, len(parts))
	for i, p := range parts {
		cfgs[i] = p.cfg
	}
	return cfgs
}

// promoter is the promotion of one part, under the locks of both.
type promoter struct {
	sh           *part
	live, shadow *publish.Writer
	at           *publish.Passage
	now, d       tables.Derivation // of the live tables, and of the shadow
	views        []ledger.Swap     // what makes the live views compute what the shadow's do
}

// newPromoter promotes nothing yet.
func newPromoter(sh *part, live, shadow *publish.Writer) *promoter {
	return &promoter{sh: sh, live: live, shadow: shadow, at: live.Passage(ledger.Batch{Batch: ledger.BatchName(live.S.Epoch, 1), Kind: "promotion"}, 1)}
}

// promote builds every table's successor from the shadow's, and swaps them.
func (p *promoter) promote(ctx context.Context) error {
	swaps, err := p.build(ctx)
	if err != nil {
		return p.at.Abandon(ctx, fmt.Errorf("promote the shadow %s: %w; nothing was changed", p.sh.name, err))
	}
	p.live.Cfg.Progress.Phase("publishing")
	return p.at.PublishSwaps(ctx, swaps)
}

// allowed refuses a shadow that is not whole: whose aggregates do not agree with
// its raw table, which lacks a table, or days.
func (sh *Shadow) allowed(ctx context.Context, todo []*promoter, fewer bool) error {
	live, shadow := held{}, held{}
	for _, p := range todo {
		if err := p.agrees(ctx, live, shadow); err != nil {
			return p.sh.cfg.OfShard(err)
		}
	}
	if fewer {
		return nil
	}
	return lacksDays(live, shadow)
}

// agrees refuses a part that is not whole, and adds what it and the live tables hold.
func (p *promoter) agrees(ctx context.Context, live, shadow held) error {
	here, there, err := p.sh.both(ctx, p.live.S)
	if err != nil {
		return err
	}
	live.add(here)
	shadow.add(there)
	want := there[p.sh.cfg.DownloadsTable].Got.Counts
	for _, table := range slices.Sorted(maps.Keys(there)) {
		t := there[table]
		if g := t.Checked.Grain; g != count.Unchecked && len(g.Compare(t.Got, count.Fold(g, want))) > 0 {
			return fmt.Errorf("its table %s does not agree with its raw table: run clickql ingest verify --database %s", table, p.sh.database())
		}
	}
	return session.InOrder(ctx, p.lacksTables, p.changedViews)
}

// lacksDays refuses to lose days or months.
func lacksDays(live, shadow held) error {
	for _, table := range slices.Sorted(maps.Keys(live)) {
		now, next := live[table], shadow[table]
		if now.Checked.Grain != count.ByDay && now.Checked.Grain != count.ByMonth || now.Checked.Grain != next.Checked.Grain {
			continue
		}
		for _, d := range judge.Steps(now.Got.Counts) {
			if now.Got.Counts[d] != 0 && next.Got.Counts[d] == 0 {
				return fmt.Errorf("it has no downloads of %s, of which the live table %s has %d: load them, or, if they are to go, give --fewer-days", now.Checked.Grain.Write(d), table, now.Got.Counts[d])
			}
		}
	}
	return nil
}

// lacksTables refuses a shadow that lacks a table which the live views fill.
func (p *promoter) lacksTables(ctx context.Context) error {
	var err error
	if p.now, err = tables.Read(ctx, p.live.S, p.sh.cfg.DownloadsTable); err != nil {
		return err
	}
	if p.d, err = tables.Read(ctx, p.shadow.S, p.sh.cfg.DownloadsTable); err != nil {
		return err
	}
	for _, t := range p.now.Targets {
		switch {
		case stage.InFill(t.ID):
			return fmt.Errorf("a backfill of the live tables has not ended (%s): let it end, or drop it with clickql ingest backfill --discard", t.Database)
		case t.Database != p.live.S.Database:
			return fmt.Errorf("a live view fills %s, which is in another database and cannot be replaced: drop the view first", t)
		case !slices.ContainsFunc(p.d.Targets, func(o tables.Target) bool { return o.Table == t.Table }):
			return fmt.Errorf("it lacks the table %s: make it anew, or fill it with clickql ingest backfill %s --database %s", t.Table, t.Table, p.sh.database())
		}
	}
	return nil
}

// build makes the successors, by hard links, and lists the swaps.
func (p *promoter) build(ctx context.Context) ([]ledger.Swap, error) {
	if err := p.at.Record(ctx, ledger.Planned, ""); err != nil {
		return nil, err
	}
	if err := stage.Create(ctx, p.live.S, p.at.Stage, p.at.Line.Batch); err != nil {
		return nil, err
	}
	var swaps []ledger.Swap
	for _, t := range p.d.All() {
		l, err := p.successor(ctx, t)
		if err != nil {
			return nil, err
		}
		swaps = append(swaps, l...)
	}
	book, err := p.ledger(ctx)
	return slices.Concat(swaps, p.views, book), err
}

// successor copies one of the shadow's tables.
func (p *promoter) successor(ctx context.Context, t tables.Target) ([]ledger.Swap, error) {
	next, public := tables.ID{Database: p.at.Stage, Table: tables.Successor(t.Table)}, tables.ID{Database: p.live.S.Database, Table: t.Table}
	if t.Database != p.sh.database() {
		return nil, fmt.Errorf("its view fills %s, which is not in its own database", t)
	}
	if err := p.live.S.Do(ctx, "CREATE TABLE "+next.String()+" AS "+t.String()); err != nil {
		return nil, err
	}
	if err := stage.TakePartitions(ctx, p.live.S, t.ID, next, false); err != nil {
		return nil, err
	}
	if !t.Witness.Idempotent {
		if err := p.copied(ctx, t, next); err != nil {
			return nil, err
		}
	}
	of := p.now.Target(public) // none where only the shadow has it
	of.ID, of.Witness = public, t.Witness
	return p.swapsOf(ctx, next.Table, of)
}

// copied compares a copy with one of the shadow's tables.
func (p *promoter) copied(ctx context.Context, t tables.Target, next tables.ID) error {
	has, err := p.live.P.Whole(ctx, next, t.Witness.Expr)
	if err != nil {
		return err
	}
	had, err := p.live.P.Whole(ctx, t.ID, t.Witness.Expr)
	if err == nil && has != had {
		err = fmt.Errorf("the copy of its table %s holds %d and should hold %d", t.Table, has, had)
	}
	return err
}

// swapsOf puts a staged table in a public one's place. A witness is that by which it is
// told whether somebody has written to the public one meanwhile.
func (p *promoter) swapsOf(ctx context.Context, staged string, public tables.Target) ([]ledger.Swap, error) {
	swaps, err := p.live.P.SwapsOf(ctx, p.at.Line.Batch, p.at.Stage, staged, public)
	if err == nil && !public.Witness.Idempotent && len(swaps) > 0 && ledger.Verb(swaps[0].Verb) == ledger.Exchange {
		swaps[0].Witness = public.Witness.Expr
		swaps[0].Before, err = p.live.P.Whole(ctx, public.ID, public.Witness.Expr)
	}
	return swaps, err
}

// changedViews finds what makes the live views compute what the shadow's do, and refuses
// that where replicas keep the tables: theirs would stay as they are.
func (p *promoter) changedViews(ctx context.Context) error {
	views, err := p.change(p.now.Views, p.d.Views, func(v tables.View) (query, create string, err error) {
		query, err = v.Over(p.live.S.Database)
		return query, "CREATE MATERIALIZED VIEW IF NOT EXISTS " + session.Name(p.live.S.Database, v.Table) + " TO " + session.Name(p.live.S.Database, v.Target.Table) + " AS " + query,
			session.Wrap(err, "its view %s cannot be read", v.ID)
	})
	if err != nil {
		return err
	}
	landing, err := p.landing(ctx)
	if p.views = slices.Concat(views, landing); err == nil && len(p.views) > 0 && p.live.Cfg.Shared {
		err = fmt.Errorf("its view %s computes other things than the live one, or the live tables lack it, and a promotion changes no views of other replicas: "+
			"change the live view on all of them first, with ON CLUSTER", p.views[0].Table)
	}
	return err
}

// ledger makes the ledger's successors: the shadow's lines, the live lines about
// metadata, and that of this promotion, which is publishing in both.
func (p *promoter) ledger(ctx context.Context) ([]ledger.Swap, error) {
	var swaps []ledger.Swap
	for _, table := range []string{ledger.Batches, ledger.Files, ledger.Moves, ledger.Days} {
		next := tables.ID{Database: p.at.Stage, Table: tables.Successor(table)}
		kept := " WHERE kind != 'downloads'"
		if table == ledger.Moves || table == ledger.Days {
			kept = " WHERE batch IN (SELECT batch FROM " + session.Name(p.live.S.Database, ledger.Batches) + kept + ")"
		}
		statements := []string{
			"CREATE TABLE " + next.String() + " AS " + session.Name(p.sh.database(), table), // which one server keeps
			"INSERT INTO " + next.String() + " SELECT * FROM " + session.Name(p.sh.database(), table),
			"INSERT INTO " + next.String() + " SELECT * FROM " + session.Name(p.live.S.Database, table) + kept,
		}
		if table == ledger.Batches {
			statements = append(statements, "INSERT INTO "+next.String()+" SELECT * REPLACE ("+fmt.Sprint(uint8(ledger.Publishing))+" AS state) FROM "+next.String()+" WHERE batch = {batch:String} LIMIT 1")
		}
		for _, sql := range statements {
			if err := p.live.S.Exec(ctx, session.SQL(sql, "batch", p.at.Line.Batch)); err != nil {
				return nil, fmt.Errorf("bring the ledgers together: %w", err)
			}
		}
		// It is kept by replicas where the raw table is.
		l, err := p.swapsOf(ctx, next.Table, tables.Target{ID: tables.ID{Database: p.live.S.Database, Table: table}, Engine: p.now.Base.Engine, Witness: tables.Witness{Idempotent: true}})
		if err != nil {
			return nil, err
		}
		swaps = append(swaps, l...)
	}
	return swaps, nil
}
