package tables

import (
	"context"
	"fmt"
	"hash/fnv"
	"sort"

	"clickql/ingest/session"
	"clickql/internal/ddl"
)

// Successor names the table that is to take a public one's place, beside the
// public one's staged copy.
func Successor(staged string) string { return staged + "__next" }

// View is a materialized view that fills a target from another one.
type View struct {
	ID
	Source   ID // what it reads
	Target   ID
	Select   string
	Columns  []string  // that it gives
	Grouping *Grouping // nil: not understood, run as it stands
}

// Derivation is everything that one insert into a table would fill.
type Derivation struct {
	Base    Target
	Targets []Target // without Base, in the order of their names
	Views   []View
}

// All lists the targets, the base first.
func (d Derivation) All() []Target { return append([]Target{d.Base}, d.Targets...) }

// Target finds a target by its name; one without a name where there is none.
func (d Derivation) Target(id ID) Target {
	for _, t := range d.All() {
		if t.ID == id {
			return t
		}
	}
	return Target{}
}

// Takes refuses a base that lacks a column which every file fills.
func (d Derivation) Takes(columns ...string) error {
	for _, c := range columns {
		if c != "" && !d.Base.Has(c) {
			return fmt.Errorf("load into %s: it has no column %s", d.Base, c)
		}
	}
	return nil
}

// FilledBy counts the views that fill a table.
func FilledBy(d Derivation, id ID) (n int) {
	for _, v := range d.Views {
		if v.Target == id {
			n++
		}
	}
	return n
}

// Fingerprint tells one set of tables and views from another.
func (d Derivation) Fingerprint() string {
	h := fnv.New64a()
	for _, t := range d.All() {
		_, _ = fmt.Fprintln(h, t.ID, t.Create) // cannot fail
	}
	for _, v := range d.Views {
		_, _ = fmt.Fprintln(h, v.ID, v.Source, v.Target, v.Select)
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// Read finds the views on a table, the views on their targets, and so
// on, as the server itself has registered them, so that none is forgotten.
func Read(ctx context.Context, s *session.Session, table string) (Derivation, error) {
	return NewSchema(s).Read(ctx, table)
}

// Read is Read of what has been read of the schema.
func (sc *Schema) Read(ctx context.Context, table string) (Derivation, error) {
	base, err := sc.targetOf(ctx, sc.Of(table))
	if err != nil {
		return Derivation{}, err
	}
	d := Derivation{Base: base}
	seen := map[ID]bool{base.ID: true}
	for queue := []ID{base.ID}; len(queue) > 0; queue = queue[1:] {
		views, err := sc.ViewsOn(ctx, queue[0])
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
				return d, fmt.Errorf("prepare the target of view %s: %w", v.ID, err)
			}
			d.Targets, queue = append(d.Targets, t), append(queue, t.ID)
		}
	}
	sort.Slice(d.Targets, func(i, j int) bool { return d.Targets[i].String() < d.Targets[j].String() })
	return d, nil
}

// ViewsOn lists the views that an insert into a table fires, in the order of
// their names.
func (sc *Schema) ViewsOn(ctx context.Context, source ID) ([]View, error) {
	def, err := sc.Table(ctx, source)
	if err != nil {
		return nil, err
	}
	var views []View
	for _, id := range def.Views {
		id := ID(id)
		vd, err := sc.Table(ctx, id)
		if err != nil {
			return nil, err
		}
		if vd.Engine.Name != "MaterializedView" {
			return nil, fmt.Errorf("load into %s: %s depends on it, and a load cannot fill a %s: drop it first", source, id, vd.Engine.Name)
		}
		to := sc.target(vd)
		if len(vd.Views) > 0 {
			return nil, fmt.Errorf("load into %s: %s reads the view %s instead of its table %s, which a load cannot follow: create it on the table",
				source, ID(vd.Views[0]), id, to)
		}
		v := View{ID: id, Source: source, Target: to, Select: vd.Select, Grouping: parseGrouping(vd.Select, source)}
		for _, c := range vd.Columns {
			v.Columns = append(v.Columns, c.Name)
		}
		views = append(views, v)
	}
	sort.Slice(views, func(i, j int) bool { return views[i].String() < views[j].String() })
	return views, nil
}

// Successors is the derivation whose staged tables are the successors.
func (d Derivation) Successors() Derivation {
	next := Derivation{Base: d.Base, Views: d.Views}
	next.Base.Copy = Successor(d.Base.Copy)
	for _, t := range d.Targets {
		t.Copy = Successor(t.Copy)
		next.Targets = append(next.Targets, t)
	}
	return next
}

// LandingViews lists the views that say how rows of an export become downloads, or
// why they do not. There are none without a landing table.
func (sc *Schema) LandingViews(ctx context.Context, raw string) (views []View, landing bool, err error) {
	source := sc.Of(ddl.LandingTable)
	def, err := sc.Find(ctx, source)
	if err != nil || def == nil {
		return nil, false, err
	}
	for _, id := range def.Views {
		v := sc.read[sc.s.Database][id]
		if v == nil {
			continue
		}
		if to := sc.target(v); to == sc.Of(raw) || to.Table == ddl.RejectedTable {
			views = append(views, View{ID: ID(id), Source: source, Target: to, Select: v.Select})
		}
	}
	return views, true, nil
}

// OverLanding is a landing view's SELECT over the landing table of another
// database.
func (v View) OverLanding(database string) (string, error) {
	at, err := onlyAt(v.Select, v.Source)
	if err != nil {
		return "", fmt.Errorf("read the view %s: %w", v.ID, err)
	}
	return at.Replace(v.Select, session.Name(database, v.Source.Table)), nil
}

// Over is the view's SELECT over the table of the same name in another database.
func (v View) Over(database string) (string, error) {
	to := session.Name(database, v.Source.Table)
	if v.Grouping == nil {
		return redirect(v.Select, v.Source, to)
	}
	at, err := onlyAt(v.Select, v.Source)
	return at.Replace(v.Select, to), err
}
