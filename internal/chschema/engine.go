package chschema

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Engine is a table's engine as system.tables tells it.
type Engine struct {
	// Name is the bare name, such as ReplicatedSummingMergeTree.
	Name string
	// Full is the name with its arguments, and the clauses behind it.
	Full string
}

// replicas are the words before a MergeTree's name that say who keeps its
// replicas: ClickHouse Keeper, or ClickHouse Cloud's shared storage.
var replicas = []string{"Replicated", "Shared"}

// Base is the name without the word for who keeps the replicas: SharedMergeTree
// and ReplicatedMergeTree treat rows as MergeTree does.
func (e Engine) Base() string {
	for _, word := range replicas {
		if base, ok := strings.CutPrefix(e.Name, word); ok && strings.HasSuffix(base, "MergeTree") {
			return base
		}
	}
	return e.Name
}

// Replicated reports that several servers keep the table's rows. Block numbers
// then count in each partition for itself.
func (e Engine) Replicated() bool { return e.Base() != e.Name }

// Alone is the engine's definition, and the clauses behind it, for a table of the
// same kind that one server keeps.
func (e Engine) Alone() string {
	rest := strings.TrimPrefix(e.Full, e.Name)
	if !strings.HasPrefix(rest, "(") {
		return e.Base() + rest
	}
	end := closingBracket(rest)
	var own []string
	for _, arg := range e.own() {
		own = append(own, Written(arg))
	}
	if len(own) == 0 {
		return e.Base() + rest[end+1:]
	}
	return e.Base() + "(" + strings.Join(own, ", ") + ")" + rest[end+1:]
}

// closingBracket is where the bracket closes with which a text begins; the text's
// end where it does not. Brackets in literals and quoted names are none.
func closingBracket(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\'', '`', '"':
			_, n := unquote(text[i:])
			i += n - 1
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(text) - 1
}

// Merging is what merges do to rows that agree on the sorting key.
type Merging uint8

// The ways of merging.
const (
	NotMerged   Merging = iota // no MergeTree at all
	KeepsRows                  // MergeTree
	SumsRows                   // SummingMergeTree
	JoinsStates                // AggregatingMergeTree
	DropsRows                  // Replacing, Collapsing and others
)

// Merging tells by the engine's base.
func (e Engine) Merging() Merging {
	switch base := e.Base(); {
	case base == "MergeTree":
		return KeepsRows
	case base == "SummingMergeTree":
		return SumsRows
	case base == "AggregatingMergeTree":
		return JoinsStates
	case strings.HasSuffix(base, "MergeTree"):
		return DropsRows
	}
	return NotMerged
}

// Arguments are the engine's arguments.
func (e Engine) Arguments() [][]Token {
	ts := Tokens(e.Full)
	if len(ts) < 2 || !ts[1].IsSign("(") {
		return nil
	}
	end := Closing(ts[1:])
	if end < 0 {
		return nil
	}
	return SplitTop(ts[2 : 1+end])
}

// own are the arguments but for the path and the name of a replica.
func (e Engine) own() [][]Token {
	return slices.DeleteFunc(e.Arguments(), func(arg []Token) bool { return len(arg) == 1 && arg[0].Kind == Text })
}

// Summed are the columns that a SummingMergeTree is told to sum; none means
// every number outside the key.
func (e Engine) Summed() []string {
	var out []string
	for _, arg := range e.own() {
		for _, c := range SplitTop(Unwrap(arg)) {
			out = append(out, Written(c))
		}
	}
	return out
}

// Sums reports that a SummingMergeTree is told to sum the column, or every number.
func (e Engine) Sums(column string) bool {
	only := e.Summed()
	return len(only) == 0 || slices.Contains(only, column)
}

// Distributed is the cluster and the table there for which a Distributed table
// stands. The database is empty where it is each shard's own.
func (e Engine) Distributed() (cluster string, at Name, ok bool) {
	if e.Name != "Distributed" {
		return "", Name{}, false
	}
	args := e.Arguments()
	if len(args) < 3 {
		return "", Name{}, false
	}
	return literal(args[0]), Name{literal(args[1]), literal(args[2])}, true
}

// DefaultGranule is how many rows a mark of a MergeTree's index stands for unless its
// definition says otherwise.
const DefaultGranule = 8192

// Granule is how many rows a mark of the index stands for: the least that is read of a
// part that holds anything.
func (e Engine) Granule() float64 {
	ts := Tokens(e.Full)
	for i := 0; i+2 < len(ts); i++ {
		if ts[i].Is("index_granularity") && ts[i+1].IsSign("=") {
			if n, err := strconv.ParseUint(ts[i+2].Text, 10, 32); err == nil && n > 0 {
				return float64(n)
			}
		}
	}
	return DefaultGranule
}

// literal is an argument of one token; empty where it is an expression.
func literal(ts []Token) string {
	if len(ts) == 1 {
		return ts[0].Text
	}
	return ""
}

// KeyColumns reads a key: columns by their name, anything else as its text.
func KeyColumns(key string) []string {
	var out []string
	ts := Unwrap(Tokens(key))
	if len(ts) > 2 && ts[0].Is("tuple") && Closing(ts[1:]) == len(ts)-2 {
		ts = ts[2 : len(ts)-1]
	}
	for _, part := range SplitTop(ts) {
		if n := len(part); n > 1 && (part[n-1].Is("DESC") || part[n-1].Is("ASC")) {
			part = part[:n-1]
		}
		if part = Unwrap(part); len(part) > 0 {
			out = append(out, Written(part))
		}
	}
	return out
}

// Mentions reports that an expression uses the column.
func Mentions(expression, column string) bool {
	return column != "" && slices.ContainsFunc(Tokens(expression), func(t Token) bool { return t.Names() && t.Text == column })
}

// PlainType strips from a type what changes how values are stored and not what
// they are: LowCardinality, and the time zone and precision of a DateTime64.
func PlainType(typ string) string {
	for {
		before, rest, ok := strings.Cut(typ, "LowCardinality(")
		if !ok {
			break
		}
		inner, after, _ := strings.Cut(rest, ")")
		typ = before + inner + after
	}
	if strings.HasPrefix(typ, "DateTime64(") {
		return "DateTime64"
	}
	return typ
}

// SimpleAggregate is the type inside SimpleAggregateFunction(function, type).
func SimpleAggregate(typ, function string) (inner string, ok bool) {
	rest, ok := strings.CutPrefix(typ, "SimpleAggregateFunction("+function+", ")
	if !ok {
		return "", false
	}
	return strings.TrimSuffix(rest, ")"), true
}

// NotSummed says why the engine does not add the column up when it merges rows
// of one key; empty where it does.
func (t *Table) NotSummed(column string) string {
	typ := t.Types()[column]
	inner, simple := SimpleAggregate(typ, "sum")
	typ = cmp.Or(inner, typ)
	if typ != "Int64" && typ != "UInt64" {
		return "its column " + column + " is " + typ + ", not a 64-bit whole number"
	}
	if slices.Contains(KeyColumns(t.SortingKey), column) {
		return "its column " + column + " is part of the sorting key (" + t.SortingKey + ")"
	}
	switch t.Engine.Merging() {
	case KeepsRows:
		return ""
	case SumsRows:
		if !simple && !t.Engine.Sums(column) {
			return "its engine sums " + strings.Join(t.Engine.Summed(), ", ") + " and not " + column
		}
		if Mentions(t.PartitionKey, column) {
			return "its column " + column + " is part of the partition key"
		}
		return ""
	case JoinsStates:
		if simple {
			return ""
		}
		return "its column " + column + " (" + typ + ") is no SimpleAggregateFunction(sum, ...), so merges keep one row's value of many"
	default:
		return "its engine " + t.Engine.Name + " does not add up"
	}
}
