package ingest

import (
	"context"
	"fmt"
	"slices"
	"sort"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/chconn"
)

// view is a materialized view that fills a target from another one.
type view struct {
	tableID
	Source  tableID // what it reads
	Target  tableID
	Select  string
	Columns []string // that it gives
	shape   *shape   // nil: not understood, run as it stands
}

// derivation is everything that one insert into a table would fill.
type derivation struct {
	Base    target
	Targets []target // without Base, in the order of their names
	Views   []view
}

// all lists the targets, the base first.
func (d derivation) all() []target { return append([]target{d.Base}, d.Targets...) }

// readDerivation finds the views on a table, the views on their targets, and so
// on, as the server itself has registered them, so that none is forgotten.
func readDerivation(ctx context.Context, s *session, table string) (derivation, error) {
	base, err := readTarget(ctx, s, tableID{s.database, table})
	if err != nil {
		return derivation{}, err
	}
	d := derivation{Base: base}
	seen := map[tableID]bool{base.tableID: true}
	for queue := []tableID{base.tableID}; len(queue) > 0; queue = queue[1:] {
		views, err := readViews(ctx, s, queue[0])
		if err != nil {
			return d, err
		}
		for _, v := range views {
			d.Views = append(d.Views, v)
			if seen[v.Target] {
				continue
			}
			seen[v.Target] = true
			t, err := readTarget(ctx, s, v.Target)
			if err != nil {
				return d, fmt.Errorf("prepare the target of view %s: %w", v.tableID, err)
			}
			d.Targets, queue = append(d.Targets, t), append(queue, t.tableID)
		}
	}
	sort.Slice(d.Targets, func(i, j int) bool { return d.Targets[i].String() < d.Targets[j].String() })
	return d, nil
}

// readViews lists the views that an insert into a table fires.
func readViews(ctx context.Context, s *session, source tableID) ([]view, error) {
	var views []view
	var engines []string
	err := s.each(ctx, statement{
		SQL: `SELECT database, name, engine, target_database, target_table, as_select FROM system.tables
			WHERE (database, name) IN (SELECT arrayJoin(arrayZip(dependencies_database, dependencies_table))
				FROM system.tables WHERE database = {database:String} AND name = {table:String})
			ORDER BY database, name`,
		Params: map[string]any{"database": source.Database, "table": source.Table},
	}, func(rows driver.Rows) error {
		v := view{Source: source}
		var engine string
		if err := rows.Scan(&v.Database, &v.Table, &engine, &v.Target.Database, &v.Target.Table, &v.Select); err != nil {
			return err
		}
		views, engines = append(views, v), append(engines, engine)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the materialized views on %s: %w", source, err)
	}
	for i := range views {
		if engines[i] != "MaterializedView" {
			return nil, fmt.Errorf("load into %s: %s depends on it, and a load cannot fill a %s: drop it first", source, views[i].tableID, engines[i])
		}
		columns, err := readColumns(ctx, s, views[i].tableID)
		if err != nil {
			return nil, err
		}
		for _, c := range columns {
			views[i].Columns = append(views[i].Columns, c.Name)
		}
		views[i].shape = parseShape(views[i].Select, source)
	}
	return views, nil
}

// contains reports that a list holds a name.
func contains(list []string, name string) bool { return slices.Contains(list, name) }

// quote quotes a column's name.
func quote(column string) string { return chconn.Ident(column) }
