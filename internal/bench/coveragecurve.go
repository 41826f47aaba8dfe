package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/coverage"
	"clickql/internal/cube"
	"clickql/internal/ddl"
)

// The keys, behind the project and the day, of the tables that could answer several
// filters at once. Each begins with what takes few values, which packs best, or with the version.
const (
	byClient         = "ci libc system installer type python_minor"
	byClientCountry  = byClient + " country_code"
	byClientVersion  = "version " + byClient
	byVersionCountry = "ci libc version country_code"
	byFiveAndBoth    = "ci libc system type version country_code"
)

// curve lists the sets of them that are weighed.
func curve() [][]string {
	return [][]string{
		{byClient, byVersionCountry},
		{byClient, byVersionCountry, byClientCountry},
		{byClientCountry, byClientVersion},
		{byClient, byClientCountry, byClientVersion}, // ours
		{byClientCountry, byClientVersion, byVersionCountry},
		{byClient, byClientCountry, byClientVersion, byVersionCountry},
		{byClient, byClientCountry, byClientVersion, byFiveAndBoth},
	}
}

// wideTable is the table with such a key.
func wideTable(key string) (ddl.Table, error) {
	columns := append([]string{"project", "date"}, strings.Fields(key)...)
	for _, t := range ddl.Derived() {
		if slices.Equal(t.Key(), columns) {
			return t, nil
		}
	}
	return ddl.Aggregate(ddl.AggregateName(columns...), columns...)
}

// curveRun weighs the sets in a database that has been loaded.
type curveRun struct {
	*bench
	conn   *chconn.Conn
	snap   *catalog.Snapshot
	about  coverage.Asked
	bytes  map[string]weight
	wides  map[string]string // names by key
	raw    [mostFilters][]uint64
	theirs float64 // bytes of ClickPy's tables
}

// mostFilters is how many filters at once are looked at.
const mostFilters = 3

// reportCurve weighs the sets of tables that could answer several filters at once:
// what each costs, and what is answered by reading at most a third of the raw table's
// rows.
func (b *bench) reportCurve(ctx context.Context, s *tableSet) error {
	c := curveRun{bench: b, conn: s.conn, wides: map[string]string{}}
	if err := c.prepare(ctx, s); err != nil {
		return err
	}
	var lines [][]string
	for _, set := range curve() {
		line, err := c.weigh(ctx, set)
		if err != nil {
			return err
		}
		lines = append(lines, line)
	}
	b.report.heading(2, "Several filters at once, and the curve that our tables were chosen by")
	b.report.para("Series and splits of %s on the same days under filters on one value each of so many of the eight dimensions that every raw table has: how many of all an aggregate answers, "+
		"and behind it of how many the rows that are read are at most a third of the raw table's. Bytes are those of ClickPy's tables, all of PyPI's, the rankings and the set's, merged, "+
		"of the eight dimensions, over ClickPy's. A set's keys are behind the project and the day. What no aggregate answers reads the raw table, priced by its rows, and COST_LIMIT names "+
		"the key that is missing.", c.about.Project)
	b.report.table([]string{"tables", "bytes over ClickPy's", "one filter", "two filters", "three filters"}, lines)
	return nil
}

// prepare makes the tables that are not there yet, and counts what the raw table costs.
func (c *curveRun) prepare(ctx context.Context, s *tableSet) error {
	for _, set := range curve() {
		for _, key := range set {
			t, err := wideTable(key)
			if err != nil {
				return err
			}
			if c.wides[key] == "" && s.settled[t.Name].Rows == 0 {
				if err := c.fill(ctx, t); err != nil {
					return fmt.Errorf("fill %s: %w", t.Name, err)
				}
			}
			c.wides[key] = t.Name
		}
	}
	var err error
	if c.bytes, err = weights(ctx, c.conn); err != nil {
		return err
	}
	for _, t := range ddl.ClickPy() {
		c.theirs += float64(c.bytes[t.Name].Bytes)
	}
	if c.snap, c.about, err = c.covered(ctx, c.conn); err != nil {
		return err
	}
	raw := coverage.Only(c.snap, func(t *catalog.Table) bool { return t.Raw })
	for n := range c.raw {
		if c.raw[n], err = c.read(ctx, raw, n+1); err != nil {
			return err
		}
	}
	return nil
}

// fill makes a table out of the raw one.
func (c *curveRun) fill(ctx context.Context, t ddl.Table) error {
	c.say("filling %s", t.Name)
	o := ddl.Options{Database: c.conn.Database()}
	for _, sql := range []string{t.Create(o, t.Name), t.CreateView(o),
		"INSERT INTO " + chconn.Ident(t.Name) + " " + t.Select(ddl.RawTable), "OPTIMIZE TABLE " + chconn.Ident(t.Name) + " FINAL"} {
		if err := c.conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// weigh is one set's line.
func (c *curveRun) weigh(ctx context.Context, set []string) ([]string, error) {
	var among []string
	for _, key := range set {
		among = append(among, c.wides[key])
	}
	keep := func(t *catalog.Table) bool {
		if slices.Contains(slices.Collect(maps.Values(c.wides)), t.Name) {
			return slices.Contains(among, t.Name)
		}
		return !slices.ContainsFunc(cube.Later, func(d cube.Dimension) bool { return t.Dims[d] }) || t.Raw
	}
	some := coverage.Only(c.snap, keep)
	bytes := float64(c.bytes["pypi_downloads_max_min"].Bytes) // which is no table of counts
	for _, t := range some.Tables {
		if !t.Raw {
			bytes += float64(c.bytes[t.Name].Bytes)
		}
	}
	line := []string{strings.Join(set, "; "), ratio(bytes / c.theirs)}
	c.say("weighing %s", line[0])
	derived := coverage.Only(some, func(t *catalog.Table) bool { return !t.Raw })
	for n := range c.raw {
		rows, err := c.read(ctx, derived, n+1)
		if err != nil {
			return nil, err
		}
		answered, third := 0, 0
		for i, r := range rows {
			if r > 0 {
				answered++
			}
			if r > 0 && 3*r <= c.raw[n][i] {
				third++
			}
		}
		line = append(line, fmt.Sprintf("%d of %d; %d", answered, len(rows), third))
	}
	return line, nil
}

// read counts the rows that each question with so many filters reads; 0 where nothing
// answers.
func (c *curveRun) read(ctx context.Context, snap *catalog.Snapshot, filters int) ([]uint64, error) {
	var all []uint64
	for _, a := range coverage.Answers(snap, c.about, coverage.OfFilters(filters)) {
		rows := uint64(0)
		if a.Query != nil {
			var err error
			if rows, err = countRows(ctx, c.conn, a.Query); err != nil {
				return nil, fmt.Errorf("%s: %w", a.Question, err)
			}
		}
		all = append(all, rows)
	}
	return all, nil
}
