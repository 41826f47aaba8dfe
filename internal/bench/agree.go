package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"clickql/internal/catalog"
)

// agree fails where the gateway's answer lacks a number that the hand-written
// SQL gives: what answers differently cannot be compared by time.
func (s *servingRun) agree(ctx context.Context, o operation) error {
	if o.query == "" {
		return nil // a picture shows rounded numbers
	}
	for _, v := range s.variants[:2] {
		body, err := s.warm.answer(ctx, o, v)
		if err != nil {
			return err
		}
		have := map[string]int{}
		decoder := json.NewDecoder(strings.NewReader(string(body)))
		decoder.UseNumber()
		var data any
		if err := decoder.Decode(&data); err != nil {
			return fmt.Errorf("read the answer to %s: %w", o.name, err)
		}
		countNumbers(data, have)
		var missing []int64
		err = s.hand.run(ctx, statementsFor(o.sql, v), func(n int64) {
			if key := fmt.Sprint(n); have[key] > 0 {
				have[key]--
			} else {
				missing = append(missing, n)
			}
		})
		if err != nil {
			return err
		}
		if len(missing) > 0 {
			return fmt.Errorf("%s of %s: the SQL gives %d numbers that the gateway does not, such as %d: %.300s", o.name, v.project, len(missing), missing[0], body)
		}
	}
	return nil
}

// countNumbers counts each number in a JSON value.
func countNumbers(v any, into map[string]int) {
	switch v := v.(type) {
	case json.Number:
		into[v.String()]++
	case []any:
		for _, e := range v {
			countNumbers(e, into)
		}
	case map[string]any:
		for _, e := range v {
			countNumbers(e, into)
		}
	}
}

const (
	// bestTried is how many tables are timed for a statement, of those that it
	// reads the fewest rows of.
	bestTried = 3
	// bestRuns is how often each is.
	bestRuns = 5
)

// aggregateRead is the aggregate that a statement reads.
var aggregateRead = regexp.MustCompile(`\bFROM (pypi_\w+)`)

// attempt is a statement on one table.
type attempt struct {
	sql  string // with words in braces for a variant's values
	rows uint64
	took time.Duration
}

// best is the operation with each statement on the table on which it is
// quickest: an expert tries all tables that have the columns.
func (s *servingRun) best(ctx context.Context, o operation) (operation, error) {
	o.sql = slices.Clone(o.sql)
	for i, sql := range o.sql {
		if !aggregateRead.MatchString(sql) || strings.Contains(sql, "pypi_downloads_max_min") {
			continue
		}
		found, err := s.quickest(ctx, sql)
		if err != nil {
			return o, fmt.Errorf("find the best table for %q: %w", sql, err)
		}
		o.sql[i] = found
	}
	return o, nil
}

// quickest is the statement on the table on which it is quickest.
func (s *servingRun) quickest(ctx context.Context, sql string) (string, error) {
	var attempts []attempt
	tables := slices.Clone(s.cat.Snapshot().Tables)
	slices.SortStableFunc(tables, func(a, b *catalog.Table) int { return cmp.Compare(a.Rows, b.Rows) })
	least := uint64(0) // rows that any of them reads; 0 before the first
	for _, t := range tables {
		if t.Raw {
			continue
		}
		a := attempt{sql: aggregateRead.ReplaceAllString(sql, "FROM "+t.Name)}
		bounded := ctx
		if least > 0 {
			bounded = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"max_rows_to_read": 4 * least}))
		}
		rows, err := s.hand.rowsRead(bounded, statementsFor([]string{a.sql}, s.variants[0]))
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err != nil { // it lacks a column, or has far more rows than another
			continue
		}
		if a.rows = rows; least == 0 || rows < least {
			least = max(rows, 1)
		}
		attempts = append(attempts, a)
	}
	if len(attempts) == 0 {
		return "", fmt.Errorf("no table has its columns")
	}
	slices.SortStableFunc(attempts, func(a, b attempt) int { return cmp.Compare(a.rows, b.rows) })
	attempts = attempts[:min(len(attempts), bestTried)]
	for i := range attempts {
		var err error
		if attempts[i].took, err = s.timed(ctx, attempts[i].sql); err != nil {
			return "", err
		}
	}
	return slices.MinFunc(attempts, func(a, b attempt) int { return cmp.Compare(a.took, b.took) }).sql, nil
}

// timed is the least time that a statement takes about a few variants, one after
// another.
func (s *servingRun) timed(ctx context.Context, sql string) (least time.Duration, err error) {
	for run := range bestRuns {
		began := time.Now()
		for _, v := range s.variants[:rowVariants] {
			if err := s.hand.run(ctx, statementsFor([]string{sql}, v), nil); err != nil {
				return 0, err
			}
		}
		if took := time.Since(began); run == 0 || took < least {
			least = took
		}
		if run > 0 && least > time.Second {
			break
		}
	}
	return least, nil
}
