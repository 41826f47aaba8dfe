package ingest

import (
	"context"
	"fmt"
	"hash/fnv"
	"sort"
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

// target finds a target by its name; one without a name where there is none.
func (d derivation) target(id tableID) target {
	for _, t := range d.all() {
		if t.tableID == id {
			return t
		}
	}
	return target{}
}

// takes refuses a base that lacks a column which every file fills.
func (d derivation) takes(columns ...string) error {
	for _, c := range columns {
		if c != "" && !d.Base.has(c) {
			return fmt.Errorf("load into %s: it has no column %s", d.Base, c)
		}
	}
	return nil
}

// filledBy counts the views that fill a table.
func filledBy(d derivation, id tableID) (n int) {
	for _, v := range d.Views {
		if v.Target == id {
			n++
		}
	}
	return n
}

// fingerprint tells one set of tables and views from another.
func (d derivation) fingerprint() string {
	h := fnv.New64a()
	for _, t := range d.all() {
		_, _ = fmt.Fprintln(h, t.tableID, t.Create) // cannot fail
	}
	for _, v := range d.Views {
		_, _ = fmt.Fprintln(h, v.tableID, v.Source, v.Target, v.Select)
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

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

// successors is the derivation whose staged tables are the successors.
func (d derivation) successors() derivation {
	next := derivation{Base: d.Base, Views: d.Views}
	next.Base.Staged = successor(d.Base.Staged)
	for _, t := range d.Targets {
		t.Staged = successor(t.Staged)
		next.Targets = append(next.Targets, t)
	}
	return next
}
