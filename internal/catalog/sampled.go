package catalog

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
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
func (c *comparison) sampled(ctx context.Context, hasRaw bool) (Range, error) {
	days, err := c.edges(ctx)
	if err != nil || days.Empty() {
		return days, err
	}
	projects, err := c.sample(ctx, days)
	if err != nil {
		return days, err
	}
	c.rawLeft = hasRaw && !c.findsProjects(c.layout.raw)
	keepsProject := func(i int) bool { return c.findsProjects(c.layout.tables[i]) }
	err = c.readAll(ctx, hasRaw && !c.rawLeft, func(ctx context.Context, cand *candidate) (totals, error) {
		if !c.findsProjects(cand) {
			return nil, nil
		}
		got, _, err := c.db.totalsOf(ctx, cand.table, scope{projects: projects})
		return got, err
	})
	if err != nil {
		return days, err
	}
	ref := c.reference()
	ref.days, ref.sampled = days, true
	c.judgeAll(ref, keepsProject)
	byDay, err := c.compareGlobal(ctx, days, func(i int) bool { return !keepsProject(i) })
	if byDay != nil {
		ref.byDay = byDay
		c.layout.missing, c.layout.daily = ref.gaps(), byDay.daily()
	} else if err == nil {
		c.layout.missing, err = c.sampledGaps(ctx, ref)
	}
	return days, err
}

// findsProjects reports that a few projects' rows of the table can be read
// without reading all of it, or that all of it is little.
func (c *comparison) findsProjects(cand *candidate) bool {
	t := cand.table
	if !t.Dims[Project] {
		return false
	}
	return t.Primary > 0 && t.Key[0] == Project.Column() || cand.physical.engine == "View" ||
		!t.Raw && cand.physical.rows <= c.fullRows
}

// compareGlobal holds the chosen tables, of which no project can be read alone,
// against
// the smallest complete table of days, and returns that one's totals: nil where
// there was nothing to compare.
func (c *comparison) compareGlobal(ctx context.Context, days Range, chosen func(i int) bool) (totals, error) {
	var others []int
	for i, cand := range c.layout.tables {
		if chosen(i) {
			cand.table.Covers, cand.table.Incomplete = noDays, "there is no complete table of days to compare it with"
			if others = append(others, i); cand.void != "" {
				cand.table.Incomplete = cand.void
			}
		}
	}
	yardstick := c.smallest(func(cand *candidate) bool {
		return cand.table.Grain == GrainDay && cand.table.Covers == days && cand.table.Dims[Project]
	})
	if len(others) == 0 || yardstick == nil {
		return nil, nil
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(sideBySide)
	var byDay totals
	g.Go(func() (err error) { byDay, err = c.current(ctx, yardstick); return err })
	for _, i := range others {
		g.Go(func() (err error) {
			c.read[i], err = c.current(ctx, c.layout.tables[i])
			return c.layout.tables[i].refused(err)
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	c.entire[yardstick] = byDay
	ref := reference{byDay: byDay, days: days, name: yardstick.table.Name}
	for _, i := range others {
		c.entire[c.layout.tables[i]] = c.read[i]
		c.layout.tables[i].settle(ref, c.read[i])
	}
	return byDay, nil
}

// smallest is the aggregate with the fewest rows among those that fit.
func (c *comparison) smallest(fits func(*candidate) bool) *candidate {
	var best *candidate
	var least uint64
	for _, cand := range c.layout.tables {
		rows := cand.physical.rows
		if cand.void == "" && fits(cand) && (best == nil || rows < least) {
			best, least = cand, rows
		}
	}
	return best
}

// edges are the first and the last day of the data: by the raw table's
// partitions, or by the smallest table of days.
func (c *comparison) edges(ctx context.Context) (Range, error) {
	days := noDays
	if raw := c.layout.raw; raw != nil && !raw.spread && mentions(raw.physical.partitionKey, dayColumn) {
		for _, x := range c.now[raw.physical.full()] {
			if days.Empty() {
				days = x.days
			}
			days = Range{From: min(days.From, x.days.From), To: max(days.To, x.days.To)}
		}
	}
	if !days.Empty() {
		return days, nil
	}
	from := c.layout.raw
	if cand := c.smallest(func(cand *candidate) bool { return cand.table.Grain == GrainDay }); cand != nil {
		from = cand
	}
	if from == nil {
		return days, nil
	}
	var first, last int32
	column := Ident(from.table.TimeColumn)
	err := c.db.row(ctx, fmt.Sprintf("SELECT toInt32(min(%s)), toInt32(max(%s)) FROM %s", column, column, from.table.quoted()), nil, &first, &last)
	if err != nil {
		return days, fmt.Errorf("find the days of %s: %w", from.table.FullName(), err)
	}
	if last == 0 {
		return noDays, nil
	}
	return Range{From: Day(first), To: Day(last)}, nil
}

// sample names projects of middling size, and some with downloads on the first
// and on the last day, so that the edges are compared too.
func (c *comparison) sample(ctx context.Context, days Range) ([]string, error) {
	var found []string
	if from := c.anyOf(GrainNone, Project); from != nil {
		sql := fmt.Sprintf(`SELECT project FROM (SELECT project, %s AS total FROM %s GROUP BY project)
WHERE total <= %d ORDER BY total >= %d DESC, cityHash64(project) LIMIT %d`,
			from.table.counted(), from.table.quoted(), sampleMost, sampleLeast, sampleProjects)
		if err := c.names(ctx, sql, nil, &found); err != nil {
			return nil, err
		}
	}
	if from := c.anyOf(GrainDay, Project); from != nil {
		for _, d := range []Day{days.From, days.To} {
			sql := fmt.Sprintf("SELECT project FROM %s WHERE %s = {day:Date} LIMIT 1", from.table.quoted(), Ident(from.table.TimeColumn))
			if err := c.names(ctx, sql, params{"day": d.String()}, &found); err != nil {
				return nil, err
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// anyOf is the smallest table that keeps the dimension apart, at least at the
// grain; the raw table where no aggregate does.
func (c *comparison) anyOf(grain Grain, d Dimension) *candidate {
	if cand := c.smallest(func(cand *candidate) bool { return cand.table.Grain <= grain && cand.table.Dims[d] }); cand != nil {
		return cand
	}
	return c.layout.raw
}

// names appends a query's strings.
func (c *comparison) names(ctx context.Context, sql string, p params, to *[]string) error {
	err := c.db.each(ctx, sql, p, func(row func(...any) error) error {
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
