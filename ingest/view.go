package ingest

import (
	"context"
	"fmt"
	"slices"
	"sort"

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
	sc := newSchema(s)
	base, err := sc.targetOf(ctx, tableID{s.database, table})
	if err != nil {
		return derivation{}, err
	}
	d := derivation{Base: base}
	seen := map[tableID]bool{base.tableID: true}
	for queue := []tableID{base.tableID}; len(queue) > 0; queue = queue[1:] {
		views, err := sc.viewsOn(ctx, queue[0])
		if err != nil {
			return d, err
		}
		for _, v := range views {
			d.Views = append(d.Views, v)
			if seen[v.Target] {
				continue
			}
			seen[v.Target] = true
			t, err := sc.targetOf(ctx, v.Target)
			if err != nil {
				return d, fmt.Errorf("prepare the target of view %s: %w", v.tableID, err)
			}
			d.Targets, queue = append(d.Targets, t), append(queue, t.tableID)
		}
	}
	sort.Slice(d.Targets, func(i, j int) bool { return d.Targets[i].String() < d.Targets[j].String() })
	return d, nil
}

// viewsOn lists the views that an insert into a table fires, in the order of
// their names.
func (sc *schema) viewsOn(ctx context.Context, source tableID) ([]view, error) {
	def, err := sc.table(ctx, source)
	if err != nil {
		return nil, err
	}
	var views []view
	for _, id := range def.Views {
		vd, err := sc.table(ctx, id)
		if err != nil {
			return nil, err
		}
		if vd.Engine != "MaterializedView" {
			return nil, fmt.Errorf("load into %s: %s depends on it, and a load cannot fill a %s: drop it first", source, id, vd.Engine)
		}
		if len(vd.Views) > 0 {
			return nil, fmt.Errorf("load into %s: %s reads the view %s instead of its table %s, which a load cannot follow: create it on the table",
				source, vd.Views[0], id, vd.Target)
		}
		v := view{tableID: id, Source: source, Target: vd.Target, Select: vd.Select, shape: parseShape(vd.Select, source)}
		for _, c := range vd.Columns {
			v.Columns = append(v.Columns, c.Name)
		}
		views = append(views, v)
	}
	sort.Slice(views, func(i, j int) bool { return views[i].String() < views[j].String() })
	return views, nil
}

// contains reports that a list holds a name.
func contains(list []string, name string) bool { return slices.Contains(list, name) }

// quote quotes a column's name.
func quote(column string) string { return chconn.Ident(column) }
