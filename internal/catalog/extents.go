package catalog

import (
	"context"
	"fmt"
)

// extents is the smallest table of first and last days that agrees with the
// data: on all days taken together, and on every project where that is cheap,
// else on the projects of a sample. nil where none does.
func (r *reader) extents(ctx context.Context, l *layout, days Range) (*Extent, error) {
	for _, e := range l.extents {
		why, err := r.extentWrong(ctx, l, e, days)
		if reason, ok := refused(err); ok {
			why, err = "it cannot be read: "+reason, nil
		}
		if err != nil {
			return nil, err
		}
		if why == "" {
			return e.extent, nil
		}
		l.ignored = append(l.ignored, Ignored{Table: e.extent.FullName(), Reason: why})
	}
	return nil, nil
}

// extentWrong says how a table of first and last days differs from the smallest
// complete table of days.
func (r *reader) extentWrong(ctx context.Context, l *layout, e *extentCandidate, days Range) (string, error) {
	var yardstick *Table
	var rows uint64
	for _, c := range append([]*candidate{l.raw}, l.tables...) {
		if c == nil || c.table.Grain != GrainDay || !c.table.Dims[Project] || c.table.Covers != days || days.Empty() {
			continue
		}
		if yardstick == nil || c.physical.rows < rows {
			yardstick, rows = c.table, c.physical.rows
		}
	}
	if yardstick == nil {
		return "there is no complete table of days to compare it with", nil
	}
	slice := ""
	if rows > r.opts.WholeRows {
		slice = " WHERE project < '1'" // a short run of the key
	}
	time := Ident(yardstick.TimeColumn)
	want, err := r.extentHash(ctx, time, time, yardstick.quoted(), slice)
	if err != nil {
		return "", err
	}
	have, err := r.extentHash(ctx, Ident(e.extent.Min), Ident(e.extent.Max), qualified(e.extent.Database, e.extent.Name), slice)
	if err != nil {
		return "", err
	}
	if have != want {
		return "its first and last days differ from those of " + yardstick.Name, nil
	}
	return "", nil
}

// extentHash hashes each project's first and last day.
func (r *reader) extentHash(ctx context.Context, first, last, table, where string) (hash uint64, err error) {
	sql := fmt.Sprintf(`SELECT sum(cityHash64(project, first, last)) FROM
(SELECT project, toInt32(min(%s)) AS first, toInt32(max(%s)) AS last FROM %s%s GROUP BY project)`, first, last, table, where)
	if err := r.db.row(ctx, sql, nil, &hash); err != nil {
		return 0, fmt.Errorf("compare first and last days: %w", err)
	}
	return hash, nil
}

// projects reads the index of projects from the cheapest table that holds every
// day; nil where only a scan of a large raw table could give it.
func (r *reader) projects(ctx context.Context, snap *Snapshot) (*Index, error) {
	var from *Table
	for _, t := range snap.Tables {
		if !t.Dims[Project] || t.Covers != snap.Days || t.Covers.Empty() || t.Raw && t.Rows > r.opts.WholeRows {
			continue
		}
		if from == nil || cheaperIndex(t, from) {
			from = t
		}
	}
	if from == nil {
		return nil, nil
	}
	b := indexBuilder{before: r.index}
	sql := "SELECT toString(project) AS name, " + from.counted() + " AS total FROM " + from.quoted() + " GROUP BY name HAVING total > 0 ORDER BY name"
	err := r.db.each(ctx, sql, nil, func(row func(...any) error) error {
		var name string
		var total int64
		if err := row(&name, &total); err != nil {
			return err
		}
		b.add(name, total)
		return nil
	})
	if reason, ok := refused(err); ok {
		r.opts.Log.Warn("the index of projects cannot be read", "table", from.FullName(), "reason", reason)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the projects from %s: %w", from.FullName(), err)
	}
	r.index = b.index()
	return r.index, nil
}

// cheaperIndex orders tables by what reading the projects from them costs.
func cheaperIndex(a, b *Table) bool {
	if a.Grain != b.Grain && (a.Rows == 0 || b.Rows == 0) || a.Raw != b.Raw {
		return a.Grain > b.Grain || !a.Raw && b.Raw
	}
	return a.Rows < b.Rows
}
