package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/chschema"
)

// statementRounds is how many turns each way of sending a statement has.
const statementRounds = 15

// measureStatements measures what is put into every statement beside what it asks.
func (b *bench) measureStatements(ctx context.Context) error { return b.onServed(ctx, b.statements) }

func (b *bench) statements(ctx context.Context, st *store, cat *catalog.Catalog) (err error) {
	h, err := openByHand(st.engine.ReadOnlyDSN())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	snap := cat.Snapshot()
	top := mostDownloaded(snap, variants)
	if len(top) == 0 {
		return errors.New("the data has no projects")
	}
	plain := func(n int64) string {
		return fmt.Sprintf("SELECT toInt64(sum(count)) AS c\nFROM %s.pypi_downloads_per_day\nWHERE project = %s AND date > '1970-01-%02d'", snap.Database, literal(top[n%int64(len(top))]), 1+n%28)
	}
	commented := clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"log_comment": "clickql Dashboard"}))
	sides := []*side{
		{name: "as it is", ask: func(ctx context.Context, _ int, n int64) error { return h.statement(ctx, plain(n), nil) }},
		{name: "with `log_comment`", ask: func(_ context.Context, _ int, n int64) error { return h.statement(commented, plain(n), nil) }},
		{name: "its tables told by the log", ask: func(ctx context.Context, _ int, n int64) error {
			w := snap.Witness(plain(n))
			err := h.statement(clickhouse.Context(ctx, clickhouse.WithSettings(chconn.LogSettings(chschema.WitnessSource)), clickhouse.WithLogs(func(l *clickhouse.Log) { w.Hear(l.Source) })), plain(n), nil)
			if err == nil && w.Other() {
				err = chschema.ErrElsewhere
			}
			return err
		}},
		{name: "a guard of its tables in it", ask: func(ctx context.Context, _ int, n int64) error { return h.statement(ctx, snap.Guard(plain(n)), nil) }},
	}
	span := cmp.Or(b.span, time.Second)
	b.report.heading(2, "What is put into statements")
	b.report.para("One project's downloads, a new question each time, over the native protocol. Ratios are of one turn each, the median of %d.", statementRounds)
	var rows [][]string
	for _, clients := range []int{1, 4} {
		b.say("statements, %d clients", clients)
		found, err := compare(ctx, pace{rounds: statementRounds, span: span, budget: time.Hour, engine: st.engine.Info().PID}, clients, sides)
		if err != nil {
			return err
		}
		for i, s := range sides {
			p50s := found[i].p50s()
			_, engine := found[i].perRequest()
			rows = append(rows, []string{fmt.Sprint(clients), s.name, millis(median(p50s)), ratio(medianRatio(p50s, found[0].p50s())), millis(engine)})
		}
	}
	b.report.table([]string{"clients", "statement", "p50", "of as it is", "processor of ClickHouse"}, rows)
	return nil
}
