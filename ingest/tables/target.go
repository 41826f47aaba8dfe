package tables

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"clickql/ingest/session"
	"clickql/internal/chconn"
	"clickql/internal/chschema"
)

// Partition names one partition of one public table.
type Partition struct {
	Table ID
	Name  string
}

// ID names a table.
type ID struct{ Database, Table string }

// String is the quoted, qualified name.
func (t ID) String() string { return session.Name(t.Database, t.Table) }

// Target is a public table that a batch goes into.
type Target struct {
	ID
	Engine  chschema.Engine
	Create  string // its DDL
	Columns []chschema.Column
	Key     []string // the sorting key, where it consists of columns
	// PartitionBy are the columns of the partition key, which are never summed.
	PartitionBy []string
	Copy        string // name of its copy in a batch's private database
	Witness     Witness
}

// Has reports that the target has a column to insert into.
func (t Target) Has(column string) bool {
	for _, c := range t.Columns {
		if c.Name == column {
			return c.Default != "ALIAS" && c.Default != "MATERIALIZED"
		}
	}
	return false
}

// valuesOf is the type of a column's values, however they are kept.
func (t Target) valuesOf(column string) string {
	for _, c := range t.Columns {
		if c.Name == column {
			return strings.ReplaceAll(strings.ReplaceAll(c.Type, "LowCardinality(", ""), ")", "")
		}
	}
	return ""
}

// targetOf describes a table as the server defines it.
func (sc *Schema) targetOf(ctx context.Context, id ID) (Target, error) {
	def, err := sc.Table(ctx, id)
	if err != nil {
		return Target{}, err
	}
	t := Target{ID: id, Engine: def.Engine, Create: def.Definition, Columns: def.Columns, Key: chschema.KeyColumns(def.SortingKey),
		PartitionBy: chschema.KeyColumns(def.PartitionKey), Copy: copyName(sc.s.Database, id)}
	t.Witness, err = witnessOf(t)
	return t, err
}

// copyName is a target's name in a private database: its own, where it stands
// in the database itself.
func copyName(database string, id ID) string {
	table := strings.TrimLeft(id.Table, ".")
	if id.Database == database {
		return table
	}
	return id.Database + "." + table
}

// Witness is how a target's total is computed: an expression whose value over a
// partition does not change under merges and grows with every row moved in. It
// is what tells after a crash whether a move happened.
type Witness struct {
	Expr       string
	Idempotent bool // rows may be moved in twice without a change of meaning
}

// Adds is an expression that is above zero over any rows: the witness, or how many they
// are where it has none.
func (w Witness) Adds() string { return cmp.Or(w.Expr, "count()") }

// AloneEngine is the ENGINE clause of a copy that this server keeps alone; empty for
// that of the table itself.
func (t Target) AloneEngine() string {
	if !t.Engine.Replicated() {
		return ""
	}
	return " ENGINE = " + t.Engine.Alone()
}

// StagedEngine is AloneEngine for a copy whose partitions are attached to a replicated
// table: each of its parts is told from all others, also from one with equal rows.
// Keeper knows a part that was attached before by its checksum, and passes over it.
func (t Target) StagedEngine() string {
	alone := t.AloneEngine()
	switch {
	case alone == "":
		return ""
	case strings.Contains(alone, " SETTINGS "):
		return alone + ", assign_part_uuids = 1"
	}
	return alone + " SETTINGS assign_part_uuids = 1"
}

// wholeNumber matches the types whose sums are exact.
var wholeNumber = regexp.MustCompile(`^U?Int(8|16|32|64)$`)

// sumColumn and countColumn match aggregated columns whose totals are exact.
var (
	simpleSum     = regexp.MustCompile(`^SimpleAggregateFunction\(sum(WithOverflow)?, U?Int(8|16|32|64)\)$`)
	stateCount    = regexp.MustCompile(`^AggregateFunction\(count(, .*)?\)$`)
	stateSum      = regexp.MustCompile(`^AggregateFunction\(sum, U?Int(8|16|32|64)\)$`)
	idempotentAgg = regexp.MustCompile(`^(Simple)?AggregateFunction\((min|max|any|anyLast|argMin|argMax|uniq\w*|groupUniqArray\w*|groupBitmap(Or|And)?|groupBit(Or|And))(\(\d+\))?,`)
)

// witnessOf finds a target's witness. The error names what cannot be proven.
func witnessOf(t Target) (Witness, error) {
	if strings.Contains(t.Engine.Full, " TTL ") {
		return Witness{}, fmt.Errorf("%s has a TTL, so its totals fall by themselves and a load cannot be proven", t)
	}
	if strings.HasPrefix(t.Engine.Name, "Shared") {
		return Witness{}, fmt.Errorf("%s has the engine %s, of ClickHouse Cloud's storage, where it has not been tried that a load happens once: load into a server or a cluster of your own", t, t.Engine.Name)
	}
	switch t.Engine.Base() {
	case "Distributed":
		return Witness{}, fmt.Errorf("%s is Distributed: clickql ingest run, projects, watch, worker, status, verify, repair, backfill and shadow work on the shards behind it, this does not yet", t)
	case "MergeTree":
		return Witness{Expr: "count()"}, nil
	case "ReplacingMergeTree":
		return Witness{Idempotent: true}, nil
	case "SummingMergeTree":
		return summingWitness(t)
	case "AggregatingMergeTree":
		return aggregatingWitness(t)
	}
	return Witness{}, fmt.Errorf("%s has the engine %s, into which a load cannot be proven to happen once: use MergeTree, SummingMergeTree or AggregatingMergeTree, or Replicated ones of these",
		t, t.Engine.Name)
}

// summingWitness is the sum of a summed column: count, or the first.
func summingWitness(t Target) (Witness, error) {
	found := ""
	for _, c := range t.Columns {
		sums := wholeNumber.MatchString(c.Type) && c.Default != "ALIAS" && !slices.Contains(t.Key, c.Name) && !slices.Contains(t.PartitionBy, c.Name) && t.Engine.Sums(c.Name)
		if sums && (found == "" || c.Name == "count") {
			found = c.Name
		}
	}
	if found == "" {
		return Witness{}, fmt.Errorf("%s sums no column of whole numbers, so a load cannot be proven to happen once", t)
	}
	return Witness{Expr: "sum(" + chconn.Ident(found) + ")"}, nil
}

// aggregatingWitness is the sum or count among the aggregated columns; without
// one, all of them must be idempotent.
func aggregatingWitness(t Target) (Witness, error) {
	for _, c := range t.Columns {
		switch {
		case simpleSum.MatchString(c.Type):
			return Witness{Expr: "sum(" + chconn.Ident(c.Name) + ")"}, nil
		case stateCount.MatchString(c.Type):
			return Witness{Expr: "countMerge(" + chconn.Ident(c.Name) + ")"}, nil
		case stateSum.MatchString(c.Type):
			return Witness{Expr: "sumMerge(" + chconn.Ident(c.Name) + ")"}, nil
		}
	}
	for _, c := range t.Columns {
		if !slices.Contains(t.Key, c.Name) && !idempotentAgg.MatchString(c.Type) {
			return Witness{}, fmt.Errorf("%s aggregates %s %s, of which a load cannot be proven to happen once", t, c.Name, c.Type)
		}
	}
	return Witness{Idempotent: true}, nil
}
