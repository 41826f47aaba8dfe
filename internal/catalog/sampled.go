package catalog

import (
	"context"
	"fmt"
	"slices"

	"clickql/internal/catalog/judge"
	"clickql/internal/chschema"
	"clickql/internal/cube"
)

const (
	// sampleProjects is how many projects of middling size are compared where
	// comparing everything would cost too much: their rows are read by the
	// key's prefix.
	sampleProjects = 16
	// Projects of middling size have downloads nearly every day, and few
	// enough to be counted from single downloads.
	sampleLeast, sampleMost = 10_000, 500_000
)

// sampled compares a few projects' rows, and tables that keep no project apart
// with the smallest table of days that passed.
func (c *comparison) sampled(ctx context.Context, hasRaw bool) (cube.Range, error) {
	days, err := c.edges(ctx)
	if err != nil || days.Empty() {
		return days, err
	}
	days = c.reachingBack(days)
	projects, err := c.sample(ctx, days)
	if err != nil {
		return days, err
	}
	c.projects = append([]string{}, projects...)
	c.rawLeft = hasRaw && !c.findsProjects(c.inventory.raw)
	keepsProject := func(i int) bool { return c.findsProjects(c.inventory.tables[i]) }
	err = c.readAll(ctx, hasRaw && !c.rawLeft, func(cand *candidate) *reading {
		if !c.findsProjects(cand) {
			return nil
		}
		return &reading{cand: cand, Table: cand.table, scope: scope{projects: projects}}
	})
	if err != nil {
		return days, err
	}
	c.leaveRetired()
	ref := c.reference()
	ref.Days, ref.Sampled = days, true
	c.judgeAll(ref, keepsProject)
	byDay, err := c.compareGlobal(ctx, days, func(i int) bool { return !keepsProject(i) })
	if byDay != nil {
		ref.ByDay = byDay
		c.inventory.gaps, c.inventory.daily = ref.Gaps(), daily(byDay)
	} else if err == nil {
		c.inventory.gaps, err = c.sampledGaps(ctx, ref)
	}
	c.inventory.totals = ref.ByDay
	return days, err
}

// findsProjects reports that a few projects' rows of the table can be read
// without reading all of it, or that all of it is little.
func (c *comparison) findsProjects(cand *candidate) bool {
	t := cand.table
	if !t.Dims[cube.Project] {
		return false
	}
	return t.Primary > 0 && t.Key[0] == cube.Project.Column() || cand.stored.Engine.Name == "View" ||
		!t.Raw && cand.stored.Rows <= c.fullRows
}

// compareGlobal holds the chosen tables, of which no project can be read alone,
// against the smallest complete table of days, and returns that one's totals: nil
// where there was nothing to compare.
func (c *comparison) compareGlobal(ctx context.Context, days cube.Range, chosen func(i int) bool) (judge.Totals, error) {
	var others []int
	for i, cand := range c.inventory.tables {
		if chosen(i) {
			cand.table.Covers, cand.table.Incomplete = cube.NoDays, "there is no complete table of days to compare it with"
			if others = append(others, i); cand.void != "" {
				cand.table.Incomplete = cand.void
			}
		}
	}
	yardstick := c.smallest(func(cand *candidate) bool {
		return cand.table.Grain == cube.GrainDay && cand.table.Covers == days && cand.table.Dims[cube.Project]
	})
	if len(others) == 0 || yardstick == nil {
		return nil, nil
	}
	readings := []*reading{c.current(yardstick)}
	for _, i := range others {
		if c.inventory.tables[i].void == "" {
			readings = append(readings, c.current(c.inventory.tables[i]))
		}
	}
	if err := c.take(ctx, readings); err != nil {
		return nil, err
	}
	byDay := readings[0].totals
	if byDay == nil { // refused
		return nil, nil
	}
	for _, r := range readings[1:] {
		c.totals[slices.Index(c.inventory.tables, r.cand)] = r.totals
	}
	c.entire[yardstick] = byDay
	ref := judge.Reference{ByDay: byDay, Days: days, Name: yardstick.table.Name}
	for _, i := range others {
		c.entire[c.inventory.tables[i]] = c.totals[i]
		c.inventory.tables[i].settle(ref, c.totals[i])
	}
	return byDay, nil
}

// smallest is the aggregate with the fewest rows among those that fit.
func (c *comparison) smallest(fits func(*candidate) bool) *candidate {
	return smallest(c.inventory.tables, func(cand *candidate) bool { return cand.void == "" && fits(cand) })
}

// edges are the first and the last day of the data: by the raw table's
// partitions, or by the smallest table of days.
func (c *comparison) edges(ctx context.Context) (cube.Range, error) {
	from := c.inventory.raw
	if from != nil {
		if days := c.partDays(from); !days.Empty() {
			return days, nil
		}
	}
	if cand := c.smallest(func(cand *candidate) bool { return cand.table.Grain == cube.GrainDay }); cand != nil {
		from = cand
	}
	if from == nil {
		return cube.NoDays, nil
	}
	return from.table.days(ctx, c.db, scope{})
}

// partDays are the days of a table's partitions, as far as these tell them of all its
// rows.
func (c *comparison) partDays(cand *candidate) cube.Range {
	days := cube.NoDays
	if !cand.spread && chschema.Mentions(cand.stored.PartitionKey, cand.table.TimeColumn) {
		for _, x := range c.now[cand.stored.Name] {
			days = days.Hull(daysOf(x))
		}
	}
	return days
}

// reachingBack are the days with those before them that the parts of two tables of
// days hold: raw rows are sometimes dropped when they are old. See
// judge.Reference.ReachingBack.
func (c *comparison) reachingBack(days cube.Range) cube.Range {
	if days.Empty() {
		return days
	}
	var first []cube.Day
	for _, cand := range c.inventory.tables {
		if cand.void != "" || cand.table.Grain != cube.GrainDay {
			continue
		}
		if held := c.partDays(cand); !held.Empty() {
			first = append(first, held.From)
		}
	}
	if slices.Sort(first); len(first) > 1 {
		days.From = min(days.From, max(first[1], cube.FirstDay))
	}
	return days
}

// sample names projects of middling size, and some with downloads on the first
// and on the last day, so that the edges are compared too.
func (c *comparison) sample(ctx context.Context, days cube.Range) ([]string, error) {
	var found []string
	if from := c.anyOf(cube.GrainNone, cube.Project); from != nil {
		sql := fmt.Sprintf(`SELECT project FROM (SELECT project, %s AS total FROM %s GROUP BY project)
WHERE total <= %d ORDER BY total >= %d DESC, cityHash64(project) LIMIT %d`,
			from.table.counted(), from.table.SQL(), sampleMost, sampleLeast, sampleProjects)
		if err := c.names(ctx, sql, nil, &found); err != nil {
			return nil, err
		}
	}
	if from := c.anyOf(cube.GrainDay, cube.Project); from != nil {
		for _, d := range []cube.Day{days.From, days.To} {
			sql := fmt.Sprintf("SELECT project FROM %s WHERE %s = {day:Date} LIMIT 1", from.table.SQL(), Ident(from.table.TimeColumn))
			if err := c.names(ctx, sql, map[string]any{"day": d.String()}, &found); err != nil {
				return nil, err
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// anyOf is the smallest table that keeps the dimension apart, at least at the
// grain; the raw table where no aggregate does.
func (c *comparison) anyOf(grain cube.Grain, d cube.Dimension) *candidate {
	if cand := c.smallest(func(cand *candidate) bool { return cand.table.Grain <= grain && cand.table.Dims[d] }); cand != nil {
		return cand
	}
	return c.inventory.raw
}

// names appends a query's strings.
func (c *comparison) names(ctx context.Context, sql string, p map[string]any, to *[]string) error {
	err := c.db.Each(ctx, sql, p, func(row func(...any) error) error {
		var name string
		if err := row(&name); err != nil {
			return err
		}
		*to = append(*to, name)
		return nil
	})
	if err != nil {
		return fmt.Errorf("sample projects: %w", err)
	}
	return nil
}
