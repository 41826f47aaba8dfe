package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"clickql/internal/fetch"
)

// rowVariants is how many variants the rows are counted over; they are the same
// every time.
const rowVariants = 8

// rowsOf is what one operation reads, over all of rowVariants.
type rowsOf struct {
	name                           string
	hand, planned, fewest, clickPy tally
}

// tally is rows read by a number of queries.
type tally struct{ rows, queries float64 }

// planning is what the planner's choices come to.
type planning struct {
	operations []rowsOf
	// bounds and counts are a histogram of the rows read over the rows that the
	// planner expected, by query.
	bounds []float64
	counts []uint64
}

// measureRows counts the rows that ClickHouse reads for each operation: by
// hand-written SQL, by the gateway, by the gateway when it takes the covering
// table with the fewest columns, and by ClickPy, which does so among its own
// tables and asks one question at a time.
func (s *servingRun) measureRows(ctx context.Context) (p planning, err error) {
	s.say("counting rows")
	planned, err := startGateway(ctx, s.dsn, s.cat, -1, -1)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, planned.Close()) }()
	fewest, err := startGateway(ctx, s.dsn, withoutSizes{s.cat}, -1, -1)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, fewest.Close()) }()
	for i, o := range s.operations {
		r := rowsOf{name: o.name}
		if r.hand, err = s.handTally(ctx, o.sql); err != nil {
			return p, err
		}
		written := s.written[i]
		if r.clickPy, err = s.handTally(ctx, append(slices.Clone(written.levels), written.sql...)); err != nil {
			return p, err
		}
		if r.planned, err = s.tally(ctx, planned, o); err != nil {
			return p, err
		}
		if r.fewest, err = s.tally(ctx, fewest, o); err != nil {
			return p, err
		}
		p.operations = append(p.operations, r)
	}
	p.bounds, p.counts, err = planned.buckets("clickql_estimate_ratio")
	return p, err
}

// handTally is what statements read for an operation's first variants.
func (s *servingRun) handTally(ctx context.Context, statements []string) (t tally, err error) {
	for _, v := range s.variants[:rowVariants] {
		n, err := s.hand.rowsRead(ctx, statementsFor(statements, v))
		if err != nil {
			return t, err
		}
		t.rows += float64(n)
		t.queries += float64(len(statements))
	}
	return t, nil
}

// tally is what a gateway reads for an operation's first variants.
func (s *servingRun) tally(ctx context.Context, g *running, o operation) (t tally, err error) {
	before, err := g.tally()
	if err != nil {
		return t, err
	}
	for _, v := range s.variants[:rowVariants] {
		if _, err := g.answer(ctx, o, v); err != nil {
			return t, err
		}
	}
	after, err := g.tally()
	return tally{after.rows - before.rows, after.queries - before.queries}, err
}

// tally is what the gateway has read since it started.
func (g *running) tally() (t tally, err error) {
	if t.rows, err = g.counter("clickql_rows_read_total"); err != nil {
		return t, err
	}
	t.queries, err = g.counter("clickql_queries_total")
	return t, err
}

// reportRows writes what the planner's choices come to.
func (s *servingRun) reportRows(p planning) {
	r := &s.report
	r.heading(3, "Rows read")
	r.para("Rows that ClickHouse reads for one operation, with the number of queries. ClickPy's way is one query for each question, each to " +
		"the table with the fewest columns of ClickPy's own. \"Fewest columns\" is that choice among all tables that there are here, with questions merged as " +
		"the gateway does. By hand is (a): each statement on the best of all tables.")
	var rows [][]string
	var sum rowsOf
	line := func(o rowsOf, n float64) []string {
		cell := func(t tally) string {
			return fmt.Sprintf("%s (%s)", whole(t.rows/n), whole(t.queries/n))
		}
		row := []string{o.name}
		for _, other := range []tally{o.clickPy, o.fewest, o.hand} {
			row = append(row, ratio(other.rows/o.planned.rows))
		}
		return append(row, cell(o.planned), cell(o.clickPy), cell(o.fewest), cell(o.hand))
	}
	for _, o := range p.operations {
		rows = append(rows, line(o, rowVariants))
		for _, pair := range [][2]*tally{{&sum.hand, &o.hand}, {&sum.planned, &o.planned}, {&sum.fewest, &o.fewest}, {&sum.clickPy, &o.clickPy}} {
			pair[0].rows += pair[1].rows
			pair[0].queries += pair[1].queries
		}
	}
	sum.name = "**all**"
	rows = append(rows, line(sum, rowVariants))
	r.table([]string{"operation", "ClickPy's way / gateway", "fewest columns / gateway", "by hand / gateway", "gateway", "ClickPy's way", "fewest columns", "by hand"}, rows)
	s.reportEstimates(p)
}

// reportEstimates writes how well the planner knew.
func (s *servingRun) reportEstimates(p planning) {
	r := &s.report
	r.para("Rows read over the rows that the planner expected, by query (1 is exact; below 1 it expected too many):")
	var total uint64
	for _, n := range p.counts {
		total += n
	}
	var rows [][]string
	lower := 0.0
	for i, n := range p.counts {
		label := fmt.Sprintf("more than %.3g", lower)
		if i < len(p.bounds) {
			label = fmt.Sprintf("%.3g to %.3g", lower, p.bounds[i])
			lower = p.bounds[i]
		}
		if n > 0 {
			rows = append(rows, []string{label, whole(float64(n)), fmt.Sprintf("%.0f %%", 100*float64(n)/float64(total))})
		}
	}
	r.table([]string{"read / expected", "queries", "share"}, rows)
}

var _ fetch.Catalog = withoutSizes{}
