package shadow

import (
	"context"
	"fmt"
	"maps"
	"slices"

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
// unless fewer allows it.
func (sh *Shadow) Promote(ctx context.Context, fewer bool) error {
	return sh.with.AsWriter(ctx, sh.cfg, func(ctx context.Context, live *publish.Writer) error {
		if err := sh.Exists(ctx, live.S); err != nil {
			return err
		}
		return sh.with.AsWriter(ctx, sh.own(), func(ctx context.Context, shadow *publish.Writer) error {
			p := &promoter{sh: sh, live: live, shadow: shadow, fewer: fewer}
			if !promoted(live.S.Epoch, shadow.S.Epoch) { // or else a promotion was ended before it dropped the shadow
				if err := p.promote(ctx); err != nil {
					return err
				}
			}
			return sh.drop(context.WithoutCancel(ctx), live.S)
		})
	})
}

// promoter is one Promote, under the locks of both.
type promoter struct {
	sh           *Shadow
	live, shadow *publish.Writer
	fewer        bool
	d            tables.Derivation // of the shadow
	at           *publish.Passage
}

// promote builds every table's successor from the shadow's, and swaps them.
func (p *promoter) promote(ctx context.Context) error {
	if err := p.allowed(ctx); err != nil {
		return fmt.Errorf("promote the shadow %s: %w; nothing was changed", p.sh.Name, err)
	}
	p.at = p.live.Passage(ledger.Batch{Batch: ledger.BatchName(p.live.S.Epoch, 1), Kind: "promotion"}, 1)
	swaps, err := p.build(ctx)
	if err != nil {
		return p.at.Abandon(ctx, fmt.Errorf("promote the shadow %s: %w; nothing was changed", p.sh.Name, err))
	}
	p.live.Cfg.Progress.Phase("publishing")
	return p.at.PublishSwaps(ctx, swaps)
}

// allowed refuses a shadow that is not whole: whose aggregates do not agree with
// its raw table, which lacks a table, or days.
func (p *promoter) allowed(ctx context.Context) error {
	live, shadow, err := p.sh.both(ctx, p.live.S)
	if err != nil {
		return err
	}
	want := shadow[p.sh.cfg.DownloadsTable].Got.Counts
	for _, table := range slices.Sorted(maps.Keys(shadow)) {
		t := shadow[table]
		if g := t.Checked.Grain; g != count.Unchecked && len(g.Compare(t.Got, count.Fold(g, want))) > 0 {
			return fmt.Errorf("its table %s does not agree with its raw table: run clickql ingest verify --database %s", table, p.sh.Database())
		}
	}
	if err := p.lacksDays(live, shadow); err != nil {
		return err
	}
	return p.lacksTables(ctx)
}

// lacksDays refuses to lose days or months, unless that is allowed.
func (p *promoter) lacksDays(live, shadow map[string]count.Held) error {
	for _, table := range slices.Sorted(maps.Keys(live)) {
		now, next := live[table], shadow[table]
		if now.Checked.Grain != count.ByDay && now.Checked.Grain != count.ByMonth || now.Checked.Grain != next.Checked.Grain || p.fewer {
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
	now, err := tables.Read(ctx, p.live.S, p.sh.cfg.DownloadsTable)
	if err != nil {
		return err
	}
	next, err := tables.Read(ctx, p.shadow.S, p.sh.cfg.DownloadsTable)
	if err != nil {
		return err
	}
	for _, t := range now.Targets {
		switch {
		case stage.InFill(t.ID):
			return fmt.Errorf("a backfill of the live tables has not ended (%s): let it end, or drop it with clickql ingest backfill --discard", t.Database)
		case t.Database != p.live.S.Database:
			return fmt.Errorf("a live view fills %s, which is in another database and cannot be replaced: drop the view first", t)
		case !slices.ContainsFunc(next.Targets, func(o tables.Target) bool { return o.Table == t.Table }):
			return fmt.Errorf("it lacks the table %s: make it anew, or fill it with clickql ingest backfill %s --database %s", t.Table, t.Table, p.sh.Database())
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
	var err error
	if p.d, err = tables.Read(ctx, p.shadow.S, p.sh.cfg.DownloadsTable); err != nil {
		return nil, err
	}
	var swaps []ledger.Swap
	for _, t := range p.d.All() {
		l, err := p.successor(ctx, t)
		if err != nil {
			return nil, err
		}
		swaps = append(swaps, l)
	}
	views, err := p.views(ctx)
	if err != nil {
		return nil, err
	}
	landing, err := p.landing(ctx)
	if err != nil {
		return nil, err
	}
	book, err := p.ledger(ctx)
	return slices.Concat(swaps, views, landing, book), err
}

// successor copies one of the shadow's tables.
func (p *promoter) successor(ctx context.Context, t tables.Target) (ledger.Swap, error) {
	next, public := tables.ID{Database: p.at.Stage, Table: tables.Successor(t.Table)}, tables.ID{Database: p.live.S.Database, Table: t.Table}
	if t.Database != p.sh.Database() {
		return ledger.Swap{}, fmt.Errorf("its view fills %s, which is not in its own database", t)
	}
	if err := p.live.S.Do(ctx, "CREATE TABLE "+next.String()+" AS "+t.String()); err != nil {
		return ledger.Swap{}, err
	}
	if err := stage.TakePartitions(ctx, p.live.S, t.ID, next, false); err != nil {
		return ledger.Swap{}, err
	}
	l, err := p.live.P.SwapOf(ctx, p.at.Line.Batch, p.at.Stage, next.Table, public)
	if err != nil || t.Witness.Idempotent {
		return l, err
	}
	has, err := p.live.P.Whole(ctx, next, t.Witness.Expr)
	if err != nil {
		return l, err
	}
	had, err := p.live.P.Whole(ctx, t.ID, t.Witness.Expr)
	if err == nil && has != had {
		err = fmt.Errorf("the copy of its table %s holds %d and should hold %d", t.Table, has, had)
	}
	if err != nil || ledger.Verb(l.Verb) == ledger.Place {
		return l, err
	}
	l.Witness = t.Witness.Expr
	l.Before, err = p.live.P.Whole(ctx, public, l.Witness)
	return l, err
}

// views makes the live views compute what the shadow's do.
func (p *promoter) views(ctx context.Context) ([]ledger.Swap, error) {
	live, err := tables.Read(ctx, p.live.S, p.sh.cfg.DownloadsTable)
	if err != nil {
		return nil, err
	}
	return p.change(live.Views, p.d.Views, func(v tables.View) (query, create string, err error) {
		query, err = v.Over(p.live.S.Database)
		return query, "CREATE MATERIALIZED VIEW IF NOT EXISTS " + session.Name(p.live.S.Database, v.Table) + " TO " + session.Name(p.live.S.Database, v.Target.Table) + " AS " + query,
			session.Wrap(err, "its view %s cannot be read", v.ID)
	})
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
			"CREATE TABLE " + next.String() + " AS " + session.Name(p.live.S.Database, table),
			"INSERT INTO " + next.String() + " SELECT * FROM " + session.Name(p.sh.Database(), table),
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
		l, err := p.live.P.SwapOf(ctx, p.at.Line.Batch, p.at.Stage, next.Table, tables.ID{Database: p.live.S.Database, Table: table})
		if err != nil {
			return nil, err
		}
		swaps = append(swaps, l)
	}
	return swaps, nil
}
