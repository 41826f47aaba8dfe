package catalog

import (
	"context"
	"fmt"
)

// NormalisedName is, in SQL, the name in the table of metadata as PyPI compares
// it (PEP 503).
const NormalisedName = "lower(replaceRegexpAll(name, '[-_.]+', '-'))"

// spellings reads how authors write the names of their projects where that is
// not the normalised form. The table of metadata is sorted by the name as it is
// written, so only whoever knows the spelling finds a project without reading
// all of it. The table changes seldom: what was read is used until it does. Nil
// where the names cannot be read.
func (r *reader) spellings(ctx context.Context, l *layout, parts partitions, s schema) (map[string][]string, error) {
	if l.metadata["name"] == "" {
		return nil, nil
	}
	table := s[r.opts.Database+"."+metadataTable]
	mark := ""
	if at, err := s.physical(table); err == nil && at == table && parts != nil {
		mark = parts.version([]*tableInfo{table}, "")
	}
	if mark != "" && mark == r.speltMark {
		return r.spelt, nil
	}
	found := map[string][]string{}
	sql := "SELECT " + NormalisedName + " AS normal, name FROM (SELECT DISTINCT toString(name) AS name FROM " + qualified(table.database, table.name) + ") WHERE name != normal ORDER BY name"
	err := r.db.each(ctx, sql, nil, func(row func(...any) error) error {
		var normal, name string
		if err := row(&normal, &name); err != nil {
			return err
		}
		found[normal] = append(found[normal], name)
		return nil
	})
	if reason, ok := refused(err); ok {
		r.opts.Log.Warn("the spellings of projects' names cannot be read", "table", table.full(), "reason", reason)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the names in %s: %w", table.full(), err)
	}
	r.spelt, r.speltMark = found, mark
	return found, nil
}
