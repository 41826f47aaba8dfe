package catalog

import (
	"context"
	"fmt"
	"strings"

	"clickql/internal/cube"
)

// dimensions compares the values of tables whose views cannot be seen with the
// raw table's, for a few projects: their columns' names alone prove nothing.
func (c *comparison) dimensions(ctx context.Context, rawRows uint64) error {
	if rawRows == 0 {
		return nil
	}
	var projects []string
	for _, cand := range c.inventory.tables {
		t := cand.table
		if cand.fed || cand.void != "" || t.Covers.Empty() {
			continue
		}
		if rawRows > c.fullRows && (!t.Dims[cube.Project] || !c.findsProjects(c.inventory.raw)) {
			t.Covers, t.Incomplete = cube.NoDays, "no view is seen that fills it, and its values cannot be compared with the raw table's at a bearable cost"
			continue
		}
		if t.Dims[cube.Project] && projects == nil {
			found, err := c.sample(ctx, t.Covers)
			if err != nil {
				return err
			}
			projects = found
		}
		if err := cand.refused(c.compareValues(ctx, cand, projects)); err != nil {
			return err
		}
		if cand.void != "" {
			t.Covers, t.Incomplete = cube.NoDays, cand.void
		}
	}
	return nil
}

// compareValues compares a hash over the groups of one table.
func (c *comparison) compareValues(ctx context.Context, cand *candidate, projects []string) error {
	t, raw := cand.table, c.inventory.raw.table
	for d := range t.Dims {
		if !raw.Dims[d] {
			delete(t.Dims, d)
			t.Unusable[d] = "no view is seen that fills it, and the raw table has no such column to compare it with"
		}
	}
	have, err := c.fingerprint(ctx, t, t, projects)
	if err != nil {
		return err
	}
	want, err := c.fingerprint(ctx, raw, t, projects)
	if err != nil {
		return err
	}
	if have != want {
		t.Covers = cube.NoDays
		t.Incomplete = "no view is seen that fills it, and its values differ from the raw table's"
	}
	return nil
}

// fingerprint hashes the downloads of a table grouped by the dimensions of
// another, over the days that the latter covers.
func (c *comparison) fingerprint(ctx context.Context, t, like *Table, projects []string) (hash uint64, err error) {
	var columns, where []string
	p := map[string]any{}
	for _, d := range cube.Dimensions {
		if like.Dims[d] {
			columns = append(columns, "toString("+Ident(d.Column())+")")
		}
	}
	if like.Dims[cube.Project] {
		where, p["projects"] = append(where, "project IN {projects:Array(String)}"), projects
	}
	if like.Grain != cube.GrainNone {
		from := like.Covers.From
		if like.Grain == cube.GrainMonth && !t.Raw {
			from = from.StartOfMonth()
		}
		where = append(where, Ident(t.TimeColumn)+" >= {from:Date}", Ident(t.TimeColumn)+" <= {to:Date}")
		p["from"], p["to"] = from.String(), like.Covers.To.String()
	}
	if len(where) == 0 {
		where = []string{"1"}
	}
	keys := strings.Join(append(columns, "''"), ", ")
	sql := fmt.Sprintf("SELECT sum(cityHash64(key, total)) FROM (SELECT (%s) AS key, %s AS total FROM %s WHERE %s GROUP BY key HAVING total != 0)",
		keys, t.counted(), t.SQL(), strings.Join(where, " AND "))
	if err := c.db.Row(ctx, sql, p, &hash); err != nil {
		return 0, fmt.Errorf("compare the values of %s: %w", like.FullName(), err)
	}
	return hash, nil
}
