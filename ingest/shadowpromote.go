package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Promote puts the shadow's tables and its ledger in the live ones' places, and
// drops it with what the live tables held. The metadata of distributions, which
// a shadow does not have, stays. A day that only the live tables have is refused
// unless fewer allows it.
func (sh *Shadow) Promote(ctx context.Context, fewer bool) error {
	s := newSession(sh.in.cfg.Conn, sh.in.cfg.Database, 0)
	return sh.in.asWriter(ctx, func(ctx context.Context, live *run) error {
		if err := sh.exists(ctx, s); err != nil {
			return err
		}
		return sh.ingest().asWriter(ctx, func(ctx context.Context, shadow *run) error {
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
	live, shadow *run
	fewer        bool
	d            derivation // of the shadow
	w            *work
}

// promote builds every table's successor from the shadow's, and swaps them.
func (p *promoter) promote(ctx context.Context) error {
	if err := p.allowed(ctx); err != nil {
		return fmt.Errorf("promote the shadow %s: %w; nothing was changed", p.sh.name, err)
	}
	own := batchName(p.live.s.epoch, 1)
	p.w = &work{r: p.live, batch: batch{Name: own}, line: batchLine{Batch: own, Kind: "promotion"}, began: p.live.cfg.Now(),
		stage: stageName(p.live.s.database, own, p.live.s.epoch)}
	swaps, err := p.build(ctx)
	if err != nil {
		return p.w.abandon(ctx, fmt.Errorf("promote the shadow %s: %w; nothing was changed", p.sh.name, err))
	}
	p.live.cfg.Progress.phase("publishing")
	return p.w.publishSwaps(ctx, swaps)
}

// allowed refuses a shadow that is not whole: whose aggregates do not agree with
// its raw table, which lacks a table, or days.
func (p *promoter) allowed(ctx context.Context) error {
	live, err := p.sh.in.held(ctx)
	if err != nil {
		return err
	}
	shadow, err := p.sh.ingest().held(ctx)
	if err != nil {
		return err
	}
	raw := p.sh.in.cfg.DownloadsTable
	want := shadow.tables[raw].got.counts
	for _, table := range sortedKeys(shadow.tables) {
		t := shadow.tables[table]
		if f := fold(t.c.grain, want); t.c.grain != Unchecked && (t.c.grain == FirstLast && t.got.ends != f.ends || t.c.grain != FirstLast && !sameCounts(t.got.counts, f.counts)) {
			return fmt.Errorf("its table %s does not agree with its raw table: run clickql ingest verify --database %s", table, p.sh.Database())
		}
	}
	if err := p.lacksDays(live, shadow); err != nil {
		return err
	}
	return p.lacksTables(ctx)
}

// lacksDays refuses to lose days or months, unless that is allowed.
func (p *promoter) lacksDays(live, shadow held) error {
	for _, table := range sortedKeys(live.tables) {
		now, next := live.tables[table], shadow.tables[table]
		if now.c.grain != ByDay && now.c.grain != ByMonth || now.c.grain != next.c.grain || p.fewer {
			continue
		}
		for _, d := range periodsOf(now.got.counts) {
			if now.got.counts[d] != 0 && next.got.counts[d] == 0 {
				return fmt.Errorf("it has no downloads of %s, of which the live table %s has %d: load them, or, if they are to go, give --fewer-days", now.c.grain.write(d), table, now.got.counts[d])
			}
		}
	}
	return nil
}

// lacksTables refuses a shadow that lacks a table which the live views fill.
func (p *promoter) lacksTables(ctx context.Context) error {
	now, err := readDerivation(ctx, p.live.s, p.sh.in.cfg.DownloadsTable)
	if err != nil {
		return err
	}
	next, err := readDerivation(ctx, p.shadow.s, p.sh.in.cfg.DownloadsTable)
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

// periodsOf lists the periods of some counts in their order.
func periodsOf(counts ...map[day]int64) []day {
	all := map[day]bool{}
	for _, c := range counts {
		for p := range c {
			all[p] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// build makes the successors, by hard links, and lists the swaps.
func (p *promoter) build(ctx context.Context) ([]swapLine, error) {
	if err := p.w.record(ctx, Planned); err != nil {
		return nil, err
	}
	s := p.live.s
	if err := s.run(ctx, "CREATE DATABASE "+quote(p.w.stage)+" ENGINE = Atomic"); err != nil {
		return nil, err
	}
	var err error
	if p.d, err = readDerivation(ctx, p.shadow.s, p.sh.in.cfg.DownloadsTable); err != nil {
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
	next, public := tableID{p.w.stage, successor(t.Table)}, tableID{p.live.s.database, t.Table}
	if t.Database != p.sh.Database() {
		return swapLine{}, fmt.Errorf("its view fills %s, which is not in its own database", t)
	}
	if err := p.live.s.run(ctx, "CREATE TABLE "+next.String()+" AS "+t.String()); err != nil {
		return swapLine{}, err
	}
	if err := takePartitions(ctx, p.live.s, t.tableID, next, false); err != nil {
		return swapLine{}, err
	}
	l, err := p.live.p.swapOf(ctx, p.w.batch.Name, p.w.stage, next.Table, public)
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
	return l, errors.Join(err, p.live.cfg.at(StepNextBuilt))
}

// views makes the live views compute what the shadow's do.
func (p *promoter) views(ctx context.Context) ([]swapLine, error) {
	live, err := readDerivation(ctx, p.live.s, p.sh.in.cfg.DownloadsTable)
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
		swaps = append(swaps, swapLine{Batch: p.w.batch.Name, Verb: string(define), Database: id.Database, Table: id.Table, SQL: sql, At: p.live.cfg.Now()})
	}
	return swaps, nil
}

// ledger makes the ledger's successors: the shadow's lines, the live lines about
// metadata, and that of this promotion, which is publishing in both.
func (p *promoter) ledger(ctx context.Context) ([]swapLine, error) {
	var swaps []swapLine
	for _, table := range []string{ledgerBatches, ledgerFiles, ledgerSteps, ledgerDays} {
		next := tableID{p.w.stage, successor(table)}
		kept := " WHERE kind != 'downloads'"
		if table == ledgerSteps || table == ledgerDays {
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
			if err := p.live.s.exec(ctx, statement{SQL: sql, Params: map[string]any{"batch": p.w.batch.Name}}); err != nil {
				return nil, fmt.Errorf("bring the ledgers together: %w", err)
			}
		}
		l, err := p.live.p.swapOf(ctx, p.w.batch.Name, p.w.stage, next.Table, tableID{p.live.s.database, table})
		if err != nil {
			return nil, err
		}
		swaps = append(swaps, l)
	}
	return swaps, nil
}
