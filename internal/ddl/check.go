package ddl

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"clickql/internal/chconn"
)

// Remedies, in the words of the command line.
const (
	applySchema = "Run: clickql schema apply"
	noAction    = "Nothing needs to be done"
)

// Check compares the database with what is expected of it: objects, columns,
// engines, keys, views, and whether each aggregate agrees with the raw table.
// It changes nothing. While rows are published totals may differ for a moment.
func Check(ctx context.Context, conn *chconn.Conn, o Options) (Report, error) {
	r := Report{Database: o.database(), Findings: []Finding{}, Totals: []Total{}}
	have, err := readActual(ctx, conn, o)
	if err != nil {
		return r, err
	}
	if !have.exists {
		r.add(r.Database, Missing, applySchema, "the database is missing")
		return r, nil
	}
	for _, t := range Tables() {
		r.checkTable(t, have)
	}
	for _, t := range Derived() {
		r.checkView(t, have)
	}
	r.checkLanding(o, have)
	if _, ok := have.tables["countries"]; ok && !have.countries {
		r.add(r.Database+".countries", Missing, applySchema, "some countries are missing")
	}
	if err := r.checkDictionaries(ctx, conn, have); err != nil {
		return r, err
	}
	return r, r.checkTotals(ctx, conn, have)
}

// checkTable compares one table.
func (r *Report) checkTable(want Table, have *actual) {
	object := r.Database + "." + want.Name
	got, ok := have.tables[want.Name]
	if !ok {
		remedy := applySchema
		if want.Derived() {
			remedy += ". " + refill(want)
		}
		r.add(object, Missing, remedy, "the table is missing")
		return
	}
	if engine, _, _ := strings.Cut(want.Engine, "("); family(got.engine) != engine {
		r.add(object, WrongEngine, r.remake(want), "the engine is %s and should be %s", got.engine, engine)
	}
	for _, c := range want.Columns {
		r.checkColumn(want, c, got)
	}
	r.checkKeys(want, got)
}

// family is an engine's name without the word for how it is replicated.
func family(engine string) string {
	for _, prefix := range []string{"Replicated", "Shared"} {
		if rest, ok := strings.CutPrefix(engine, prefix); ok && rest != "" {
			return rest
		}
	}
	return engine
}

// remake says how a table is made anew without losing it.
func (r *Report) remake(t Table) string {
	if t.Derived() {
		return refill(t)
	}
	return fmt.Sprintf("Rename the table, run: clickql schema apply, and copy the rows with INSERT INTO %s SELECT", t.Name)
}

// refill says how a derived table is computed anew, with the shape that it
// should have, and its view where that is missing.
func refill(t Table) string { return "Run: " + backfill(t) }

// backfill is the command that does it.
func backfill(t Table) string { return "clickql ingest backfill " + t.Name }

// checkColumn compares one column.
func (r *Report) checkColumn(t Table, want Column, got actualTable) {
	object := r.Database + "." + t.Name + "." + want.Name
	typ, ok := got.columns[want.Name]
	switch {
	case !ok && t.Derived():
		r.add(object, Missing, r.remake(t), "the column is missing")
	case !ok:
		r.add(object, Missing, fmt.Sprintf("Run: ALTER TABLE %s ADD COLUMN %s", qualified(r.Database, t.Name), want.definition()), "the column is missing")
	case typ == want.Type:
	case meaning(typ) == meaning(want.Type):
		r.note(object, WrongStorage, noAction, "the type is %s, here %s: stored otherwise, with the same meaning", typ, want.Type)
	default:
		r.add(object, WrongType, fmt.Sprintf("Run: ALTER TABLE %s MODIFY COLUMN %s %s, where every value can be converted",
			qualified(r.Database, t.Name), chconn.Ident(want.Name), want.Type), "the type is %s and should be %s", typ, want.Type)
	}
}

// meaning strips from a type what changes how values are stored and not what
// they are: LowCardinality, and the time zone and precision of a DateTime64.
func meaning(typ string) string {
	for {
		i := strings.Index(typ, "LowCardinality(")
		if i < 0 {
			break
		}
		rest := typ[i+len("LowCardinality("):]
		end := strings.IndexByte(rest, ')')
		typ = typ[:i] + rest[:end] + rest[end+1:]
	}
	if strings.HasPrefix(typ, "DateTime64(") {
		return "DateTime64"
	}
	return typ
}

// checkKeys compares the sorting and the partition key. What an aggregate's
// sorting key leaves out, merges have mixed up; another order or partition
// only costs time.
func (r *Report) checkKeys(want Table, got actualTable) {
	object := r.Database + "." + want.Name
	if got.sortingKey == "" && family(got.engine) == "Distributed" {
		return
	}
	key := splitList(unwrapped(got.sortingKey))
	var lost []string
	for _, c := range want.OrderBy {
		if !slices.Contains(key, c) {
			lost = append(lost, c)
		}
	}
	switch {
	case len(lost) > 0 && want.Derived():
		r.add(object, WrongKey, r.remake(want), "the sorting key %s leaves out %s: merges mix its values up",
			tuple(key), strings.Join(lost, ", "))
	case !slices.Equal(key, want.OrderBy):
		r.note(object, WrongStorage, noAction, "the sorting key is %s, here %s", tuple(key), tuple(want.OrderBy))
	}
	if partition := unwrapped(got.partitionKey); partition != want.PartitionBy {
		r.note(object, WrongStorage, noAction, "the partition key is (%s), here (%s)", partition, want.PartitionBy)
	}
}

// unwrapped is a key without parentheses around the whole of it.
func unwrapped(key string) string {
	if !strings.HasPrefix(key, "(") {
		return key
	}
	depth := 0
	for i, c := range key {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 { // closes the first one
			if i == len(key)-1 {
				return key[1:i]
			}
			return key
		}
	}
	return key
}

// checkDictionaries looks for each dictionary and reads it.
func (r *Report) checkDictionaries(ctx context.Context, conn *chconn.Conn, have *actual) error {
	for _, d := range Dictionaries() {
		object := r.Database + "." + d.Name
		if _, ok := have.tables[d.Name]; !ok {
			r.add(object, Missing, applySchema, "the dictionary is missing")
			continue
		}
		var n uint64
		err := conn.QueryRow(ctx, "SELECT count() FROM "+qualified(r.Database, d.Name)).Scan(&n)
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
