package catalog

import (
	"context"
	"fmt"
	"slices"

	"clickql/internal/catalog/judge"
	"clickql/internal/chschema"
	"clickql/internal/cube"
)

// popularProjects are those with the most downloads: a day on which none of
// them has any is most likely one that was never loaded.
const popularProjects = 32

// emptyDays are the days of a proof that a day is missing: those asked about,
// and those of them that hold nothing.
type emptyDays struct{ asked, empty []cube.Day }

// sampledGaps proves of the days without any sampled download which have none
// at all. Popular projects are looked at first, by the key; only for a day on
// which they have none either is the smallest complete table of days read, and
// again only where it has changed. nil where nothing can be proven at a bearable
// cost.
func (c *comparison) sampledGaps(ctx context.Context, ref judge.Reference) ([]cube.Day, error) {
	days := ref.Gaps()
	from := c.smallest(func(cand *candidate) bool {
		return cand.table.Grain == cube.GrainDay && c.findsProjects(cand) && cand.table.Covers == ref.Days
	})
	if len(days) == 0 || from == nil {
		return nil, nil
	}
	popular, err := c.popular(ctx)
	if err != nil {
		return nil, err
	}
	found, err := c.totalsOf(ctx, from.table, scope{projects: popular})
	if err != nil {
		return nil, err
	}
	days = slices.DeleteFunc(days, func(d cube.Day) bool { return found[d] != 0 })
	if len(days) == 0 {
		return nil, nil
	}
	if c.since != nil && c.now != nil && slices.Equal(c.proven.asked, days) {
		changed, all := changedDays(c.now, c.since, from.stored)
		if !all && !slices.ContainsFunc(days, func(d cube.Day) bool { return changed.From <= d && d <= changed.To }) {
			return c.proven.empty, nil
		}
	}
	return c.proveEmpty(ctx, from, days)
}

// proveEmpty reads which of the days hold nothing.
func (c *comparison) proveEmpty(ctx context.Context, from *candidate, days []cube.Day) ([]cube.Day, error) {
	held, texts := map[cube.Day]bool{}, make([]string, len(days))
	for i, d := range days {
		texts[i] = d.String()
	}
	column := Ident(from.table.TimeColumn)
	sql := fmt.Sprintf("SELECT DISTINCT toInt32(%s) FROM %s WHERE %s IN {days:Array(Date)}", column, from.table.SQL(), column)
	err := c.db.Each(ctx, sql, map[string]any{"days": texts}, func(row func(...any) error) error {
		var d int32
		err := row(&d)
		held[cube.Day(d)] = true
		return err
	})
	if _, ok := chschema.Refused(err); ok {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for days without downloads in %s: %w", from.table.FullName(), err)
	}
	empty := slices.DeleteFunc(slices.Clone(days), func(d cube.Day) bool { return held[d] })
	c.proven = emptyDays{days, empty}
	return empty, nil
}

// popular names the projects with the most downloads.
func (c *comparison) popular(ctx context.Context) (found []string, err error) {
	from := c.anyOf(cube.GrainNone, cube.Project)
	sql := fmt.Sprintf("SELECT project FROM %s GROUP BY project ORDER BY %s DESC, project LIMIT %d", from.table.SQL(), from.table.counted(), popularProjects)
	return found, c.names(ctx, sql, nil, &found)
}
