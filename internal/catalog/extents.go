package catalog

import (
	"context"
	"fmt"

	"clickql/internal/chschema"
	"clickql/internal/cube"
)

// extents is the smallest table of first and last days that agrees with the
// data: on all days taken together, and on every project where that is cheap,
// else on the projects of a sample. nil where none does.
func (r *reader) extents(ctx context.Context, l *inventory, days cube.Range) (*Extent, error) {
	for _, e := range l.extents {
		why, differs, err := r.extentWrong(ctx, l, e, days)
		if reason, ok := chschema.Refused(err); ok {
			why, err = "it cannot be read: "+reason, nil
		}
		if err != nil {
			return nil, err
		}
		if why == "" {
			return e.extent, nil
		}
		l.ignored = append(l.ignored, Ignored{Table: e.extent.FullName(), Reason: why, Differs: differs})
	}
	return nil, nil
}

// extentWrong says why a table of first and last days cannot be used: it differs
// from the smallest complete table of days, or there is none.
func (r *reader) extentWrong(ctx context.Context, l *inventory, e *extentCandidate, days cube.Range) (why string, differs bool, err error) {
	yardstick := smallest(l.counting(), func(c *candidate) bool {
		bearable := c.stored.Rows <= r.opts.WholeRows || len(c.table.Key) > 0 && c.table.Key[0] == cube.Project.Column()
		return bearable && c.table.Grain == cube.GrainDay && c.table.Dims[cube.Project] && c.table.Covers == days && !days.Empty()
	})
	if yardstick == nil {
		return "there is no complete table of days to compare it with", false, nil
	}
	slice := ""
	if yardstick.stored.Rows > r.opts.WholeRows {
		slice = " WHERE project < '1'" // a short run of the key
	}
	time := Ident(yardstick.table.TimeColumn)
	want, err := r.extentHash(ctx, time, time, yardstick.table.SQL(), slice)
	if err != nil {
		return "", false, err
	}
	have, err := r.extentHash(ctx, Ident(e.extent.Min), Ident(e.extent.Max), chschema.Name{Database: e.extent.Database, Table: e.extent.Name}.SQL(), slice)
	if err != nil {
		return "", false, err
	}
	if have != want {
		return "its first and last days differ from those of " + yardstick.table.Name, true, nil
	}
	return "", false, nil
}

// extentHash hashes each project's first and last day.
func (r *reader) extentHash(ctx context.Context, first, last, table, where string) (hash uint64, err error) {
	sql := fmt.Sprintf(`SELECT sum(cityHash64(project, first, last)) FROM
(SELECT project, toInt32(min(%s)) AS first, toInt32(max(%s)) AS last FROM %s%s GROUP BY project)`, first, last, table, where)
	if err := r.db.Row(ctx, sql, nil, &hash); err != nil {
		return 0, fmt.Errorf("compare first and last days: %w", err)
	}
	return hash, nil
}
