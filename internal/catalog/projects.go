package catalog

import (
	"context"
	"errors"
	"fmt"

	"clickql/internal/chschema"
	"clickql/internal/cube"
	"clickql/internal/pypi"
)

// projects reads the index of projects from the cheapest table that holds every
// day; nil where only a scan of a large raw table could give it. Where some name is
// not normalised, its downloads are added to the normalised one's, and every
// table is told how its names are written.
func (r *reader) projects(ctx context.Context, snap *Snapshot) (*Index, error) {
	var from *Table
	for _, t := range snap.Tables {
		if !t.Dims[cube.Project] || t.Covers != snap.Days || t.Covers.Empty() || t.Raw && t.Rows > r.opts.WholeRows {
			continue
		}
		if from == nil || cheaperIndex(t, from) {
			from = t
		}
	}
	if from == nil {
		return nil, nil
	}
	var names projectNames
	var err error
	if !r.unnormalised {
		names, err = r.asWritten(ctx, from)
	}
	if err == nil && (r.unnormalised || !names.normalised) {
		names, err = r.merged(ctx, from)
		r.unnormalised = err == nil && !names.normalised
	}
	if reason, ok := chschema.Refused(err); ok {
		r.opts.Log.Warn("the index of projects cannot be read", "table", from.FullName(), "reason", reason)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the projects from %s: %w", from.FullName(), err)
	}
	r.index = names.index
	for _, t := range snap.Tables {
		if t.Dims[cube.Project] {
			t.Written = names.written
		}
	}
	return r.index, nil
}

// projectNames is what was read of the projects.
type projectNames struct {
	index      *Index
	normalised bool
	written    map[string][]string // see Table.Written
}

// errWrittenOtherwise ends reading at the first name that is not normalised.
var errWrittenOtherwise = errors.New("a name is not normalised")

// asWritten reads the projects of a table whose names are normalised, or finds
// out that they are not.
func (r *reader) asWritten(ctx context.Context, from *Table) (names projectNames, err error) {
	b := indexBuilder{before: r.index}
	sql := "SELECT toString(project) AS name, " + from.counted() + " AS total FROM " + from.SQL() + " GROUP BY name HAVING total > 0 ORDER BY name"
	err = r.db.Each(ctx, sql, nil, func(row func(...any) error) error {
		var name string
		var total int64
		if err := row(&name, &total); err != nil {
			return err
		}
		if !pypi.IsNormalized(name) {
			return errWrittenOtherwise
		}
		b.add(name, total)
		return nil
	})
	if errors.Is(err, errWrittenOtherwise) {
		return names, nil
	}
	return projectNames{index: b.index(), normalised: true}, err
}

// AskedName is, in SQL, the name by which a project is asked for whose name a
// table writes in any way.
func AskedName(column string) string { return pypi.NormalizedSQL("toValidUTF8(" + column + ")") }

// merged reads the projects of a table that writes some names otherwise.
func (r *reader) merged(ctx context.Context, from *Table) (projectNames, error) {
	names, b := projectNames{normalised: true}, indexBuilder{before: r.index}
	sql := "SELECT " + AskedName("written") + " AS name, sum(downloads) AS total, groupArrayIf(written, written != name) AS others FROM (SELECT toString(project) AS written, " +
		from.counted() + " AS downloads FROM " + from.SQL() + " GROUP BY written HAVING downloads > 0) GROUP BY name ORDER BY name"
	err := r.db.Each(ctx, sql, nil, func(row func(...any) error) error {
		var name string
		var total int64
		var others []string
		if err := row(&name, &total, &others); err != nil {
			return err
		}
		b.add(name, total)
		if len(others) > 0 {
			if names.written == nil {
				names.normalised, names.written = false, map[string][]string{}
			}
			names.written[name] = others
		}
		return nil
	})
	names.index = b.index()
	return names, err
}

// cheaperIndex orders tables by what reading the projects from them costs.
func cheaperIndex(a, b *Table) bool {
	if a.Grain != b.Grain && (a.Rows == 0 || b.Rows == 0) || a.Raw != b.Raw {
		return a.Grain > b.Grain || !a.Raw && b.Raw
	}
	return a.Rows < b.Rows
}

// spellings are what was read of names last, and what tells the data it is of.
type spellings struct {
	found map[string][]string
	mark  string
}

// spell reads how authors write the names of their projects where that is not the
// normalised form. The table of metadata is sorted by the name as it is written,
// so only whoever knows the spelling finds a project without reading all of it.
// The table changes seldom: what was read is used until it does. Nil where the
// names cannot be read.
func (r *reader) spell(ctx context.Context, l *inventory, parts chschema.Parts) (map[string][]string, error) {
	table := l.metadata
	if table == nil || table.Types()["name"] == "" {
		return nil, nil
	}
	mark := ""
	if l.metadataAt == table && parts != nil {
		mark = hashed(parts, []*chschema.Table{table}, "")
	}
	if mark != "" && mark == r.spellings.mark {
		return r.spellings.found, nil
	}
	found := map[string][]string{}
	sql := "SELECT " + pypi.FoldedSQL("name") + " AS normal, name FROM (SELECT DISTINCT toString(name) AS name FROM " + table.SQL() + ") WHERE name != normal ORDER BY name"
	err := r.db.Each(ctx, sql, nil, func(row func(...any) error) error {
		var normal, name string
		if err := row(&normal, &name); err != nil {
			return err
		}
		found[normal] = append(found[normal], name)
		return nil
	})
	if reason, ok := chschema.Refused(err); ok {
		r.opts.Log.Warn("the spellings of projects' names cannot be read", "table", table.String(), "reason", reason)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the names in %s: %w", table.Name, err)
	}
	r.spellings = spellings{found, mark}
	return found, nil
}
