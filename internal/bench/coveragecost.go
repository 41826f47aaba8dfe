package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"clickql/ingest"
	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/internal/chconn"
	"clickql/internal/chschema"
	"clickql/internal/ddl"
	"clickql/internal/sample"
)

// coverageTurns is into how many groups of files a sample is cut: the sets take
// turns at them, so that what else the machine does falls on all alike. One
// group in bareEvery is loaded by INSERT SELECT too.
const (
	coverageTurns = 10
	bareEvery     = 5
)

// tableSet is a database with some of the aggregates.
type tableSet struct {
	name   string
	tables []ddl.Table
	conn   *chconn.Conn // to the database that ingest loads
	bare   *chconn.Conn // to the one that INSERT SELECT loads
	// ingest and insert have a figure for each turn.
	ingest, insert    loaded
	ingestUsed, rows  []float64
	insertUsed        []float64
	asLoaded, settled map[string]weight
}

// weight is the size of one table.
type weight struct{ Rows, Bytes uint64 }

// row is the bytes of a row.
func (w weight) row() float64 { return float64(w.Bytes) / float64(max(w.Rows, 1)) }

// loadSets loads the sample into a database with ClickPy's tables and into one
// with all of ours.
func (b *bench) loadSets(ctx context.Context, st *store, dir string) (sets []*tableSet, err error) {
	sets = []*tableSet{{name: "ClickPy's aggregates", tables: ddl.ClickPy()}, {name: "all aggregates", tables: ddl.Derived()}}
	for i, s := range sets {
		keep := ofClickPy
		if i == 1 {
			keep = func(ddl.Statement) bool { return true }
		}
		if s.conn, err = b.createSet(ctx, st, fmt.Sprintf("set_%d", i), keep); err == nil {
			s.bare, err = b.createSet(ctx, st, fmt.Sprintf("bare_%d", i), keep)
		}
		if err != nil {
			return nil, err
		}
		defer func() {
			dropped := s.bare.Exec(context.WithoutCancel(ctx), "DROP DATABASE "+chconn.Ident(s.bare.Database())+" SYNC")
			err = errors.Join(err, dropped, s.bare.Close())
		}()
	}
	groups, err := groupsOfFiles(dir)
	if err != nil {
		return nil, err
	}
	for turn, files := range groups {
		for _, s := range sets {
			if err := b.loadTurn(ctx, st, s, turn, files); err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	return sets, nil
}

// createSet makes a database of the statements that are kept.
func (b *bench) createSet(ctx context.Context, st *store, database string, keep func(ddl.Statement) bool) (*chconn.Conn, error) {
	for _, s := range ddl.Statements(ddl.Options{Database: database}) {
		if keep(s) {
			if err := st.admin.Exec(ctx, s.SQL); err != nil {
				return nil, fmt.Errorf("create %s: %w", s.Object, err)
			}
		}
	}
	return chconn.Open(ctx, chconn.Config{DSN: st.engine.DSN(), Database: database, MaxConns: 8, Log: b.log})
}

// groupsOfFiles cuts a sample's files into groups, each of one shape.
func groupsOfFiles(dir string) (groups [][]string, err error) {
	for _, s := range shapes() {
		files, err := filepath.Glob(s.pattern(dir))
		if err != nil {
			return nil, err
		}
		all, err := filepath.Glob(filepath.Join(dir, sample.DownloadsDir, "*.parquet"))
		if err != nil {
			return nil, err
		}
		if len(files) > 0 {
			n := max(1, (len(files)*coverageTurns+len(all)-1)/len(all))
			groups = slices.AppendSeq(groups, slices.Chunk(files, (len(files)+n-1)/n))
		}
	}
	return groups, nil
}

// loadTurn loads one group of files with ingest, and sometimes with INSERT
// SELECT.
func (b *bench) loadTurn(ctx context.Context, st *store, s *tableSet, turn int, files []string) error {
	before, err := rawRows(ctx, s.conn)
	if err != nil {
		return err
	}
	began, used := time.Now(), processorTime(st.engine.Info().PID)
	sum, err := ingest.New(config.Config{Conn: s.conn, Log: b.log}).Run(ctx, ledger.Downloads, files...)
	if err == nil && !sum.Complete() {
		err = fmt.Errorf("load: %d of %d files failed", len(sum.Failed), sum.Listed)
	}
	if err != nil {
		return err
	}
	s.ingest.seconds = append(s.ingest.seconds, time.Since(began).Seconds())
	s.ingestUsed = append(s.ingestUsed, processorTime(st.engine.Info().PID).since(used).engine.Seconds())
	after, err := rawRows(ctx, s.conn)
	if err != nil {
		return err
	}
	s.rows = append(s.rows, float64(after-before))
	b.say("turn %d: %-22s ingest %s rows/s", turn, s.name, whole(float64(after-before)/s.ingest.seconds[turn]))
	if turn%bareEvery != bareEvery-1 {
		return nil
	}
	began, used = time.Now(), processorTime(st.engine.Info().PID)
	if err := insertFiles(ctx, s.bare, files); err != nil {
		return err
	}
	s.insert.seconds = append(s.insert.seconds, time.Since(began).Seconds())
	s.insertUsed = append(s.insertUsed, processorTime(st.engine.Info().PID).since(used).engine.Seconds())
	b.say("turn %d: %-22s INSERT %s rows/s", turn, s.name, whole(float64(after-before)/time.Since(began).Seconds()))
	return nil
}

// insertFiles loads files of one shape with INSERT SELECT, the views in parallel.
func insertFiles(ctx context.Context, conn *chconn.Conn, files []string) error {
	s := shapes()[0]
	if match, err := filepath.Match(s.files, filepath.Base(files[0])); err != nil || !match {
		s = shapes()[1]
	}
	dir, names := filepath.Dir(files[0]), make([]string, len(files))
	for i, f := range files {
		names[i] = filepath.Base(f)
	}
	s.files = "{" + strings.Join(names, ",") + "}"
	return conn.Exec(ctx, s.bareInsert(s.from(filepath.Dir(dir)))+" SETTINGS parallel_view_processing = 1")
}

// rawRows is the rows of the raw table.
func rawRows(ctx context.Context, conn *chconn.Conn) (n uint64, err error) {
	err = conn.QueryRow(ctx, "SELECT count() FROM pypi").Scan(&n)
	return n, err
}

// weigh notes what every table takes, as it was loaded and merged.
func (b *bench) weigh(ctx context.Context, sets []*tableSet) (err error) {
	for _, s := range sets {
		if s.asLoaded, err = weights(ctx, s.conn); err != nil {
			return err
		}
		b.say("merging %s", s.name)
		if err := merge(ctx, s.conn, slices.Collect(maps.Keys(s.asLoaded))); err != nil {
			return err
		}
		if s.settled, err = weights(ctx, s.conn); err != nil {
			return err
		}
	}
	return nil
}

// weights are the sizes of the raw table and the aggregates.
func weights(ctx context.Context, conn *chconn.Conn) (map[string]weight, error) {
	const sql = "SELECT table, sum(rows), sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase() AND startsWith(table, 'pypi') GROUP BY table"
	out := map[string]weight{}
	return out, chschema.DB{Conn: conn}.Each(ctx, sql, nil, func(row func(...any) error) error {
		var name string
		var w weight
		err := row(&name, &w.Rows, &w.Bytes)
		out[name] = w
		return err
	})
}
