// Package check compares a database with what package ddl expects of it: objects,
// columns, engines, keys, views, and whether each aggregate agrees with the raw
// table. Of the last the judge is the one of the catalog, which decides what the
// gateway serves from.
package check

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"clickql/internal/chconn"
	"clickql/internal/chschema"
	"clickql/internal/ddl"
)

// Remedies, in the words of the command line.
const (
	applySchema = "Run: clickql schema apply"
	upgrade     = "Run: clickql schema upgrade"
	noAction    = "Nothing needs to be done"
)

// Run compares the database of o with what is expected of it. It changes nothing.
// While rows are published totals may differ for a moment.
func Run(ctx context.Context, conn *chconn.Conn, o ddl.Options) (Report, error) {
	r := Report{Database: cmp.Or(o.Database, chconn.DefaultDatabase), Findings: []Finding{}, Totals: []Total{}}
	have, err := ddl.Read(ctx, conn, o)
	if err != nil {
		return r, err
	}
	if !have.Database {
		r.add(r.Database, Missing, applySchema, "the database is missing")
		return r, nil
	}
	if raw := have.Tables[ddl.RawTable]; raw != nil {
		if _, at, ok := raw.Distributed(); ok && at.Database == ddl.ShardDatabase(r.Database) {
			return runSharded(ctx, conn, r, have, at.Database)
		}
	}
	for _, t := range ddl.Tables() {
		r.checkTable(t, have)
	}
	for _, t := range ddl.Derived() {
		r.checkView(t, have)
	}
	for _, s := range slices.Concat(ddl.LandingStatements(o), ddl.GitHubViews(o)) {
		if have.Tables[s.Name(r.Database)] == nil {
			r.add(s.Object, Missing, applySchema, "the %s is missing", s.Kind)
		}
	}
	if err := r.checkMappings(ctx, conn, have, o); err != nil {
		return r, err
	}
	if have.Tables["countries"] != nil && !have.Countries {
		r.add(r.Database+".countries", Missing, applySchema, "some countries are missing")
	}
	if err := r.checkDictionaries(ctx, conn, have); err != nil {
		return r, err
	}
	return r, r.checkTotals(ctx, conn, have)
}

// runSharded looks for what leads to the shards, and compares what the shard of this
// host holds.
func runSharded(ctx context.Context, conn *chconn.Conn, r Report, have *ddl.Present, shard string) (Report, error) {
	for _, t := range ddl.Tables() {
		if have.Tables[t.Name] == nil {
			r.add(r.Database+"."+t.Name, Missing, applySchema+" --cluster, with the cluster's name", "the table that leads to the shards is missing")
		}
	}
	if err := r.checkDictionaries(ctx, conn, have); err != nil {
		return r, err
	}
	own, err := Run(ctx, conn, ddl.Options{Database: shard})
	for _, f := range own.Findings {
		if !isDictionary(f.Object, shard) { // of all shards, and in front of them
			r.Findings = append(r.Findings, f)
		}
	}
	r.Totals = own.Totals
	return r, err
}

// isDictionary reports that an object of a database is one of ours.
func isDictionary(object, database string) bool {
	return slices.ContainsFunc(ddl.Dictionaries(), func(d ddl.Dictionary) bool { return object == database+"."+d.Name })
}

// checkMappings tells whose mapping of exports the database has: the view is what
// counts, whoever wrote it.
func (r *Report) checkMappings(ctx context.Context, conn *chconn.Conn, have *ddl.Present, o ddl.Options) error {
	mappings, err := ddl.Mappings(ctx, conn, have, o)
	for _, view := range slices.Sorted(maps.Keys(mappings)) {
		object := r.Database + "." + view
		switch mappings[view] {
		case ddl.Earlier:
			r.add(object, WrongSelect, upgrade, "the view maps exports as an earlier version of the program did, and so they are loaded")
		case ddl.Foreign:
			r.note(object, WrongSelect, "the view maps exports in a way of your own, and so they are loaded")
		}
	}
	return err
}

// checkTable compares one table.
func (r *Report) checkTable(want ddl.Table, have *ddl.Present) {
	object := r.Database + "." + want.Name
	got := have.Tables[want.Name]
	if got == nil {
		remedy := applySchema
		if want.Derived() {
			remedy += ". " + refill(want)
		}
		r.add(object, Missing, remedy, "the table is missing")
		return
	}
	if engine, _, _ := strings.Cut(want.Engine, "("); got.Engine.Base() != engine {
		r.add(object, WrongEngine, r.remake(want), "the engine is %s and should be %s", got.Engine.Name, engine)
	}
	types := got.Types()
	for _, c := range want.Columns {
		r.checkColumn(want, c, types)
	}
	r.checkKeys(want, got)
}

// remake says how a table is made anew without losing it.
func (r *Report) remake(t ddl.Table) string {
	if t.Derived() {
		return refill(t)
	}
	return fmt.Sprintf("Rename the table, run: clickql schema apply, and copy the rows with INSERT INTO %s SELECT", t.Name)
}

// refill says how a derived table is computed anew, with the shape that it
// should have, and its view where that is missing.
func refill(t ddl.Table) string { return "Run: " + backfill(t) }

// backfill is the command that does it.
func backfill(t ddl.Table) string { return "clickql ingest backfill " + t.Name }

// checkColumn compares one column.
func (r *Report) checkColumn(t ddl.Table, want ddl.Column, types map[string]string) {
	object := r.Database + "." + t.Name + "." + want.Name
	typ, ok := types[want.Name]
	switch {
	case !ok && t.Derived():
		r.add(object, Missing, r.remake(t), "the column is missing")
	case !ok:
		r.add(object, Missing, upgrade, "the column is missing")
	case typ == want.Type:
	case chschema.PlainType(typ) == chschema.PlainType(want.Type):
		r.note(object, WrongStorage, "the type is %s, here %s: stored otherwise, with the same meaning", typ, want.Type)
	default:
		r.add(object, WrongType, fmt.Sprintf("Run: ALTER TABLE %s MODIFY COLUMN %s %s, where every value can be converted",
			r.sql(t.Name), chconn.Ident(want.Name), want.Type), "the type is %s and should be %s", typ, want.Type)
	}
}

// checkKeys compares the sorting and the partition key. What an aggregate's
// sorting key leaves out, merges have mixed up; another order or partition
// only costs time.
func (r *Report) checkKeys(want ddl.Table, got *chschema.Table) {
	object := r.Database + "." + want.Name
	if _, _, ok := got.Distributed(); ok && got.SortingKey == "" {
		return
	}
	key := chschema.KeyColumns(got.SortingKey)
	var lost []string
	for _, c := range want.OrderBy {
		if !slices.Contains(key, c) {
			lost = append(lost, c)
		}
	}
	switch {
	case len(lost) > 0 && want.Derived():
		r.add(object, WrongKey, r.remake(want), "the sorting key %s leaves out %s: merges mix its values up",
			ddl.Tuple(key), strings.Join(lost, ", "))
	case !slices.Equal(key, want.OrderBy):
		r.note(object, WrongStorage, "the sorting key is %s, here %s", ddl.Tuple(key), ddl.Tuple(want.OrderBy))
	}
	if partition := written(got.PartitionKey); partition != written(want.PartitionBy) {
		r.note(object, WrongStorage, "the partition key is (%s), here (%s)", partition, want.PartitionBy)
	}
}

// written is an expression without brackets around the whole of it.
func written(expression string) string {
	return chschema.Written(chschema.Unwrap(chschema.Tokens(expression)))
}

// sql is the name of one of the database's tables for a statement.
func (r *Report) sql(table string) string {
	return chschema.Name{Database: r.Database, Table: table}.SQL()
}

// checkDictionaries looks for each dictionary and reads it.
func (r *Report) checkDictionaries(ctx context.Context, conn *chconn.Conn, have *ddl.Present) error {
	for _, d := range ddl.Dictionaries() {
		object := r.Database + "." + d.Name
		if have.Tables[d.Name] == nil {
			r.add(object, Missing, applySchema, "the dictionary is missing")
			continue
		}
		var n uint64
		err := conn.QueryRow(ctx, "SELECT count() FROM "+r.sql(d.Name)).Scan(&n)
		if err == nil {
			continue
		}
		if ctx.Err() != nil || chconn.Classify(err) == chconn.Unavailable {
			return fmt.Errorf("read dictionary %s: %w", object, err)
		}
		r.add(object, Unusable, "Let the user default read database "+r.Database+
			" from the server itself without a password, or create the dictionary with an account of your own", "the dictionary cannot be read: %v", err)
	}
	return nil
}
