package catalog

import (
	"context"
	"fmt"
	"slices"
)

// popularProjects are those with the most downloads: a day on which none of
// them has any is most likely one that was never loaded.
const popularProjects = 32

// gaps are the days between the first and the last one without any download.
func (r reference) gaps() (out []Day) {
	for d := r.days.From + 1; d < r.days.To; d++ {
		if r.byDay[d] == 0 && !r.disputed[d] {
			out = append(out, d)
		}
	}
	return out
}

// emptyDays are the days of a proof that a day is missing: those asked about,
// and those of them that hold nothing.
type emptyDays struct{ asked, empty []Day }

// sampledGaps proves of the days without any sampled download which have none
// at all. Popular projects are looked at first, by the key; only for a day on
// which they have none either is the smallest complete table of days read, and
// again only where it has changed. nil where nothing can be proven at a bearable
// cost.
func (c *comparison) sampledGaps(ctx context.Context, ref reference) ([]Day, error) {
	days := ref.gaps()
	from := c.smallest(func(cand *candidate) bool {
		return cand.table.Grain == GrainDay && cand.table.Dims[Project] && cand.table.Covers == ref.days
	})
	if len(days) == 0 || from == nil {
		return nil, nil
	}
	popular, err := c.popular(ctx)
	if err != nil {
		return nil, err
	}
	found, _, err := c.db.totalsOf(ctx, from.table, scope{projects: popular})
	if err != nil {
		return nil, err
	}
	days = slices.DeleteFunc(days, func(d Day) bool { return found[d] != 0 })
	if len(days) == 0 {
		return nil, nil
	}
	if c.since != nil && c.now != nil && slices.Equal(c.proven.asked, days) {
		changed, all := c.now.changed(c.since, from.physical)
		if !all && !slices.ContainsFunc(days, func(d Day) bool { return changed.From <= d && d <= changed.To }) {
			return c.proven.empty, nil
		}
	}
	return c.proveEmpty(ctx, from, days)
}

// proveEmpty reads which of the days hold nothing.
func (c *comparison) proveEmpty(ctx context.Context, from *candidate, days []Day) ([]Day, error) {
	held, texts := map[Day]bool{}, make([]string, len(days))
	for i, d := range days {
		texts[i] = d.String()
	}
	column := Ident(from.table.TimeColumn)
	sql := fmt.Sprintf("SELECT DISTINCT toInt32(%s) FROM %s WHERE %s IN {days:Array(Date)}", column, from.table.quoted(), column)
	err := c.db.each(ctx, sql, params{"days": texts}, func(row func(...any) error) error {
		var d int32
		err := row(&d)
		held[Day(d)] = true
		return err
	})
	if _, ok := refused(err); ok {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for days without downloads in %s: %w", from.table.FullName(), err)
	}
	empty := slices.DeleteFunc(slices.Clone(days), func(d Day) bool { return held[d] })
	c.proven = emptyDays{days, empty}
	return empty, nil
}

// popular names the projects with the most downloads.
func (c *comparison) popular(ctx context.Context) (found []string, err error) {
	from := c.anyOf(GrainNone, Project)
	sql := fmt.Sprintf("SELECT project FROM %s GROUP BY project ORDER BY %s DESC, project LIMIT %d", from.table.quoted(), from.table.counted(), popularProjects)
	return found, c.names(ctx, sql, nil, &found)
}

// MissingIn lists the days of Missing within a range. The list is shared: read
// only.
func (s *Snapshot) MissingIn(r Range) []Day {
	if r.Empty() {
		return nil
	}
	lo, _ := slices.BinarySearch(s.Missing, r.From)
	hi, _ := slices.BinarySearch(s.Missing, r.To+1)
	return s.Missing[lo:hi]
}
