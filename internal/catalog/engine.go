package catalog

import (
	"fmt"
	"slices"
	"strings"
)

// mergeFamily is what merges do to rows that agree on the sorting key.
type mergeFamily uint8

const (
	notMerged   mergeFamily = iota // not a MergeTree at all
	keepsRows                      // plain MergeTree
	sumsRows                       // SummingMergeTree
	joinsStates                    // AggregatingMergeTree
	dropsRows                      // Replacing, Collapsing and others
)

// familyOf tells by the engine's name, whatever keeps its replicas.
func familyOf(engine string) mergeFamily {
	base := strings.TrimPrefix(strings.TrimPrefix(engine, "Replicated"), "Shared")
	switch {
	case base == "MergeTree":
		return keepsRows
	case base == "SummingMergeTree":
		return sumsRows
	case base == "AggregatingMergeTree":
		return joinsStates
	case strings.HasSuffix(base, "MergeTree"):
		return dropsRows
	}
	return notMerged
}

// engineArguments are the arguments of a table's engine as tokens.
func engineArguments(full string) [][]token {
	ts := tokens(full)
	if len(ts) < 2 || !ts[1].sign("(") {
		return nil
	}
	end := closing(ts[1:])
	if end < 0 {
		return nil
	}
	return splitTop(ts[2 : 1+end])
}

// summedColumns are the columns that a SummingMergeTree is told to sum; none
// means every number outside the key.
func summedColumns(full string) []string {
	var out []string
	for _, arg := range engineArguments(full) {
		if len(arg) == 1 && arg[0].kind == text {
			continue // the path and the name of a replica
		}
		for _, c := range splitTop(unwrap(arg)) {
			out = append(out, written(c))
		}
	}
	return out
}

// keyColumns reads a key expression: columns by their name, anything else as
// its text.
func keyColumns(key string) []string {
	var out []string
	ts := unwrap(tokens(key))
	if len(ts) > 2 && ts[0].is("tuple") && closing(ts[1:]) == len(ts)-2 {
		ts = ts[2 : len(ts)-1]
	}
	for _, part := range splitTop(ts) {
		if n := len(part); n > 1 && (part[n-1].is("DESC") || part[n-1].is("ASC")) {
			part = part[:n-1]
		}
		if part = unwrap(part); len(part) > 0 {
			out = append(out, written(part))
		}
	}
	return out
}

// notSummed says why the engine does not add the column up when it merges rows
// of one key; empty where it does.
func (t *tableInfo) notSummed(column string) string {
	typ := t.types()[column]
	simple, isSimple := simpleAggregate(typ, "sum")
	if isSimple {
		typ = simple
	}
	if typ != "Int64" && typ != "UInt64" {
		return fmt.Sprintf("its column %s is %s, not a 64-bit whole number", column, typ)
	}
	if slices.Contains(keyColumns(t.sortingKey), column) {
		return fmt.Sprintf("its column %s is part of the sorting key (%s)", column, t.sortingKey)
	}
	switch familyOf(t.engine) {
	case keepsRows:
		return ""
	case sumsRows:
		if only := summedColumns(t.engineFull); !isSimple && len(only) > 0 && !slices.Contains(only, column) {
			return fmt.Sprintf("its engine sums %s and not %s", strings.Join(only, ", "), column)
		}
		if slices.ContainsFunc(tokens(t.partitionKey), func(w token) bool { return w.name() && w.text == column }) {
			return fmt.Sprintf("its column %s is part of the partition key", column)
		}
		return ""
	case joinsStates:
		if isSimple {
			return ""
		}
		return fmt.Sprintf("its column %s (%s) is no SimpleAggregateFunction(sum, ...), so merges keep one row's value of many", column, typ)
	default:
		return "its engine " + t.engine + " does not add up"
	}
}

// simpleAggregate is the type inside SimpleAggregateFunction(function, type).
func simpleAggregate(typ, function string) (inner string, ok bool) {
	rest, ok := strings.CutPrefix(typ, "SimpleAggregateFunction("+function+", ")
	if !ok {
		return "", false
	}
	return strings.TrimSuffix(rest, ")"), true
}
