package ddl

import (
	"context"
	"fmt"
	"strings"

	"clickql/internal/chconn"
	"clickql/internal/chschema"
)

// Upgrade is what brings a database to the present schema.
type Upgrade struct {
	// Statements are to be run in this order, while rows are loaded and read. Each
	// does nothing where it was run before, so that an upgrade that was cut off is
	// planned again and carried on.
	Statements []Statement
	// Kept says what stays as it is though it differs, and what can be done about it.
	Kept []string
	// Refused says why nothing can be done; empty where it can.
	Refused []string
}

// PlanUpgrade compares the database with the present schema. It changes nothing.
func PlanUpgrade(ctx context.Context, conn *chconn.Conn, o Options) (Upgrade, error) {
	var u Upgrade
	shards, err := shardsOf(ctx, conn, o.Cluster)
	switch {
	case err != nil:
		return u, err
	case shards > 1:
		u.Refused = append(u.Refused, fmt.Sprintf("the cluster %s has %d shards: upgrade the database %s on each", o.Cluster, shards, ShardDatabase(o.database())))
		return u, nil
	}
	have, err := Read(ctx, conn, o)
	if err != nil {
		return u, err
	}
	if !have.Database || have.Tables[RawTable] == nil {
		u.Refused = append(u.Refused, fmt.Sprintf("%s.%s does not exist: create the tables with clickql schema apply", o.database(), RawTable))
		return u, nil
	}
	mappings, err := Mappings(ctx, conn, have, o)
	if err != nil {
		return u, err
	}
	var views []Statement
	for _, s := range Statements(o) {
		switch {
		case have.has(s, o.database()):
		case s.Kind == "view":
			views = append(views, s)
		default:
			u.Statements = append(u.Statements, s)
		}
	}
	for _, t := range Tables() {
		u.columns(t, have, o)
	}
	u.landingColumns(have, o)
	// A view reads columns that are there by now. What is counted as rejected comes
	// before what stores no more, so that no row is in neither.
	u.Statements = append(u.Statements, views...)
	u.mappings(mappings, o)
	return u, nil
}

// columns adds the columns that a table lacks.
func (u *Upgrade) columns(want Table, have *Present, o Options) {
	got := have.Tables[want.Name]
	if got == nil {
		return
	}
	object, types := o.database()+"."+want.Name, got.Types()
	var adds []string
	for _, c := range want.Columns {
		switch typ, ok := types[c.Name]; {
		case !ok && want.Derived():
			u.Kept = append(u.Kept, fmt.Sprintf("%s lacks the column %s, which its key cannot get afterwards: run clickql ingest backfill %s", object, c.Name, want.Name))
		case !ok:
			adds = append(adds, "ADD COLUMN IF NOT EXISTS "+c.Definition())
		case chschema.PlainType(typ) != chschema.PlainType(c.Type) && want.Kind == Raw:
			u.Refused = append(u.Refused, fmt.Sprintf("%s.%s is %s and should be %s: what it holds cannot be told apart; change it with ALTER TABLE, and run this again", object, c.Name, typ, c.Type))
		}
	}
	if len(adds) == 0 {
		return
	}
	if !strings.HasSuffix(got.Engine.Base(), "MergeTree") {
		u.Refused = append(u.Refused, fmt.Sprintf("%s has the engine %s: columns are added where its rows are stored; upgrade that database, and create %s anew", object, got.Engine.Name, want.Name))
		return
	}
	u.alter(want.Name, "columns of "+object, strings.Join(adds, ", "), o)
}

// landingColumns gives the landing tables, which keep nothing, the present columns.
func (u *Upgrade) landingColumns(have *Present, o Options) {
	for name, columns := range map[string][]Column{LandingTable: landingColumns(), FlatLandingTable: flatColumns()} {
		got := have.Tables[name]
		if got == nil {
			continue
		}
		var changes []string
		for _, c := range columns {
			switch typ, ok := got.Types()[c.Name]; {
			case !ok:
				changes = append(changes, "ADD COLUMN IF NOT EXISTS "+c.Definition())
			case typ != c.Type && got.Engine.Name == "Null":
				changes = append(changes, "MODIFY COLUMN "+c.Definition())
			}
		}
		if len(changes) > 0 {
			u.alter(name, "columns of "+o.database()+"."+name, strings.Join(changes, ", "), o)
		}
	}
}

// mappings lets views on the landing tables compute what they should; those that
// are the operator's own stay.
func (u *Upgrade) mappings(found map[string]Mapping, o Options) {
	views := landingViews(o, all)
	own := found[LandingTable+"_mv"] == Foreign || found[LandingTable+"_rejected_mv"] == Foreign
	for _, v := range []landingView{views[1], views[0], views[2]} {
		mapping, ok := found[v.name]
		switch {
		case !ok || mapping == Current:
		case mapping == Foreign || own && v.source == LandingTable:
			u.Kept = append(u.Kept, fmt.Sprintf("%s.%s stays: the mapping on %s is your own, and what counts; to take the program's, drop the views on it and run clickql schema apply", o.database(), v.name, v.source))
		default:
			u.alter(v.name, "query of "+o.database()+"."+v.name, "MODIFY QUERY "+v.selects, o)
		}
	}
}

// alter adds a statement on a table.
func (u *Upgrade) alter(table, object, change string, o Options) {
	u.Statements = append(u.Statements, Statement{Kind: "alter", Object: object, SQL: "ALTER TABLE " + qualified(o.database(), table) + o.onCluster() + " " + change})
}
