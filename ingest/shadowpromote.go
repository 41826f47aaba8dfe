package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// Promote puts the shadow's tables and its ledger in the live ones' places, and
// drops it with what the live tables held. The metadata of distributions, which
// a shadow does not have, stays. A day that only the live tables have is refused
// unless fewer allows it.
func (sh *Shadow) Promote(ctx context.Context, fewer bool) error {
	return sh.with.AsWriter(ctx, sh.cfg, func(ctx context.Context, live *writer) error {
		if err := sh.exists(ctx, live.s); err != nil {
			return err
		}
		return sh.with.AsWriter(ctx, sh.own(), func(ctx context.Context, shadow *writer) error {
			p := &promoter{sh: sh, live: live, shadow: shadow, fewer: fewer}
			if !promoted(live.s.epoch, shadow.s.epoch) { // or else a promotion was ended before it dropped the shadow
				if err := p.promote(ctx); err != nil {
					return err
				}
			}
			return sh.drop(context.WithoutCancel(ctx), live.s)
		})
	})
}

// promoter is one Promote, under the locks of both.
type promoter struct {
	sh           *Shadow
	live, shadow *writer
	fewer        bool
	d            derivation // of the shadow
	at           *passage
}

// promote builds every table's successor from the shadow's, and swaps them.
func (p *promoter) promote(ctx context.Context) error {
	if err := p.allowed(ctx); err != nil {
		return fmt.Errorf("promote the shadow %s: %w; nothing was changed", p.sh.name, err)
	}
	p.at = p.live.passage(batchLine{Batch: batchName(p.live.s.epoch, 1), Kind: "promotion"}, 1)
	swaps, err := p.build(ctx)
	if err != nil {
		return p.at.abandon(ctx, fmt.Errorf("promote the shadow %s: %w; nothing was changed", p.sh.name, err))
	}
	p.live.cfg.Progress.phase("publishing")
	return p.at.publishSwaps(ctx, swaps)
}

// allowed refuses a shadow that is not whole: whose aggregates do not agree with
// its raw table, which lacks a table, or days.
func (p *promoter) allowed(ctx context.Context) error {
	live, shadow, err := p.sh.both(ctx, p.live.s)
	if err != nil {
		return err
	}
	want := shadow[p.sh.cfg.DownloadsTable].got.counts
	for _, table := range slices.Sorted(maps.Keys(shadow)) {
		t := shadow[table]
		if f := fold(t.checked.grain, want); t.checked.grain != Unchecked && (t.checked.grain == FirstLast && t.got.ends != f.ends || t.checked.grain != FirstLast && len(differing(t.got.counts, f.counts)) > 0) {
			return fmt.Errorf("its table %s does not agree with its raw table: run clickql ingest verify --database %s", table, p.sh.Database())
		}
	}
	if err := p.lacksDays(live, shadow); err != nil {
		return err
	}
	return p.lacksTables(ctx)
}

// lacksDays refuses to lose days or months, unless that is allowed.
func (p *promoter) lacksDays(live, shadow map[string]held) error {
	for _, table := range slices.Sorted(maps.Keys(live)) {
		now, next := live[table], shadow[table]
		if now.checked.grain != ByDay && now.checked.grain != ByMonth || now.checked.grain != next.checked.grain || p.fewer {
			continue
		}
		for _, d := range periodsOf(now.got.counts) {
			if now.got.counts[d] != 0 && next.got.counts[d] == 0 {
				return fmt.Errorf("it has no downloads of %s, of which the live table %s has %d: load them, or, if they are to go, give --fewer-days", now.checked.grain.write(d), table, now.got.counts[d])
			}
		}
	}
	return nil
}

// lacksTables refuses a shadow that lacks a table which the live views fill.
func (p *promoter) lacksTables(ctx context.Context) error {
	now, err := readDerivation(ctx, p.live.s, p.sh.cfg.DownloadsTable)
	if err != nil {
		return err
	}
	next, err := readDerivation(ctx, p.shadow.s, p.sh.cfg.DownloadsTable)
	if err != nil {
		return err
	}
	for _, t := range now.Targets {
		switch {
		case inFill(t.tableID):
			return fmt.Errorf("a backfill of the live tables has not ended (%s): let it end, or drop it with clickql ingest backfill --discard", t.Database)
		case t.Database != p.live.s.database:
			return fmt.Errorf("a live view fills %s, which is in another database and cannot be replaced: drop the view first", t)
		case !slices.ContainsFunc(next.Targets, func(o target) bool { return o.Table == t.Table }):
			return fmt.Errorf("it lacks the table %s: make it anew, or fill it with clickql ingest backfill %s --database %s", t.Table, t.Table, p.sh.Database())
		}
	}
	return nil
}

// build makes the successors, by hard links, and lists the swaps.
func (p *promoter) build(ctx context.Context) ([]swapLine, error) {
	if err := p.at.record(ctx, Planned, ""); err != nil {
		return nil, err
	}
	if err := createStage(ctx, p.live.s, p.at.stage, p.at.line.Batch); err != nil {
		return nil, err
	}
	var err error
	if p.d, err = readDerivation(ctx, p.shadow.s, p.sh.cfg.DownloadsTable); err != nil {
		return nil, err
	}
	var swaps []swapLine
	for _, t := range p.d.all() {
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
	ledger, err := p.ledger(ctx)
	return slices.Concat(swaps, views, landing, ledger), err
}

// successor copies one of the shadow's tables.
func (p *promoter) successor(ctx context.Context, t target) (swapLine, error) {
	next, public := tableID{p.at.stage, successor(t.Table)}, tableID{p.live.s.database, t.Table}
	if t.Database != p.sh.Database() {
		return swapLine{}, fmt.Errorf("its view fills %s, which is not in its own database", t)
	}
	if err := p.live.s.run(ctx, "CREATE TABLE "+next.String()+" AS "+t.String()); err != nil {
		return swapLine{}, err
	}
	if err := takePartitions(ctx, p.live.s, t.tableID, next, false); err != nil {
		return swapLine{}, err
	}
	l, err := p.live.p.swapOf(ctx, p.at.line.Batch, p.at.stage, next.Table, public)
	if err != nil || t.witness.Idempotent {
		return l, err
	}
	has, err := p.live.p.whole(ctx, next, t.witness.Expr)
	if err != nil {
		return l, err
	}
	had, err := p.live.p.whole(ctx, t.tableID, t.witness.Expr)
	if err == nil && has != had {
		err = fmt.Errorf("the copy of its table %s holds %d and should hold %d", t.Table, has, had)
	}
	if err != nil || verb(l.Verb) == place {
		return l, err
	}
	l.Witness = t.witness.Expr
	l.Before, err = p.live.p.whole(ctx, public, l.Witness)
	return l, err
}

// views makes the live views compute what the shadow's do.
func (p *promoter) views(ctx context.Context) ([]swapLine, error) {
	live, err := readDerivation(ctx, p.live.s, p.sh.cfg.DownloadsTable)
	if err != nil {
		return nil, err
	}
	now := map[string]string{}
	for _, v := range live.Views {
		now[v.Table] = v.Select
	}
	var swaps []swapLine
	for _, v := range p.d.Views {
		query, err := v.over(p.live.s.database)
		if err != nil {
			return nil, fmt.Errorf("its view %s cannot be read: %w", v.tableID, err)
		}
		id := tableID{p.live.s.database, v.Table}
		sql := "CREATE MATERIALIZED VIEW IF NOT EXISTS " + id.String() + " TO " + name(p.live.s.database, v.Target.Table) + " AS " + query
		switch before, there := now[v.Table]; {
		case there && unquote(before) == unquote(query):
			continue
		case there:
			sql = "ALTER TABLE " + id.String() + " MODIFY QUERY " + query
		}
		swaps = append(swaps, swapLine{Batch: p.at.line.Batch, Verb: string(define), Database: id.Database, Table: id.Table, SQL: sql, At: p.live.cfg.Now()})
	}
	return swaps, nil
}

// ledger makes the ledger's successors: the shadow's lines, the live lines about
// metadata, and that of this promotion, which is publishing in both.
func (p *promoter) ledger(ctx context.Context) ([]swapLine, error) {
	var swaps []swapLine
	for _, table := range []string{ledgerBatches, ledgerFiles, ledgerMoves, ledgerDays} {
		next := tableID{p.at.stage, successor(table)}
		kept := " WHERE kind != 'downloads'"
		if table == ledgerMoves || table == ledgerDays {
			kept = " WHERE batch IN (SELECT batch FROM " + name(p.live.s.database, ledgerBatches) + kept + ")"
		}
		statements := []string{
			"CREATE TABLE " + next.String() + " AS " + name(p.live.s.database, table),
			"INSERT INTO " + next.String() + " SELECT * FROM " + name(p.sh.Database(), table),
			"INSERT INTO " + next.String() + " SELECT * FROM " + name(p.live.s.database, table) + kept,
		}
		if table == ledgerBatches {
			statements = append(statements, "INSERT INTO "+next.String()+" SELECT * REPLACE ("+fmt.Sprint(uint8(Publishing))+" AS state) FROM "+next.String()+" WHERE batch = {batch:String} LIMIT 1")
		}
		for _, sql := range statements {
			if err := p.live.s.exec(ctx, statement{SQL: sql, Params: map[string]any{"batch": p.at.line.Batch}}); err != nil {
				return nil, fmt.Errorf("bring the ledgers together: %w", err)
			}
		}
		l, err := p.live.p.swapOf(ctx, p.at.line.Batch, p.at.stage, next.Table, tableID{p.live.s.database, table})
		if err != nil {
			return nil, err
		}
		swaps = append(swaps, l)
	}
	return swaps, nil
}
